"""Memmert ovens, incubators and climate chambers with AtmoCONTROL, over AtmoWEB.

Remote control is allowed at the device (Setup, Remote control: write) and the set point
is taken in manual mode only. A program or timer that somebody started there is theirs:
it is neither written over nor stopped. It has no ramp: programs have, and are made with
the maker's software.

There is no switch over the network. Safe is therefore a set point at which the heater
heats nothing: ``safe_temperature`` (20 °C), or as cold as it is now; or where its range
begins. The fan and whatever cools go on.
"""

import math
from collections.abc import Mapping

import httpx

from drivers.chamber_options import (
    LINK_KEYS,
    SETPOINT_KEYS,
    ChamberOptions,
    Said,
    refuse_beyond_bounds,
)
from drivers.memmert import atmoweb
from drivers.memmert.door import HttpDoor
from drivers.own_sensor import OwnSensor
from drivers.question_link import QuestionLink
from drivers.visa.link_options import LinkOptions, OnLinkLoss
from labctl.clock import Clock
from labctl.errors import IdentityError, InstrumentError, NotOursError
from labctl.roles.chamber import ChamberBounds, ChamberReading
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

MANUAL, IDLE = "Manual", "Idle"
"""`CurOp` while it holds a set point, and while it does nothing."""
OTHERS = {"Program", "Timer"}
"""`CurOp` while it does what somebody started at it."""
GRAIN = 0.1
"""K; unverified, coarser above 100 °C on some: the option ``grain``."""
NEVER = -200.0, 1000.0
"""°C; a reading beyond is none."""


