"""How long a cell lasts: retention, cycles to 80 %, fade per cycle.

All of it is a ratio to the reference cycle: the mass and the ammeter's gain cancel, its
zero only as far as both half cycles take the same time at the same current.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.cycle_errors import CycleErrors, cycle_errors
from labctl.analysis.cells.cycle_scatter import (
    FEWEST,
    NORMAL,
    beside_line,
    repeated,
)
from labctl.analysis.cells.cycling import Cycles
from labctl.analysis.uncertainty import Measured
from labctl.sources import Kind, Source
from labctl.verdicts.condition import Doubts
from labctl.verdicts.cycling import (
    CONFIRMED_END,
    PLAUSIBLE_RETENTION,
    REFERENCE,
    STRAIGHT_FADE,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_FOR_SLOPE = 8
"""Fewer cycles do not tell a fade from a wave: of scatter with r = 0.6 from cycle to
cycle, intervals of a slope through five held in 75 %."""
FEWEST_FOR_HALVES = 10
"""Cycles whose two halves each tell a slope."""
FEWEST_FOR_ROBUST = 20
"""Cycles from which on a slope is a median of slopes."""
MOST_FOR_SLOPE = 500
"""Theil–Sen compares every pair; more cycles than this are thinned evenly."""
AROUND = 5
"""Cycles on either side of the end of life whose scatter and slope are its own."""
RESOLVED = 3.0
"""Times its uncertainty that a difference of slopes must be, to be one."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Capacity against a reference cycle; formation stays in the table, marked."""

    cycle: Ints
    """Cycle numbers, all cycles."""
    retention: Floats
    """Second-half charge over the reference cycle's, a fraction."""
    reference_cycle: int
    """The cycle that is 1 by definition: the first complete one after formation."""
    last: Measured
    """Retention of the last complete cycle in %; absent if that is the reference."""
    cycles_to_end: Measured
    """Cycles after the reference until ``end_of_life``, interpolated; absent if not
    reached."""
    fade_per_cycle: Measured
    """Slope of retention, % per cycle; negative when it fades."""


def ageing_cycles(cycles: Cycles, formation_cycles: int) -> Ints:
    """Return the places of the complete cycles after formation."""
    position = np.cumsum(cycles.number > 0)
    return np.flatnonzero(cycles.complete & (position > formation_cycles))


def retention(
    cycles: Cycles,
    *,
    formation_cycles: int = 0,
    end_of_life: float = 0.8,
    errors: CycleErrors | None = None,
) -> Retention:
    """Return the retention of the closing half's charge.

    Parameters
    ----------
    cycles
        From `pair_cycles`.
    formation_cycles
        Cycles that came before the reference cycle, complete or not.
    end_of_life
        Fraction that ends the life.
    errors
        Of these very cycles; None: those of an ammeter that states no accuracy.

    Raises
    ------
    ValueError
        No cycle after formation is complete.
    """
    ageing = ageing_cycles(cycles, formation_cycles)
    if not len(ageing):
        behind = " after formation" if formation_cycles else ""
        raise ValueError(f"no cycle{behind} is complete: there is no reference")
    start = int(ageing[0])
    fraction = cycles.second / cycles.second[start]
    against = _Against(cycles, start, fraction, errors or cycle_errors(cycles))
    number, value = cycles.number[ageing], fraction[ageing]
    doubts = REFERENCE.met(
        int(np.cumsum(cycles.number > 0)[start]) == formation_cycles + 1,
        f"cycle {cycles.number[start]} is the reference: the first after formation is "
        "not complete",
    )
    # What is far from the reference at the end says as much of the reference.
    last = 100 * float(value[-1])
    doubts += PLAUSIBLE_RETENTION.between(last) if len(ageing) > 1 else ()
    return Retention(
        cycle=cycles.number,
        retention=fraction,
        reference_cycle=int(cycles.number[start]),
        last=_last(against, ageing).suspect(*doubts),
        cycles_to_end=_crossing(against, ageing, end_of_life).suspect(*doubts),
        fade_per_cycle=_fade(against, ageing, number, value).suspect(*doubts),
    )


@dataclass(frozen=True, slots=True)
class _Against:
    """Fractions of one reference cycle."""

    cycles: Cycles
    start: int
    fraction: Floats
    errors: CycleErrors

    def weighted(self, value: float, weight: Floats, unit: str) -> Measured:
        """Return a number that is ``weight`` · retention of each cycle, shape (n,)."""
        reference = self.cycles.second[self.start]
        second = weight / reference
        used = weight != 0
        second[self.start] -= float(weight[used] @ self.fraction[used]) / reference
        return self.errors.measured(value, unit, second=second)


