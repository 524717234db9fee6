"""A heated (and cooled) body and the controller that holds it at a temperature.

    τ dT/dt = u − (T − room)        body, u its heater in K above the room
    τₛ dS/dt = T − S                its sensor lags behind
    u = K (w − S) + I,  dI/dt = K (w − S)/τᵢ,  −cooling ≤ u ≤ heating

Physics only: a chamber's twin says where it shall go, how fast, and whether it
regulates at all. The integral stands still while the heater is at its end, so that the
overshoot is small. Time goes in steps of a fixed grid, so that the temperature does not
depend on who looks when. Its history is that of an `Air` (straight stretches within
`TRACE` of the body), so that samples in it follow with their own lag.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from drivers.twins.world.air import ROOM, Air, Stretch

STEP = 2.0
"""s of the grid."""
STILL = 2e-6
"""K a step; what moves less stands still until somebody asks for something else."""
NEAR = 1e-3
"""K from the set point, to stand still there."""
TRACE = 5e-3
"""K; how far a stretch of the history may be from the body."""
FORGOTTEN = 4 * 3600.0
"""s of history that are kept; a sample has long followed what was before."""
ZERO = 273.15
"""K, at 0 °C."""


@dataclass(frozen=True, slots=True)
class Build:
    """How a body is built."""

    time_constant: float = 1800.0
    """τ without control, s."""
    heating: float = 250.0
    """K above the room that the whole heater holds in the end."""
    cooling: float = 0.0
    """K below the room; 0: it cannot cool."""
    sensor_lag: float = 10.0
    """τₛ, s."""
    gain: float = 20.0
    """K, in K of heater a K of error."""
    reset: float = 900.0
    """τᵢ, s."""


class ThermalPlant(Air):
    """One body, safe between threads. Its methods take time in s, never backwards."""

    def __init__(self, build: Build, time: float = 0.0, room: float = ROOM) -> None:
        """Make it as warm as the ``room`` (K), its heater off."""
        super().__init__(build.time_constant, [Stretch(time, room)])
        self.build = build
        self.room = room
        self.power = 0.0
        """u, K."""
        self._lock = threading.RLock()
        self._time = time
        self._body = self._sensor = self._working = room
        self._integral = 0.0
        self._target: float | None = None
        """K; None: it does not regulate."""
        self._ramp: float | None = None
        """K/s; None: as fast as it can."""
        self._held = 0.0
        """u while it does not regulate, K."""
        self._is_still = True

    def stretch(self, time: float) -> Stretch:
        """Return how the body goes at ``time``; see `Air`."""
        with self._lock:
            self._advance(time)
            return super().stretch(time)

    def shown(self, time: float) -> float:
        """Return what its own sensor shows, K."""
        with self._lock:
            self._advance(time)
            return self._sensor

    def working(self, time: float) -> float:
        """Return the set point that it regulates to now, on a ramp's way, K."""
        with self._lock:
            self._advance(time)
            return self._working

    def share(self, time: float) -> float:
        """Return the heater's part of its whole, 0 to 1; negative while it cools."""
        with self._lock:
            self._advance(time)
            whole = self.build.heating if self.power >= 0 else self.build.cooling
            return self.power / whole if whole else 0.0

    def aim(
        self,
        goal: float,
        time: float,
        ramp: float | None = None,
        start: float | None = None,
    ) -> None:
        """Regulate to ``goal`` (K), at ``ramp`` (K/s) from ``start`` or where it is."""
        with self._lock:
            self._advance(time)
            if self._target is None:
                self._integral = 0.0
            self._target, self._ramp = goal, ramp
            begins = self._sensor if start is None else start
            self._working = goal if ramp is None else begins
            self._is_still = False
            self.power = self._held_back(self._wanted())

    def release(self, time: float, share: float = 0.0) -> None:
        """Hold the heater at ``share`` of its whole and regulate no more."""
        with self._lock:
            self._advance(time)
            self._target, self._is_still = None, False
            self._held = self.power = share * self.build.heating

    def limit(self, time: float, heating: float) -> None:
        """Let the heater hold ``heating`` K above the room at most from ``time`` on."""
        with self._lock:
            self._advance(time)
            self.build = replace(self.build, heating=heating)
            self._is_still = False
            self.power = self._held_back(self.power)

    @property
    def is_regulating(self) -> bool:
        """Whether it heats or cools towards a set point."""
        return self._target is not None

    def snapshot(self, time: float) -> dict[str, Any]:
        """Return the state at ``time`` as JSON types."""
        with self._lock:
            self._advance(time)
            return {
                "body": self._body,
                "sensor": self._sensor,
                "integral": self._integral,
                "target": self._target,
                "working": self._working,
                "ramp": self._ramp,
                "held": self._held,
            }

    def restore(self, state: Mapping[str, Any], time: float) -> None:
        """Put back what `snapshot` returned; no time has passed until ``time``."""
        with self._lock:
            self._time = time
            self._body, self._sensor = float(state["body"]), float(state["sensor"])
            self._integral, self._held = float(state["integral"]), float(state["held"])
            self._target, self._ramp = state["target"], state["ramp"]
            self._working = float(state["working"])
            self._is_still = False
            self.stretches = [Stretch(time, self._body)]

    def _advance(self, time: float) -> None:
        while self._time < time and not self._is_still:
            self._step()
        self._time = max(self._time, time)

    def _step(self) -> None:
        build, before, sensed = self.build, self._body, self._sensor
        began, self._time = self._time, self._time + STEP
        self.power = self._drive()
        over = self.room + self.power - self._body
        self._body += over * STEP / build.time_constant
        self._sensor += (self._body - self._sensor) * min(STEP / build.sensor_lag, 1.0)
        moved = max(abs(self._body - before), abs(self._sensor - sensed))
        self._is_still = moved < STILL and self._has_arrived()
        if self._is_still:
            self._begin_stretch(Stretch(self._time, self._body))
        elif abs(self.stretches[-1].kelvin(self._time) - self._body) > TRACE:
            self._begin_stretch(Stretch(began, before, (self._body - before) / STEP))

    def _begin_stretch(self, stretch: Stretch) -> None:
        ends, kept = stretch.since - FORGOTTEN, self.stretches
        gone = sum(s.since <= ends for s in kept[1:])  # the one before `ends` stays
        self.stretches = [*kept[gone:], stretch]  # a new list: it may be being read

    def _has_arrived(self) -> bool:
        if self._target is None:
            return True
        if self._working != self._target:
            return False
        at_its_end = self.power in {self.build.heating, -self.build.cooling}
        return at_its_end or abs(self._target - self._sensor) < NEAR

    def _drive(self) -> float:
        """Return what the heater does in this step, K."""
        build, target = self.build, self._target
        if target is None:
            return self._held
        if self._ramp is not None and self._working != target:
            way, most = target - self._working, self._ramp * STEP
            self._working += max(-most, min(most, way))
        wanted = self._wanted()
        power = self._held_back(wanted)
        if power == wanted:
            error = self._working - self._sensor
            self._integral += build.gain * error * STEP / build.reset
        return power

    def _wanted(self) -> float:
        return self.build.gain * (self._working - self._sensor) + self._integral

    def _held_back(self, wanted: float) -> float:
        return max(-self.build.cooling, min(self.build.heating, wanted))