class MemmertChamber:
    """A device that plays `labctl.roles.chamber.Chamber`."""

    def __init__(self, door: HttpDoor, setup: Setup, clock: Clock) -> None:
        """Meet the device behind ``door``; nothing is told to it."""
        self.name = setup.name
        self._door = door
        slips = Said(setup.name, setup.options)
        slips.know(*SETPOINT_KEYS, *LINK_KEYS)
        slips.refuse()
        options = LinkOptions.of(setup, OnLinkLoss.HOLD)
        self._options = ChamberOptions.of(setup.name, setup.options)
        self.link = QuestionLink(setup.name, clock, options, self._introduce)
        self._identity = self.link.meet()
        self._refuse_other(setup)
        found = self._ask("TempSet_Range", "DoorOpen")
        own = None
        if atmoweb.has(found, "TempSet_Range"):
            own = atmoweb.range_of(found, "TempSet_Range", self.name)
        self._has_door = isinstance(found.get("DoorOpen"), float)
        self._bounds = self._options.bounds(self.name, own, grain=GRAIN)
        self._coldest = own[0] if own else NEVER[0]
        """°C; the lowest set point that it takes."""
        self._left: float | None = None
        """°C; the set point that was told last. None: nothing to compare with."""
        self.link.expect(self, self._refuse_changes)

    def _introduce(self) -> Identity:
        path = atmoweb.question(("SN", "DevType", "SWRev"))
        found = atmoweb.answers(self._door.get(path), self.name)
        firmware = found.get("SWRev", "")
        return Identity(
            "Memmert",
            atmoweb.text_of(found, "DevType", self.name),
            atmoweb.text_of(found, "SN", self.name),
            firmware if isinstance(firmware, str) else "",
            self._door.address,
        )

    def _refuse_other(self, setup: Setup) -> None:
        serial = setup.options.get("serial")
        if serial is not None and str(serial) != self._identity.serial:
            raise IdentityError(
                f"{self.name}: at {setup.address} stands serial "
                f"{self._identity.serial}, not {serial}; nothing was told to it"
            )

    def identity(self) -> Identity:
        """Return what it said of itself when it was opened."""
        return self._identity

    @property
    def bounds(self) -> ChamberBounds:
        """See the role."""
        return self._bounds

    def regulate(self, celsius: float, ramp: float | None = None) -> float:
        """See the role. NotOursError: somebody's program or timer runs on it."""
        refuse_beyond_bounds(self.name, self._bounds, celsius, ramp)
        self._left = None
        self.link.trust()
        found = self._ask("CurOp", "RC")
        self._refuse_others(found)
        mode = atmoweb.text_of(found, "CurOp", self.name)
        if mode != MANUAL:
            raise InstrumentError(
                f"{self.name}: is in mode {mode!r} and takes no set point; switch it "
                "to manual mode at its panel"
            )
        self._refuse_read_only(found)
        back = self._tell(celsius)
        self._left = back
        return back

    def read(self) -> ChamberReading:
        """See the role."""
        asked = ("Temp1Read", "TempSet", "CurOp")
        found = self._ask(*asked, *(("DoorOpen",) if self._has_door else ()))
        mode = atmoweb.text_of(found, "CurOp", self.name)
        faults = ("the door is open",) if found.get("DoorOpen") == 1.0 else ()
        return ChamberReading(
            self._temperature(found),
            atmoweb.number_of(found, "TempSet", self.name),
            regulates=mode != IDLE,
            faults=faults,
        )

    def celsius(self) -> float:
        """Return what its own sensor in the air reads, °C."""
        return self._temperature(self._ask("Temp1Read"))

    def _temperature(self, found: Mapping[str, object]) -> float:
        value = atmoweb.number_of(found, "Temp1Read", self.name)
        if not NEVER[0] <= value <= NEVER[1]:
            raise InstrumentError(f"{self.name}: Temp1Read is {value:g} °C")
        return value

    def make_safe(self) -> None:
        """See the role. NotOursError: somebody's program runs on it and is left."""
        self._left = None
        self.link.safely(self._to_safe)

    def _to_safe(self) -> None:
        found = self._ask("CurOp", "Temp1Read")
        self._refuse_others(found)
        try:
            now = self._temperature(found)
        except InstrumentError:  # a broken sensor keeps no heater on
            now = math.nan
        self._tell(self._options.safe_setpoint(now, self._coldest))

    def _tell(self, celsius: float) -> float:
        """Send a set point; return it as it is read back."""
        path = atmoweb.question(TempSet=f"{celsius:.2f}".rstrip("0").rstrip("."))
        self.link.ask(path, lambda: self._answer(path))
        back = atmoweb.number_of(self._ask("TempSet"), "TempSet", self.name)
        if not abs(back - celsius) <= self._bounds.grain * (1 + 1e-9):
            raise InstrumentError(
                f"{self.name}: was told {celsius:g} °C and holds {back:g} °C; if it "
                "rounds so coarsely, say grain: in its options"
            )
        return back

    def _refuse_others(self, found: Mapping[str, object]) -> None:
        mode = atmoweb.text_of(found, "CurOp", self.name)
        if mode in OTHERS:
            raise NotOursError(
                f"{self.name}: a {mode.lower()} runs that was started at the device; "
                "it is left alone and heats on"
            )

    def _refuse_read_only(self, found: Mapping[str, object]) -> None:
        if not atmoweb.has(found, "RC"):
            return  # older firmware states no rights; the set point is read back
        rights = atmoweb.text_of(found, "RC", self.name)
        if "w" not in rights.lower():
            raise InstrumentError(
                f"{self.name}: its remote control may only read ({rights}); allow "
                "writing in its setup"
            )

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless set point and mode are as they were left."""
        if self._left is None:
            return
        found = self._ask("TempSet", "CurOp")
        held = atmoweb.number_of(found, "TempSet", self.name)
        mode = atmoweb.text_of(found, "CurOp", self.name)
        if (held, mode) != (self._left, MANUAL):
            raise InstrumentError(
                f"its set point is {held:g} °C in mode {mode}, was left at "
                f"{self._left:g} °C in mode {MANUAL}"
            )

    def _ask(self, *names: str) -> dict[str, object]:
        path = atmoweb.question(names)
        return self.link.ask(path, lambda: self._answer(path))

    def _answer(self, path: str) -> dict[str, object]:
        """Return an answer that ends with the known serial.

        So it is whole (older firmware marks no end), and this device's.
        """
        path += "&SN="
        found = atmoweb.answers(self._door.get(path), self.name)
        serial = atmoweb.text_of(found, "SN", self.name)
        if serial != self._identity.serial:
            raise IdentityError(
                f"{self.name}: at {self._door.address} stands now serial {serial} and "
                f"no longer {self._identity.serial}; nothing more is told to it"
            )
        return found


class OpenedMemmert:
    """An open device: a `labctl.roles.driver.Device`."""

    def __init__(self, chamber: MemmertChamber, door: HttpDoor) -> None:
        self._door = door
        self._chamber = chamber
        self.roles: Mapping[str, object] = {"": chamber, "air": OwnSensor(chamber)}

    def identity(self) -> Identity:
        """Return what it said of itself when it was opened."""
        return self._chamber.identity()

    def close(self) -> None:
        """Let go of it; its set point stays."""
        self._door.close()


class MemmertDriver:
    """A `labctl.roles.driver.Driver`."""

    def wire(self, setup: Setup) -> httpx.BaseTransport:
        """Return HTTP over this computer's network."""
        del setup
        return httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    def open(
        self, wire: httpx.BaseTransport, setup: Setup, clock: Clock
    ) -> OpenedMemmert:
        """Connect, check who answers, and read how warm it can be."""
        timeout = LinkOptions.of(setup, OnLinkLoss.HOLD).timeout
        door = HttpDoor(wire, setup.address, setup.name, timeout)
        try:
            return OpenedMemmert(MemmertChamber(door, setup, clock), door)
        except BaseException:
            door.close()
            raise


driver = MemmertDriver()
