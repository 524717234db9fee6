"""The air in a chamber: where its set point sent it, as far back as anybody asks.

A history of stretches, each with the same form, s being the time since it began:

    T(s) = level + slope·s + swing·exp(−s/τ)

A set point is approached as exp(−t/τ); a ramp moves the set point at a steady rate and
the air follows it τ behind. Whatever lies in the chamber can so follow the air exactly
(`warmth.py`), however seldom it is looked at.
"""

import bisect
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

ROOM = 298.15
"""K, 25 °C: what every number of a simulated sample's file is valid at."""


class Climate(typing.Protocol):
    """A chamber, as what is in it feels it; an `Air` has a history too."""

    def kelvin(self, time: float) -> float:
        """Return the temperature in K at ``time`` in s; it may lie a little back."""
        ...


class Stretch(NamedTuple):
    """How the air goes on from a moment, until another set point."""

    since: float
    """s."""
    level: float
    """K."""
    slope: float = 0.0
    """K/s."""
    swing: float = 0.0
    """K; what is above the rest at the beginning and dies away."""
    time_constant: float = 1.0
    """s; of the swing."""

    def kelvin(self, time: float) -> float:
        """Return the temperature in K at ``time`` in s; before it, its beginning."""
        passed = max(time - self.since, 0.0)
        if self.swing == 0.0:
            return self.level + self.slope * passed
        left = self.swing * math.exp(-passed / self.time_constant)
        return self.level + self.slope * passed + left


@dataclass(slots=True)
class Air:
    """A chamber's air; its twin aims it, samples and thermometers feel it."""

    time_constant: float
    """s; zero: it follows its set point at once."""
    stretches: list[Stretch]
    """In order of time; the last one lasts, and one may still lie ahead."""

    @classmethod
    def at(cls, time: float, time_constant: float, kelvin: float = ROOM) -> "Air":
        """Return air that has been at ``kelvin`` (K) all the time up to ``time`` s."""
        return cls(time_constant, [Stretch(time, kelvin)])

    def kelvin(self, time: float) -> float:
        """Return the temperature in K at ``time`` in s."""
        return self.stretch(time).kelvin(time)

    def stretch(self, time: float) -> Stretch:
        """Return the stretch in which ``time`` (s) lies."""
        at = bisect.bisect_right(self.stretches, time, key=lambda s: s.since)
        return self.stretches[max(at - 1, 0)]

    def aim(self, goal: float, time: float, ramp: float | None = None) -> None:
        """Go for ``goal`` in K from ``time`` (s) on; what lay ahead is forgotten.

        ``ramp`` in K/s, positive in either direction: the set point moves so fast,
        from where the air is. A ``time`` before the last stretch began counts as then.
        """
        begun = [s for s in self.stretches if s.since <= time] or self.stretches[:1]
        self.stretches = begun
        time = max(time, begun[-1].since)
        now = begun[-1].kelvin(time)
        if ramp is None or goal == now:
            self._approach(goal, time, now)
            return
        lag, slope = self.time_constant, math.copysign(ramp, goal - now)
        moving = Stretch(time, now - slope * lag, slope, slope * lag, lag or 1.0)
        self._begin(moving)
        reached = time + (goal - now) / slope
        self._approach(goal, reached, moving.kelvin(reached))

    def _approach(self, goal: float, time: float, now: float) -> None:
        if self.time_constant == 0.0 or goal == now:
            self._begin(Stretch(time, goal))
        else:
            self._begin(Stretch(time, goal, 0.0, now - goal, self.time_constant))

    def _begin(self, stretch: Stretch) -> None:
        if self.stretches[-1].since == stretch.since:
            self.stretches.pop()
        self.stretches.append(stretch)

    def snapshot(self, time: float) -> dict[str, Any]:
        """Return the state at ``time`` as JSON types: what it is and where it goes."""
        at = self.stretches.index(self.stretch(time))
        return {"time": time, "stretches": [list(s) for s in self.stretches[at:]]}

    def restore(self, state: Mapping[str, Any], time: float) -> None:
        """Go on at ``time`` as if no time had passed since the `snapshot`."""
        gone = time - float(state["time"])
        kept = [Stretch(*each) for each in state["stretches"]]
        self.stretches = [each._replace(since=each.since + gone) for each in kept]
