"""What a potentiostat channel can be told, as frozen values in the field's words.

A technique ends by its own duration or by the first of its `until` conditions. What
the firmware can test goes into the firmware; the driver says which conditions it
could not take, and those are tested on the host, one poll period later at most.
Signs: current is positive when it oxidises the working electrode.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from labctl.columns import CURRENT, SURFACE_TEMPERATURE, VOLTAGE


class ConditionQuantity(StrEnum):
    """What an end condition looks at."""

    VOLTAGE = "voltage"
    """V."""
    CURRENT = "current"
    """A, signed."""
    ABSOLUTE_CURRENT = "absolute_current"
    """A, without sign: tapers in either direction."""
    CHARGE = "charge"
    """C passed in this technique, without sign."""
    ENERGY = "energy"
    """J passed in this technique, without sign."""
    VOLTAGE_CHANGE = "voltage_change"
    """V against the technique's first row, without sign."""
    VOLTAGE_RATE = "voltage_rate"
    """V/s over the last rows, without sign: ends a rest."""
    TEMPERATURE = "temperature"
    """degC."""


SAME_MOMENT = 1e-6
"""s; two moments closer than this are one: sums of floats differ by less."""
TEMPERATURE = SURFACE_TEMPERATURE.name
"""Column of a cell's temperature."""
COLUMN: Mapping[ConditionQuantity, str] = MappingProxyType(
    {
        ConditionQuantity.VOLTAGE: VOLTAGE.name,
        ConditionQuantity.CURRENT: CURRENT.name,
        ConditionQuantity.ABSOLUTE_CURRENT: CURRENT.name,
        ConditionQuantity.CHARGE: CURRENT.name,
        ConditionQuantity.ENERGY: CURRENT.name,
        ConditionQuantity.VOLTAGE_CHANGE: VOLTAGE.name,
        ConditionQuantity.VOLTAGE_RATE: VOLTAGE.name,
        ConditionQuantity.TEMPERATURE: TEMPERATURE,
    }
)
"""What must be recorded for a condition to be looked at."""


class Comparison(StrEnum):
    """Which side of the value ends the technique."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class Condition:
    """End the technique when a quantity reaches a value."""

    name: str
    """What the outcome calls it, so that a plan can branch: ``lower_voltage``."""
    quantity: ConditionQuantity
    comparison: Comparison
    value: float
    ends_all: bool = False
    """True ends the whole upload (loops included), not only this technique."""

    def holds(self, x: float, slack: float = 0.0) -> bool:
        """Tell whether ``x`` ends the technique; NaN does not."""
        if self.comparison is Comparison.AT_LEAST:
            return x >= self.value - slack
        return x <= self.value + slack


@dataclass(frozen=True, slots=True)
class Recording:
    """When the instrument writes a row: any of these, None disables."""

    every_s: float | None = None
    every_volt: float | None = None
    every_ampere: float | None = None
    every_coulomb: float | None = None


@dataclass(frozen=True, slots=True)
class OpenCircuit:
    """Rest without current, recording the voltage."""

    kind: ClassVar[str] = "ocv"
    duration: float
    """s."""
    record: Recording = field(default_factory=lambda: Recording(every_s=60.0))
    until: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ConstantCurrent:
    """Drive a current until time passes or a condition is met."""

    kind: ClassVar[str] = "cc"
    current: float
    """A; positive oxidises the working electrode."""
    duration: float
    """s; every current has an end, even if its conditions never come."""
    until: tuple[Condition, ...] = ()
    record: Recording = field(default_factory=lambda: Recording(every_s=60.0))


@dataclass(frozen=True, slots=True)
class ConstantVoltage:
    """Hold a voltage until time passes or a condition (a taper) is met."""

    kind: ClassVar[str] = "cv"
    voltage: float
    """V against the reference; against the voltage before if ``versus_initial``."""
    duration: float
    """s."""
    until: tuple[Condition, ...] = ()
    record: Recording = field(default_factory=lambda: Recording(every_s=60.0))
    versus_initial: bool = False
    max_current: float | None = None
    """Largest |current| to expect in A; chooses the range. None: the channel's."""


@dataclass(frozen=True, slots=True)
class ConstantPower:
    """Drive a power; negative draws it from the cell."""

    kind: ClassVar[str] = "power"
    power: float
    """W."""
    duration: float
    until: tuple[Condition, ...] = ()
    record: Recording = field(default_factory=lambda: Recording(every_s=60.0))


