"""Lake Shore 335 and 336 temperature controllers: thermometers and heater loops.

Every enabled input is a thermometer (``ls336/A``). An output of which ``outputs:`` in
the options says how warm it may get is a chamber (``ls336/1``). Sensor, curve, limits
of the heater (``HTRSET``, ``TLIMIT``) and closed loop are set up at the front and only
looked at here: a wrong curve burns what is on the stage. USB is 57600 baud, 7O1; the
336's socket is port 7777. Source: the 336's manual, chapter 6.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pymeasure.instruments import Instrument

from drivers.chamber_options import (
    BOUND_KEYS,
    VISA_KEYS,
    ChamberOptions,
    Said,
    refuse_beyond_bounds,
)
from drivers.lakeshore.plain_talk import ENDS, PlainTalk
from drivers.visa.link_options import OnLinkLoss
from drivers.visa.numbers import number
from drivers.visa.opening import VisaDriver
from labctl.clock import Clock
from labctl.errors import Complaint, InstrumentError, RefusedError
from labctl.roles.chamber import ChamberBounds, ChamberReading
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

INPUTS = {"335": "AB", "336": "ABCD"}
OUTPUTS = ("1", "2")
"""Those that have a heater's power; 3 and 4 of a 336 are analog."""
RANGES = {"low": 1, "medium": 2, "high": 3}
ZERO = 273.15
"""K, at 0 °C."""
KELVIN, CELSIUS, SENSOR = 1, 2, 3
"""Units of an input, and so of a set point: the last field of ``INTYPE?``."""
CLOSED_LOOPS = {1: "closed loop", 2: "zone"}
"""Output modes that hold a set point."""
FASTEST = 100.0 / 60.0
"""K/s; ``RAMP`` takes 0.1 to 100 K/min."""
GRAIN = 2e-3
"""K; what a set point read back may be off by."""
HEATER = {1: "its heater is open", 2: "its heater is shorted"}
"""What ``HTRST?`` says, once: whoever asks clears it. The range is then off."""
COMPLIANCE = "its heater takes less current than is driven: compliance"
"""What 2 means of a 336's output 2; the heater stays on."""
UNREADABLE = 1 | 16 | 32 | 64 | 128
"""Bits of ``RDGST?``: invalid, temperature under and over range, sensor zero, over."""


class LakeShore336(PlainTalk):
    """A 335 or 336; it plays nothing itself, its inputs and outputs do."""

    pause = 0.05

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        self.tell("*CLS")
        letters = INPUTS[identity.model]
        enabled = [x for x in letters if unit_of(self, x) is not None]
        played: dict[str, object] = {x: Input(self, x) for x in enabled}
        for output, options in _outputs(setup).items():
            played[output] = HeaterLoop(self, output, options, clock)
        self._played = played

    @property
    def roles(self) -> Mapping[str, object]:
        """Return the inputs by letter and the configured outputs by number."""
        return self._played


def unit_of(talk: PlainTalk, letter: str) -> int | None:
    """Return `KELVIN`, `CELSIUS` or `SENSOR`; None where the input is disabled."""
    fields = talk.inquire_numbers(f"INTYPE? {letter}", 5, ",")
    if fields[0] == 0:
        return None
    if fields[4] not in {KELVIN, CELSIUS, SENSOR}:
        raise InstrumentError(f"{talk.name}: input {letter} has unit {fields[4]:g}")
    return int(fields[4])


class Input:
    """A sensor's input: plays `labctl.roles.thermometer.Thermometer`."""

    def __init__(self, controller: LakeShore336, letter: str) -> None:
        self.name = f"{controller.name}/{letter}"
        self._controller = controller
        self._question = f"CRDG? {letter};RDGST? {letter}"

    @property
    def instrument(self) -> Instrument:
        """Return the controller by PyMeasure's class, see `Talk.instrument`."""
        return self._controller.instrument

    def celsius(self) -> float:
        """See the role. It has no settings: a restart does not matter to it."""
        return self._controller.link.ask(self._question, self._reading)

    def _reading(self, answer: str) -> float:
        fields = answer.split(";")
        if len(fields) != 2:  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: {answer[:60]!r} is no reading")
        return reading_of(fields[0], fields[1], self.name)

    def identity(self) -> Identity:
        """Return the controller's identity."""
        return self._controller.identity()


