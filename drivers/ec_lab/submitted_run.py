"""One run that was submitted to EC-Lab: what it is recognised by, and its points.

The name of its data files is ours alone, drawn anew for each upload and kept in the
token. Points stay in EC-Lab's files; whoever attaches reads them from the first one on
and gets the same times.
"""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drivers.ec_lab.answers import Experiment
from drivers.ec_lab.client import amplitudes, dc_point, eis_point, value_of
from drivers.submitted.moments import Moments
from labctl import columns
from labctl.data import Batch, Column
from labctl.techniques import Technique

DRIVER = "ec-lab"
PREFIX = "labctl-"
START_GRACE = 15.0
"""s in which a started channel may still say that it stands still."""
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
class SubmittedRun:
    """One upload, loaded, started or found again."""

    token: Mapping[str, Any]
    techniques: tuple[Technique, ...] = ()
    settings: str = ""
    """Settings file; empty where it was found running."""
    data: str = ""
    """Data file as `RunChannel` is told."""
    started: float = -math.inf
    """s of the clock."""
    seen: bool = False
    """Whether EC-Lab was seen with it."""
    technique: int = 0
    """Index of the technique in flight, of the whole plan."""
    linked: int = 0
    """Linked technique whose file is read now."""
    read: int = 0
    """Points of that file that were read."""
    _moments: Moments = field(default_factory=Moments)

    @property
    def name(self) -> str:
        """Beginning of the names of its data files."""
        return str(self.token["name"])

    @property
    def skipped(self) -> int:
        """Techniques that were left out of this upload."""
        return int(self.token["skipped"])

    @property
    def zero(self) -> float:
        """Instrument's time at which this upload began, s; more than 0 after a skip."""
        return float(self.token["zero"])

    @property
    def limited(self) -> bool:
        """Whether its safety limits are known to hold."""
        return bool(self.token.get("limited", False))

    @property
    def places(self) -> Sequence[Sequence[int]]:
        """For each linked technique: sequence -> index of the technique."""
        places: Sequence[Sequence[int]] = self.token["places"]
        return places

    def is_spectrum(self, linked: int) -> bool:
        """Tell whether a linked technique is one."""
        return bool(self.token["spectra"][linked])

    def is_in(self, experiment: Experiment) -> bool:
        """Tell whether EC-Lab's last experiment on the channel is this one."""
        return names_it(self.token, experiment)

    def index_of(self, linked: int, sequence: int) -> int:
        """Return the plan's index of a sequence; the nearest where EC-Lab says more."""
        places = self.places[min(max(linked, 0), len(self.places) - 1)]
        return places[min(max(sequence, 0), len(places) - 1)] + self.skipped

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
        if self.is_spectrum(self.linked):
            return self._spectral(rows, extra)
        self.technique = int(rows[-1][1])
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
        self.technique = place
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


def make_token(
    serial: int, channel: int, program: Any, *, skipped: int, zero: float, limited: bool
) -> dict[str, Any]:
    """Return what an upload is recognised by; its name is new."""
    return {
        "driver": DRIVER,
        "serial": serial,
        "channel": channel + 1,
        "name": PREFIX + uuid.uuid4().hex[:16],
        "places": [list(places) for places in program.places],
        "spectra": list(program.spectra),
        "skipped": skipped,
        "zero": zero,
        "limited": limited,
    }


def names_it(token: Mapping[str, Any], experiment: Experiment) -> bool:
    """Tell whether the data files of an experiment are those of a token."""
    name = str(token["name"])
    return any(file.startswith(name) for file in experiment.files)


def _unknown(column: Column) -> float:
    return -1.0 if column.dtype == "i8" else math.nan