def _last(against: _Against, ageing: Ints) -> Measured:
    at = int(ageing[-1])
    if at == against.start:
        return Measured.absent("only one cycle after formation is complete", "%")
    percent = 100 * float(against.fraction[at])
    return against.weighted(percent, _at(at, against, 100.0), "%")


def _at(place: int, against: _Against, size: float) -> Floats:
    weight = np.zeros(len(against.cycles))
    weight[place] = size
    return weight


def _crossing(against: _Against, ageing: Ints, level: float) -> Measured:
    number, value = against.cycles.number[ageing], against.fraction[ageing]
    below = value < level
    if not below.any():
        gone = number[-1] - number[0]
        return Measured.absent(
            f"still at {100 * value[-1]:.1f} % after {gone} cycles", "cycles"
        )
    twice = np.flatnonzero(below[1:] & below[:-1])
    k = int(twice[0]) if len(twice) else int(np.flatnonzero(below)[-1])
    share = (value[k - 1] - level) / (value[k - 1] - value[k])
    since = number - number[0]
    found = float(since[k - 1] + share * (since[k] - since[k - 1]))
    near = slice(max(k - AROUND, 0), k + AROUND)
    around = beside_line(number[near], value[near])
    slope = around.slope
    if not np.isfinite(slope):
        slope = float((value[k] - value[k - 1]) / (number[k] - number[k - 1]))
    with np.errstate(divide="ignore"):
        weight = _at(int(ageing[k]), against, 1 / abs(slope))
        own = around.deviation / abs(slope)
    life = against.weighted(found, weight, "cycles")
    if np.isfinite(own):
        source = Source.fresh("scatter between cycles", found, own, kind=Kind.A)
        life = life.with_part(source, float(own), around.freedom)
    return life.suspect(
        *CONFIRMED_END.met(
            len(twice),
            f"only cycle {number[k]} is below {100 * level:g} %",
        )
    )


def _fade(against: _Against, ageing: Ints, number: Ints, value: Floats) -> Measured:
    if len(number) < FEWEST_FOR_SLOPE:
        return Measured.absent(
            f"{len(number)} cycles give no slope; {FEWEST_FOR_SLOPE} do", "%"
        )
    slope, own, freedom = _slope(number, value)
    x = number - number.mean()
    weight = np.zeros(len(against.cycles))
    weight[ageing] = 100 * x / float(x @ x)
    source = Source.fresh("scatter between cycles", slope, own, kind=Kind.A)
    found = against.weighted(100 * slope, weight, "%")
    found = found.with_part(source, 100 * own, freedom)
    return found.suspect(*_bent(number, value, slope))


def _slope(number: Ints, value: Floats) -> tuple[float, float, float]:
    """Return the slope, its standard uncertainty, its degrees of freedom.

    Theil–Sen with a robust scatter, so that a bad cycle does no harm; of few cycles,
    where robustness costs too much, least squares. Those that are alike count as fewer.
    """
    n, x = len(number), number - number.mean()
    if n < FEWEST_FOR_ROBUST:
        slope = float(x @ value / (x @ x))
        rest = value - value.mean() - slope * x
        deviation = float(np.sqrt(rest @ rest / (n - 2)))
    else:
        pick = np.unique(np.linspace(0, n - 1, MOST_FOR_SLOPE).astype(int))
        slope, offset = theil_sen(number[pick], value[pick])
        rest = value - offset - slope * number
        rest -= np.median(rest)
        deviation = NORMAL * float(np.median(np.abs(rest))) * np.sqrt(n / (n - 2))
    alike = repeated(rest - rest.mean())
    spread = deviation * np.sqrt(alike / (x @ x))
    return float(slope), float(spread), max(n / alike, 4.0) - 2.0


def theil_sen(x: Ints, y: Floats) -> tuple[float, float]:
    """Return slope and offset of the line through the medians: Sen (1968).

    ``x`` and ``y`` have shape (n,), n ≥ 2, not all of ``x`` alike. As SciPy's, which
    takes a quarter of a second to load.
    """
    across, up = x[:, None] - x, y[:, None] - y
    ahead = across > 0
    slope = float(np.median(up[ahead] / across[ahead]))
    return slope, float(np.median(y) - slope * np.median(x))


def _bent(number: Ints, value: Floats, slope: float) -> Doubts:
    """Compare the slopes of the first and of the second half of the cycles."""
    if len(number) < max(FEWEST_FOR_HALVES, 2 * FEWEST):
        return ()
    middle = len(number) // 2
    first, early, _ = _slope(number[:middle], value[:middle])
    second, late, _ = _slope(number[middle:], value[middle:])
    if abs(second - first) <= RESOLVED * np.hypot(early, late):
        return ()
    return STRAIGHT_FADE.at_most(abs(second - first) / abs(slope) if slope else np.inf)
