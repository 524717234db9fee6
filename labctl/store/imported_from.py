"""Where an imported run came from: which file, and each column's origin.

The header of a run carries one `ImportedFrom`; a run that labctl recorded has none.
"""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from labctl.json_numbers import Number, Numbers


class Origin(StrEnum):
    """The three ways in which a column of an imported run came about."""

    FILE = "file"
    """It is in the file; at most its unit was changed."""
    DERIVED = "derived"
    """Worked out of columns of the file by a named rule."""
    ABSENT = "absent"
    """The file does not have it: every row is missing (NaN, or -1)."""


@dataclass(frozen=True, slots=True)
class ColumnOrigin:
    """Where one column is from."""

    origin: Origin
    title: str = ""
    """Title in the file; of a derived column the titles it was derived from."""
    rule: str = ""
    """Key of `labctl.store.importers.foreign.RULES`; of a derived column only."""


ABSENT = ColumnOrigin(Origin.ABSENT)


class StartKnown(StrEnum):
    """Who says when an imported run began."""

    UTC = "utc"
    """The file, in UTC or with its offset."""
    LOCAL = "local"
    """The file, by the clock of the PC that recorded it; see `Start.zone`."""
    PERSON = "person"
    """Whoever imported it."""
    UNKNOWN = "unknown"
    """Nobody."""


@dataclass(frozen=True, slots=True)
class Start:
    """When the test time of an imported run was 0."""

    unix: Number = math.nan
    """UTC epoch seconds; NaN: not known."""
    known: StartKnown = StartKnown.UNKNOWN
    zone: str = ""
    """Zone in which a local time was read; empty: none was needed."""
    zone_assumed: bool = False
    """Nobody named the zone: it is that of the PC that imported."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Some numbers of a file's rows, by which another form of it is recognised."""

    rows: int = 0
    spectra_rows: int = 0
    timeseries: Numbers = ()
    """Time and voltage of rows spread over the file."""
    eis: Numbers = ()
    """Frequency and impedance of rows spread over the file."""


@dataclass(frozen=True, slots=True)
class ImportedFrom:
    """The file that a run was made of, and what became of it."""

    file: str
    """Its name."""
    program: str
    """Who wrote it: ``EC-Lab``."""
    technique: str = ""
    """What that program called it."""
    sha256: str = ""
    """Of the file's bytes, hexadecimal."""
    start: Start = field(default_factory=Start)
    columns: Mapping[str, Mapping[str, ColumnOrigin]] = field(default_factory=dict)
    """Stream -> column -> where it is from."""
    untaken: tuple[str, ...] = ()
    """Titles of the file that no column takes."""
    remarks: tuple[str, ...] = ()
    """What a person should know of this file."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the file says of cell and instrument; JSON types, SI."""
    settings: tuple[str, ...] = ()
    """Lines of the file's header, as they stand."""
    likeness: Likeness = field(default_factory=Likeness)

    def origin(self, stream: str, column: str) -> ColumnOrigin | None:
        """Return where a column is from; None: nobody said."""
        return self.columns.get(stream, {}).get(column)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; what is not finite becomes None."""
        written: dict[str, Any] = _adapter().dump_python(self, mode="json")
        return written

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> "ImportedFrom":
        """Return what `to_json` wrote."""
        return _adapter().validate_python(text)


@functools.cache
def _adapter() -> TypeAdapter[ImportedFrom]:
    return TypeAdapter(ImportedFrom)
