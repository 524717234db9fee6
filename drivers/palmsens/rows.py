"""Packages of a script as rows: which of them are kept, and what is lost.

Every sample comes; the recording rules of its technique say which becomes a row. The
first and the last sample of a technique always do.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from drivers.overload import CURRENT as OVER_CURRENT
from drivers.overload import VOLTAGE as OVER_VOLTAGE
from drivers.palmsens.wire.replies import Package
from drivers.palmsens.wire.vocabulary import (
    COUNT,
    CURRENT,
    FREQUENCY,
    IMAGINARY_IMPEDANCE,
    POTENTIAL,
    REAL_IMPEDANCE,
    TIME,
    Status,
)
from labctl import columns
from labctl.data import Batch, Column, Event, Level
from labctl.roles.channel_accuracy import UNKNOWN_RANGE
from labctl.roles.potentiostat import ROWS_LOST
from labctl.techniques import Loop, Recording, Spectrum, Technique, VoltageSweep

IDENTITY, INDEX, REASON = "ja", "jb", "jc"
"""Types of the variables in which our scripts say who they are, where they are, and
why everything ends."""
EARLY = 1e-3
"""Of a recording interval: a sample that is that much too soon is in time."""
EARLY_WHERE_COARSE = 0.1, 1.0
"""s that it may be too soon, too, in intervals of so many s or more: an early first
sample (`drivers.palmsens.script.holds`) moves all others that much together."""
STRIKES = 2
"""Samples in a row that may be left out because they go back."""
GAP = 1.5
"""Recording intervals between two samples before rows are lost."""
FURTHER: Mapping[str, tuple[Column, ...]] = {
    columns.TIMESERIES.name: (columns.CURRENT_RANGE, columns.OVERLOAD),
    columns.EIS.name: (columns.CURRENT_RANGE, columns.OVERLOAD),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One package of ours."""

    time: float
    voltage: float
    current: float
    technique: int
    count: int
    range: int
    overload: int
    late: bool
    """Whether the instrument did not keep up with its interval."""
    sine: tuple[float, float, float] | None = None
    """Hz, real and imaginary part in Ω; None for a sample of direct current."""


def number_in(package: Package, kind: str) -> int | None:
    """Return an integer of a package; None: there is none."""
    found = package.find(kind)
    return int(found.value) if found is not None and found.whole else None


def sample_of(package: Package) -> Sample | None:
    """Return what a package of ours says; None: a part of it is missing."""
    time, voltage = package.find(TIME), package.find(POTENTIAL)
    current = package.find(CURRENT)
    count, technique = number_in(package, COUNT), number_in(package, INDEX)
    if time is None or voltage is None or current is None:
        return None
    if count is None or technique is None:
        return None
    sine = [package.find(k) for k in (FREQUENCY, REAL_IMPEDANCE, IMAGINARY_IMPEDANCE)]
    volts, amperes = voltage.status or Status(0), current.status or Status(0)
    flags = OVER_VOLTAGE * bool(volts & Status.OVERLOAD)
    flags |= OVER_CURRENT * bool(amperes & Status.OVERLOAD)
    frequency, real, imaginary = sine
    found = None
    if frequency is not None and real is not None and imaginary is not None:
        found = frequency.value, real.value, imaginary.value
    return Sample(
        time.value,
        voltage.value,
        current.value,
        technique,
        count,
        UNKNOWN_RANGE if current.range is None else current.range,
        flags,
        bool((volts | amperes) & Status.TIMING),
        found,
    )


