"""What is wrong with a channel that meets its maker's specification: gains, zeros.

Every converter of every range has its own gain and zero, drawn once within the limits
below by the bench's seed, so the same seed makes the same instrument. Both also wander
slowly. What is driven is off by the errors of the DAC, what is read by those of the
ADC; a sine's |Z| and phase are off by smooth functions of frequency.

The limits are those published for the SP-300 and VMP3 classes as this file's writer
recalls them, not read from the sheet: unverified. A table of its own, not the driver's;
see `drivers.twins.biologic.tables`.
"""

import cmath
import math
import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.twins.biologic.tables import ESSENTIAL, PREMIUM
from labctl.errors import OperatorError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest errors that the maker allows a converter."""

    gain: float
    """Of the reading, or of the set-point."""
    zero: float
    """Of the range."""
    asymmetry: float = 0.0
    """How far the gains of both signs may lie from their mean."""


STRAIGHT = 5e-5
"""Both signs agree as well as a 16-bit converter is straight: one and a half steps at
full scale."""
CURRENT = {
    ESSENTIAL: Limits(1e-3, 2e-4, STRAIGHT),
    PREMIUM: Limits(1e-3, 3e-4, STRAIGHT),
}
"""Board -> 0.1 % of reading, 0.02 or 0.03 % of range."""
VOLTAGE = {ESSENTIAL: Limits(1e-3, 2e-4), PREMIUM: Limits(5e-4, 2e-4)}
"""Board -> 0.1 or 0.05 % of reading, 0.5 mV on ±2.5 V, 2 mV on ±10 V."""
WANDERING = 0.2
"""Part of the zero's limit that is slow drift, to either side."""
CREEPING = 0.05
"""The same of the gain's: 50 ppm for 30 ppm/K of a shunt in a room of ±1.5 K."""
DRIFT_HOURS = (6.0, 48.0)
"""Period of the drift: a laboratory's day, give or take."""
IMPEDANCE = ((1e4, 0.003, 0.3), (2e5, 0.01, 1.0), (3e6, 0.03, 3.0))
"""Hz, part of |Z|, degrees: the first line holds below it too, and the limits run
log-log in between (the contours of an accuracy plot, at 1 Ω to 1 MΩ)."""
LOW_IMPEDANCE = 1.0
"""Ω; below, the limits grow as 1/√|Z|."""
INDUCTANCE = (1e-8, 1e-7)
"""H that the four leads leave of their own: twisted in pairs, a metre long."""


@dataclass(frozen=True, slots=True)
class Converter:
    """One converter on one range."""

    gain: float = 0.0
    asymmetry: float = 0.0
    """Added to the gain of positive values, taken from that of negative ones."""
    zero: float = 0.0
    """V or A."""
    drift: float = 0.0
    """Amplitude of the zero's drift, V or A."""
    period: float = 1.0
    """s."""
    phase: float = 0.0
    creep: float = 0.0
    """Amplitude of the gain's drift, in step with that of the zero: both go with the
    room's temperature."""

    @classmethod
    def draw(cls, rng: random.Random, limits: Limits, span: float) -> "Converter":
        """Draw from the rectangular distributions of ``limits`` on a range."""
        steady = 1.0 - WANDERING
        room = (1.0 - CREEPING) * limits.gain - limits.asymmetry
        return cls(
            room * rng.uniform(-1.0, 1.0),
            limits.asymmetry * rng.uniform(-1.0, 1.0),
            steady * limits.zero * span * rng.uniform(-1.0, 1.0),
            WANDERING * limits.zero * span * rng.uniform(-1.0, 1.0),
            3600.0 * rng.uniform(*DRIFT_HOURS),
            rng.uniform(0.0, 2.0 * math.pi),
            CREEPING * limits.gain * rng.uniform(-1.0, 1.0),
        )

    def errors_at(self, time: float) -> tuple[float, float]:
        """Return gain, and zero in V or A; ``time`` in s is the channel's age."""
        swing = math.sin(2.0 * math.pi * time / self.period + self.phase)
        return self.gain + self.creep * swing, self.zero + self.drift * swing

    def apply(self, value: float, time: float) -> float:
        """Return what this converter makes of ``value``."""
        gain, zero = self.errors_at(time)
        return value * (1.0 + gain + math.copysign(self.asymmetry, value)) + zero

    def apply_all(self, values: Floats, times: Floats) -> Floats:
        """Return what it makes of each of ``values``."""
        swing = np.sin(2.0 * math.pi * times / self.period + self.phase)
        gain = self.gain + self.creep * swing + np.copysign(self.asymmetry, values)
        made: Floats = values * (1.0 + gain) + self.zero + self.drift * swing
        return made

    def undo(self, made: float, time: float) -> float:
        """Return the value of which `apply` makes ``made``."""
        gain, zero = self.errors_at(time)
        rest = made - zero
        return rest / (1.0 + gain + math.copysign(self.asymmetry, rest))


