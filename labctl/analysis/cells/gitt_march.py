"""Marches spheres through a whole titration, D following the composition everywhere.

The closed form holds for one D. Where D changes by a factor over what a pulse moves at
the surface, it is off by tens of per cent; and it remembers a few pulses only. So the
titration is marched once with the D(q) found so far (finite volumes, finest at the
surface; steps of second order that double every few from each switching on), and what
the surface does differently from the closed form is added to the closed form. Lithium
is counted as charge q in C, as the pulses give it: no capacity is needed. Particles of
all sizes share one surface composition, as in `sphere_sizes`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.sphere_sizes import sizes

Floats = NDArray[np.float64]

SHELLS = 36
GROWTH = 1.14
"""Each shell is this much wider than its outer neighbour: the last is 0.13 % of r."""
GAMMA = 1 - 1 / math.sqrt(2)
"""Of the two-stage implicit step of second order (L-stable, Alexander 1977)."""
FIRST_STEP = 0.02
"""s after switching."""
STEP_GROWTH = 1.2


@dataclass(frozen=True, slots=True)
class RateCurve:
    """ln(D/r̄²), D/r̄² in 1/s, against charge q in C; the ends go on level."""

    charge: Floats
    """Rising, shape (n,)."""
    log_rate: Floats

    def at(self, charge: ArrayLike) -> Floats:
        """Return D/r̄² in 1/s at ``charge``, same shape."""
        at = np.asarray(charge, dtype=np.float64)
        rate: Floats = np.exp(np.interp(at, self.charge, self.log_rate))
        return rate


@dataclass(frozen=True, slots=True)
class Track:
    """What the surface did in one pulse and the rest after it."""

    time: Floats
    """s after the pulse began, shape (n,); first 0."""
    surface: Floats
    """Surface composition less the mean before the pulse, in units of its step."""


class _Spheres:
    """The particles: state in C, one row a size, one column a shell from inside."""

    def __init__(self, sigma: float, charge: float) -> None:
        radii, self.shares = sizes(sigma)
        width = GROWTH ** np.arange(SHELLS - 1, -1, -1, dtype=np.float64)
        faces = np.concatenate(([0.0], np.cumsum(width / width.sum())))
        faces[-1] = 1.0
        volume = np.diff(faces**3)
        # over mean squares of the radius the steady parabola is exact
        square = 0.6 * np.diff(faces**5) / volume
        inner = 6 * faces[1:-1] ** 3 / np.diff(square) / 2  # of two neighbours' D
        self.inner = inner / radii[:, None] ** 2
        self.outer = 6 / (1 - square[-1]) / radii**2
        self.volume = np.tile(volume, (len(radii), 1))
        self.state = np.full(self.volume.shape, charge)
        self.surface = charge

    def step(self, span: float, flow: float, curve: RateCurve) -> None:
        """Go on by ``span`` s while ``flow`` A of lithium enters."""
        from scipy.linalg import lapack  # noqa: PLC0415  (start-up time)

        rate = curve.at(self.state)
        edge = float(curve.at(self.surface))
        part = GAMMA * span
        inner = part * self.inner * (rate[:, 1:] + rate[:, :-1])
        outer = part * self.outer * edge
        diagonal = self.volume.copy()
        diagonal[:, :-1] += inner
        diagonal[:, 1:] += inner
        diagonal[:, -1] += outer
        off = np.zeros(self.volume.shape)
        off[:, :-1] = -inner
        d, e, _ = lapack.dpttrf(diagonal.ravel(), off.ravel()[:-1])
        unit = np.zeros(self.volume.shape)
        unit[:, -1] = outer
        gain = lapack.dpttrs(d, e, unit.ravel())[0].reshape(unit.shape)
        weight = self.shares * outer
        taken = float(weight @ (1 - gain[:, -1]))
        old = start = self.state
        for _ in range(2):
            right = (self.volume * start).ravel()
            bare = lapack.dpttrs(d, e, right)[0].reshape(unit.shape)
            self.surface = (part * flow + float(weight @ bare[:, -1])) / taken
            self.state = bare + self.surface * gain
            start = old + (1 - GAMMA) / GAMMA * (self.state - old)


def march(
    pulses: Sequence[Pulse], curves: Sequence[RateCurve], sigma: float, end: float
) -> list[Track]:
    """Return what the surface did in each of ``pulses``, one curve a pulse.

    ``end`` is the time in s at which the last rest ends. Before the first pulse the
    particles are taken to be at rest.
    """
    spheres, charge = _Spheres(sigma, 0.0), 0.0
    tracks = []
    for k, pulse in enumerate(pulses):
        until = pulses[k + 1].start if k + 1 < len(pulses) else end
        times, seen = [0.0], [spheres.surface]
        for span, flow in (
            (pulse.duration, -pulse.current),
            (until - pulse.start - pulse.duration, 0.0),
        ):
            begun = times[-1]
            for length in _steps(span):
                spheres.step(length, flow, curves[k])
                times.append(times[-1] + length)
                seen.append(spheres.surface)
            times[-1] = begun + span
        step = -pulse.current * pulse.duration
        tracks.append(Track(np.array(times), (np.array(seen) - charge) / step))
        charge += step
    return tracks


def _steps(span: float) -> list[float]:
    """Return steps that grow from the switching on, with the sum ``span`` in s."""
    if span <= 0:
        return []
    count = max(
        1,
        math.ceil(
            math.log1p(span * (STEP_GROWTH - 1) / FIRST_STEP) / math.log(STEP_GROWTH)
        ),
    )
    steps = STEP_GROWTH ** np.arange(count)
    lengths: list[float] = (steps * span / steps.sum()).tolist()
    return lengths
