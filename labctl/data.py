"""What travels from an instrument to the file: streams of rows, outcomes, events."""

import functools
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from labctl.json_numbers import MaybeNumber, Number, NumberOrWord, Numbers
from labctl.sources import Part
from labctl.verdicts.condition import Doubt

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One named quantity of a stream."""

    name: str
    """Machine name; the Battery Data Format's where it has one."""
    unit: str
    """Unit as written in the file (``V``, ``A``, ``ohm``); empty for counts."""
    long_name: str
    """What a plot's axis says, with the unit."""
    dtype: str = "f8"
    """``f8`` (missing = NaN) or ``i8`` (missing = -1)."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Named columns that grow together, one group of datasets in the run file."""

    name: str
    columns: tuple[Column, ...]
    title: str = ""

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"stream {self.name}: a column stands twice in {names}")

    def with_columns(self, *more: Column) -> "Stream":
        """Return the same stream with ``more`` columns at its end."""
        return replace(self, columns=(*self.columns, *more))


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one stream, column by column.

    Every column of the stream is there, shape (n,), n ≥ 1, SI units; the engine adds
    the columns that say when and where in the run the rows belong.
    """

    stream: str
    columns: Mapping[str, Array]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def with_columns(self, more: Mapping[str, Array]) -> "Batch":
        """Return the same rows with ``more`` columns; new ones win."""
        return Batch(self.stream, {**self.columns, **more})

    @classmethod
    def row(cls, stream: str, values: Mapping[str, float]) -> "Batch":
        """Return a batch of one row."""
        return cls(stream, {name: np.array([value]) for name, value in values.items()})


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """A part of a stream: its rows, or groups of them that are few enough to draw."""

    names: tuple[str, ...]
    """Of the rows of `values`: ``x``, ``y``; of groups ``x:first``, ``x:min`` …"""
    values: Array
    """Shape (len(names), n), float64."""
    first_row: int
    """Number of the first row that is in it."""
    rows: int
    """Rows of the stream when it was answered."""
    rows_per_point: int = 1
    """1: the rows themselves; else how many rows a point stands for."""
    forgotten: range = range(0)
    """Rows of which only wider groups than wanted are kept; the journal has them."""

    @property
    def columns(self) -> dict[str, Array]:
        """Name -> values, shape (n,)."""
        return dict(zip(self.names, self.values, strict=True))

    @property
    def next_row(self) -> int:
        """Number of the row that comes behind, where these are rows."""
        return self.first_row + int(self.values.shape[1])


IMPORTED = "Imported"
"""Kind of the one step that holds the rows of another program's file."""


class EndReason(StrEnum):
    """Why a step ended."""

    COMPLETED = "completed"
    """It did all it was told, or its own duration passed."""
    CONDITION = "condition"
    """An end condition was met; `Outcome.condition` names it."""
    SKIPPED = "skipped"
    """A person asked for the next step."""
    STOPPED = "stopped"
    """A person or a signal ended the run."""
    LIMIT = "limit"
    """The safety envelope was left."""
    FAILED = "failed"
    """An instrument or the store failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the plan learns of a step that ended; JSON-able, so that it replays."""

    reason: EndReason
    condition: str = ""
    """Name of the end condition that fired; empty if none did."""
    duration: float = 0.0
    """s."""
    charge: float = 0.0
    """Net charge in C; positive oxidises the working electrode."""
    energy: float = 0.0
    """Net energy into the cell in J."""
    rows: int = 0
    """Rows that the step put into its streams."""
    last: Mapping[str, Number] = field(default_factory=dict)
    """The last row of the step's main stream."""
    values: Mapping[str, Number] = field(default_factory=dict)
    """What the step itself worked out (a resistance, a settled field)."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """What a person asked for, which ended the step; JSON types. Empty: nothing."""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; NaN becomes None.

        ``asked`` stands there only where a person asked for something: a labctl that
        knows no runs by hand reads the outcomes of all others.
        """
        written: dict[str, Any] = _outcomes().dump_python(self, mode="json")
        if not self.asked:
            del written["asked"]
        return written

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> "Outcome":
        """Return the outcome that `to_json` wrote."""
        return _outcomes().validate_python(text)


