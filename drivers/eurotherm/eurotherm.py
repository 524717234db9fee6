"""Eurotherm temperature controllers of the 2000 and 3000 series, Modbus TCP or RTU.

What is told: rate limit, set point, automatic. Safe is manual with an output of 0 %,
all of it read back; alarms, relays and whatever cools go on. A program that runs was
started by somebody: it is neither written over nor stopped. A set point lives in memory
that takes 100,000 writes (HA028651, page 81), so what is there already is not written.
"""

import math
from collections.abc import Mapping

from drivers.chamber_options import (
    BOUND_KEYS,
    COLDEST,
    HOTTEST,
    LINK_KEYS,
    ChamberOptions,
    Said,
    refuse_beyond_bounds,
)
from drivers.eurotherm.door import AbsentError, Line, ModbusDoor, ModbusWire, Ports
from drivers.eurotherm.registers import (
    AUTOMATIC,
    MANUAL,
    RUNNING,
    SECONDS,
    Numbers,
    Registers,
    signed,
)
from drivers.own_sensor import OwnSensor
from drivers.question_link import QuestionLink
from drivers.visa.link_options import LinkOptions, OnLinkLoss
from labctl.clock import Clock
from labctl.errors import InstrumentError, NotOursError
from labctl.roles.chamber import ChamberBounds, ChamberReading
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

FASTEST = 1.0
"""K/s, unless the option ``fastest_ramp`` says otherwise."""
CYCLE = 0.3
"""s until a controller acts on what it was told."""
OFF = 0.05
"""%; an output below it heats nothing."""
UNITS = (1, 247)
OWN_KEYS = (
    *("unit", "baud_rate", "parity", "stop_bits", "framing"),
    *("numbers", "decimals", "series", "ramp_per", "registers"),
)