@dataclass(frozen=True, slots=True)
class VoltageSweep:
    """Scan the voltage linearly through vertices, ``cycles`` times over."""

    kind: ClassVar[str] = "sweep"
    vertices: tuple[float, ...]
    """V: start, turning points, end; at least two."""
    scan_rate: float
    """V/s, positive."""
    cycles: int = 1
    """How often the turning points (all but start and end) are visited."""
    record: Recording = field(default_factory=lambda: Recording(every_volt=0.001))
    until: tuple[Condition, ...] = ()
    max_current: float | None = None


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Impedance from the first frequency to the last, logarithmically spaced.

    With ``galvanostatic`` the bias and amplitude are A and the bias keeps flowing
    (superposed on 1C or 3C, say); else V.
    """

    kind: ClassVar[str] = "eis"
    galvanostatic: bool
    bias: float
    amplitude: float
    """Peak, not rms."""
    first_frequency: float
    """Hz."""
    last_frequency: float
    points_per_decade: int = 8
    averages: int = 1
    """Repeats at each frequency."""
    wait_periods: float = 1.0
    """Periods to wait before each frequency."""
    settle: float = 0.0
    """s at the bias before the first frequency."""
    versus_initial: bool = False
    """True: the bias adds to the voltage (current) found at the start."""
    drift_correction: bool = False
    record: Recording = field(default_factory=lambda: Recording(every_s=1.0))
    until: tuple[Condition, ...] = ()

    @property
    def points(self) -> int:
        """Number of frequencies, both ends included."""
        decades = abs(math.log10(self.first_frequency / self.last_frequency))
        return round(self.points_per_decade * decades) + 1


@dataclass(frozen=True, slots=True)
class Loop:
    """Jump back to an earlier technique of the same upload."""

    kind: ClassVar[str] = "loop"
    back_to: int
    """Index of the technique to go back to, counted from 0."""
    passes: int
    """How often the block runs in total; at least 2."""


Technique = (
    OpenCircuit
    | ConstantCurrent
    | ConstantVoltage
    | ConstantPower
    | VoltageSweep
    | Spectrum
    | Loop
)


def drives(technique: Technique) -> bool:
    """Tell whether current may flow in ``technique``; a loop repeats others."""
    return not isinstance(technique, OpenCircuit | Loop)


def shortened(technique: Technique, passed: float) -> Technique:
    """Return what is left of ``technique`` after ``passed`` s of it.

    Sweeps, spectra and loops begin anew: half a sweep is not a measurement. What only
    rounding leaves is nothing: no instrument could be told of it.
    """
    if isinstance(technique, VoltageSweep | Spectrum | Loop):
        return technique
    left = technique.duration - passed
    return replace(technique, duration=left if left > SAME_MOMENT else 0.0)


def voltages_of(technique: Technique) -> Iterator[float]:
    """Yield the voltages in V to which ``technique`` brings the cell on purpose.

    Levels, vertices, the peaks of a sine around a stated voltage, and the limits that a
    current runs into; what is relative to a voltage found later is not known.
    """
    if isinstance(technique, ConstantVoltage) and not technique.versus_initial:
        yield technique.voltage
    elif isinstance(technique, VoltageSweep):
        yield from technique.vertices
    elif isinstance(technique, Spectrum):
        if not technique.galvanostatic and not technique.versus_initial:
            yield technique.bias - technique.amplitude
            yield technique.bias + technique.amplitude
    elif isinstance(technique, ConstantCurrent | ConstantPower):
        level = (
            technique.current
            if isinstance(technique, ConstantCurrent)
            else technique.power
        )
        towards = Comparison.AT_LEAST if level > 0.0 else Comparison.AT_MOST
        for condition in technique.until:
            if (
                level != 0.0
                and condition.quantity is ConditionQuantity.VOLTAGE
                and condition.comparison is towards
            ):
                yield condition.value


def current_of(technique: Technique) -> float | None:
    """Return the largest |current| in A that ``technique`` drives by its own level.

    The peak of a sine included. None where a voltage or a power decides.
    """
    if isinstance(technique, ConstantCurrent):
        return abs(technique.current)
    if isinstance(technique, Spectrum) and technique.galvanostatic:
        return abs(technique.bias) + technique.amplitude
    return None
