"""dQ/dV of one half cycle on a voltage grid, with its smoothing declared.

Two routes. Bins: charge per voltage bin, no smoothing but the bin's own width, charge
conserved exactly; needs samples closer than the bin. Savitzky–Golay: Q(V), made
monotonic and put on a fine grid, is differentiated by a sliding cubic over a stated
window. The integral of the result is compared with the charge that went in.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BIN = 2e-3
"""V."""
WINDOW = 10e-3
"""V; 5–15 mV keep silicon's peaks, which are 30 mV wide and more."""
CUBIC = 3
CONSERVED = 0.01


class Smoothing(StrEnum):
    """How the derivative was made."""

    BINS = "bins"
    SAVITZKY_GOLAY = "savitzky-golay"


@dataclass(frozen=True, slots=True)
class DifferentialCapacity:
    """dQ/dV of one half cycle."""

    voltage: Floats
    """Grid in V, ascending, shape (m,)."""
    value: Floats
    """C/V (or per gram, if a mass was given: mAh/(g V)); negative in discharge."""
    smoothing: Smoothing
    step: float
    """Distance of the grid in V."""
    window: float
    """Width over which is smoothed in V; the step for bins."""
    conserved: float
    """∫dQ/dV dV over the charge that went in; 1 when nothing is lost."""
    valid: bool
    reason: str
    """Why it is not valid; empty when it is."""


def differential_capacity(
    voltage: ArrayLike,
    charge: ArrayLike,
    *,
    smoothing: Smoothing = Smoothing.BINS,
    step: float = BIN,
    window: float = WINDOW,
    mass: float | None = None,
) -> DifferentialCapacity:
    """Return dQ/dV from the rows of one constant-current half cycle.

    Parameters
    ----------
    voltage, charge
        V, and charge passed so far in C (falling in a discharge), shape (n,), in order
        of time; rests and constant-voltage rows left out.
    smoothing, step, window
        See the module; ``step`` and ``window`` in V.
    mass
        Active mass in g; with it the result is in mAh/(g V).
    """
    v, q = np.asarray(voltage, dtype=np.float64), np.asarray(charge, dtype=np.float64)
    if len(v) != len(q) or len(v) < 2 * CUBIC:
        raise ValueError(f"{len(v)} voltages and {len(q)} charges: 6 rows are needed")
    sign = 1.0 if q[-1] >= q[0] else -1.0
    if smoothing is Smoothing.BINS:
        grid, value = _in_bins(v, np.abs(np.diff(q)), step)
        window = step
    else:
        grid, value = _by_sliding_cubic(v, q, step, window)
    total = float(np.abs(q[-1] - q[0]))
    conserved = float(value.sum() * step / total) if total else np.nan
    reasons = []
    coarse = float(np.quantile(np.abs(np.diff(v)), 0.95))
    if coarse > step:
        reasons.append(f"rows are {1e3 * coarse:.2g} mV apart, the grid {1e3 * step:g}")
    if not abs(conserved - 1) < CONSERVED:
        reasons.append(f"the integral gives {100 * conserved:.1f} % of the charge")
    scale = sign if mass is None else sign / (3.6 * mass)
    return DifferentialCapacity(
        voltage=grid,
        value=value * scale,
        smoothing=smoothing,
        step=step,
        window=window,
        conserved=conserved,
        valid=not reasons,
        reason="; ".join(reasons),
    )


def _in_bins(v: Floats, steps: Floats, width: float) -> tuple[Floats, Floats]:
    """Share the charge of every interval among the bins it crosses."""
    low = np.floor(v.min() / width) * width
    count = int(np.ceil((v.max() - low) / width)) + 1
    edges = low + width * np.arange(count + 1)
    start, end = np.minimum(v[:-1], v[1:]), np.maximum(v[:-1], v[1:])
    span = end - start
    first = np.floor((start - low) / width).astype(np.int64)
    last = np.floor((end - low) / width).astype(np.int64)
    total = np.zeros(count)
    inside = first == last
    np.add.at(total, first[inside], steps[inside])
    for k in np.flatnonzero(~inside):
        at = np.arange(first[k], last[k] + 1)
        part = np.minimum(edges[at + 1], end[k]) - np.maximum(edges[at], start[k])
        total[at] += steps[k] * part / span[k]
    return edges[:-1] + width / 2, total / width


def _by_sliding_cubic(
    v: Floats, q: Floats, step: float, window: float
) -> tuple[Floats, Floats]:
    from scipy import signal  # noqa: PLC0415  (start-up time)

    rising = v if v[-1] >= v[0] else -v
    ahead = np.maximum.accumulate(rising)
    kept = np.concatenate(([True], np.diff(ahead) > 0))
    x, y = ahead[kept], np.abs(q - q[0])
    last = np.append(np.flatnonzero(kept)[1:] - 1, len(y) - 1)
    y = y[last]
    grid = np.arange(x[0], x[-1] + step / 2, step)
    points = max(2 * round(window / step / 2) + 1, CUBIC + 2)
    if len(grid) < points:
        raise ValueError(
            f"{1e3 * (x[-1] - x[0]):.3g} mV are less than the window of "
            f"{1e3 * window:.3g} mV"
        )
    slope = signal.savgol_filter(
        np.interp(grid, x, y), points, CUBIC, deriv=1, delta=step
    )
    if v[-1] < v[0]:
        return -grid[::-1], slope[::-1]
    return grid, slope
