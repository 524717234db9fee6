"""What is known of a run before its first reading, as one value that is JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from labctl.data import Column, Stream
from labctl.errors import StoreError
from labctl.figure import Plot


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
    """Name -> maker, model, serial, firmware, address, driver, settings, …"""
    plots: tuple[Plot, ...] = ()
    """The file's default plots; the first is the one a viewer opens on."""
    started_unix: float = 0.0
    """UTC epoch seconds."""
    simulated: bool = False
    operator: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Program -> version: labctl, python, h5py, firmware libraries."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else must travel with the run: limits, notes, seeds."""

    def stream(self, name: str) -> Stream:
        """Return the stream called ``name``."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        known = ", ".join(each.name for each in self.streams) or "none"
        raise StoreError(f"run {self.run_id}: no stream {name}; it has {known}")

    def to_json(self) -> str:
        """Return the header as JSON text."""
        return dumps({each.name: getattr(self, each.name) for each in fields(self)})

    @classmethod
    def from_json(cls, text: str) -> "RunHeader":
        """Return the header that `to_json` wrote; fields of later versions go by."""
        raw = json.loads(text)
        raw["streams"] = tuple(_stream(each) for each in raw["streams"])
        raw["plots"] = tuple(
            Plot(**{**each, "y": tuple(each["y"])}) for each in raw.get("plots", ())
        )
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in raw.items() if name in known})


def dumps(value: Any) -> str:
    """Return ``value`` as JSON text that `json.loads` reads back; floats stay exact.

    StoreError: something inside has no JSON form.
    """
    try:
        return json.dumps(value, default=_plain, ensure_ascii=False)
    except (TypeError, ValueError) as e:
        raise StoreError(f"journal: {e}; keep to numbers, text, lists and dicts") from e


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