@functools.cache
def _outcomes() -> TypeAdapter[Outcome]:
    return TypeAdapter(Outcome)


class Level(StrEnum):
    """How loud an event is."""

    INFO = "info"
    WARNING = "warning"
    ALARM = "alarm"
    """Stays until a person acknowledges it."""

    @property
    def severity(self) -> int:
        """As `logging` counts."""
        return _SEVERITIES[self]


_SEVERITIES = {
    Level.INFO: logging.INFO,
    Level.WARNING: logging.WARNING,
    Level.ALARM: logging.ERROR,
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a person would tell a colleague."""

    level: Level
    code: str
    """A stable word: ``gap``, ``limit``, ``hold``, ``skip``, ``firmware``."""
    text: str


class Quality(StrEnum):
    """Whether a result may be believed."""

    GOOD = "good"
    SUSPECT = "suspect"
    """An acceptance limit was missed; `Result.reason` says which."""
    ABSENT = "absent"
    """Could not be worked out; `Result.reason` says why."""


RECOGNISED_AS = "recognised_as"
"""Result of an imported run whose word says what its rows were taken for."""


@dataclass(frozen=True, slots=True)
class Result:
    """One number (or word, or table) of the answer."""

    value: NumberOrWord
    """In ``unit``; None when absent; a word for a closed choice such as n or p."""
    unit: str
    """As a person writes it: ``mAh/g``, ``S/m``, ``%``."""
    uncertainty: MaybeNumber = None
    """In ``unit``: half of what covers 95.45 %, whatever the degrees of freedom, so
    ± twice this holds for 95 % of good results. None if not known: it is not zero."""
    quality: Quality = Quality.GOOD
    reason: str = ""
    """Why it is suspect or absent; when good, at most what it was taken from
    or what was left out."""
    table: Mapping[str, Numbers] | None = None
    """Columns of equal length where the answer is a table; names carry units."""
    budget: Mapping[str, Number] | None = None
    """Standard uncertainty by term, in ``unit``, the largest first."""
    parts: tuple[Part, ...] = ()
    """The same, signed, by source and with what other runs share; for ratios."""
    freedom: MaybeNumber = None
    """Effective degrees of freedom (Welch–Satterthwaite); None: as good as endless."""
    verdicts: tuple[str, ...] = ()
    """Codes of the conditions that were not met (`docs/reference/validity.md`)."""

    @classmethod
    def absent(cls, unit: str, reason: str) -> "Result":
        """Return the result that says why there is no number."""
        return cls(None, unit, quality=Quality.ABSENT, reason=reason)

    @property
    def largest_term(self) -> str:
        """Where most of its uncertainty comes from; empty if nobody knows."""
        return max(self.budget or {}, key=(self.budget or {}).__getitem__, default="")

    def suspect(self, doubt: Doubt | str) -> "Result":
        """Return the same number marked suspect, with the ``doubt`` added."""
        code = doubt.code if isinstance(doubt, Doubt) else ""
        return replace(
            self,
            quality=Quality.SUSPECT,
            reason="; ".join(filter(None, (self.reason, str(doubt)))),
            verdicts=tuple(dict.fromkeys(filter(None, (*self.verdicts, code)))),
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; what is not finite becomes None."""
        written: dict[str, Any] = _results().dump_python(self, mode="json")
        for name in ("table", "budget", "freedom", "parts", "verdicts"):
            if not written[name] and written[name] != {}:
                del written[name]
        return written

    @classmethod
    def from_json(cls, text: Mapping[str, Any]) -> "Result":
        """Return the result that `to_json` wrote."""
        return _results().validate_python(text)


@functools.cache
def _results() -> TypeAdapter[Result]:
    return TypeAdapter(Result)