@dataclass(slots=True)
class RowMaker:
    """Makes the rows of one script."""

    techniques: Sequence[Technique]
    skipped: int = 0
    """Techniques of the upload that stood before this script's first one."""
    zero: float = 0.0
    """Instrument's time at which this script began, s."""
    imaginary_sign: int = 1
    halfway: bool = False
    """Whether the first samples were never seen: it was attached to."""
    last: Sample | None = None
    closed: bool = False
    """Whether the script said how many samples there were."""
    _kept: Sample | None = None
    """The sample that became a row last, of this technique."""
    _rows: list[Sample] = field(default_factory=list)
    _told_late: bool = False
    _strikes: int = 0

    @property
    def technique(self) -> int:
        """Index of the technique in flight, as the step counts."""
        return self.skipped + (0 if self.last is None else self.last.technique)

    def take(self, sample: Sample) -> Event | None:
        """Take the next sample; return what must be said of it.

        One that goes back in time or number is damaged, and left out; when that is
        said `STRIKES` times in a row, the one before them was.
        """
        if self._goes_back(sample):
            self._strikes += 1
            text = f"a sample that goes back ({sample.time + self.zero:.1f} s)"
            return Event(Level.WARNING, "damaged-line", f"{text} was left out")
        self._strikes = 0
        before, event = self.last, self._doubts(sample)
        if before is not None and before.technique != sample.technique:
            self._close()
        self.last = sample
        if self._is_row(sample):
            self._keep(sample)
        return event

    def end(self) -> None:
        """Let the last sample be a row: nothing comes any more."""
        self._close()

    def close(self, count: int | None) -> Event | None:
        """Compare with the ``count`` of samples that the script says at its end.

        None: it has not said it. Returns what must be said of it.
        """
        self.closed = count is not None
        seen = 0 if self.last is None else self.last.count
        if count == seen:
            return None
        missing = "an unknown number of" if count is None else f"{count - seen}"
        text = f"{missing} samples before the end of the script are lost"
        return Event(Level.WARNING, ROWS_LOST, text)

    def batches(self) -> list[Batch]:
        """Return the rows that are made, and forget them."""
        rows, self._rows = self._rows, []
        made: list[Batch] = []
        run: list[Sample] = []
        for row in rows:
            if run and (run[0].sine is None) != (row.sine is None):
                made.append(self._batch(run))
                run = []
            run.append(row)
        if run:
            made.append(self._batch(run))
        return made

    def _goes_back(self, sample: Sample) -> bool:
        last = self.last
        if last is None or self._strikes >= STRIKES:
            return False
        return not (sample.count > last.count and sample.time >= last.time)

    # ---- which samples are rows

    def _close(self) -> None:
        last = self.last
        if last is not None and last is not self._kept:
            self._keep(last)
        self._kept = None

    def _keep(self, sample: Sample) -> None:
        self._rows.append(sample)
        self._kept = sample

    def _is_row(self, sample: Sample) -> bool:
        kept, record = self._kept, self._record(sample.technique)
        if kept is None or record is None or sample.sine is not None:
            return True
        passed = sample.time - kept.time
        if record.every_s is not None and passed >= _in_time(record.every_s):
            return True
        for step, now, then in (
            (record.every_volt, sample.voltage, kept.voltage),
            (record.every_ampere, sample.current, kept.current),
            (record.every_coulomb, passed * sample.current, 0.0),
        ):
            if step is not None and not abs(now - then) < step:  # NaN is a row
                return True
        return False

    def _record(self, at: int) -> Recording | None:
        """Return the rules of a technique; None where each sample is a row."""
        technique = self.techniques[at] if at < len(self.techniques) else None
        if technique is None or isinstance(technique, Loop | VoltageSweep):
            return None
        return technique.record

    def _doubts(self, sample: Sample) -> Event | None:
        """Return what is lost before a sample, or what is wrong with its time."""
        before = self.last
        missing = sample.count - 1 - (0 if before is None else before.count)
        if before is None and self.halfway:
            text = (
                f"goes on with sample {sample.count} of the script, at "
                f"{sample.time + self.zero:.1f} s: what it sent while nobody listened "
                "is lost"
            )
            return Event(Level.WARNING, ROWS_LOST, text)
        if missing > 0 and self._is_gap(before, sample):
            text = f"{missing} samples before {sample.time + self.zero:.1f} s are lost"
            return Event(Level.WARNING, ROWS_LOST, text)
        if sample.late and not self._told_late:
            self._told_late = True
            text = "the instrument does not keep up with the interval of its samples"
            return Event(Level.WARNING, "timing", text)
        return None

    def _is_gap(self, before: Sample | None, sample: Sample) -> bool:
        """Tell whether rows are missing, not only samples between them."""
        record = self._record(sample.technique)
        if before is None or record is None or record.every_s is None:
            return True
        if before.technique != sample.technique or sample.sine is not None:
            return True
        return sample.time - before.time > GAP * record.every_s

    # ---- columns

    def _batch(self, rows: Sequence[Sample]) -> Batch:
        made = {
            columns.INSTRUMENT_TIME.name: _floats(r.time + self.zero for r in rows),
            columns.TECHNIQUE_INDEX.name: _whole(
                r.technique + self.skipped for r in rows
            ),
            columns.VOLTAGE.name: _floats(r.voltage for r in rows),
            columns.CURRENT.name: _floats(r.current for r in rows),
            columns.CURRENT_RANGE.name: _whole(r.range for r in rows),
            columns.OVERLOAD.name: _whole(r.overload for r in rows),
        }
        sines = [row.sine for row in rows if row.sine is not None]
        if not sines:
            return Batch(columns.TIMESERIES.name, made)
        amplitudes = [
            self._amplitudes(row.technique, math.hypot(re, im))
            for row, (_, re, im) in zip(rows, sines, strict=True)
        ]
        made |= {
            columns.FREQUENCY.name: _floats(f for f, _, _ in sines),
            columns.REAL_IMPEDANCE.name: _floats(re for _, re, _ in sines),
            columns.IMAGINARY_IMPEDANCE.name: _floats(
                self.imaginary_sign * im for _, _, im in sines
            ),
            "voltage_amplitude_volt": _floats(volt for volt, _ in amplitudes),
            "current_amplitude_ampere": _floats(ampere for _, ampere in amplitudes),
        }
        return Batch(columns.EIS.name, made)

    def _amplitudes(self, at: int, size: float) -> tuple[float, float]:
        """Return amplitudes in V and A: the one asked for, and by |Z| in Ω the other.

        An impedance is the quotient of the two; what is not said is the one driven.
        """
        technique = self.techniques[at] if at < len(self.techniques) else None
        if not isinstance(technique, Spectrum) or not size > 0.0:
            return math.nan, math.nan
        if technique.galvanostatic:
            return technique.amplitude * size, technique.amplitude
        return technique.amplitude, technique.amplitude / size


def _in_time(every: float) -> float:
    """Return s after which a sample is a row, where one is wanted ``every`` s."""
    seconds, coarse = EARLY_WHERE_COARSE
    return every - max(EARLY * every, seconds if every >= coarse else 0.0)


def _floats(values: Iterable[float]) -> NDArray[np.float64]:
    return np.array(list(values), dtype=np.float64)


def _whole(values: Iterable[int]) -> NDArray[np.int64]:
    return np.array(list(values), dtype=np.int64)
