"""Julabo circulators, chillers and presses of temperature, in their ASCII words.

The same words over RS-232, USB and TCP: ``in_…`` asks, ``out_…`` tells and is not
answered, ``status`` says how it is and why the last word was refused. It takes words
that tell in remote control only, which is chosen at its panel. There another of its set
points may have been chosen, too (``out_mode_01``: HL, SL, LC 6): the first one is. It
has no ramp but in programs. Its unit must be °C: numbers are in the one that it shows.
What the liquid in it stands only a person knows: ``lowest`` and ``highest`` must be in
the options.

Safe is a set point at which the heater heats nothing: ``safe_temperature`` (20 °C), or
as cold as the bath is now; or ``lowest``. It is not stopped: that would stop the pump,
and whatever the liquid cools. Sources: lists of commands in the manuals of LC 6, HL,
SL, Magnum 91, FL, SC, CORIO and MAGIO.
"""

import math
import re
from collections.abc import Mapping
from typing import Any

from pymeasure.instruments import Instrument

from drivers.chamber_options import (
    SETPOINT_KEYS,
    VISA_KEYS,
    ChamberOptions,
    Said,
    refuse_beyond_bounds,
)
from drivers.visa.link_options import OnLinkLoss
from drivers.visa.numbers import number
from drivers.visa.opening import VisaDriver
from drivers.visa.reopening import Introduction
from drivers.visa.talk import Talk
from labctl.clock import Clock
from labctl.errors import IdentityError, InstrumentError, LinkError
from labctl.roles.chamber import ChamberBounds, ChamberReading
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

MANUAL = {0, 1}
REMOTE = {2, 3}
"""What ``status`` begins with: standing and running, by its panel and by us."""
RUNS, STANDS = 1, 0
"""Of ``in_mode_05``."""
NO_PROBE = re.compile(r"-+\.?-*")
"""What stands in place of a number where a sensor is not there."""
COLDEST, HOTTEST = -200.0, 500.0
"""°C; a reading beyond is none."""
GRAIN = 0.05
"""K; set points are sent with two decimals, older ones keep one."""
REACTION = 2.0
"""s until its heater follows a set point."""
COOLERS = re.compile(r"FLW?\s?\d")
"""Recirculating coolers; their lists of commands (FL601, FLW4006) have no heater."""
ABOVE = 1.0
"""K over the set point, where nothing is left to heat."""
_STATUS = re.compile(r"\s*(-?\d{1,3})\b\s*(.*)", re.ASCII)
_VERSION = re.compile(
    r"(?i)\s*julabo\s+(.+?)\s+v(?:ersion|er|\.)?[\s.]*([\d][\w.]*)\s*"
)


def parse_version(answer: str, address: str) -> Identity:
    """Return what ``version`` answers: ``JULABO MAGIO MS-1000F VERSION 1.31``."""
    found = _VERSION.fullmatch(answer)
    if found is None:
        raise IdentityError(
            f"{address}: answers version with {answer[:60]!r}, which is no Julabo; "
            "check address, baud rate and parity"
        )
    model, firmware = found.groups()
    return Identity("JULABO", model.upper(), "0", firmware, address)


