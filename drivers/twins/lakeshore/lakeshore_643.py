"""The twin of a Lake Shore 643 or 648: it moves the bench's magnet current."""

import random

from drivers.twins.scpi.commands import command, query, setting, whole
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import Number
from drivers.twins.scpi.plain import PlainTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from labctl.clock import Clock

LARGEST = 70.1
"""A."""
RATE = 1.0
LARGEST_RATE = 50.0
"""A/s, from the factory."""
FORBIDS_CURRENT = 0b11100000
"""Operational errors that force 0 A: both flow switches, remote enable."""
NOISE = 5e-4
"""rms of a current reading, A."""
_BYTE = Number(0, 255, whole=True)


class LakeShore643Twin(PlainTwin):
    """A simulated 643 on the bench's magnet."""

    identification = "LSCI,MODEL643,6430123,1.3/1.1"
    largest = LARGEST
    rate = setting(
        ":RATE",
        default=RATE,
        kind=Number(1e-4, 50.0),
        shown=lambda value: f"{value:+.4f}",
    )
    water = whole(":MAGWTR", default=2, low=0, high=3)
    internal_water = whole(":INTWTR", default=2, low=0, high=3)
    display = whole(":DISP", default=1, low=0, high=3)
    remote = whole(":MODE", default=1, low=0, high=2)
    segments = whole(":RSEG", default=0, low=0, high=1)
    operation_mask = whole(":OPSTE", default=0, low=0, high=255)

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "supply",
        interlock_open: bool = False,
        water_missing: bool = False,
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.hardware = 0
        self.operational = 0
        if interlock_open:
            self.operational |= 1 << 7
        if water_missing:
            self.operational |= 1 << 5
        self._rng: random.Random = circuit.random(name)
        self.setpoint = 0.0
        self.external = 0
        self.limits = (self.largest, LARGEST_RATE)
        self.lock_state, self.lock_code = 0, 123
        self.interface = (0, 0, 11)
        self.error_masks = (0, 0)
        self.ramp_segments = dict.fromkeys(range(1, 6), (self.largest, RATE))

    def _go(self, current: float, rate: float) -> None:
        self.setpoint = current
        self.circuit.magnet.aim(self.time, current, rate)
        self.pending_until = self.circuit.magnet.ramp.end

    def fail(self, operational: int) -> None:
        """Let operational errors come up; the hardware then forces 0 A."""
        self.operational |= operational
        if self.operational & FORBIDS_CURRENT:
            self._go(0.0, 50.0)

    @command(":SETI", Number(-140.0, 140.0))
    def _set_current(self, current: float) -> None:
        most = min(self.limits[0], self.largest)
        if abs(current) > most * (1 + 1e-9):
            raise ScpiError(-222)
        if current and self.operational & FORBIDS_CURRENT:
            raise ScpiError(-221)
        if self.external == 1:
            raise ScpiError(-221)
        self._go(current, min(self.rate, self.limits[1]))

    @query(":SETI?")
    def _current_set(self) -> str:
        return f"{self.setpoint:+.4f}"

    @query(":RDGI?")
    def _current(self) -> str:
        noise = self._rng.gauss(0.0, NOISE)
        return f"{self.circuit.magnet.ramp.at(self.time) + noise:+.4f}"

    @query(":RDGV?")
    def _voltage(self) -> str:
        return f"{self.circuit.magnet.voltage(self.time):+.4f}"

    @command(":LIMIT", Number(0.0, 140.0), Number(1e-4, 50.0))
    def _set_limit(self, current: float, rate: float) -> None:
        if current > self.largest * (1 + 1e-9):
            raise ScpiError(-222)
        self.limits = (current, rate)

    @query(":LIMIT?")
    def _limit(self) -> str:
        return f"{self.limits[0]:+.4f},{self.limits[1]:+.4f}"

    @command(":STOP")
    def _stop(self) -> None:
        magnet = self.circuit.magnet
        self._go(magnet.ramp.at(self.time), self.rate)

    @command(":XPGM", Number(0, 2, whole=True))
    def _set_program(self, mode: int) -> None:
        self.external = mode
        if mode:
            self.circuit.instruments["external supply"] = self
        else:
            self.circuit.instruments.pop("external supply", None)

    @query(":XPGM?")
    def _program(self) -> str:
        return str(self.external)

    def _condition(self) -> int:
        done = self.time >= self.circuit.magnet.ramp.end
        strained = abs(self.circuit.magnet.voltage(self.time)) > 35.0  # noqa: PLR2004
        return (1 if strained else 0) | (2 if done else 0)

    @query(":OPST?")
    def _operation(self) -> str:
        return f"{self._condition():03d}"

    @query(":OPSTR?")
    def _operation_events(self) -> str:
        return self._operation()

    @query(":ERST?")
    def _errors(self) -> str:
        return f"{self.hardware:03d},{self.operational:03d}"

    @query(":ERSTR?")
    def _error_events(self) -> str:
        return self._errors()

    @command(":ERSTE", _BYTE, _BYTE)
    def _set_error_masks(self, hardware: int, operational: int) -> None:
        self.error_masks = (hardware, operational)

    @query(":ERSTE?")
    def _error_masks(self) -> str:
        return f"{self.error_masks[0]:03d},{self.error_masks[1]:03d}"

    @command(":LOCK", Number(0, 2, whole=True), Number(0, 999, whole=True))
    def _set_lock(self, state: int, code: int) -> None:
        if code != self.lock_code:
            raise ScpiError(-221)
        self.lock_state = state

    @query(":LOCK?")
    def _lock(self) -> str:
        return f"{self.lock_state},{self.lock_code:03d}"

    @command(
        ":IEEE",
        Number(0, 3, whole=True),
        Number(0, 1, whole=True),
        Number(1, 30, whole=True),
    )
    def _set_interface(self, terminator: int, eoi: int, address: int) -> None:
        self.interface = (terminator, eoi, address)

    @query(":IEEE?")
    def _interface(self) -> str:
        return "{},{},{:02d}".format(*self.interface)

    @command(":RSEGS", Number(1, 5, whole=True), Number(0.0, 140.0), Number(1e-4, 50.0))
    def _set_segment(self, segment: int, current: float, rate: float) -> None:
        self.ramp_segments[segment] = (current, rate)

    @query(":RSEGS?", Number(1, 5, whole=True))
    def _segment(self, segment: int) -> str:
        current, rate = self.ramp_segments[segment]
        return f"{current:+.4f},{rate:+.4f}"

    @command(":DFLT", Number(99, 99, whole=True))
    def _put_factory_defaults(self, _code: int) -> None:
        if abs(self.circuit.magnet.ramp.at(self.time)) > NOISE:
            raise ScpiError(-221)
        self.reset()
        self.limits = (self.largest, LARGEST_RATE)
        self.ramp_segments = dict.fromkeys(range(1, 6), (self.largest, RATE))

    @command(":ERCL")
    def _clear_errors(self) -> None:
        self.hardware = self.operational = 0


twin = VisaTwin(LakeShore643Twin)
