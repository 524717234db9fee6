"""An electromagnet and its current: inductance, remanence and eddy-current lag.

Physics only; a supply's twin says where the current shall go and how fast, a
gaussmeter's twin asks for the field at a time. Figures are those of a 4-inch
electromagnet on a ±70 A supply.
"""

import math
from dataclasses import dataclass, field


@dataclass(slots=True)
class Ramp:
    """A current that goes from one value to another at one rate."""

    start: float = 0.0
    """s."""
    first: float = 0.0
    """A."""
    last: float = 0.0
    """A."""
    rate: float = 1.0
    """A/s, positive."""

    @property
    def end(self) -> float:
        """Return when the ramp is done, s."""
        return self.start + abs(self.last - self.first) / self.rate

    def at(self, time: float) -> float:
        """Return the current in A at ``time``."""
        if time >= self.end:
            return self.last
        way = max(0.0, time - self.start) * self.rate
        return self.first + math.copysign(way, self.last - self.first)

    def slope(self, time: float) -> float:
        """Return dI/dt in A/s at ``time``."""
        if not self.start <= time < self.end:
            return 0.0
        return math.copysign(self.rate, self.last - self.first)


@dataclass(slots=True)
class ElectroMagnet:
    """B follows k·I_s·tanh(I/I_s) plus remanence, with a lag."""

    tesla_per_ampere: float = 0.025
    saturation: float = 75.0
    """I_s, A."""
    remanence: float = 3e-3
    """Half the width of the hysteresis at zero current, T."""
    coercive_current: float = 5.0
    """A current sweep of this size turns the remanence over by 1/e, A."""
    lag: float = 0.4
    """Eddy currents, s."""
    resistance: float = 0.45
    """Ω."""
    inductance: float = 0.7
    """H."""
    ramp: Ramp = field(default_factory=Ramp)
    """What the supply does."""
    command: float = 0.0
    """External programming input as a fraction of the supply's full scale."""
    time: float = 0.0
    field_now: float = 0.0
    """T."""
    branch: float = 0.0
    """Between -1 and 1: how far the remanence is turned."""

    STEP = 0.02
    """Longest step while the current moves, s."""

    def advance(self, time: float) -> float:
        """Let time pass until ``time``; return the field in T."""
        while self.time < time:
            moving = self.time < self.ramp.end
            step = min(time - self.time, self.STEP if moving else math.inf)
            before = self.ramp.at(self.time)
            self.time += step
            if time - self.time < 1e-12:  # noqa: PLR2004
                self.time = time
            current = self.ramp.at(self.time)
            moved = current - before
            if moved:
                turned = 1.0 - math.exp(-abs(moved) / self.coercive_current)
                self.branch += (math.copysign(1.0, moved) - self.branch) * turned
            share = 1.0 - math.exp(-step / self.lag)
            self.field_now += (self.static(current) - self.field_now) * share
        return self.field_now

    def static(self, current: float) -> float:
        """Return the field in T that ``current`` holds in the end."""
        scale = self.tesla_per_ampere * self.saturation
        shape = math.tanh(current / self.saturation)
        return scale * shape + self.remanence * self.branch

    def voltage(self, time: float) -> float:
        """Return the supply's terminal voltage, V."""
        slope = self.ramp.slope(time)
        return self.ramp.at(time) * self.resistance + self.inductance * slope

    def aim(self, time: float, current: float, rate: float) -> None:
        """Start a ramp to ``current`` in A at ``rate`` in A/s."""
        self.advance(time)
        self.ramp = Ramp(time, self.ramp.at(time), current, rate)
