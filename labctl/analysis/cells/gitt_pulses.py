"""Finds the pulses of a titration and measures each: rests, jump, √t slopes.

A titration is a row of current pulses, each between two rests. What is measured here
needs no model of diffusion but one: that the voltage runs with √t early in the pulse
(and with √(t+τ) - √t early in the rest).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.half_cycles import REST_FRACTION
from labctl.analysis.uncertainty import Measured, estimated

Floats = NDArray[np.float64]

FEWEST = 5
"""Rows that a line needs before its R² says anything."""
FEW = 10
"""Rows at the end of a rest that its noise is taken from, at least."""
AVERAGED = 60.0
"""s at the end of a rest that are averaged: 10 µV of noise are 1 % of D."""
ROUNDING = 1e-9
"""V; no converter of a cycler has smaller steps."""
WATCHED = 600.0
"""s at the end of a rest over which its drift is judged."""


@dataclass(frozen=True, slots=True)
class PulseRows:
    """Where a pulse and its rests lie in the columns."""

    rest: int
    """First row of the rest before."""
    first: int
    """First row under current."""
    last: int
    """Row after the last one under current: the first of the rest after."""
    end: int
    """Row after the last one of the rest after."""


def find_pulses(
    time: Floats, current: Floats, *, rest_current: float | None = None
) -> tuple[PulseRows, ...]:
    """Return the pulses that stand between two rests of at least two rows.

    ``rest_current`` in A is the |I| up to which a row is a rest; None: 0.1 % of the
    largest. NaN is a rest. Runs of current with a reversal inside are not pulses.
    """
    flow = np.nan_to_num(current)
    if rest_current is None:
        rest_current = REST_FRACTION * float(np.abs(flow).max(initial=0.0))
    state = np.where(np.abs(flow) > rest_current, np.sign(flow), 0)
    edges = np.flatnonzero(np.diff(state)) + 1
    bounds = [0, *edges.tolist(), len(time)]
    kinds = [state[b] for b in bounds[:-1]] if len(time) else []
    found = []
    for k in range(1, len(kinds) - 1):
        before, after = bounds[k] - bounds[k - 1], bounds[k + 2] - bounds[k + 1]
        if (
            kinds[k]
            and not kinds[k - 1]
            and not kinds[k + 1]
            and min(before, after) > 1
            and time[bounds[k + 1] - 1] > _switch_time(time, bounds[k])
        ):
            found.append(
                PulseRows(bounds[k - 1], bounds[k], bounds[k + 1], bounds[k + 2])
            )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class FittedLine:
    """A straight line through part of a pulse or rest."""

    intercept: float
    slope: float
    slope_uncertainty: float
    intercept_uncertainty: float
    r_squared: float
    rows: int


def fit_line(x: Floats, y: Floats) -> FittedLine | None:
    """Return the least-squares line; None with fewer than five rows."""
    n = len(x)
    if n < FEWEST or x.max() == x.min():
        return None
    xm, ym = float(x.sum()) / n, float(y.sum()) / n
    dx, dy = x - xm, y - ym
    sxx = float(dx @ dx)
    slope = float(dx @ dy) / sxx
    rest = dy - slope * dx
    left, total = float(rest @ rest), float(dy @ dy)
    variance = left / (n - 2)
    return FittedLine(
        intercept=ym - slope * xm,
        slope=slope,
        slope_uncertainty=math.sqrt(variance / sxx),
        intercept_uncertainty=math.sqrt(variance * (1 / n + xm**2 / sxx)),
        r_squared=1 - left / total if total > 0 else math.nan,
        rows=n,
    )


@dataclass(frozen=True, slots=True)
class Pulse:
    """One pulse as measured; voltages in V, times in s from the file's zero."""

    rows: PulseRows
    start: float
    """When the current came on."""
    duration: float
    current: float
    """Mean in A, signed; positive delithiates."""
    charge: float
    """C, signed."""
    rest_before: Measured
    """Mean over the last minute of the rest before."""
    rest_after: Measured
    """Mean over the last minute of the rest after."""
    end_voltage: float
    """At the end of the pulse, from a line through its last rows."""
    jump: Measured
    """Ohmic and charge-transfer step: the √t line at t = 0⁺ minus the rest before."""
    first_resistance: float
    """(first row - rest before)/I in Ω; depends on when the first row was taken."""
    root_time: FittedLine | None
    """V against √s in the pulse; None when there are too few rows."""
    relaxation: FittedLine | None
    """V against √(t+τ) - √t in the rest; None when there are too few rows."""
    drift: Measured
    """dV/dt over the last ten minutes (at most half) of the rest after, V/s."""
    noise: float
    """Standard deviation of one voltage row in V, from the ends of the rests."""
    resolution: float = 0.0
    """Standard uncertainty in V from the converter's step; no average lowers it."""

    @property
    def rest_change(self) -> Measured:
        """ΔE_s: rest after minus rest before."""
        u = math.hypot(self.rest_after.uncertainty, self.rest_before.uncertainty)
        change = self.rest_after.value - self.rest_before.value
        return estimated(change, u, "rest voltage")

    @property
    def pulse_change(self) -> Measured:
        """ΔE_t: change in the pulse without the jump."""
        start = self.rest_before.value + self.jump.value
        return estimated(
            self.end_voltage - start,
            math.hypot(self.jump.uncertainty, self.noise, self.resolution),
            "pulse voltage",
        )

    @property
    def ratio(self) -> Measured:
        """ρ = ΔE_s/ΔE_t."""
        s, t = self.rest_change, self.pulse_change
        if t.value == 0:
            return Measured.absent("the voltage did not change in the pulse")
        value = s.value / t.value
        u = math.hypot(s.uncertainty, value * t.uncertainty) / abs(t.value)
        return estimated(value, u, "voltage")


