"""What one output of a source meter can do, and what a run's envelope lets it do."""

import math
from dataclasses import dataclass

from labctl import columns
from labctl.limits import Envelope, exceeds
from labctl.techniques import ConstantCurrent, ConstantPower, Technique, voltages_of

BEYOND = 0.01
"""V outside the envelope where a current without a cut-off of its own is held: the
host, which tests the envelope, then trips first."""
ANYTHING = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Reach:
    """What one output can do."""

    name: str
    corners: tuple[tuple[float, float], ...]
    """(V, A): up to so many V it drives and sinks so many A; ascending in V."""
    least_limit: float
    """A."""
    shortest_look: float
    """s between two looks at most often."""

    @property
    def largest_current(self) -> float:
        """A, at the smallest voltages."""
        return self.corners[0][1]

    @property
    def largest_voltage(self) -> float:
        """V, at the smallest currents."""
        return self.corners[-1][0]

    @property
    def usual_voltage(self) -> float:
        """V that needs no interlock: the largest at the largest current."""
        return self.corners[0][0]

    @property
    def largest_power(self) -> float:
        """W of any corner."""
        return max(volts * amperes for volts, amperes in self.corners)

    def current_at(self, voltage: float) -> float:
        """Return the largest |current| in A on the range that holds ``voltage``."""
        fits = (a for v, a in self.corners if not exceeds(abs(voltage), v))
        return next(fits, 0.0)


@dataclass(frozen=True, slots=True)
class CellBounds:
    """What the envelope allows, as far as an output can keep it."""

    voltage: tuple[float, float] = ANYTHING
    current: tuple[float, float] = ANYTHING

    @classmethod
    def of(cls, envelope: Envelope | None) -> "CellBounds":
        """Return what an envelope says; a cell that is charged may be outside it."""
        if envelope is None:
            return cls()
        volts, amperes = columns.VOLTAGE.name, columns.CURRENT.name
        low, high = envelope.bounds.get(volts, ANYTHING)
        easy_low, easy_high = envelope.eased.get(volts, (low, high))
        return cls(
            (min(low, easy_low), max(high, easy_high)),
            envelope.bounds.get(amperes, ANYTHING),
        )

    @property
    def most(self) -> float:
        """Largest |current| in A that is allowed in either direction."""
        return min(-self.current[0], self.current[1])


def towards(technique: Technique, bounds: CellBounds) -> float | None:
    """Return the nearest voltage at which what is driven has to end, V."""
    if isinstance(technique, ConstantCurrent):
        way = technique.current
    elif isinstance(technique, ConstantPower):
        way = technique.power
    else:
        return None
    if way == 0.0:
        return None
    own = tuple(voltages_of(technique))
    bound = bounds.voltage[1] + BEYOND if way > 0.0 else bounds.voltage[0] - BEYOND
    nearest = min((*own, bound)) if way > 0.0 else max((*own, bound))
    return nearest if math.isfinite(nearest) else None
