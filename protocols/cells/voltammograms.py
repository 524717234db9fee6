"""The voltammograms of a run: one cycle a scan rate, its peaks, its whole scan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from labctl.analysis.cells.current_peaks import CurrentPeak, find_peaks
from labctl.analysis.cells.finite_diffusion import Scan
from labctl.analysis.cells.half_cycles import Ints
from labctl.analysis.cells.voltammetry import NOISE
from labctl.analysis.meter import reading
from labctl.analysis.uncertainty import Measured, known, rectangular
from labctl.columns import CURRENT_RANGE
from labctl.data import Array
from labctl.protocol import RecordedRun
from labctl.roles.channel_accuracy import UNKNOWN_RANGE, ChannelAccuracy
from labctl.sample import Sample
from labctl.sources import Distribution, Kind, Source
from labctl.verdicts.voltammetry import INSIDE
from protocols.cells.cycling_results import cell_accuracy

SMOOTHED = 5
"""Rows averaged before peaks are looked for, so that noise makes none."""
FEWEST_ROWS = 10 * SMOOTHED
"""Of a cycle that shows peaks."""
MOST_CYCLES = 5
"""Of one rate that are looked back on: what was before the last four has evened out."""
BRANCHES = ("anodic", "cathodic")
TEMPERATURE_LEFT = 2.0
"""K, standard: a room, or a chamber and the self-heating of a cell in it."""


class Course(Enum):
    """Which way a scan goes, and whether it comes back."""

    DOWN_UP = "from the upper vertex and back"
    UP_DOWN = "from the lower vertex and back"
    DOWN = "falling only"
    """A linear sweep; so is the other one."""
    UP = "rising only"

    @property
    def is_cycle(self) -> bool:
        """Whether it comes back."""
        return self in {Course.DOWN_UP, Course.UP_DOWN}


@dataclass(frozen=True, slots=True)
class VoltammetrySettings:
    """What was asked for, as far as the analysis must know."""

    scan_rates: tuple[float, ...]
    """V/s."""
    lowest: float
    """V, the lower vertex."""
    highest: float
    """V, the upper vertex."""
    area: Measured
    """m², or why there is none."""
    concentration: Measured
    """mol/m³, or why there is none."""
    radius: Measured
    """m, or why there is none."""
    temperature: Measured
    """K."""
    resistance: float
    """Ω."""


@dataclass(frozen=True, slots=True, eq=False)
class Scanned:
    """Where the rows of one rate lie in the time series, whoever recorded them."""

    rate: float
    """V/s."""
    rows: Ints
    """All cycles that are looked back on."""
    last: Ints
    """Places within these rows of the cycle that is analysed."""
    course: Course = Course.DOWN_UP
    """Of each cycle."""


@dataclass(frozen=True, slots=True, eq=False)
class Voltammogram:
    """One cycle at one rate."""

    rate: float
    """V/s."""
    voltage: Array
    current: Array
    anodic: CurrentPeak | None
    """The highest peak of the branch with rising voltage."""
    cathodic: CurrentPeak | None
    whole: bool
    """It came to both vertices and back; a linear sweep: to its end."""
    scan: Scan
    """All sweeps of its rate, the branch with rising voltage."""
    falling: slice
    """Rows of the scan's branch with falling voltage."""
    course: Course = Course.DOWN_UP
    code: int = UNKNOWN_RANGE
    """Of the current range."""

    def peak(self, branch: str) -> CurrentPeak | None:
        """Return the peak of a branch of `BRANCHES`."""
        return self.anodic if branch == "anodic" else self.cathodic

    def has(self, branch: str) -> bool:
        """Return whether a branch of `BRANCHES` was scanned at all."""
        never = Course.DOWN if branch == "anodic" else Course.UP
        return self.course is not never

    def scanned(self, branch: str) -> Scan:
        """Return the scan with the rows of a branch."""
        rows = self.scan.branch if branch == "anodic" else self.falling
        return Scan(self.scan.time, self.scan.voltage, self.scan.current, rows)

    def charge(self, branch: str) -> float:
        """Return the charge of a branch in C."""
        scan = self.scanned(branch)
        rows = scan.branch
        return float(np.trapezoid(scan.current[rows], scan.time[rows]))


def scans_of_plan(
    run: RecordedRun,
    scan_rates: Sequence[float],
    *,
    first_cycle: int,
    sweeps: tuple[int, int],
) -> tuple[Scanned, ...]:
    """Return where our own plan scanned each rate.

    ``first_cycle``: cycle number of the first rate; ``sweeps``: indices of the first
    sweep of each upload, and of the one that is analysed.
    """
    table = run.table("timeseries")
    scans = [r.step_count for r in run.steps if r.label.startswith("scan at")]
    first, last = sweeps
    first = max(first, last + 1 - MOST_CYCLES)
    out = []
    for k, rate in enumerate(scan_rates):
        mine = (table["cycle_count"] == first_cycle + k) & np.isin(
            table["step_count"], scans
        )
        index = table["technique_index"]
        rows = np.flatnonzero(mine & (index >= first) & (index <= last))
        out.append(Scanned(rate, rows, np.flatnonzero(index[rows] == last)))
    return tuple(out)


