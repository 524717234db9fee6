"""A plan file: which protocol, on what, where, with which parameters; read once.

A path in a plan starts where the plan lies, whatever folder it is read from. What the
protocols are and what they can be told is handed in: nothing is looked up here.
"""

import dataclasses
import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from labctl.described import Described
from labctl.documents.complaints import validate
from labctl.documents.document import Document
from labctl.documents.former import present
from labctl.documents.hardened_yaml import load_file
from labctl.errors import Complaint, RefusedError
from labctl.quantities.units import show
from labctl.sample import Sample

YAML = (".yaml", ".yml")
"""How the names of files with text in them end."""


class PlanFile(Described):
    """What may stand in a plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: str
    """Name of the protocol: ``labctl protocol list``."""
    sample: str | None = None
    """A label file, or with --simulate the name of a simulated sample."""
    preset: str | None = None
    """Parameters to start from; those written below win."""
    channels: dict[str, str] | None = None
    """Role -> channel: ``cell: vsp300/3``."""
    parameters: dict[str, Any] | None = None
    """The protocol's own: ``labctl protocol show NAME``."""


@dataclass(frozen=True, slots=True)
class Recipes:
    """The protocols that a plan may name."""

    names: Collection[str]
    presets: Callable[[str], Collection[str]]
    """Of a protocol, by its name."""
    further: Callable[[str, Document], Iterable[Complaint]] = lambda _name, _plan: ()
    """What else is wrong with a plan for that protocol which is refused anyway; of one
    that fits, whoever reads it finds that out."""


@dataclass(frozen=True, slots=True)
class WrittenPlan:
    """A plan as it was written."""

    document: Document
    """All of it, for complaints that only the reader's reader can make."""
    protocol: str
    sample: str = ""
    """A name, or the path of a label file; empty: none is named."""
    preset: str = ""
    channels: Mapping[str, str] = field(default_factory=dict)
    """Role -> channel."""

    @property
    def parameters(self) -> Document:
        """The parameters, as written."""
        found = self.document.below("parameters")
        return dataclasses.replace(found, data=found.data or {})


def read_plan(path: Path, recipes: Recipes) -> WrittenPlan:
    """Return a plan. RefusedError: everything that does not fit, each with its line."""
    document = present(load_file(path))
    complaints: list[Complaint] = []
    try:
        plan = validate(document, PlanFile)
    except RefusedError as refused:
        plan, complaints = None, list(refused.complaints)
    complaints += _recipe_complaints(document, recipes)
    if plan is None or complaints:
        name = document.given.get("protocol")
        if isinstance(name, str) and name in recipes.names:
            complaints += recipes.further(name, document)
        raise RefusedError(dict.fromkeys(complaints))
    sample = plan.sample or ""
    return WrittenPlan(
        document,
        plan.protocol,
        beside(path, sample),
        plan.preset or "",
        plan.channels or {},
    )


def read_label(path: Path) -> Document:
    """Return a sample's label file as written. RefusedError: it cannot be read."""
    return load_file(path, ("sample",))


def sample_of(label: Document) -> Sample:
    """Return what a label says. RefusedError: every complaint about it."""
    return validate(label, Sample)


def beside(plan: Path, sample: str) -> str:
    """Return the sample that a plan names: a label's path starts where the plan is."""
    return str(plan.parent / sample) if is_file(sample) else sample


def is_file(sample: str) -> bool:
    """Whether a sample is named by its label file."""
    return sample.endswith(YAML)


def _recipe_complaints(document: Document, recipes: Recipes) -> list[Complaint]:
    """Say that there is no such protocol, or that it has no such preset."""
    data = document.given
    for key in ("protocol", "preset"):
        name = data.get(key)
        if not isinstance(name, str):
            continue
        known = recipes.names
        if key == "preset":
            protocol = data.get("protocol")
            if not isinstance(protocol, str):
                continue  # that is said already
            known = recipes.presets(protocol)
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            there = ", ".join(sorted(known)) or "there is none"
            what = f"got `{show(name)}`, expected one of {there}."
            cure = f"Did you mean `{near[0]}`?" if near else ""
            return [document.complaint((key,), what, cure)]
    return []


def parameter_complaints(
    document: Document, model: type[BaseModel]
) -> tuple[Complaint, ...]:
    """Return what is wrong with a plan's parameters by themselves."""
    given = document.below("parameters")
    try:
        if given.given:
            validate(given, model)
    except RefusedError as refused:
        return refused.complaints
    return ()