def reading_of(celsius: str, status: str, name: str) -> float:
    """Return a temperature in °C, NaN where its status says that it is none."""
    bits = number(status, name)
    if not (bits.is_integer() and 0 <= bits < 256):  # noqa: PLR2004
        raise InstrumentError(f"{name}: {status[:60]!r} is no status of a reading")
    value = number(celsius, name)
    if int(bits) & UNREADABLE:
        return math.nan
    if value < -ZERO:
        raise InstrumentError(f"{name}: reads {value:g} °C")
    return value


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """What a configuration says of one output."""

    chamber: ChamberOptions
    heater_range: int
    """1 low, 2 medium, 3 high."""


def _outputs(setup: Setup) -> dict[str, OutputOptions]:
    """Return the configured outputs. RefusedError lists every wrong key."""
    slips = Said(setup.name, setup.options)
    slips.know("outputs", *VISA_KEYS)
    slips.refuse()
    said = setup.options.get("outputs", {})
    place = ("instruments", setup.name, "options", "outputs")
    cure = "Write outputs: {1: {lowest: 80 K, highest: 350 K, range: high}}."
    if not isinstance(said, Mapping):
        raise RefusedError([Complaint(place, f"{said!r} names no output.", cure)])
    found = {}
    for key, options in said.items():
        if str(key) not in OUTPUTS or not isinstance(options, Mapping):
            text = f"{key!r} is no heater's output with its options."
            raise RefusedError([Complaint(place, text, cure)])
        keys = ("outputs", str(key))
        chamber = ChamberOptions.of(setup.name, options, *keys)
        reader = Said(setup.name, options, keys)
        reader.know("range", *BOUND_KEYS)
        chosen = reader.choice("range", tuple(RANGES), "")
        if chamber.lowest is None or chamber.highest is None:
            text = "how cold and how warm may it be?"
            reader.complain("lowest" if chamber.lowest is None else "highest", text)
        reader.refuse()
        found[str(key)] = OutputOptions(chamber, RANGES[chosen])
    return found


