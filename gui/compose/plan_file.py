"""A composed run as a plan file that ``labctl run FILE`` takes, and back.

A plan is opened whole or not at all: a key, preset or parameter that does not fit is a
complaint with its line. What fits but cannot be read (``banana`` for a rate) is opened,
for its field to say.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gui.compose.blocks.block_data import flat, from_data, read_value, unknown_key
from gui.compose.draft import Draft, fitting
from labctl.api.answers import ProtocolOut, SampleOut
from labctl.documents.document import Document
from labctl.documents.hardened_yaml import load
from labctl.documents.plan import (
    Recipes,
    beside,
    is_file,
    read_label,
    read_plan,
)
from labctl.documents.writing import write_yaml
from labctl.errors import Complaint, Place, RefusedError


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
    label = path.with_name(f"{name}.sample.yaml")
    text = write_yaml(draft.sample.label)
    if label.exists() and read_label(label).data != load(text, label.name).data:
        what = "holds another label of this sample."
        cure = "Choose another folder."
        raise RefusedError([Complaint(("sample",), what, cure, file=str(label))])
    label.write_text(text, "utf-8")
    path.write_text(plan_text(draft, label.name), "utf-8")
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
    by_name = {p.name: p for p in protocols}

    def sample_complaints(name: str, document: Document) -> tuple[Complaint, ...]:
        written = document.given.get("sample")
        named = beside(path, written) if isinstance(written, str) else ""
        try:
            _sample(document, named, fitting(samples, by_name[name]), chosen)
        except RefusedError as refused:
            return refused.complaints
        return ()

    presets = {p.name: p.presets for p in protocols}
    plan = read_plan(path, Recipes(by_name, presets.__getitem__, sample_complaints))
    protocol = by_name[plan.protocol]
    sample = _sample(plan.document, plan.sample, fitting(samples, protocol), chosen)
    draft = Draft(protocol, sample)
    draft.preset = plan.preset or draft.base
    draft.begin()
    draft.channels = dict(plan.channels)
    given = plan.parameters
    troubles = _fill(draft, given.given)
    if troubles:
        raise RefusedError(given.complaint(place, what) for place, what in troubles)
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
    return troubles


def _sample(
    plan: Document, name: str, samples: Sequence[SampleOut], chosen: SampleOut | None
) -> SampleOut:
    """Return the station's sample that a plan means. RefusedError: there is none."""
    by_name = {s.name: s for s in samples}
    if not name and chosen is not None and chosen.name in by_name:
        return chosen
    label: dict[str, Any] = {}
    if is_file(name):
        label = read_label(Path(name)).given
        name = str(label.get("name", name))
    found = by_name.get(name)
    if found is None:
        there = ", ".join(by_name) or "none"
        said = f"`{name}` is not known here" if name else "no sample is named"
        raise _refused(
            plan,
            f"{said}; this protocol can measure {there}.",
            "Keep its label on Samples.",
        )
    differs = sorted(
        key
        for key in {*label, *found.label}
        if str(label.get(key)) != str(found.label.get(key))
    )
    if label and differs:
        what = f"the station's label of {name} differs in {', '.join(differs)}."
        raise _refused(plan, what)
    return found


def _refused(plan: Document, what: str, cure: str = "") -> RefusedError:
    return RefusedError([plan.complaint(("sample",), what, cure)])
