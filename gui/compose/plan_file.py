"""A composed run as a plan file that ``labctl run FILE`` takes, and back.

A plan is opened whole or not at all: a key, preset or parameter that does not fit is a
complaint with its line. What fits but cannot be read (``banana`` for a rate) is opened,
for its field to say.
"""

import dataclasses
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gui.compose.block_data import flat, from_data, read_value, unknown_key
from gui.compose.draft import Draft, fitting
from gui.parts.yaml_text import LARGEST, Place, Written, read_yaml, write_yaml
from labctl.api.answers import ProtocolOut, SampleOut
from labctl.errors import Complaint, RefusedError

KEYS = ("protocol", "sample", "preset", "channels", "parameters")
YAML = (".yaml", ".yml")


def plan_text(draft: Draft, sample: str) -> str:
    """Return a draft as a plan; ``sample`` is a name or the path of its label."""
    plan: dict[str, Any] = {"protocol": draft.protocol.name, "sample": sample}
    if draft.preset:
        plan["preset"] = draft.preset
    channels = {role: channel for role, channel in draft.channels.items() if channel}
    if channels:
        plan["channels"] = channels
    parameters = draft.parameters()
    if parameters:
        plan["parameters"] = parameters
    return write_yaml(plan)


def save_plan(draft: Draft, path: Path) -> list[Path]:
    """Write a plan, and beside it the label of a sample of the station's own.

    OSError; RefusedError: another label stands where this one would go.
    """
    if draft.sample.simulated:
        path.write_text(plan_text(draft, draft.sample.name), "utf-8")
        return [path]
    name = re.sub(r"[^\w.-]+", "-", draft.sample.name)
    label = path.with_name(f"{name}.sample.yaml").resolve()
    text = write_yaml(draft.sample.label)
    if (
        label.exists()
        and read_yaml(label.read_text("utf-8")).data != read_yaml(text).data
    ):
        what = "holds another label of this sample."
        raise RefusedError(
            [Complaint((), what, "Choose another folder.", file=str(label))]
        )
    label.write_text(text, "utf-8")
    path.write_text(plan_text(draft, str(label)), "utf-8")
    return [path, label]


def open_plan(
    path: Path,
    protocols: Sequence[ProtocolOut],
    samples: Sequence[SampleOut],
    chosen: SampleOut | None = None,
) -> Draft:
    """Return a plan file as a draft.

    ``chosen`` is measured if the plan names no sample. RefusedError: every complaint.
    """
    written = _read(path)
    plan = written.data
    if not isinstance(plan, dict):
        raise RefusedError(
            [Complaint((), "is no plan: a block of keys.", file=path.name)]
        )
    troubles: list[tuple[Place, str]] = [
        ((key,), unknown_key(str(key), KEYS)) for key in plan if key not in KEYS
    ]
    protocol = _protocol(plan, protocols, troubles)
    if protocol is None:
        raise _refused(path, written, troubles)
    sample = _sample(plan, path, fitting(samples, protocol), chosen, troubles)
    preset = plan.get("preset")
    if preset is not None and preset not in protocol.presets:
        there = ", ".join(protocol.presets) or "none"
        troubles.append((("preset",), f"`{preset}` is unknown; there are {there}"))
    channels = plan.get("channels") or {}
    if not _is_cast(channels):
        troubles.append((("channels",), "is no block of `role: channel`"))
    given = plan.get("parameters") or {}
    if not isinstance(given, dict):
        troubles.append((("parameters",), "is no block of parameters"))
    if sample is None or troubles:
        raise _refused(path, written, troubles)
    draft = Draft(protocol, sample)
    draft.preset = str(preset or draft.base)
    draft.begin()
    draft.channels = {str(role): str(channel) for role, channel in channels.items()}
    troubles += _fill(draft, given)
    if troubles:
        raise _refused(path, written, troubles)
    return draft


def _fill(draft: Draft, given: Mapping[str, Any]) -> list[tuple[Place, str]]:
    """Put parameters into a draft; return what does not fit."""
    troubles: list[tuple[Place, str]] = []
    fields = {f.name: f for f in draft.fields}
    for name, value in flat(given, draft.fields, (), troubles).items():
        where = tuple(name.split("."))
        if name in draft.languages:
            blocks, found = from_data(draft.languages[name], value, place=where)
            draft.blocks[name] = blocks
            troubles += found
        elif name not in fields:
            troubles.append((where, unknown_key(name, list(fields))))
        else:
            text, wrong = read_value(fields[name], value)
            if wrong:
                troubles.append((where, wrong))
            else:
                draft.texts[name] = text
    return [(("parameters", *place), what) for place, what in troubles]


def _read(path: Path) -> Written:
    try:
        with path.open("rb") as file:
            content = file.read(4 * LARGEST + 1)
        return read_yaml(content.decode("utf-8-sig"))
    except OSError as error:
        what = f"cannot be read: {error.strerror}."
        raise RefusedError([Complaint((), what, file=path.name)]) from error
    except UnicodeDecodeError as error:
        raise RefusedError([Complaint((), "is not UTF-8.", file=path.name)]) from error
    except RefusedError as error:
        found = error.complaints[0]
        raise RefusedError([dataclasses.replace(found, file=path.name)]) from error


def _protocol(
    plan: Mapping[str, Any],
    protocols: Iterable[ProtocolOut],
    troubles: list[tuple[Place, str]],
) -> ProtocolOut | None:
    by_name = {p.name: p for p in protocols}
    name = plan.get("protocol")
    if name not in by_name:
        near = difflib.get_close_matches(str(name), by_name, n=1)
        cure = (
            f"did you mean `{near[0]}`?" if near else f"there are {', '.join(by_name)}"
        )
        what = "is not named" if name is None else f"`{name}` is unknown; {cure}"
        troubles.append((("protocol",), f"the protocol {what}"))
        return None
    return by_name[name]


def _sample(
    plan: Mapping[str, Any],
    path: Path,
    samples: Sequence[SampleOut],
    chosen: SampleOut | None,
    troubles: list[tuple[Place, str]],
) -> SampleOut | None:
    by_name = {s.name: s for s in samples}
    name = plan.get("sample")
    if name is None and chosen is not None and chosen.name in by_name:
        return chosen
    label: Any = None
    if isinstance(name, str) and name.endswith(YAML):
        try:
            label = _label(path, name)
        except RefusedError as error:
            troubles.append((("sample",), str(error)))
            return None
        name = label.get("name") if isinstance(label, dict) else None
    if name not in by_name:
        there = ", ".join(by_name) or "none"
        said = "no sample is named" if name is None else f"`{name}` is not known here"
        what = f"{said}; this protocol can measure {there}. Keep its label on Samples."
        troubles.append((("sample",), what))
        return None
    found = by_name[str(name)]
    if isinstance(label, dict):
        differs = sorted(
            key
            for key in {*label, *found.label}
            if str(label.get(key)) != str(found.label.get(key))
        )
        if differs:
            what = f"the station's label of {name} differs in {', '.join(differs)}"
            troubles.append((("sample",), what))
            return None
    return found


def _label(plan: Path, name: str) -> Any:
    """Read a label; its path starts where the plan is, or where the window does."""
    beside = plan.parent / name
    return _read(beside if beside.exists() else Path(name)).data


def _is_cast(channels: Any) -> bool:
    return isinstance(channels, dict) and all(
        isinstance(s, str) for s in channels.values()
    )


def _refused(
    path: Path, written: Written, troubles: Sequence[tuple[Place, str]]
) -> RefusedError:
    return RefusedError(
        Complaint(place, what, file=path.name, line=written.line_of(place))
        for place, what in troubles
    )
