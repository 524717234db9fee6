"""dQ/dV of one half cycle: the charge per bin of voltage, over the bin's width.

No smoothing but that width, and the charge is conserved exactly; rows have to be closer
than a bin. The integral of the result is compared with the charge that went in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BIN = 2e-3
"""V."""
FEWEST = 6
"""Rows."""
CONSERVED = 0.01


@dataclass(frozen=True, slots=True)
class DifferentialCapacity:
    """dQ/dV of one half cycle."""

    voltage: Floats
    """Grid in V, ascending, shape (m,)."""
    value: Floats
    """C/V; negative in discharge."""
    step: float
    """Distance of the grid in V."""
    conserved: float
    """∫dQ/dV dV over the charge that went in; 1 when nothing is lost."""
    valid: bool
    reason: str
    """Why it is not valid; empty when it is."""


def differential_capacity(
    voltage: ArrayLike,
    charge: ArrayLike,
    *,
    step: float = BIN,
) -> DifferentialCapacity:
    """Return dQ/dV from the rows of one constant-current half cycle.

    Parameters
    ----------
    voltage, charge
        V, and charge passed so far in C (falling in a discharge), shape (n,), in order
        of time; rests and constant-voltage rows left out.
    step
        Width of a bin in V.
    """
    v, q = np.asarray(voltage, dtype=np.float64), np.asarray(charge, dtype=np.float64)
    if len(v) != len(q) or len(v) < FEWEST:
        raise ValueError(
            f"{len(v)} voltages and {len(q)} charges: {FEWEST} rows are needed"
        )
    sign = 1.0 if q[-1] >= q[0] else -1.0
    grid, value = _in_bins(v, np.abs(np.diff(q)), step)
    total = float(np.abs(q[-1] - q[0]))
    conserved = float(value.sum() * step / total) if total else np.nan
    reasons = []
    coarse = float(np.quantile(np.abs(np.diff(v)), 0.95))
    if coarse > step:
        reasons.append(f"rows are {1e3 * coarse:.2g} mV apart, the grid {1e3 * step:g}")
    if not abs(conserved - 1) < CONSERVED:
        reasons.append(f"the integral gives {100 * conserved:.1f} % of the charge")
    return DifferentialCapacity(
        voltage=grid,
        value=value * sign,
        step=step,
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