def voltammograms(
    run: RecordedRun, scans: Sequence[Scanned], settings: VoltammetrySettings
) -> tuple[Voltammogram, ...]:
    """Return the last cycle of every rate that was scanned."""
    table = run.table("timeseries")
    return tuple(
        _voltammogram(table, one, settings)
        for one in scans
        if len(one.last) >= FEWEST_ROWS
    )


def _voltammogram(
    table: Mapping[str, Array], scanned: Scanned, settings: VoltammetrySettings
) -> Voltammogram:
    rows, analysed = scanned.rows, scanned.last
    time = table["test_time_second"][rows]
    voltage, current = table["voltage_volt"][rows], table["current_ampere"][rows]
    v, i = voltage[analysed], current[analysed]
    peaks = find_peaks(v, i, resistance=settings.resistance, smooth=SMOOTHED)
    rising, falling = _branches(v, scanned)
    return Voltammogram(
        scanned.rate,
        v,
        i,
        max((p for p in peaks if p.anodic), key=_size, default=None),
        max((p for p in peaks if not p.anodic), key=_size, default=None),
        whole=_is_whole(v, scanned.course, settings),
        scan=Scan(time, voltage, current, rising),
        falling=falling,
        course=scanned.course,
        code=_code(table, rows[analysed]),
    )


def _branches(v: Array, scanned: Scanned) -> tuple[slice, slice]:
    """Return the rows with rising and with falling voltage; of one there is no other.

    ``v``: of the cycle that is analysed.
    """
    first, last = int(scanned.last[0]), int(scanned.last[-1])
    none = slice(last + 1, last + 1)
    match scanned.course:
        case Course.UP:
            return slice(first, last + 1), none
        case Course.DOWN:
            return none, slice(first, last + 1)
        case Course.UP_DOWN:
            turn = first + int(np.argmax(v))
            return slice(first, turn + 1), slice(turn, last + 1)
        case Course.DOWN_UP:
            turn = first + int(np.argmin(v))
            return slice(turn, last + 1), slice(first, turn + 1)


def _is_whole(v: Array, course: Course, settings: VoltammetrySettings) -> bool:
    """Return whether a scan came to where it was to turn, and to its end."""
    near = 0.02 * (settings.highest - settings.lowest)
    low, high = settings.lowest + near, settings.highest - near
    match course:
        case Course.UP:
            return bool(v[-1] >= high)
        case Course.DOWN:
            return bool(v[-1] <= low)
        case Course.UP_DOWN:
            return bool(v.max() >= high and v[-1] <= low)
        case Course.DOWN_UP:
            return bool(v.min() <= low and v[-1] >= high)


def _code(table: Mapping[str, Array], rows: Array) -> int:
    """Return the current range of the rows; unknown where it changed."""
    if CURRENT_RANGE.name not in table:
        return UNKNOWN_RANGE
    codes = np.unique(table[CURRENT_RANGE.name][rows]).tolist()
    return int(codes[0]) if len(codes) == 1 else UNKNOWN_RANGE


def _size(peak: CurrentPeak) -> float:
    return abs(peak.current)


def measured_peaks(
    run: RecordedRun, taken: Sequence[Voltammogram], branch: str
) -> tuple[tuple[float, ...], tuple[Measured, ...]]:
    """Return rates and peak currents (signed, A) of the scans that show a peak.

    Each knows the ammeter's gain and zero on its range, its noise, and the current at
    the quiet end of its branch, which was not taken off as a baseline.
    """
    stated = cell_accuracy(run)
    kept = [(one, one.peak(branch)) for one in taken]
    pairs = [(one.rate, _measured(stated, one, p)) for one, p in kept if p is not None]
    return tuple(rate for rate, _ in pairs), tuple(peak for _, peak in pairs)


def _measured(
    stated: ChannelAccuracy | None, one: Voltammogram, peak: CurrentPeak
) -> Measured:
    sign = 1.0 if peak.anodic else -1.0
    largest = float(np.abs(one.current).max())
    found = reading(
        "current",
        peak.current,
        "A",
        stated.current if stated else None,
        code=one.code,
        largest=largest,
        instrument=stated.instrument if stated else "",
    )
    baseline = Source("baseline", distribution=Distribution.RECTANGULAR)
    found = found.with_part(baseline, sign * rectangular(peak.baseline))
    # NaN: too few rows about the top to see any noise, so it is not known
    noise = Source.fresh(NOISE, one.rate, peak.current, kind=Kind.A)
    found = found.with_part(noise, peak.noise)
    return found.suspect(
        *INSIDE.at_least(100.0 * peak.fall, of=f"at {name(one.rate)}: the")
    )


def name(rate: float) -> str:
    """Return ``0.1 mV/s``."""
    return f"{1e3 * rate:g} mV/s"


def temperature_of(sample: Sample) -> Measured:
    """Return the temperature of the label in K."""
    return known(sample.temperature, TEMPERATURE_LEFT, "temperature", "K")
