"""How warm a sample is: it follows the air around it with a lag of first order.

    dT/dt = (T_air − T)/τ

With the air's stretches (`air.py`) the answer is closed, s since the stretch began:

    T(s) = level + slope·(s − τ) + swing·g(s) + K·exp(−s/τ),  T(0) as it was
    g(s) = τₐ/(τₐ − τ)·exp(−s/τₐ)

so it never depends on when, or how often, anybody looks. (At τₐ = τ the swing is
s/τ·exp(−s/τ).) A chamber that knows only ``kelvin(time)`` has no history to follow:
what lies in it is as warm as its air, at once.
"""

import bisect
import math
from collections.abc import Callable

from drivers.twins.world.air import ROOM, Air, Climate, Stretch

ALIKE = 1e-6
"""Relative; time constants closer than this count as one."""
GRAIN = 0.05
"""K; by how much a sample may change before the models look again."""
SETTLED = 0.005
"""K; what is left of a change when it counts as over."""
LOOKS = 50
"""In a time constant, while something changes."""
KEPT = 1000
"""Marks that are kept; nobody looks back further."""


class Warmth:
    """The temperature of one sample."""

    def __init__(self, around: Callable[[], Climate | None], lag: float) -> None:
        """Take who says what is around it, and its time constant ``lag`` in s."""
        self._around = around
        self.lag = lag
        self._marks: list[tuple[float, float]] = []
        """(s, K) at the beginning of stretches of the air; empty: never looked at."""

    @property
    def is_changing(self) -> bool:
        """Whether it is in a chamber; without one it is `ROOM` always."""
        return self._around() is not None

    def air(self, time: float) -> float:
        """Return what is around it at ``time`` (s), K."""
        climate = self._around()
        return ROOM if climate is None else climate.kelvin(time)

    def kelvin(self, time: float) -> float:
        """Return how warm the sample is at ``time`` (s), K; it may lie a little back.

        Where it was never looked at, it was in balance when the air's history began.
        """
        climate = self._around()
        if climate is None:
            return self._marks[-1][1] if self._marks else ROOM
        if not isinstance(climate, Air):
            return climate.kelvin(time)
        climate.stretch(time)  # a plant comes so far, its history with it
        if not self._marks:
            first = climate.stretches[0]
            self._marks.append((first.since, first.kelvin(first.since)))
        at = bisect.bisect_right(self._marks, time, key=lambda mark: mark[0])
        since, kelvin = self._marks[max(at - 1, 0)]
        history = climate.stretches
        at = max(bisect.bisect_right(history, since, key=_since) - 1, 0)
        while at + 1 < len(history) and history[at + 1].since <= time:
            until = history[at + 1].since
            kelvin = self._after(history[at], since, kelvin, until)
            since, at = until, at + 1
            if since > self._marks[-1][0]:
                self._mark(since, kelvin)
        return self._after(history[at], since, kelvin, time)

    def _mark(self, time: float, kelvin: float) -> None:
        self._marks.append((time, kelvin))
        if len(self._marks) > 2 * KEPT:
            del self._marks[:-KEPT]

    def be(self, kelvin: float, time: float) -> None:
        """Be at ``kelvin`` (K) at ``time`` (s); what was before is forgotten."""
        self._marks = [(time, kelvin)]

    def holds_until(self, time: float) -> float:
        """Return until when the models may take it for what it is at ``time``, s.

        Infinite in balance, or where the air has no history to look at.
        """
        climate = self._around()
        if not isinstance(climate, Air):
            return math.inf
        stretch, now = climate.stretch(time), self.kelvin(time)
        ahead = bisect.bisect_right(climate.stretches, time, key=_since)
        ends = [s.since for s in climate.stretches[ahead : ahead + 1]]
        change = min(ends, default=math.inf)
        to_go = abs(stretch.level - now) + abs(stretch.kelvin(time) - stretch.level)
        if stretch.slope == 0.0 and to_go < SETTLED:
            return change
        step = max(self.lag, stretch.time_constant * (self.lag == 0.0)) / LOOKS
        moved = abs(self._after(stretch, time, now, time + step) - now)
        if moved > GRAIN:
            step *= GRAIN / moved
        return min(time + step, change)

    def _after(
        self, stretch: Stretch, since: float, kelvin: float, time: float
    ) -> float:
        """Return K at ``time``, the sample being at ``kelvin`` at ``since``."""
        passed, lag = time - since, self.lag
        if passed <= 0.0:
            return kelvin
        if lag == 0.0:
            return stretch.kelvin(time)
        begun = max(since - stretch.since, 0.0)
        other = stretch.time_constant
        level = stretch.level + stretch.slope * (begun - lag)
        swing = stretch.swing * math.exp(-begun / other) if stretch.swing else 0.0
        fades = math.exp(-passed / lag)
        if swing == 0.0 or abs(other - lag) > ALIKE * lag:
            share = 0.0 if swing == 0.0 else swing * other / (other - lag)
            left = kelvin - level - share
            follows = share * math.exp(-passed / other) + left * fades
        else:
            follows = (kelvin - level + swing * passed / lag) * fades
        return level + stretch.slope * passed + follows


def _since(stretch: Stretch) -> float:
    return stretch.since
