"""The points of one run in EC-Lab's files, made into batches.

They are read from the first one on by whoever attaches, and get the same times.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drivers.ec_lab.client import amplitudes, dc_point, eis_point, value_of
from drivers.submitted.moments import Moments
from labctl import columns
from labctl.data import Batch, Column

POINTS_AT_ONCE = 500
"""Of one turn: a point costs two or three calls into another process."""
FURTHER: Mapping[str, tuple[str, float, Column]] = {
    "charge": ("(Q-Qo)", 3.6, columns.INSTRUMENT_CHARGE),
    "half_cycle": ("half cycle", 1.0, columns.INSTRUMENT_CYCLE),
}
"""Option -> EC-Lab's name, its unit (mA.h) in SI, and the column."""
EIS_COLUMNS = (
    columns.INSTRUMENT_TIME.name,
    columns.FREQUENCY.name,
    columns.REAL_IMPEDANCE.name,
    columns.IMAGINARY_IMPEDANCE.name,
    columns.VOLTAGE.name,
    columns.CURRENT.name,
    "voltage_amplitude_volt",
    "current_amplitude_ampere",
)

Rows = list[tuple[float, ...]]


@dataclass(slots=True)
class PointReader:
    """How far the points of one run were read."""

    places: Sequence[Sequence[int]]
    """For each linked technique: sequence -> index of the technique."""
    spectra: Sequence[bool]
    """For each linked technique: whether it is one."""
    skipped: int = 0
    """Techniques of the plan that stand before its first one."""
    zero: float = 0.0
    """Instrument's time at which it began, s."""
    linked: int = 0
    """Linked technique whose file is read now."""
    read: int = 0
    """Points of that file that were read."""
    _moments: Moments = field(default_factory=Moments)

    def index_of(self, linked: int, sequence: int) -> int:
        """Return the plan's index of a sequence; the nearest where EC-Lab says more."""
        places = self.places[min(max(linked, 0), len(self.places) - 1)]
        return places[min(max(sequence, 0), len(places) - 1)] + self.skipped

    @property
    def is_spectrum(self) -> bool:
        """Whether the file that is read now is a spectrum's."""
        return self.spectra[self.linked]

    # ---- points

    def direct(
        self, com: Any, file: str, upto: int, unit: float, extra: Sequence[str]
    ) -> Rows:
        """Read points of direct current: s, index, V, A, and what ``extra`` names."""
        rows: Rows = []
        for index in range(self.read, min(upto, self.read + POINTS_AT_ONCE)):
            time, voltage, current = dc_point(com, file, index)
            sequence = int(value_of(com, file, "Ns", index))
            more = [
                FURTHER[e][1] * value_of(com, file, FURTHER[e][0], index) for e in extra
            ]
            place = self.index_of(self.linked, sequence)
            rows.append((time, place, voltage, current * unit, *more))
        return rows

    def sines(self, com: Any, file: str, upto: int, unit: float) -> Rows:
        """Read points of a spectrum: s, Hz, Ω, Ω, V, A, peaks; 0 Hz while it holds."""
        rows: Rows = []
        for index in range(self.read, min(upto, self.read + POINTS_AT_ONCE)):
            time, frequency, real, minus = eis_point(com, file, index)
            _, voltage, current = dc_point(com, file, index)
            peaks = amplitudes(com, file, index) if frequency else (math.nan, math.nan)
            rows.append(
                (time, frequency, real, -minus, voltage, current * unit, *peaks)
            )
        return rows

    def batches(self, rows: Rows, extra: Sequence[str]) -> list[Batch]:
        """Return rows that were read as batches; they count as read from now on."""
        if not rows:
            return []
        self.read += len(rows)
        if self.is_spectrum:
            return self._spectral(rows, extra)
        return [self._timeseries(rows, extra)]

    def _timeseries(self, rows: Rows, extra: Sequence[str]) -> Batch:
        names = (columns.TECHNIQUE_INDEX, columns.VOLTAGE, columns.CURRENT)
        further = tuple(FURTHER[e][2] for e in extra)
        made = {columns.INSTRUMENT_TIME.name: self._times(rows)}
        for place, column in enumerate((*names, *further), 1):
            values = np.array([row[place] for row in rows])
            made[column.name] = values.astype(np.dtype(column.dtype))
        return Batch(columns.TIMESERIES.name, made)

    def _spectral(self, rows: Rows, extra: Sequence[str]) -> list[Batch]:
        """Split a spectrum's rows: the hold before it, and the sines."""
        place = self.index_of(self.linked, 0)
        hold = [r for r in rows if r[1] == 0.0]
        sines = [r for r in rows if r[1] != 0.0]
        made = []
        if hold:
            direct = [
                (r[0], place, r[4], r[5], *(_unknown(FURTHER[e][2]) for e in extra))
                for r in hold
            ]
            made.append(self._timeseries(direct, extra))
        if sines:
            values = np.array(sines).T
            series = (self._times(sines), *values[1:])
            spectrum = dict(zip(EIS_COLUMNS, series, strict=True))
            index = np.full(len(sines), place, dtype=np.int64)
            spectrum[columns.TECHNIQUE_INDEX.name] = index
            made.append(Batch(columns.EIS.name, spectrum))
        return made

    def _times(self, rows: Rows) -> Any:
        return np.array([self._moments.next(row[0] + self.zero) for row in rows])


def _unknown(column: Column) -> float:
    return -1.0 if column.dtype == "i8" else math.nan
