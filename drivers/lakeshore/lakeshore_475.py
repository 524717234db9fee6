"""Lake Shore 475 DSP gaussmeter, as a meter and as a field controller.

Needs 50 ms between two writes and knows no ``*WAI``. With its control output on the
external-program input of a supply (``XPGM 1``) it holds a field in closed loop; the
same 475 may also only be read while the supply's current is set.
"""

import math
from collections.abc import Mapping
from typing import Any

from pymeasure.instruments import Instrument

from drivers.lakeshore.plain_talk import ENDS, PlainTalk
from drivers.visa.numbers import number
from drivers.visa.opening import VisaDriver
from drivers.visa.talk import refuse_beyond
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.accuracy import Accuracy
from labctl.roles.driver import Setup
from labctl.roles.gaussmeter import FieldReading
from labctl.roles.identity import Identity

RANGES = {
    "40": (3.5e-3, 3.5e-2, 0.35, 3.5),
    "41": (3.5e-2, 0.35, 3.5, 35.0),
    "42": (3.5e-6, 3.5e-5, 3.5e-4, 3.5e-3),
}
"""Ends of ranges 1 to 4 in T by probe type (HSE, HST, UHS)."""
GAIN = 2.5e-3
"""Limit of error of meter and probe together, relative."""
OFFSET = 5e-6
"""T, after a zero in the zero-gauss chamber."""
TESLA = 2
SETTLED_RATE = 1e-4
"""A field that moves less than this has settled, T/s."""
PHYSICAL = 1.1
"""A field beyond this many times the probe's largest range is no reading."""
NEAR = 2e-3
"""In closed loop the field must also be this near to the setpoint, of full scale."""


class LakeShore475(PlainTalk):
    """A 475 that plays `labctl.roles.gaussmeter.Gaussmeter`."""

    pause = 0.05

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        self._range: int | None = None
        """Index of the range that is held; None: the meter chooses."""
        self._set_up()
        self._ranges = RANGES.get(self.inquire("TYPE?").strip(), RANGES["40"])
        self.refuse_errors("it was opened")
        self.link.expect(self, self._refuse_changes)

    @property
    def roles(self) -> Mapping[str, object]:
        """Return the meter, and ``control`` if the options state its largest field."""
        options, played = self.setup.options, {"": self}
        if options.get("largest_field") is None:
            return played
        largest = float(options["largest_field"])
        rate = float(options.get("field_rate", 0.05))
        return {**played, "control": FieldControl(self, largest, rate, self._clock)}

    def _set_up(self) -> None:
        self.tell("*CLS")
        self.tell(f"UNIT {TESLA}")

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless the settings are as they were left."""
        self.refuse_other("its unit", self.inquire_number("UNIT?"), TESLA)
        if self._range is not None:
            self.refuse_other("its range", self.inquire_number("RANGE?"), self._range)

    @property
    def accuracy(self) -> Accuracy:
        """Return the limits of error of meter and probe."""
        return Accuracy(GAIN, OFFSET)

    def prepare(self, field: float | None) -> float | None:
        """Choose the range for the largest |B| in T; None lets the meter choose."""
        self.trust()
        self._range = None
        if field is None:
            self.tell("AUTO 1")
            self.refuse_errors("auto range was chosen")
            return None
        refuse_beyond(self.name, "a field of", field, self._ranges[-1], "T")
        index = next(n for n, end in enumerate(self._ranges, 1) if abs(field) <= end)
        self.tell("AUTO 0")
        self.tell(f"RANGE {index}")
        self.refuse_errors("a range was chosen")
        back = self.agreed(
            lambda: self.inquire_whole("RANGE?"),
            lambda held: self.refuse_other("its range", held, index),
        )
        self._range = index
        return self._ranges[back - 1]

    def read(self) -> FieldReading:
        """Read the field now."""
        return self.inquire("RDGFIELD?", self._reading)

    def _reading(self, answer: str) -> FieldReading:
        text = answer.strip()
        if text == "OL":
            return FieldReading(math.nan, True)
        if "NO PROBE" in text.upper():
            raise InstrumentError(f"{self.name}: no probe is connected")
        value = number(text, self.name)
        if abs(value) > PHYSICAL * self._ranges[-1]:
            raise InstrumentError(f"{self.name}: {text[:60]!r} T is beyond its probe")
        return FieldReading(value, math.isnan(value))


class FieldControl:
    """The 475's closed loop: plays `labctl.roles.magnet.Magnet`."""

    def __init__(
        self, meter: LakeShore475, largest_field: float, rate: float, clock: Clock
    ) -> None:
        self._meter = meter
        self._largest = largest_field
        self._clock = clock
        self._setpoint = 0.0
        self._rate = rate
        self._last: tuple[float, float] | None = None
        self._left = False
        """Whether the loop was left at the setpoint."""

    @property
    def instrument(self) -> Instrument:
        """Return the gaussmeter by PyMeasure's class, see `Talk.instrument`."""
        return self._meter.instrument

    @property
    def largest_field(self) -> float:
        """Return the configured largest |B| in T."""
        return self._largest

    def ramp_to_field(self, field: float) -> float:
        """Start the loop towards ``field`` in T; return the setpoint read back."""
        meter = self._meter
        refuse_beyond(meter.name, "a field of", field, self._largest, "T")
        meter.prepare(self._largest)
        self._left = False
        meter.link.expect(self, self._refuse_changes)
        proportional, integral, _ramp, slope = meter.inquire_numbers("CPARAM?", 4, ",")
        rate = self._rate * 60.0
        meter.tell(f"CPARAM {proportional:g},{integral:g},{rate:g},{slope:g}")
        meter.tell("CMODE 1")
        meter.tell(f"CSETP {field:.6E}")
        meter.refuse_errors("a field was set")
        self._setpoint = meter.inquire_number("CSETP?")
        self._last = None
        self._left = True
        return meter.refuse_other_setpoint(field, self._setpoint, 1e-4)

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless the loop holds what it was left with."""
        if not self._left:
            return
        meter = self._meter
        meter.refuse_other("its loop", meter.inquire_number("CMODE?"), 1)
        meter.refuse_other("its field", meter.inquire_number("CSETP?"), self._setpoint)

    def field(self) -> float:
        """Return the measured field, T."""
        return self._meter.read().field

    def is_settled(self) -> bool:
        """Return whether the ramp is done and the field stands at the setpoint."""
        now, field = self._clock.now(), self.field()
        last, self._last = self._last, (now, field)
        if self._meter.inquire_number("RAMPST?") != 0:
            return False
        if abs(field - self._setpoint) > NEAR * self._largest or last is None:
            return False
        passed = max(now - last[0], 1e-3)
        return abs(field - last[1]) / passed < SETTLED_RATE

    def make_safe(self) -> None:
        """Start towards zero field in closed loop."""
        self._left = False
        self._setpoint, self._last = 0.0, None
        self._meter.safely(self._to_zero)

    def _to_zero(self) -> None:
        meter = self._meter
        meter.tell("CSETP 0")
        if meter.inquire_number("CSETP?") != 0:
            raise InstrumentError(f"{meter.name}: does not go to zero; use its front")

    def identity(self) -> Identity:
        """Return the gaussmeter's identity."""
        return self._meter.identity()


driver = VisaDriver(("475",), LakeShore475, ENDS)
