"""Read auxiliary instruments between the polls of a run, each when it is due.

A reading that fails is an event and a missing row; it ends no run, unless a limit
stands on what it would have said. Then nobody knows whether the limit holds. Polls wait
meanwhile, so a lost link is tried for the short ladder only, whatever its options say.
"""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labctl import columns
from labctl.auxiliary import Auxiliary
from labctl.clock import Clock
from labctl.data import Array, Batch, Event, Level
from labctl.errors import LabctlError
from labctl.limits import ANYTHING, Envelope, Violation
from labctl.temperatures import Temperatures
from labctl.waits import WaitEnded, in_passing

log = logging.getLogger(__name__)

WRITTEN_HERE = frozenset((*columns.STAMP, columns.STEP_TIME, columns.HALF_CYCLE))
"""Columns that no auxiliary has a say in: the engine writes them."""
STALE_READINGS = 3
"""Readings in a row that may fail before a bounded quantity counts as out of bounds."""
LONGEST_PAUSE = 300.0
"""s between two tries at what does not answer; each may take its time-out."""


@dataclass(slots=True)
class AuxiliaryChannel:
    """One auxiliary of one run."""

    name: str
    """As ``also_record:`` calls it."""
    channel: str
    """``oven``, ``logger/2``."""
    every: float
    """s between two rows."""
    auxiliary: Auxiliary
    player: object
    due: float = -math.inf
    """When it is read next, s of the run's clock."""
    failed: int = 0
    """Readings in a row that failed."""
    find: Callable[[], object] | None = None
    """Opens the player at the first reading; None: it is there."""

    def read(self) -> Batch:
        """Take one reading, every column of the stream; ValueError: it is no row.

        What the reading leaves out is missing, which a limit on it does not overlook.
        """
        if self.find is not None:
            self.player, self.find = self.find(), None
        row: Mapping[str, Any] = self.auxiliary.read(self.player)
        stream = self.auxiliary.stream
        known = {c.name: c.dtype for c in stream.columns if c not in WRITTEN_HERE}
        if unknown := row.keys() - known.keys():
            raise ValueError(f"{', '.join(unknown)} is no column of {stream.name}")
        if not row:
            raise ValueError(f"no value for {stream.name}")
        values: dict[str, Array] = {}
        for name, dtype in known.items():
            value = row.get(name, -1 if dtype == "i8" else math.nan)
            if np.ndim(value) or isinstance(value, str):
                raise ValueError(f"{name} is {value!r}, which is not one number")
            values[name] = np.array([value], dtype=dtype)
        return Batch(stream.name, values)


@dataclass(slots=True)
class Auxiliaries:
    """All auxiliaries of one run."""

    clock: Clock
    channels: list[AuxiliaryChannel] = field(default_factory=list)
    temperatures: Temperatures = field(default_factory=Temperatures)
    """What those say that have no rows of their own, in stream `columns.LIVE`."""

    @property
    def shortest(self) -> float:
        """The shortest time between two readings, s; infinite without any.

        No poll in virtual time is longer, or rows would be missing there.
        """
        return min((one.every for one in self.channels), default=math.inf)

    def look(self, envelope: Envelope) -> Iterator[Batch | Event | Violation]:
        """Read what is due. A violation: a bounded quantity cannot be read."""
        for one in self.channels:
            now = self.clock.now()
            if now < one.due:
                continue
            yield from self._one(one, now, envelope)

    def _one(
        self, one: AuxiliaryChannel, now: float, envelope: Envelope
    ) -> Iterator[Batch | Event | Violation]:
        try:
            with in_passing():
                batch = one.read()
        except WaitEnded:  # the run was asked something: at the next look
            raise
        except Exception as error:  # noqa: BLE001  (a plug-in may raise anything)
            yield from self._failed(one, now, envelope, error)
            return
        if one.failed:
            text = f"{one.name} on {one.channel} is read again"
            yield Event(Level.INFO, "auxiliary", text)
        one.failed = 0
        one.due = now + one.every if one.due + one.every <= now else one.due + one.every
        yield batch

    def _failed(
        self,
        one: AuxiliaryChannel,
        now: float,
        envelope: Envelope,
        error: Exception,
    ) -> Iterator[Event | Violation]:
        if not isinstance(error, LabctlError):
            log.error("the auxiliary %s has a defect", one.name, exc_info=error)
        one.failed += 1
        pause = min(one.every * 2.0 ** (one.failed - 1), LONGEST_PAUSE)
        bounded = self._bounds(one, envelope)
        one.due = self.clock.now() + (one.every if bounded else max(pause, one.every))
        if one.failed == 1:
            beside = one.auxiliary.stream.name == columns.LIVE
            lost = "readings are" if beside else "rows are"
            text = (
                f"{one.name} on {one.channel} could not be read, its {lost} missing "
                f"from {now:.0f} s of the run's clock on: {type(error).__name__}: "
                f"{error}"
            )
            yield Event(Level.WARNING, "auxiliary", text)
        if bounded and one.failed >= STALE_READINGS:
            column, (low, high) = next(iter(bounded.items()))
            yield Violation(column, math.nan, low, high, 0)

    @staticmethod
    def _bounds(
        one: AuxiliaryChannel, envelope: Envelope
    ) -> Mapping[str, tuple[float, float]]:
        """Return the bounds of the run on what this one reads."""
        names = {column.name for column in one.auxiliary.stream.columns}
        return {
            name: envelope.bounds.get(name, ANYTHING)
            for name in envelope.columns
            if name in names
        }
