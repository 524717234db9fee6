"""Cuts a titration into runs that can be marched side by side.

Diffusion forgets: what a pulse left uneven is gone after a rest or a few. A run of
pulses may therefore begin from an even composition as many pulses early as anything is
still seen of; then all runs march together, each for itself.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_curve import RateCurve
from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.sphere_sizes import SLOWEST, sizes

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

FORGOTTEN = 16.0
"""Exponent of what a run begins too late to see: 1e-7 of a pulse's step."""
STEP_COST, SIZE_COST = 30.0, 2.0
"""µs that a time step takes, and more for each size of each run."""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive pulses that are marched one after the other."""

    begin: int
    """The pulse from which on it is marched, from an even composition."""
    first: int
    """Its first pulse that counts; those before only leave their traces."""
    end: int
    """The pulse after its last one."""

    @property
    def length(self) -> int:
        """Pulses that are marched."""
        return self.end - self.begin


def plan_runs(
    pulses: Sequence[Pulse], curves: Sequence[RateCurve], sigma: float, end: float
) -> list[Run]:
    """Return the runs that take least time; every pulse counts in one of them.

    One curve a pulse; ``end`` is when the last rest ends, s.
    """
    begins = remembered(pulses, curves, sigma, end)
    count, each = len(pulses), SIZE_COST * len(sizes(sigma)[0])
    tried = []
    length = 1
    while length < 2 * count:
        firsts = range(0, count, length)
        runs = [Run(int(begins[k]), k, min(k + length, count)) for k in firsts]
        stages = max(run.length for run in runs)
        time = STEP_COST * stages + each * sum(run.length for run in runs)
        tried.append((time, runs))
        length *= 2
    return min(tried, key=lambda one: one[0])[1]


def remembered(
    pulses: Sequence[Pulse], curves: Sequence[RateCurve], sigma: float, end: float
) -> Places:
    """Return of each pulse the earliest one of which it still sees anything."""
    charge = -np.array([pulse.charge for pulse in pulses])
    after = np.cumsum(charge)
    starts = np.append([pulse.start for pulse in pulses], end)
    slowest = [
        float(curve.at([q - c, q - c / 2, q]).min())
        for curve, q, c in zip(curves, after, charge, strict=True)
    ]
    pole = SLOWEST / float(sizes(sigma)[0][-1]) ** 2
    faded = np.concatenate(
        ([0.0], np.cumsum(pole * np.array(slowest) * np.diff(starts)))
    )
    if not math.isfinite(faded[-1]):
        return np.zeros(len(pulses), dtype=np.intp)
    begins = np.searchsorted(faded, faded[:-1] - FORGOTTEN, side="right") - 1
    places: Places = np.maximum(begins, 0)
    return places