class EurothermController:
    """A controller that plays `labctl.roles.chamber.Chamber`."""

    def __init__(self, door: ModbusDoor, setup: Setup, clock: Clock) -> None:
        """Meet the controller behind ``door``; nothing is told to it."""
        self.name = setup.name
        self._door, self._clock = door, clock
        self._registers = Registers.of(setup.name, setup.options)
        said = Said(setup.name, setup.options)
        numbers = said.choice("numbers", ("float", "scaled"), "float")
        decimals = said.number("decimals", "", 0.0, 4.0, 1.0)
        self._running = RUNNING[said.choice("series", tuple(RUNNING), "3000")]
        self._per = SECONDS[said.choice("ramp_per", tuple(SECONDS), "min")]
        said.refuse()
        self._numbers = Numbers(int(decimals or 0) if numbers == "scaled" else None)
        options = LinkOptions.of(setup, OnLinkLoss.HOLD)
        self.link = QuestionLink(
            setup.name, clock, options, self._introduce, door.reopen
        )
        self._identity = self.link.meet()
        chamber = ChamberOptions.of(setup.name, setup.options)
        grain = 0.1 if numbers == "scaled" else 1e-2
        takes_ramp = self._value_or_none(self._registers.rate_limit) is not None
        self._bounds = chamber.bounds(
            setup.name,
            self._own_bounds(),
            fastest_ramp=FASTEST if takes_ramp else None,
            grain=grain,
        )
        self._left: tuple[float, float] | None = None
        """Set point (°C) and rate limit that were told last."""
        self.link.expect(self, self._refuse_changes)

    def _introduce(self) -> Identity:
        kind = self._whole_or_none(self._registers.instrument_type)
        door = self._door
        model = "controller" if kind is None else f"type {kind & 0xFFFF:04X}"
        address = f"{door.line.address} unit {door.unit}"
        return Identity("Eurotherm", model, "0", "", address)

    def _own_bounds(self) -> tuple[float, float] | None:
        low = self._value_or_none(self._registers.lowest_set_point)
        high = self._value_or_none(self._registers.highest_set_point)
        if low is None or high is None or not low < high:
            return None
        return max(low, COLDEST), min(high, HOTTEST)

    def identity(self) -> Identity:
        """Return what it said of itself when it was opened."""
        return self._identity

    @property
    def bounds(self) -> ChamberBounds:
        """See the role."""
        return self._bounds

    def regulate(self, celsius: float, ramp: float | None = None) -> float:
        """See the role. NotOursError: somebody's program runs on it."""
        refuse_beyond_bounds(self.name, self._bounds, celsius, ramp)
        self._left = None
        self.link.trust()
        self._refuse_others()
        if math.isnan(self.celsius()):
            raise InstrumentError(
                f"{self.name}: its sensor is broken; it heats by none"
            )
        if ramp is not None:
            self._begin_here()
            self._hold_rate(ramp * self._per)
        back = self._hold_target(celsius)
        held = self._hold_rate(0.0 if ramp is None else ramp * self._per)
        self._set_mode(AUTOMATIC)
        self._left = back, held
        return back

    def _begin_here(self) -> None:
        """Hold the temperature that there is, so that a ramp begins with it.

        The limit goes when it leads nowhere any more: else an old set point would be
        gone for at full power. Outside its set point limits it cannot; the ramp then
        begins where it is led.
        """
        now, bounds = self.celsius(), self._bounds
        if bounds.lowest <= now <= bounds.highest:
            self._hold_target(now)
            self._hold_rate(0.0)
            self._set_mode(AUTOMATIC)

    def _hold_target(self, celsius: float) -> float:
        """Have the set point; return it as it is read back."""
        number, grain = self._registers.target, self._bounds.grain
        return self._hold("a set point", number, celsius, grain)

    def _hold_rate(self, rate: float) -> float:
        """Have the rate limit, 0 for none; return it as it is read back."""
        if self._bounds.fastest_ramp is None:
            return 0.0
        number = self._registers.rate_limit
        return self._hold("a rate limit", number, rate, 0.02 * rate)

    def read(self) -> ChamberReading:
        """See the role."""
        return self.link.ask("its state", self._look)

    def celsius(self) -> float:
        """Return what its own sensor reads, °C; NaN if that is broken."""
        return self.link.ask("its temperature", self._temperature)

    def make_safe(self) -> None:
        """See the role. NotOursError: somebody's program runs on it and is left."""
        self._left = None
        self.link.safely(self._switch_off)

    def _switch_off(self) -> None:
        self._refuse_others()
        self._set_mode(MANUAL)
        self._hold("an output of 0 %", self._registers.manual_output, 0.0, OFF)
        self._clock.sleep(CYCLE)
        output = self.link.ask(
            "its output", lambda: self._value_or_none(self._registers.working_output)
        )
        if output is not None and not output <= OFF:
            raise InstrumentError(
                f"{self.name}: is in manual with 0 % and puts out {output:g} %; check "
                "its lowest output"
            )

    def _refuse_others(self) -> None:
        number = self._registers.program_status
        status = self.link.ask("its program", lambda: self._whole_or_none(number))
        if status in self._running:
            raise NotOursError(
                f"{self.name}: a program runs that was started at the instrument; it "
                "is left alone and heats on"
            )

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless it is as it was left, after a lost link."""
        if self._left is None:
            return
        target, rate = self._left
        held = self._value(self._registers.target)
        if abs(held - target) > self._bounds.grain:
            raise InstrumentError(f"its set point is {held:g} °C, not {target:g} °C")
        limit = self._value_or_none(self._registers.rate_limit)
        if limit is not None and abs(limit - rate) > 0.02 * rate + OFF:
            raise InstrumentError(f"its rate limit is {limit:g}, not {rate:g}")
        if self._mode() != AUTOMATIC:
            raise InstrumentError("it is not in automatic any more")

    # What is read and written, by the number of a parameter; no ladder.

    def _look(self) -> ChamberReading:
        celsius = self._temperature()
        faults = ("its sensor is broken",) if math.isnan(celsius) else ()
        setpoint, mode = self._value(self._registers.target), self._mode()
        return ChamberReading(celsius, setpoint, mode == AUTOMATIC, faults)

    def _temperature(self) -> float:
        if self._whole_or_none(self._registers.sensor_break):
            return math.nan
        value = self._value(self._registers.process_value)
        if not COLDEST <= value <= HOTTEST:
            raise InstrumentError(f"{self.name}: reads {value:g} °C")
        return value

    def _mode(self) -> int:
        mode = self._whole(self._registers.auto_manual)
        if mode not in {AUTOMATIC, MANUAL}:
            raise InstrumentError(f"{self.name}: is in mode {mode}, which is none")
        return mode

    def _set_mode(self, mode: int) -> None:
        def tell() -> int:
            number = self._known(self._registers.auto_manual)
            if self._mode() != mode:
                self._door.write(number, [mode])
            return self._mode()

        name = {AUTOMATIC: "automatic", MANUAL: "manual"}[mode]
        if self.link.ask(name, tell) != mode:
            raise InstrumentError(f"{self.name}: does not go to {name}")

    def _hold(
        self, what: str, number: int | None, value: float, tolerance: float
    ) -> float:
        """Have a parameter at ``value``; return it as it is read back."""
        words = self._numbers.write(value, self.name)
        (said,) = (self._numbers.read(words, self.name),)  # as it can be said at all

        def tell() -> float:
            if self._value(number) != said:
                self._door.write(self._numbers.place(self._known(number))[0], words)
            return self._value(number)

        held = self.link.ask(what, tell)
        if not abs(held - value) <= tolerance + OFF * (value == 0.0):
            raise InstrumentError(
                f"{self.name}: was told {what} of {value:g} and holds {held:g}"
            )
        return held

    def _value(self, number: int | None) -> float:
        address, count = self._numbers.place(self._known(number))
        return self._numbers.read(self._door.read(address, count), self.name)

    def _whole(self, number: int | None) -> int:
        (word,) = self._door.read(self._known(number), 1)
        return signed(word)

    def _value_or_none(self, number: int | None) -> float | None:
        try:
            return None if number is None else self._value(number)
        except AbsentError:
            return None

    def _whole_or_none(self, number: int | None) -> int | None:
        try:
            return None if number is None else self._whole(number)
        except AbsentError:
            return None

    def _known(self, number: int | None) -> int:
        if number is None:
            raise InstrumentError(
                f"{self.name}: the configuration says that it has not got what is "
                "needed here; see registers: in its options"
            )
        return number


class OpenedEurotherm:
    """An open controller: a `labctl.roles.driver.Device`."""

    def __init__(self, controller: EurothermController, door: ModbusDoor) -> None:
        self._controller, self._door = controller, door
        self.roles: Mapping[str, object] = {
            "": controller,
            "sensor": OwnSensor(controller),
        }

    def identity(self) -> Identity:
        """Return what it said of itself when it was opened."""
        return self._controller.identity()

    def close(self) -> None:
        """Let go of the line; it regulates on."""
        self._door.close()


class EurothermDriver:
    """A `labctl.roles.driver.Driver`."""

    def wire(self, setup: Setup) -> ModbusWire:
        """Return this computer's network and serial ports."""
        del setup
        return Ports()

    def open(self, wire: ModbusWire, setup: Setup, clock: Clock) -> OpenedEurotherm:
        """Connect, and read who answers and how warm it can be."""
        line, unit = _line(setup)
        door = ModbusDoor(wire, line, unit, setup.name, clock)
        try:
            door.open()
            return OpenedEurotherm(EurothermController(door, setup, clock), door)
        except BaseException:
            door.close()
            raise


def _line(setup: Setup) -> tuple[Line, int]:
    """Return how it is reached and its number. RefusedError lists every wrong key."""
    said = Said(setup.name, setup.options)
    said.know(*BOUND_KEYS, *LINK_KEYS, *OWN_KEYS)
    unit = said.number("unit", "", *UNITS, 1.0)
    baud = said.number("baud_rate", "", 300.0, 115200.0, 9600.0)
    stops = said.number("stop_bits", "", 1.0, 2.0, 1.0)
    parity = said.choice("parity", ("none", "even", "odd"), "none")
    framing = said.choice("framing", ("usual", "rtu"), "usual")
    said.refuse()
    line = Line(
        setup.address,
        LinkOptions.of(setup, OnLinkLoss.HOLD).timeout,
        int(baud or 0),
        parity,
        int(stops or 0),
        framing == "rtu",
    )
    return line, int(unit or 0)


driver = EurothermDriver()
