"""Whether a sweep runs as fast as it was asked for.

Public sources contradict each other on the unit of a scan rate (V/s or mV/s), and a
sweep that is a thousand times too fast is over before anybody looks. So the first
seconds of every sweep are held against what was asked: the first row and reading of
the moment that lie far enough from the first vertex, and the time that has passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from drivers.biologic.upload.program import Program
from labctl import columns
from labctl.data import Batch
from labctl.errors import InstrumentError
from labctl.techniques import Technique, VoltageSweep

FACTOR = 30.0
"""Off by more than this is another unit, not a bad cell: a thousand's square root."""
WINDOW = 2.0
"""s after which a sweep must have gone somewhere, or longer if it is slow."""
TRAVEL = 0.01
"""V that say how fast it goes; a quarter of the first leg where that is less."""
LEAST = 0.001
"""V; a shorter way says nothing beside the noise."""
SAMPLES = 3
"""Readings that must be too far away too early: one alone is a spike."""
NEAR = 0.005
"""V from the first vertex at which a sweep is at its beginning."""


def sweeps_of(
    techniques: Sequence[Technique], program: Program, place: str
) -> "dict[int, SweepCheck]":
    """Return the check of each sweep of an upload, by its index."""
    names = {upload.source: upload.table.name for upload in program.uploads}
    return {
        at: SweepCheck(
            technique, place, "cv_rate" if names[at] == "CV" else "vscan_rate"
        )
        for at, technique in enumerate(techniques)
        if isinstance(technique, VoltageSweep)
    }


def readings(batches: Sequence[Batch], technique: int) -> list[tuple[float, float]]:
    """Return (instrument's time in s, V) of the rows of one technique, in order."""
    found: list[tuple[float, float]] = []
    for batch in batches:
        if batch.stream != columns.TIMESERIES.name:
            continue
        mine = batch.columns[columns.TECHNIQUE_INDEX.name] == technique
        time = batch.columns[columns.INSTRUMENT_TIME.name][mine]
        voltage = batch.columns[columns.VOLTAGE.name][mine]
        found += zip(time.tolist(), voltage.tolist(), strict=True)
    return found


@dataclass(slots=True)
class SweepCheck:
    """One sweep of one upload."""

    sweep: VoltageSweep
    place: str
    option: str
    """Name of the option that says the unit."""
    done: bool = False
    _begun: tuple[float, float] | None = field(default=None)
    """Instrument's time in s and voltage at the beginning."""
    _too_far: int = 0
    """Readings that were too far away too early."""

    def look(self, seen: Sequence[tuple[float, float]]) -> None:
        """Take (instrument's time in s, V) in their order.

        InstrumentError: it is too fast or too slow by `FACTOR` or more.
        """
        for time, voltage in seen:
            if self.done:
                return
            self._one(time, voltage)

    def _one(self, time: float, voltage: float) -> None:
        first, second = self.sweep.vertices[:2]
        enough = min(TRAVEL, 0.25 * abs(second - first))
        if enough < LEAST:
            self.done = True
        elif self._begun is None:
            if abs(voltage - first) <= NEAR:
                self._begun = (time, voltage)
        elif time > self._begun[0]:
            moved = abs(voltage - self._begun[1])
            self._compare(time - self._begun[0], moved, enough)

    def _compare(self, passed: float, moved: float, enough: float) -> None:
        asked = self.sweep.scan_rate
        if moved >= enough:
            if moved / passed <= FACTOR * asked:
                self.done = True
                return
            self._too_far += 1
            if self._too_far >= SAMPLES:
                self.done = True
                self._refuse(moved / passed, "fast")
        elif passed >= max(WINDOW, 2.0 * enough / asked):
            self.done = True
            if moved / passed < asked / FACTOR:
                self._refuse(moved / passed, "slow")

    def _refuse(self, found: float, how: str) -> None:
        raise InstrumentError(
            f"{self.place}: the sweep was asked for at {self.sweep.scan_rate:g} V/s "
            f"and runs at {found:.3g} V/s, far too {how}: the channel was stopped. The "
            f"library takes the rate in another unit: set the option {self.option}"
        )