class Julabo(Talk):
    """A circulator that plays `labctl.roles.chamber.Chamber`."""

    pause = 0.25
    error_query = "status"

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        self._options = ChamberOptions.of(setup.name, setup.options)
        self._bounds = self._options.bounds(setup.name, None, grain=GRAIN)
        self._left: float | None = None
        """°C; the set point that was told last. None: nothing to compare with."""
        self.link.expect(self, self._refuse_changes)

    @property
    def roles(self) -> Mapping[str, object]:
        """Return the circulator, and its own sensor as a thermometer."""
        return {"": self, "bath": Bath(self)}

    @property
    def bounds(self) -> ChamberBounds:
        """See the role."""
        return self._bounds

    def regulate(self, celsius: float, ramp: float | None = None) -> float:
        """See the role. InstrumentError: not in remote control, or an alarm."""
        refuse_beyond_bounds(self.name, self._bounds, celsius, ramp)
        self._left = None
        self.trust()
        code, text = self.inquire("status", self._status)
        if code < 0:
            raise InstrumentError(f"{self.name}: {text}; see to it at the instrument")
        if code in MANUAL:
            raise InstrumentError(
                f"{self.name}: is driven from its panel ({text}); choose remote control"
                " there"
            )
        back = self._set_point(celsius)
        if self._mode() != RUNS:
            self.tell("out_mode_05 1")
            if self._mode() != RUNS:
                raise InstrumentError(f"{self.name}: does not start{self._refusal()}")
        self._left = back
        return back

    def _set_point(self, celsius: float) -> float:
        """Have the first set point, and go by it; return it as it is read back."""
        self.tell("out_mode_01 0")
        self.inquire("status", self._status)  # forgets that FL and SC know no such word
        self.tell(f"out_sp_00 {celsius:.2f}")
        back = self.inquire("in_sp_00", self._celsius)
        if not abs(back - celsius) <= self._bounds.grain:
            raise InstrumentError(
                f"{self.name}: was told {celsius:g} °C and holds {back:g} °C"
                f"{self._refusal()}"
            )
        return back

    def _refusal(self) -> str:
        code, text = self.inquire("status", self._status)
        return f" ({text})" if code < 0 else ""

    def read(self) -> ChamberReading:
        """See the role."""
        celsius, setpoint = self.celsius(), self.inquire("in_sp_00", self._celsius)
        mode, (code, text) = self._mode(), self.inquire("status", self._status)
        faults = (text,) if code < 0 else ()
        return ChamberReading(celsius, setpoint, mode == RUNS, faults)

    def celsius(self) -> float:
        """Return what its sensor in the bath reads, °C; NaN if it is not there."""
        return self.inquire("in_pv_00", self._celsius)

    def make_safe(self) -> None:
        """See the role; it goes on circulating."""
        self._left = None
        self.safely(self._to_safe)

    def _to_safe(self) -> None:
        try:
            now = self.celsius()
        except LinkError:
            raise
        except InstrumentError:  # a broken sensor keeps no heater on
            now = math.nan
        safe = self._options.safe_setpoint(now, self._bounds.lowest)
        self._set_point(safe)
        self._clock.sleep(REACTION)
        if COOLERS.match(self.identity().model):
            return  # no heater, and no word for one
        if self._mode() == RUNS and not self.celsius() <= safe + ABOVE:
            power = self.inquire("in_pv_01", self._power)
            if not power <= 0:
                raise InstrumentError(
                    f"{self.name}: heats with {power:g} % above {safe:g} °C"
                )

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless set point and mode are as they were left."""
        if self._left is None:
            return
        held = self.inquire("in_sp_00", self._celsius)
        self.refuse_other("its set point", held, self._left)
        self.refuse_other("its mode", self._mode(), RUNS)

    def _mode(self) -> int:
        return int(self.inquire_switch("in_mode_05"))

    def _celsius(self, answer: str) -> float:
        if NO_PROBE.fullmatch(answer.strip()):
            return math.nan
        value = number(answer, self.name)
        if not COLDEST <= value <= HOTTEST:
            raise InstrumentError(f"{self.name}: answers {answer[:60]!r} °C")
        return value

    def _power(self, answer: str) -> float:
        value = number(answer, self.name)
        if not abs(value) <= 100.0:  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: answers {answer[:60]!r} %")
        return value

    def _status(self, answer: str) -> tuple[int, str]:
        found = _STATUS.fullmatch(answer)
        if found is None or not found[2]:
            raise InstrumentError(f"{self.name}: {answer[:60]!r} is no status")
        return int(found[1]), " ".join(answer.split())

    def _error_of(self, answer: str) -> str:
        code, text = self._status(answer)
        return text if code < 0 else ""


class Bath:
    """The sensor in the bath: plays `labctl.roles.thermometer.Thermometer`."""

    def __init__(self, circulator: Julabo) -> None:
        self._circulator = circulator

    @property
    def instrument(self) -> Instrument:
        """Return the circulator by PyMeasure's class, see `Talk.instrument`."""
        return self._circulator.instrument

    def celsius(self) -> float:
        """See the role."""
        return self._circulator.celsius()

    def identity(self) -> Identity:
        """Return the circulator's identity."""
        return self._circulator.identity()


def _line(setup: Setup) -> dict[str, Any]:
    """Return how its serial line is set; 4800 baud, 7E1, as RS-232 leaves the factory.

    RefusedError lists every wrong key. Unverified: USB ports take any.
    """
    said = Said(setup.name, setup.options)
    said.know(*SETPOINT_KEYS, *VISA_KEYS, "baud_rate", "data_bits", "parity")
    baud = said.number("baud_rate", "", 300.0, 115200.0, 4800.0)
    bits = said.number("data_bits", "", 7.0, 8.0, 7.0)
    parity = said.choice("parity", ("none", "odd", "even"), "even")
    said.refuse()
    return {
        "asrl": {
            "baud_rate": int(baud or 0),
            "data_bits": int(bits or 0),
            "parity": ("none", "odd", "even").index(parity),
            "stop_bits": 10,
        }
    }


driver = VisaDriver(
    (),
    Julabo,
    {"write_termination": "\r"},
    echo=None,
    introduction=Introduction("version", parse_version),
    settings_of=_line,
    on_link_loss=OnLinkLoss.HOLD,
)
