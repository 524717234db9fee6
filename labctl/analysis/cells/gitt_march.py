"""Marches spheres through a whole titration, D following the composition everywhere.

The closed form holds for one D. Where D changes by a factor over what a pulse moves at
the surface, it is off by tens of per cent; and it remembers a few pulses only. So the
titration is marched once with the D(q) found so far, and what the surface does
differently from the closed form is added to the closed form. Lithium is counted as
charge q in C, as the pulses give it: no capacity is needed. Particles of all sizes
share one surface composition, as in `sphere_sizes`; runs of pulses that have nothing to
do with each other (`gitt_memory`) are marched side by side.

Finite volumes, finest at the surface; steps that grow from each switching on, implicit,
of second order (L-stable, Alexander 1977), with the D of the step's beginning.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_curve import RateCurve
from labctl.analysis.cells.gitt_memory import Run, plan_runs
from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.sphere_sizes import sizes

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

SHELLS = 36
GROWTH = 1.14
"""Each shell is this much wider than its outer neighbour: the last is 0.13 % of r."""
GAMMA = 1 - 1 / math.sqrt(2)
"""Of the two-stage implicit step."""
SECOND = (1 - GAMMA) / GAMMA
"""How far beyond the first stage the second one starts."""
FIRST_STEP = 0.02
"""s after switching."""
STEP_GROWTH = 1.2


@dataclass(frozen=True, slots=True)
class Track:
    """What the surface did in one pulse and the rest after it."""

    time: Floats
    """s after the pulse began, shape (n,); first 0."""
    surface: Floats
    """Surface composition less the mean before the pulse, in units of its step."""


def march(
    pulses: Sequence[Pulse],
    curves: Sequence[RateCurve],
    sigma: float,
    end: float,
    runs: Sequence[Run] | None = None,
) -> list[Track]:
    """Return what the surface did in each of ``pulses``, one curve a pulse.

    ``end`` is the time in s at which the last rest ends. Before the first pulse the
    particles are taken to be at rest. ``runs`` None: as many side by side as memory
    allows.
    """
    runs = plan_runs(pulses, curves, sigma, end) if runs is None else runs
    starts = np.append([pulse.start for pulse in pulses], end)
    on = np.array([pulse.duration for pulse in pulses])
    entering = -np.array([pulse.current for pulse in pulses])
    step = entering * on
    before = np.cumsum(step) - step
    rest = np.diff(starts) - on
    runs = sorted(runs, key=lambda run: -run.length)  # those that go on are in front
    begins = np.array([run.begin for run in runs])
    spheres = _Spheres(sigma, before[begins])
    tracks: list[Track | None] = [None] * len(pulses)
    for stage in range(runs[0].length):
        places = np.array([r.begin + stage for r in runs if stage < r.length])
        spheres.keep(len(places))
        stretches = _Stretches([curves[k] for k in places])
        seen = [spheres.surface]
        times = [np.zeros((len(places), 1))]
        for span, flow in (
            (on[places], entering[places]),
            (rest[places], np.zeros(len(places))),
        ):
            lengths = _steps(span)
            seen += [spheres.step(length, flow, stretches) for length in lengths.T]
            times.append(times[-1][:, -1:] + np.cumsum(lengths, axis=1))
        time, surface = np.concatenate(times, axis=1), np.stack(seen, axis=1)
        lead = (surface - before[places, None]) / step[places, None]
        for row, k in enumerate(places.tolist()):
            if k >= runs[row].first:
                tracks[k] = Track(time[row], lead[row])
    return [track for track in tracks if track is not None]


def _steps(span: Floats) -> Floats:
    """Return steps that grow from a switching on, with the sums ``span`` (m,), (m, n).

    As many for all as the longest needs, in s.
    """
    most = float(span.max())
    grown = math.log1p(most * (STEP_GROWTH - 1) / FIRST_STEP) / math.log(STEP_GROWTH)
    steps = STEP_GROWTH ** np.arange(max(1, math.ceil(grown)))
    lengths: Floats = np.maximum(span, 0.0)[:, None] * (steps / steps.sum())
    return lengths


class _Stretches:
    """Curves of pulses that are marched together, each read once for all its pulses."""

    def __init__(self, curves: Sequence[RateCurve]) -> None:
        rows: dict[int, list[int]] = {}
        for row, curve in enumerate(curves):
            rows.setdefault(id(curve), []).append(row)
        self._each = [
            (curves[some[0]], np.array(some, dtype=np.intp)) for some in rows.values()
        ]

    def at(self, charge: Floats) -> Floats:
        """Return D/r̄² in 1/s at ``charge`` (pulses, …), same shape."""
        if len(self._each) == 1:
            return self._each[0][0].at(charge)
        rate = np.empty(charge.shape)
        for curve, rows in self._each:
            rate[rows] = curve.at(charge[rows])
        return rate


class _Spheres:
    """The particles of each run: state in C, by run, by size, by shell from inside.

    The last column is the surface, the same for all sizes.
    """

    def __init__(self, sigma: float, charge: Floats) -> None:
        """Begin with ``charge`` in C everywhere, shape (runs,)."""
        from scipy.linalg import lapack  # noqa: PLC0415  (start-up time)

        self._factor, self._solve = lapack.dpttrf, lapack.dpttrs
        radii, self._shares = sizes(sigma)
        width = GROWTH ** np.arange(SHELLS - 1, -1, -1, dtype=np.float64)
        faces = np.concatenate(([0.0], np.cumsum(width / width.sum())))
        faces[-1] = 1.0
        self._volume = np.diff(faces**3)
        # over mean squares of the radius the steady parabola is exact
        square = 0.6 * np.diff(faces**5) / self._volume
        inner = 6 * faces[1:-1] ** 3 / np.diff(square) / 2  # of two neighbours' D
        self._inner = inner / radii[:, None] ** 2
        self._outer = 6 / (1 - square[-1]) / radii**2
        self._state = np.tile(charge[:, None, None], (1, len(radii), SHELLS + 1))

    @property
    def surface(self) -> Floats:
        """Of each run, C."""
        return self._state[:, 0, -1]

    def keep(self, runs: int) -> None:
        """Go on with the first ``runs`` of them."""
        self._state = self._state[:runs]

    def step(self, span: Floats, flow: Floats, curves: _Stretches) -> Floats:
        """Go on by ``span`` s while ``flow`` A of lithium enters; return the surface.

        All of shape (runs,), the surface in C.
        """
        part = GAMMA * span
        rate = curves.at(self._state)
        rate *= part[:, None, None]
        inner = rate[..., 1:-1] + rate[..., :-2]
        inner *= self._inner
        outer = self._outer * rate[..., -1]
        old = self._state[..., :-1]
        diagonal, off = np.empty(old.shape), np.zeros(old.shape)
        diagonal[:] = self._volume
        diagonal[..., :-1] += inner
        diagonal[..., 1:] += inner
        diagonal[..., -1] += outer
        np.negative(inner, out=off[..., :-1])
        d, e, _ = self._factor(diagonal.ravel(), off.ravel()[:-1])
        sides = np.zeros((2, *old.shape))  # the shells' own, and of a surface at 1 C
        np.multiply(self._volume, old, out=sides[0])
        sides[1, ..., -1] = outer
        solved = self._solve(d, e, sides.reshape(2, -1).T)[0].T
        bare, gain = solved.reshape(sides.shape)
        weight = self._shares * outer
        taken = (weight * (1 - gain[..., -1])).sum(axis=1)
        given = part * flow
        surface: Floats = (given + (weight * bare[..., -1]).sum(axis=1)) / taken
        start = gain * surface[:, None, None]
        start += bare
        start -= old
        start *= SECOND
        start += old
        start *= self._volume
        bare = self._solve(d, e, start.ravel())[0].reshape(old.shape)
        surface = (given + (weight * bare[..., -1]).sum(axis=1)) / taken
        gain *= surface[:, None, None]
        gain += bare
        new = np.empty(self._state.shape)
        new[..., :-1] = gain
        new[..., -1] = surface[:, None]
        self._state = new
        return surface
