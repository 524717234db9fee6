"""Surface compositions of the pulses of a titration, each with its own past.

x = Σ w G(D t/r̄²) - p, summed over the switchings before a bin: of the pulse itself on
and off, and of the pulses before it; G = g/3τ' is what `sphere_sizes` tabulates, w the
charge that a switched current would have moved by then, and p what the pulses before
have moved, both in units of the pulse's own step. ln(Dτ/r̄²) only shifts the table's
argument, so its derivative comes along.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.sphere_sizes import sizes_table

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

HISTORY = 4
"""Earlier pulses whose relaxation is seen in closed form; older ones by the march."""
OWN = 2
"""Switchings of the pulse itself, which come first: on, off."""
TOGETHER = 64
"""Pulses that are looked up at once: their tables stay in the processor's cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Courses:
    """How long before each bin of each pulse currents were switched."""

    since: Floats
    """ln of the time over the pulse's duration, shape (pulses, switchings, bins); 0
    where the switching comes later."""
    moved: Floats
    """w, of the same shape; 0 where the switching comes later."""
    passed: Floats
    """p, shape (pulses,)."""
    quiet: Floats
    """ln of the shortest time since an earlier pulse ended, over the duration; infinite
    without one. Shape (pulses,)."""

    @classmethod
    def of(
        cls, pulses: Sequence[Pulse], places: Sequence[int], times: Floats
    ) -> "Courses":
        """Return those of the pulses at ``places``.

        ``times`` in s after each of them began, shape (places, bins).
        """
        shape = (len(places), OWN + 2 * HISTORY, 1)
        begun, rate = np.zeros(shape), np.zeros(shape)
        passed, long = np.zeros(len(places)), np.ones(len(places))
        for row, k in enumerate(places):
            own = pulses[k]
            long[row] = own.duration
            for back, pulse in enumerate(pulses[max(0, k - HISTORY) : k + 1][::-1]):
                share = pulse.current / own.current
                on = pulse.start - own.start
                at = slice(2 * back, 2 * back + 2)
                begun[row, at, 0] = on, on + pulse.duration
                rate[row, at, 0] = share, -share
                if back:
                    passed[row] += share * pulse.duration / own.duration
        after = (times[:, None, :] - begun) / long[:, None, None]
        running = (after > 0) & (rate != 0)
        since = np.log(np.where(running, after, 1.0))
        ended = np.where(running, since, np.inf)[:, OWN:]
        return cls(
            since,
            np.where(running, rate * after, 0.0),
            passed,
            ended.min(axis=(1, 2), initial=np.inf),
        )

    def surface(
        self, rows: Places, log_tau: Floats, sigma: float
    ) -> tuple[Floats, Floats]:
        """Return x and dx/d(ln τ') of pulses ``rows`` at ``log_tau`` (m,), (m, bins).

        ``sigma`` is the spread of ln r. A pulse may stand in ``rows`` repeatedly.
        """
        x = np.empty((len(rows), self.since.shape[-1]))
        slope = np.empty_like(x)
        own, past = slice(OWN), slice(OWN, None)
        alive = log_tau + self.quiet[rows] < sizes_table(sigma).settled
        for first in range(0, len(rows), TOGETHER):
            some = slice(first, first + TOGETHER)
            x[some], slope[some] = self._sum(rows[some], log_tau[some], sigma, own)
        left = np.flatnonzero(alive)  # the rest has forgotten what was before
        for first in range(0, len(left), TOGETHER // HISTORY):
            few = left[first : first + TOGETHER // HISTORY]
            level, rise = self._sum(rows[few], log_tau[few], sigma, past)
            x[few] += level - self.passed[rows[few], None]
            slope[few] += rise
        return x, slope

    def _sum(
        self, rows: Places, log_tau: Floats, sigma: float, switchings: slice
    ) -> tuple[Floats, Floats]:
        argument = self.since[rows, switchings] + log_tau[:, None, None]
        level, slope = sizes_table(sigma).read(argument)
        weight = self.moved[rows, switchings]
        level *= weight
        slope *= weight
        return level.sum(axis=1), slope.sum(axis=1)