class HeaterLoop(PlainTalk):
    """An output in closed loop: plays `labctl.roles.chamber.Chamber`.

    Safe is heater range *off*, read back.
    """

    pause = 0.05

    def __init__(
        self, whole: LakeShore336, output: str, options: OutputOptions, clock: Clock
    ) -> None:
        self._be_part_of(whole, f"{whole.name}/{output}", clock)
        self._output = output
        self._options = options
        self._bounds = options.chamber.bounds(
            self.name, (-ZERO, math.inf), fastest_ramp=FASTEST, grain=GRAIN
        )
        self._input = self._letter()
        self._is_kelvin = True
        self._left: float | None = None
        """The set point that was left, in the loop's unit; None: nothing to compare."""
        self._heats = False
        """Whether it was left with its heater on."""
        self._fault = ""
        """What was found of its heater, until somebody was refused because of it."""
        self.link.expect(self, self._refuse_changes)

    @property
    def bounds(self) -> ChamberBounds:
        """See the role."""
        return self._bounds

    def _letter(self) -> str:
        """Return the input that it controls by. InstrumentError: it has no loop."""
        question = f"OUTMODE? {self._output}"
        mode, source, _ = self.inquire_numbers(question, 3, ",")
        letters = INPUTS[self.identity().model]
        if mode not in CLOSED_LOOPS or not 1 <= source <= len(letters):
            raise InstrumentError(
                f"{self.name}: is in output mode {mode:g} with input {source:g}, "
                "not in closed loop; set it up at the front"
            )
        return letters[int(source) - 1]

    def regulate(self, celsius: float, ramp: float | None = None) -> float:
        """See the role. A ramp begins at the sensor's temperature now."""
        refuse_beyond_bounds(self.name, self._bounds, celsius, ramp)
        self._left, self._heats = None, False
        self.trust()
        self._input = self._letter()
        self._is_kelvin = self._unit() == KELVIN
        now = self.read()
        if math.isnan(now.celsius):
            raise InstrumentError(
                f"{self.name}: its sensor {self._input} reads nothing"
            )
        self._refuse_heater(now)
        self._set_ramp(on=False, rate=ramp)
        if ramp is not None:
            self._set_point(now.celsius)
            self._set_ramp(on=True, rate=ramp)
        back = self._set_point(celsius, moves=ramp is not None)
        self._heat(self._options.heater_range)
        self.refuse_errors("it was told a temperature")
        self._heats = True
        if ramp is None:  # else the set point is on its way
            self._left = self._in_unit(back)
        return back

    def _set_point(self, celsius: float, *, moves: bool = False) -> float:
        """Set it; return it as it is read back, °C.

        While a ramp ``moves`` it, what reads back is the way: its end is what was sent,
        and that it moves is read back instead.
        """
        self.tell(f"SETP {self._output},{self._in_unit(celsius):.3f}")
        if moves and self.inquire_switch(f"RAMPST? {self._output}"):
            return celsius
        question = f"SETP? {self._output}"
        return self.agreed(
            lambda: self._in_celsius(self.inquire_number(question)),
            lambda held: self._refuse_far(celsius, held),
        )

    def _refuse_far(self, celsius: float, held: float) -> None:
        self.refuse_other_setpoint(celsius, held, self._bounds.grain)

    def _set_ramp(self, *, on: bool, rate: float | None) -> None:
        output, per_minute = self._output, 60.0 * (rate or FASTEST)
        self.tell(f"RAMP {output},{int(on)},{per_minute:.3f}")
        held, shown = self.inquire_numbers(f"RAMP? {output}", 2, ",")
        if held != on or (on and not abs(shown - per_minute) <= 0.06):  # noqa: PLR2004
            raise InstrumentError(
                f"{self.name}: was told a ramp of {per_minute:g} K/min and holds "
                f"{shown:g} K/min, {'on' if held else 'off'}"
            )

    def _heat(self, heater_range: int) -> None:
        self.tell(f"RANGE {self._output},{heater_range}")
        held = self.inquire_whole(f"RANGE? {self._output}")
        if held != heater_range:
            now = self.read()
            self._refuse_heater(now)
            raise InstrumentError(
                f"{self.name}: its heater range is {held}, not {heater_range}; check "
                "the temperature limit of its input"
            )

    def _refuse_heater(self, now: ChamberReading) -> None:
        if now.faults:
            self._fault = ""  # it is told; the next one may try
            raise InstrumentError(f"{self.name}: {'; '.join(now.faults)}")

    def _unit(self) -> int:
        unit = unit_of(self, self._input)
        if unit not in {KELVIN, CELSIUS}:
            raise InstrumentError(
                f"{self.name}: its input {self._input} shows sensor units; choose "
                "kelvin or Celsius at the front"
            )
        return unit

    def _in_unit(self, celsius: float) -> float:
        return celsius + ZERO if self._is_kelvin else celsius

    def _in_celsius(self, value: float) -> float:
        return value - ZERO if self._is_kelvin else value

    def read(self) -> ChamberReading:
        """See the role."""
        letter, output = self._input, self._output
        question = (
            f"CRDG? {letter};RDGST? {letter};SETP? {output};RANGE? {output};"
            f"HTRST? {output};INTYPE? {letter}"
        )
        return self.inquire(question, self._reading)

    def _reading(self, answer: str) -> ChamberReading:
        fields = answer.split(";")
        if len(fields) != 6:  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: {answer[:80]!r} is no reading")
        celsius, status, setpoint, heater, fault, kind = fields
        unit = number(kind.split(",")[-1], self.name)
        if unit not in {KELVIN, CELSIUS}:
            raise InstrumentError(f"{self.name}: its input shows no temperature")
        value = number(setpoint, self.name)
        regulates = number(heater, self.name) > 0
        found = self._fault_of(number(fault, self.name))
        if found or regulates:  # else what an earlier look has cleared
            self._fault = found
        return ChamberReading(
            reading_of(celsius, status, self.name),
            value - ZERO if unit == KELVIN else value,
            regulates=regulates,
            faults=(self._fault,) if self._fault else (),
        )

    def _fault_of(self, code: float) -> str:
        if code == 0:
            return ""
        if (self.identity().model, self._output, code) == ("336", "2", 2):
            return COMPLIANCE
        return HEATER.get(int(code), f"heater error {code:g}")

    def celsius(self) -> float:
        """Return what its sensor reads, °C: see `labctl.roles.thermometer`."""
        return self.read().celsius

    def make_safe(self) -> None:
        """See the role."""
        self._left, self._heats = None, False
        self.safely(self._off)

    def _off(self) -> None:
        self.tell(f"RANGE {self._output},0")
        if self.inquire_whole(f"RANGE? {self._output}") != 0:
            raise InstrumentError(f"{self.name}: goes on heating; use its front")

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless set point and range are as they were left."""
        if not self._heats:
            return
        if self._left is not None:
            held = self.inquire_number(f"SETP? {self._output}")
            self.refuse_other_setpoint(self._left, held, GRAIN)
        heater = self.inquire_whole(f"RANGE? {self._output}")
        self.refuse_other("its heater range", heater, self._options.heater_range)


driver = VisaDriver(("336",), LakeShore336, ENDS, on_link_loss=OnLinkLoss.HOLD)
driver_335 = VisaDriver(("335",), LakeShore336, ENDS, on_link_loss=OnLinkLoss.HOLD)