def measure_pulse(
    time: Floats,
    voltage: Floats,
    current: Floats,
    rows: PulseRows,
    *,
    window: tuple[float, float],
    resolution: float = 0.0,
) -> Pulse:
    """Measure one pulse; ``window`` is the stretch in s in which √t is fitted.

    ``resolution`` in V is what `reading_resolution` says of the whole titration.
    """
    t, v = time[rows.first : rows.last], voltage[rows.first : rows.last]
    start = _switch_time(time, rows.first)
    off = time[rows.last - 1]
    duration = float(off - start)
    flow = current[rows.first : rows.last]
    weights = np.diff(t, prepend=start)
    charge = float((flow * weights).sum())
    rests = (rows.rest, rows.first), (rows.last, rows.end)
    ends = [_rest_end(time, voltage, *r) for r in rests]
    noise = _together(*(end[2] for end in ends))
    before, after = (
        estimated(
            mean, (noise if math.isnan(own) else own) / math.sqrt(n), "voltage noise"
        ).with_part("converter step", resolution)
        for mean, n, own in ends
    )
    tail = slice(-max(FEWEST, len(t) // 50), None)
    last = fit_line(t[tail] - off, v[tail])
    pulse = Pulse(
        rows=rows,
        start=float(start),
        duration=duration,
        current=charge / duration,
        charge=charge,
        rest_before=before,
        rest_after=after,
        end_voltage=float(v[-1]) if last is None else last.intercept,
        jump=Measured.absent("no √t window was looked at"),
        first_resistance=float((v[0] - before.value) / flow[0]),
        root_time=None,
        relaxation=None,
        drift=_rest_drift(time, voltage, rows.last, rows.end, resolution),
        noise=noise,
        resolution=resolution,
    )
    return with_window(pulse, time, voltage, window)


def with_window(
    pulse: Pulse, time: Floats, voltage: Floats, window: tuple[float, float]
) -> Pulse:
    """Return the pulse with √t fitted in another ``window``, in s after switching."""
    rows, before = pulse.rows, pulse.rest_before
    on = time[rows.first : rows.last] - pulse.start
    root = _within(np.sqrt(on), voltage[rows.first : rows.last], on, window)
    off = time[rows.last : rows.end] - time[rows.last - 1]
    course = np.sqrt(off + pulse.duration) - np.sqrt(off)
    slow = _within(course, voltage[rows.last : rows.end], off, window)
    if root is None:
        jump = Measured.absent(f"fewer than {FEWEST} rows in the √t window {window} s")
    else:
        jump = estimated(
            root.intercept - before.value,
            math.hypot(root.intercept_uncertainty, before.uncertainty),
            "extrapolation",
        )
    return replace(pulse, jump=jump, root_time=root, relaxation=slow)


def reading_resolution(voltage: Floats) -> float:
    """Return the standard uncertainty in V that the converter's step leaves.

    The step is the smallest difference between neighbouring rows that is no rounding
    of numbers (1 nV). Where most differences are no multiples of it, the readings have
    no steps that a file would show: 0.
    """
    steps = np.abs(np.diff(voltage))
    steps = steps[steps > ROUNDING]
    if not len(steps):
        return 0.0
    step = float(steps.min())
    small = steps[steps < 50 * step] / step
    whole = np.abs(small - np.round(small)) < 0.05  # noqa: PLR2004
    return step / math.sqrt(12) if whole.mean() > 0.9 else 0.0  # noqa: PLR2004


def _switch_time(time: Floats, first: int) -> float:
    """Return when the current came on: the last row before, unless that is far off."""
    step = time[first + 1] - time[first] if first + 1 < len(time) else 0.0
    if time[first] - time[first - 1] <= 2 * step:
        return float(time[first - 1])
    return float(time[first] - step)


def _rest_end(
    time: Floats, voltage: Floats, first: int, last: int
) -> tuple[float, int, float]:
    """Return the mean at the end of a rest, its rows, and the noise of one row."""
    t, v = time[first:last], voltage[first:last]
    late = t >= t[-1] - min(AVERAGED, 0.2 * (t[-1] - t[0]))
    rows = int(late.sum())
    noise = _noise(t[-max(rows, FEW) :], v[-max(rows, FEW) :])
    return float(v[late].mean()), rows, noise


def _together(first: float, second: float) -> float:
    """Return the root mean square of two; of one where the other is not known."""
    both = [x for x in (first, second) if math.isfinite(x)]
    return math.hypot(*both) / math.sqrt(len(both)) if both else math.nan


def _noise(t: Floats, v: Floats) -> float:
    """Return the scatter of rows around a line, V; NaN where there are too few."""
    line = fit_line(t - t[-1], v)
    if line is None:
        return math.nan
    return line.slope_uncertainty * float(np.std(t)) * math.sqrt(line.rows)


def _rest_drift(
    time: Floats, voltage: Floats, first: int, last: int, resolution: float
) -> Measured:
    """Return dV/dt at the end of a rest, V/s.

    Between the means of both halves the converter's step leaves √2 of its standard
    uncertainty over half the time, whatever the rows say.
    """
    t, v = time[first:last], voltage[first:last]
    late = t >= t[-1] - min(WATCHED, 0.5 * (t[-1] - t[0]))
    line = fit_line(t[late] - t[-1], v[late])
    if line is None:
        return Measured.absent(f"fewer than {FEWEST} rows at the end of the rest")
    step = 2 * math.sqrt(2) * resolution / float(np.ptp(t[late]))
    slope = estimated(line.slope, line.slope_uncertainty, "voltage noise")
    return slope.with_part("converter step", step)


def _within(
    x: Floats, y: Floats, elapsed: Floats, window: tuple[float, float]
) -> FittedLine | None:
    inside = (elapsed >= window[0]) & (elapsed <= window[1])
    return fit_line(x[inside], y[inside])


def compositions(
    pulses: Sequence[Pulse], capacity: float, start: float
) -> tuple[Floats, Floats]:
    """Return the lithium fraction θ before and after each pulse.

    ``capacity`` in C takes θ from 0 to 1; ``start`` is θ before the first pulse.
    """
    steps = -np.array([pulse.charge for pulse in pulses]) / capacity
    after = start + np.cumsum(steps)
    return after - steps, after
