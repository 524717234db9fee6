"""What is known of a run before its first reading, as one value that is JSON."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from labctl.data import Column, Stream
from labctl.errors import StoreError
from labctl.figures.figure import Plot
from labctl.json_numbers import finite
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.store.imported_from import ImportedFrom

SIMULATED_MARK = "SIMULATED, no real cell was measured"
"""The line by which an export that has only text says that a model made its rows."""
RESERVED = (
    "title",
    "start_time",
    "end_time",
    "experiment_identifier",
    "entry_identifier_uuid",
    "experiment_institution",
    "experiment_laboratory",
    "program_name",
    "definition",
    "definition_local",
    "header_json",
    "simulated",
    "user",
    "lab",
    "sample",
    "instrument",
    "roles",
    "protocol",
    "versions",
    "extra",
    "imported",
    "steps",
    "events",
    "status",
    "results",
)
"""What stands in ``/entry`` of every run file beside the streams."""
WHOLE = "channel"
"""Stands for the channel of an instrument that has only one, without a number."""
THERMOMETERS = "thermometers"
"""Key of `RunHeader.extra`: column of temperature -> ``channel``, ``every`` (s),
``standard_uncertainty`` (K; None: nobody knows)."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")


@dataclass(frozen=True, slots=True)
class RunHeader:
    """Who measures what, with which instruments and which recipe.

    Every mapping holds plain JSON types; the header read back equals the one written.
    """

    run_id: str
    """Name of the folder and of the sealed file."""
    title: str
    protocol: str
    """Name of the protocol: ``formation-cycling``."""
    streams: tuple[Stream, ...]
    """Everything that the run may record, with the engine's columns in front."""
    parameters_given: Mapping[str, Any] = field(default_factory=dict)
    """As the person wrote them, units and all."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """As the protocol understood them: SI, defaults filled in."""
    sample: Mapping[str, Any] = field(default_factory=dict)
    """Name, kind, mass (kg), area (m²), thickness (m), capacity (A h), …"""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Role -> instrument or channel: ``{"cell": "vsp300/1"}``."""
    instruments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name -> maker, model, serial, firmware, address, driver, settings, …;
    ``accuracy``: channel -> what it stated (`ChannelAccuracy.to_json`)."""
    plots: tuple[Plot, ...] = ()
    """The file's default plots; the first is the one a viewer opens on."""
    started_unix: float = 0.0
    """UTC epoch seconds; NaN: nobody knows (another program's file need not say)."""
    simulated: bool = False
    operator: str = ""
    """Name of the person who measures; empty: nobody said."""
    orcid: str = ""
    """Address of that person's ORCID iD; empty: not known."""
    uuid: str = ""
    """RFC 4122, given at the run's birth and kept for its life; runs of an older
    labctl have none."""
    lab: Mapping[str, Any] = field(default_factory=dict)
    """``institution`` (``name``, ``ror``), ``licence`` (SPDX identifier or address),
    ``funding`` (each ``funder``, ``ror``, ``grant``, ``doi``); what nobody configured
    is missing."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Program -> version: labctl, python, h5py, firmware libraries."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else must travel with the run: limits, notes, seeds."""
    imported: ImportedFrom | None = None
    """Where the rows came from; None: labctl recorded them."""

    @property
    def program_version(self) -> str:
        """Version of the labctl that began the run; empty: it did not say."""
        versions = self.versions
        return versions.get("labctl-bench") or versions.get("labctl", "")

    def stream(self, name: str) -> Stream:
        """Return the stream called ``name``."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        known = ", ".join(each.name for each in self.streams) or "none"
        raise StoreError(f"run {self.run_id}: no stream {name}; it has {known}")

    def temperature_uncertainty(self, column: str) -> float:
        """Return the standard uncertainty of a thermometer's column in K.

        NaN: it stated none, or nobody measures that.
        """
        noted = self.extra.get(THERMOMETERS, {}).get(column, {})
        stated = noted.get("standard_uncertainty")
        return math.nan if stated is None else float(stated)

    def accuracy(self, role: str) -> ChannelAccuracy | None:
        """Return what the channel in a role stated of its accuracy; None: nothing.

        Files of an older labctl, and those of other programs, state nothing.
        """
        name, _, place = self.roles.get(role, "").partition("/")
        about = self.instruments.get(name, {})
        stated = about.get("accuracy", {}).get(place or WHOLE)
        if not stated:
            return None
        words = (about.get(word, "") for word in ("vendor", "model", "serial"))
        whose = " ".join(filter(None, map(str, words))) + (f"/{place}" if place else "")
        if self.simulated:  # another seed is another specimen of the same instrument
            seed = self.extra.get("order", {}).get("seed", "")
            whose += f" (simulated, seed {seed})"
        return ChannelAccuracy.from_json(stated, whose)

    def check(self) -> None:
        """Refuse what the run file could not hold under its own name.

        StoreError: a stream or column that is no NeXus name, or taken; a plot of
        columns that no stream has.
        """
        taken = set(RESERVED)
        for stream in self.streams:
            names = [stream.name, *(column.name for column in stream.columns)]
            for name in names:
                if not _NAME.fullmatch(name):
                    raise StoreError(
                        f"stream {stream.name}: {name!r} cannot be a name in the run "
                        "file; use letters, digits and _, at most 50"
                    )
            if stream.name in taken:
                raise StoreError(
                    f"stream {stream.name}: the name is taken; choose another"
                )
            taken.add(stream.name)
        for plot in self.plots:
            known = {column.name for column in self.stream(plot.stream).columns}
            if missing := [name for name in (plot.x, *plot.y) if name not in known]:
                raise StoreError(
                    f"plot {plot.name}: stream {plot.stream} has no "
                    f"{', '.join(missing)}"
                )

    def to_json(self) -> str:
        """Return the header as JSON text."""
        written = {each.name: getattr(self, each.name) for each in fields(self)}
        written["started_unix"] = finite(self.started_unix)
        written["imported"] = self.imported and self.imported.to_json()
        return dumps(written)

    @classmethod
    def from_json(cls, text: str) -> "RunHeader":
        """Return the header that `to_json` wrote; fields of later versions go by."""
        raw = json.loads(text)
        raw["streams"] = tuple(_stream(each) for each in raw["streams"])
        raw["plots"] = tuple(
            Plot(**{**each, "y": tuple(each["y"])}) for each in raw.get("plots", ())
        )
        if raw.get("started_unix", 0.0) is None:
            raw["started_unix"] = math.nan
        if raw.get("imported"):
            raw["imported"] = ImportedFrom.from_json(raw["imported"])
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in raw.items() if name in known})


def dumps(value: Any) -> str:
    """Return ``value`` as JSON text that `json.loads` reads back; floats stay exact.

    StoreError: something inside has no JSON form.
    """
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError) as e:
        raise StoreError(f"journal: {e}; keep to numbers, text, lists and dicts") from e


def finite_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as plain JSON types, None for what is not finite: JSON has no NaN.

    StoreError: something inside has no JSON form.
    """
    plain: dict[str, Any] = _finite(json.loads(dumps(facts)))
    return plain


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    return finite(value) if isinstance(value, float) else value


def _stream(raw: Mapping[str, Any]) -> Stream:
    columns = tuple(Column(**each) for each in raw["columns"])
    return Stream(raw["name"], columns, raw.get("title", ""))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} {value!r} has no JSON form")


_ENCODER = json.JSONEncoder(default=_plain)
