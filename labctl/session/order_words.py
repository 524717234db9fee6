"""What an order's words mean: a sample's label, parameters over presets and bench."""

import dataclasses
import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labctl.config.models import Config
from labctl.documents.document import Document
from labctl.documents.plan import is_file, read_label, sample_of
from labctl.errors import Complaint, OperatorError, Place, RefusedError
from labctl.protocol import Protocol
from labctl.quantities import SI
from labctl.sample import UNNAMED, Sample, SampleKind

PARAMETERS, SAMPLE = ("parameters",), ("sample",)


def read_sample(name: str, world: Any) -> Sample:
    """Return the label of a sample: a file's, or a simulated one's.

    OperatorError: neither a file nor a sample of the simulated bench.
    """
    if is_file(name):
        return sample_of(read_label(Path(name)))
    known = world.names() if world is not None else ()
    if name in known:
        return sample_of(Document(f"sample {name}", world.label(name), root=SAMPLE))
    if world is None:
        raise OperatorError(
            f"sample {name!r} is not a file. Write its label into {name}.yaml and give "
            "that, or add --simulate for one of the simulated samples."
        )
    typed, there = name.lower(), {one.lower(): one for one in known}
    begins = [one for one in there if typed.startswith(one)]
    near = [*begins, *difflib.get_close_matches(typed, there, n=1)]
    meant = f" Did you mean {there[near[0]]}?" if near else ""
    raise OperatorError(
        f"there is no simulated sample {name!r}.{meant} There are: {', '.join(known)}."
    )


def stand_in(name: str, sample: Sample, world: Any) -> str:
    """Return the simulated sample that stands for ``sample``; empty for an unnamed one.

    OperatorError: the label names none that exists.
    """
    if name == UNNAMED:
        return ""  # whatever is there already
    for known in (name, sample.simulated_as, sample.name):
        if known in world.names():
            return str(known)
    raise OperatorError(
        f"sample {sample.name}: the simulated bench has nothing like it. Write "
        f"`simulated_as:` with one of {', '.join(world.names())} into {name}."
    )


def sample_asked(
    name: str, world: Any, label: Mapping[str, Any] | None, kind: type[Protocol]
) -> Sample:
    """Return the label that counts: the journal's, else that of ``name``.

    A run by hand may have a sample without a name. OperatorError: as `read_sample`.
    """
    if label is not None:
        return Sample.model_validate(label, context=SI)
    if name == UNNAMED and kind.requests:
        return Sample(name=UNNAMED, kind=SampleKind(min(kind.sample_kinds)))
    return read_sample(name, world)


def document_of(
    kind: type[Protocol],
    parameters: Document,
    config: Config,
    preset: str = "",
    usual: str = "",
) -> Document:
    """Return the parameters as written, over a preset, over what the bench states.

    ``usual`` is the sample's own preset, for where none is asked for. RefusedError:
    they are no block of parameters. OperatorError: there is no such preset.
    """
    data = parameters.data or {}
    if not isinstance(data, dict):
        raise RefusedError(
            [
                Complaint(
                    PARAMETERS,
                    "expected a block of parameters.",
                    file=parameters.name,
                )
            ]
        )
    if preset and preset not in kind.presets:
        known = ", ".join(kind.presets) or "none"
        raise OperatorError(
            f"{kind.name} has no preset {preset!r}. There are: {known}."
        )
    given = {
        **_of_the_bench(kind, config),
        **kind.presets.get(preset or usual, {}),
        **data,
    }
    lines: dict[Place, int] = {(name,): 0 for name in given}
    lines.update(parameters.lines)
    return Document(parameters.name, given, lines, PARAMETERS)


def located(complaint: Complaint, document: Document) -> Complaint:
    """Return a complaint about a parameter with the line on which it was written."""
    line = document.lines.get(complaint.path[1:])
    if line is None or complaint.path[:1] != PARAMETERS:
        return complaint
    return dataclasses.replace(complaint, file=document.name, line=line or None)


def kind_complaints(protocol: Protocol) -> list[Complaint]:
    """Return why the protocol cannot measure a sample of this kind."""
    kind = protocol.sample.kind
    if kind in protocol.sample_kinds:
        return []
    wanted = ", ".join(sorted(protocol.sample_kinds))
    return [
        Complaint(
            ("sample",),
            f"{protocol.sample.name} is a {kind}; {protocol.name} measures {wanted}.",
        )
    ]


def _of_the_bench(kind: type[Protocol], config: Config) -> dict[str, Any]:
    """Return parameters that a bench's configuration states once for all runs."""
    known = {"station_sign": config.hall_sign}
    return {k: v for k, v in known.items() if k in kind.parameters_model.model_fields}