@dataclass(frozen=True, slots=True)
class Imperfections:
    """All converters of one channel; without a seed they are perfect."""

    seed: str = ""
    """Of the bench, the instrument and the channel; empty for no errors at all."""
    board: int = PREMIUM

    def reads_current(self, span: float) -> Converter:
        """Return the ammeter on a range of ``span`` A."""
        return self._converter("reads current", CURRENT[self.board], span)

    def drives_current(self, span: float) -> Converter:
        """Return the current source on a range of ``span`` A."""
        return self._converter("drives current", CURRENT[self.board], span)

    def reads_voltage(self, span: float) -> Converter:
        """Return the voltmeter on a range of ``span`` V."""
        return self._converter("reads voltage", VOLTAGE[self.board], span)

    def drives_voltage(self, span: float) -> Converter:
        """Return the voltage source on a range of ``span`` V."""
        return self._converter("drives voltage", VOLTAGE[self.board], span)

    def impedance(self, frequency: float, z: complex) -> complex:
        """Return what a sine of ``frequency`` in Hz makes of ``z`` in Ω."""
        if not self.seed:
            return z
        rng = random.Random(self.seed + ":impedance")  # noqa: S311
        inductance = math.exp(rng.uniform(*map(math.log, INDUCTANCE)))
        z += 2j * math.pi * frequency * inductance
        size, degrees = impedance_limits(frequency, abs(z))
        decades = math.log10(frequency)
        off = size * _smooth(rng, decades)
        turned = math.radians(degrees) * _smooth(rng, decades)
        return z * cmath.rect(1.0 + off, turned)

    def _converter(self, kind: str, limits: Limits, span: float) -> Converter:
        return _drawn(self.seed, kind, limits, span) if self.seed else PERFECT


@lru_cache(maxsize=4096)
def _drawn(seed: str, kind: str, limits: Limits, span: float) -> Converter:
    rng = random.Random(f"{seed}:{kind}:{span:.6g}")  # noqa: S311
    return Converter.draw(rng, limits, span)


PERFECT = Converter()
NONE = Imperfections()
"""Of a channel without errors."""
SPECIFICATION, WITHOUT = "specification", "none"
"""What ``simulated: {imperfections: …}`` of an instrument may say."""


def imperfections_of(
    wanted: Any, seed: int, name: str, channel: int, board: int
) -> Imperfections:
    """Return the errors of a channel as the configuration wants them.

    OperatorError: it wants something else.
    """
    if wanted not in {SPECIFICATION, WITHOUT}:
        raise OperatorError(
            f"{name}: simulated: imperfections: {wanted!r} is not specification or none"
        )
    if wanted == WITHOUT:
        return NONE
    kind = board if board in CURRENT else PREMIUM
    return Imperfections(f"{seed}:{name}:{channel}", kind)


def impedance_limits(frequency: float, size: float) -> tuple[float, float]:
    """Return the largest errors of |Z|, as a part of it, and of the phase, degrees."""
    edges = np.log([line[0] for line in IMPEDANCE])
    place = math.log(frequency)
    part, degrees = (
        math.exp(np.interp(place, edges, np.log([line[k] for line in IMPEDANCE])))
        for k in (1, 2)
    )
    low = math.sqrt(max(1.0, LOW_IMPEDANCE / size)) if size > 0.0 else 1.0
    return part * low, degrees * low


def _smooth(rng: random.Random, decades: float) -> float:
    """Return a smooth function of log10 f between -1 and 1, drawn by ``rng``."""
    level, wave = rng.uniform(-0.7, 0.7), rng.uniform(-0.3, 0.3)
    turn = 2.0 * math.pi / rng.uniform(3.0, 8.0)
    return level + wave * math.sin(turn * decades + rng.uniform(0.0, 2.0 * math.pi))
