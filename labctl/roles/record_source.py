"""A program that records by itself and lets others read along: no remote control.

Nothing here can start, stop or hold anything: whoever plays this role is read, never
told. It has no safe state of ours, because nothing of it was switched on by us.
"""

import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from labctl.data import Batch
from labctl.roles.schedule import ScheduleStep


class Recordings(StrEnum):
    """How far a record has come."""

    AWAITED = "awaited"
    """There is no file yet, or its head is not whole."""
    GROWING = "growing"
    """The program may write more rows."""
    ENDED = "ended"
    """The program says that it is over."""


@dataclass(frozen=True, slots=True)
class RecordMark:
    """How much of a record was read before, and what its last row was."""

    rows: int
    """Rows that were taken, from the first one on."""
    digest: int
    """Of all those rows, as `RECORD_DIGEST` tells it; −1: unknown."""


@dataclass(frozen=True, slots=True)
class RecordHead:
    """What a record says of itself before its first row."""

    file: str
    program: str
    instrument: str
    """Model; empty: it does not say it."""
    serial: str
    started_unix: float
    """UTC epoch seconds of test time 0; NaN: it does not say it."""
    zone: str = ""
    """In which a local time was read; empty: the record is in UTC, or says none."""
    zone_assumed: bool = False
    """Whether that is this PC's, because nobody named one."""
    schedule: tuple[ScheduleStep, ...] = ()
    """What was entered; none: the record does not say it."""
    longest_interval: float = math.nan
    """s between two rows by the schedule; NaN: unknown."""

    def to_json(self) -> Mapping[str, Any]:
        """Return what tells this record from others, as JSON types."""
        return {
            "file": self.file,
            "program": self.program,
            "instrument": self.instrument,
            "serial": self.serial,
            "started_unix": None
            if math.isnan(self.started_unix)
            else self.started_unix,
        }


@dataclass(frozen=True, slots=True)
class Glance:
    """What one look at a record brought."""

    stands: Recordings
    rows: Batch | None = None
    """New rows, SI: `labctl.columns.TIMESERIES` without the engine's stamp, but with
    the record's own ``test_time_second``, ``unix_time_second`` and ``cycle_count``."""
    waits_for: str = ""
    """Why it is awaited, or cannot be read now; empty: nothing is in the way."""
    remarks: tuple[str, ...] = field(default=())
    """What a person should know of these rows."""


class RecordSource(typing.Protocol):
    """A folder in which a program writes its records.

    A `glance` after `follow` brings rows such as ``test_time_second`` 12.5,
    ``voltage_volt`` 0.312, ``current_ampere`` -2.1e-4.
    """

    def records(self) -> tuple[str, ...]:
        """Return the names of the records that are there now, oldest first."""
        ...

    def follow(self, record: str, after: RecordMark | None = None) -> None:
        """Read ``record`` from now on, behind the rows of ``after``.

        The record need not be there yet. What it holds may be read as often as one
        likes; nothing is asked here.
        """
        ...

    def glance(self) -> Glance:
        """Return the rows that came since the last look. Returns at once.

        InstrumentError: the file is none of this program's, was cut short, or was
        replaced since it was read; it names the file and what to do.
        """
        ...

    def head(self) -> RecordHead | None:
        """Return what the followed record says of itself; None: not known yet."""
        ...
