"""The analogue half of a simulated instrument: it holds the cell and reads it.

Physics and converters only; what a script says is `drivers.twins.palmsens.running`'s.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from drivers.twins.biologic.front_end import Noise
from drivers.twins.palmsens.models import TwinModel
from drivers.twins.world.socket import Socket

VOLTAGE_STEP = 2.5e-5
"""V; of the converter that reads."""
VOLTAGE_NOISE = 1e-5
"""V rms of a sample."""
CURRENT_STEP = 1e-5
"""Of the range."""
CURRENT_NOISE = 1e-5
"""Of the range, rms of a sample."""
GAIN, ZERO, VOLTAGE_GAIN, VOLTAGE_ZERO = 1e-3, 1e-4, 5e-4, 5e-4
"""Largest errors: of a current's reading and of its range, of a voltage, V."""
SINE_NOISE = 2e-4
"""rms of a component of an impedance, of its size."""
ALMOST = 1e-9


class Drive(Enum):
    """What is held."""

    NOTHING = 0
    CURRENT = 1
    VOLTAGE = 2


@dataclass(frozen=True, slots=True)
class Errors:
    """Gains and zeros of one instrument, drawn once."""

    current: float = 0.0
    current_zero: float = 0.0
    """Of the range."""
    driven: float = 0.0
    voltage: float = 0.0
    voltage_zero: float = 0.0
    """V."""
    held: float = 0.0
    """V by which a held voltage is off."""

    @classmethod
    def draw(cls, seed: str) -> "Errors":
        """Draw from rectangular distributions."""
        rng = random.Random(seed)  # noqa: S311
        limits = (GAIN, ZERO, GAIN, VOLTAGE_GAIN, VOLTAGE_ZERO, VOLTAGE_ZERO)
        return cls(*(limit * rng.uniform(-1.0, 1.0) for limit in limits))


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample."""

    voltage: float
    current: float
    voltage_status: int
    current_status: int
    range: int
    """Code of the current range."""


class Analogue:
    """Holds the cell at its socket, or lets go of it; time is the world's, s."""

    def __init__(
        self, socket: Socket, model: TwinModel, errors: Errors, noise: Noise
    ) -> None:
        self.socket, self.model = socket, model
        self.errors, self.noise = errors, noise
        self.on = False
        """Whether the cell switch is closed."""
        self.drive = Drive.NOTHING
        self.level = 0.0
        """A or V that is really held."""
        self.span = max(model.spans)
        """Full scale of the current range in use, A."""
        self.least = min(model.spans)
        """Smallest range that auto ranging may take, A."""
        self.auto = False
        self.strained = 0
        """1 where the compliance, 2 where the largest current holds it back."""
        self.welded = False
        """A fault: the cell switch does not open any more."""
        self.clipping = False
        """A fault: readings of a current are beyond their range."""
        self._moving = False

    @property
    def yields(self) -> bool:
        """See `drivers.twins.world.socket.Holder`."""
        return self.drive is Drive.NOTHING

    def yield_cell(self) -> None:
        """See `drivers.twins.world.socket.Holder`."""

    def advance(self, to: float, *, exact: bool = False) -> None:
        """See `drivers.twins.world.socket.Holder`; the instrument moves it in time."""
        if exact:
            self.bring(to)

    # ---- switches

    def close_cell(self, drive: Drive) -> bool:
        """Connect the cell; False if another instrument drives it."""
        if not self.socket.take(self, driving=True):
            return False
        self.on, self.drive = True, drive
        return True

    def open_cell(self) -> None:
        """Disconnect the cell."""
        if self.welded:
            return
        self.on, self.drive, self.strained = False, Drive.NOTHING, 0
        self.socket.release(self)

    def set_level(self, wanted: float) -> None:
        """Drive ``wanted`` A or V, as far as the converters are true."""
        if self.drive is Drive.CURRENT:
            step = 1e-5 * self.span
            self.level = round(wanted / step) * step * (1.0 + self.errors.driven)
        else:
            self.level = wanted + self.errors.held

    def choose_span(self, current: float) -> None:
        """Take the smallest range that reaches ``current`` (A)."""
        fits = [s for s in self.model.spans if s * self.model.reach >= abs(current)]
        self.span = min(fits, default=max(self.model.spans))

    # ---- time

    def bring(self, to: float) -> None:
        """Let the cell come to ``to`` (s) at what is held now."""
        if self._moving:
            return
        self._moving = True
        try:
            while self.socket.time < to - ALMOST:
                if not self.on:
                    self.socket.bring_to(to)
                    break
                look = self.socket.next_look
                end = min(to, look) if look > self.socket.time + ALMOST else to
                self._step(end)
        finally:
            self._moving = False

    def _step(self, end: float) -> None:
        socket, cell = self.socket, self.socket.cell
        dt, mark = end - socket.time, self.socket.cell.mark()
        self.strained = 0
        if self.drive is Drive.CURRENT:
            current = self.level
            cell.advance(current, dt)
            voltage = cell.voltage(current)
            if abs(voltage) > self.model.compliance:
                self.strained = 1
                cell.rewind(mark)
                voltage = math.copysign(self.model.compliance, voltage)
                current = cell.step_voltage(voltage, dt)
        else:
            voltage = self.level
            current = cell.step_voltage(voltage, dt)
            if abs(current) > self.model.current:
                self.strained = 2
                cell.rewind(mark)
                current = math.copysign(self.model.current, current)
                cell.advance(current, dt)
                voltage = cell.voltage(current)
        socket.arrive(end, voltage, current)

    # ---- readings

    def read(self) -> Reading:
        """Return what the converters make of this moment."""
        voltage, current = self.socket.live
        if not self.on:
            current = 0.0
        if self.auto and self.drive is not Drive.CURRENT:
            self.choose_span(max(abs(current), self.least / self.model.reach))
        a, b = self.noise.take(2).tolist()
        errors, span = self.errors, self.span
        seen = (
            voltage * (1.0 + errors.voltage) + errors.voltage_zero + a * VOLTAGE_NOISE
        )
        flow = current * (1.0 + errors.current) + errors.current_zero * span * self.on
        flow += b * CURRENT_NOISE * span
        most = span * self.model.reach * 1.05
        over = 2 * (abs(flow) > most or self.strained == 2 or self.clips)  # noqa: PLR2004
        flow = max(-most, min(most, flow))
        far = 1.05 * self.model.compliance
        high = 2 * (abs(seen) > far or self.strained == 1)
        return Reading(
            round(max(-far, min(far, seen)) / VOLTAGE_STEP) * VOLTAGE_STEP,
            round(flow / (CURRENT_STEP * span)) * CURRENT_STEP * span,
            high,
            over,
            self.model.spans[span],
        )

    @property
    def clips(self) -> bool:
        """Whether a reading is beyond its range, whatever flows."""
        return self.clipping and self.on

    def impedance(self, frequency: float) -> complex:
        """Return the cell's impedance in Ω with the instrument's scatter."""
        z = complex(self.socket.cell.impedance([frequency], self.socket.current)[0])
        a, b = self.noise.take(2).tolist()
        gain = 1.0 + self.errors.voltage - self.errors.current
        return z * gain + complex(a, b) * SINE_NOISE * abs(z)

    def snapshot(self) -> Mapping[str, float]:
        """Return where the noise stands."""
        return {"noise": self.noise.count}

    def restore(self, state: Mapping[str, float]) -> None:
        """Put it back."""
        self.noise.count = int(state["noise"])
