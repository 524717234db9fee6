"""Lake Shore 643 and 648 electromagnet supplies.

Never change the programming mode or open the leads at current: the field stores about
1 kJ. The ramp is the supply's own, so that it ends even when the PC does not. Errors
come only through ``*ESR?`` and ``ERST?``.
"""

from typing import Any

from drivers.lakeshore.plain_talk import ENDS, PlainTalk
from drivers.visa.numbers import number
from drivers.visa.opening import VisaDriver
from drivers.visa.talk import refuse_beyond
from labctl.clock import Clock
from labctl.errors import Complaint, InstrumentError, RefusedError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.magnet import MagnetBounds

LARGEST = {"643": 70.1, "648": 135.1}
"""A."""
RATES = (1e-4, 50.0)
"""A/s."""
DEFAULT_RATE = 2.0
"""A/s; 35 V leave 10 V of headroom for L dI/dt at 50 A, practical are 0.5 to 5."""
GRAIN = 2e-4
"""A and A/s; a setting read back may differ by so much."""
MOST_CURRENT, MOST_VOLTAGE = 150.0, 80.0
"""A and V that no supply of the family reaches."""
RAMP_DONE = 2
"""Bit of ``OPST?``."""
HARDWARE = (
    "output control failure",
    "DAC processor not responding",
    "over-current",
    "over-voltage",
    "over-temperature",
    "output stage protect",
)
OPERATIONAL = {
    2: "high internal temperature",
    3: "low line voltage",
    4: "high line voltage",
    5: "no water through the magnet (flow switch)",
    6: "no water through the supply (flow switch)",
    7: "remote enable is open (interlock)",
}
"""Bits of ``ERST?`` that forbid a current."""


class LakeShore643(PlainTalk):
    """A 643 or 648 that plays `labctl.roles.magnet.MagnetSupply`.

    Options: ``largest_current`` in A, ``rate`` in A/s, ``external`` programming.
    """

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        name, most, options = setup.name, LARGEST[identity.model], setup.options
        largest = options.get("largest_current")
        limit = most if largest is None else float(largest)
        rate = float(options.get("rate", DEFAULT_RATE))
        external = bool(options.get("external", False))
        complaints = []
        if not 0 < limit <= most:
            complaints.append(
                Complaint(
                    ("instruments", name, "options", "largest_current"),
                    f"{limit:g} A is beyond {most:g} A.",
                )
            )
        if not RATES[0] <= rate <= RATES[1]:
            complaints.append(
                Complaint(
                    ("instruments", name, "options", "rate"),
                    f"{rate:g} A/s is outside {RATES}.",
                )
            )
        if complaints:
            raise RefusedError(complaints)
        self._bounds = MagnetBounds(limit, rate)
        self.tell("*CLS")
        if abs(self.current()) < 0.05 and not external:  # noqa: PLR2004
            self.tell("XPGM 0")
        elif external and self.inquire_number("XPGM?") != 1:
            if abs(self.current()) > 0.05:  # noqa: PLR2004
                raise InstrumentError(
                    f"{name}: carries current; ramp to zero before XPGM changes"
                )
            self.tell("XPGM 1")
        self._rate = rate
        self._held: tuple[float, ...] = ()
        """Currents that may be set now; none: whatever was found at opening."""
        self._set_up()
        self.refuse_errors("it was opened")
        self.link.expect(self, self._refuse_changes)

    def _set_up(self) -> None:
        self.tell(f"LIMIT {self._bounds.current:.4f},{RATES[1]:.4f}")
        self.tell(f"RATE {self._rate:.4f}")

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless limit, rate and current are as they were."""
        limit, _ = self.inquire_numbers("LIMIT?", 2, ",")
        rate, current = self.inquire_number("RATE?"), self.inquire_number("SETI?")
        self.refuse_other_setpoint(self._bounds.current, limit, GRAIN)
        self.refuse_other_setpoint(self._rate, rate, GRAIN)
        if self._held and not any(abs(current - may) <= GRAIN for may in self._held):
            raise InstrumentError(
                f"{self.name}: its current is set to {current:g} A, it was left at "
                f"{self._held[0]:g} A"
            )

    @property
    def bounds(self) -> MagnetBounds:
        """Return the configured largest current and rate."""
        return self._bounds

    def ramp_to(self, current: float) -> float:
        """Start a ramp to ``current`` in A; return the setpoint read back."""
        refuse_beyond(self.name, "a current of", current, self._bounds.current, "A")
        self.refuse_faults()
        self._held = (*self._held[-1:], current)
        self.tell(f"SETI {current:.4f}")
        self.refuse_errors("a current was set")
        back = self.inquire("SETI?", lambda text: self._setpoint(text, current))
        self._held = (current,)
        return back

    def _setpoint(self, text: str, current: float) -> float:
        return self.refuse_other_setpoint(current, number(text, self.name), GRAIN)

    def current(self) -> float:
        """Return the measured output current, A."""
        return self.inquire("RDGI?", lambda text: self._within(text, MOST_CURRENT, "A"))

    def voltage(self) -> float:
        """Return the measured terminal voltage, V."""
        return self.inquire("RDGV?", lambda text: self._within(text, MOST_VOLTAGE, "V"))

    def _within(self, text: str, most: float, unit: str) -> float:
        """Return a reading. InstrumentError: the supply cannot put out so much."""
        value = number(text, self.name)
        if not abs(value) <= most:
            raise InstrumentError(f"{self.name}: reads {text[:60]!r} {unit}")
        return value

    def is_settled(self) -> bool:
        """Return whether the ramp is done. InstrumentError: a fault came up."""
        self.refuse_faults()
        return bool(self.inquire("OPST?", self._bits) & RAMP_DONE)

    def _bits(self, text: str) -> int:
        value = number(text, self.name)
        if not (value.is_integer() and 0 <= value < 256):  # noqa: PLR2004
            raise InstrumentError(f"{self.name}: {text[:60]!r} is no status register")
        return int(value)

    def refuse_faults(self) -> None:
        """Raise InstrumentError for flow switches, interlock and hardware faults."""
        self.agreed(lambda: self.inquire("ERST?", self._faults), self._refuse_fault)

    def _refuse_fault(self, bits: tuple[int, int]) -> None:
        hard, soft = bits
        found = [text for bit, text in enumerate(HARDWARE) if hard >> bit & 1]
        found += [text for bit, text in OPERATIONAL.items() if soft >> bit & 1]
        if found:
            raise InstrumentError(
                f"{self.name}: {'; '.join(found)}; it holds no current"
            )

    def _faults(self, answer: str) -> tuple[int, int]:
        hardware, _, operational = answer.partition(",")
        return self._bits(hardware), self._bits(operational)

    def make_safe(self) -> None:
        """Start a ramp to zero current; the supply goes on alone."""
        self._held = ()
        self.safely(self._to_zero)
        self.trust()

    def _to_zero(self) -> None:
        self.tell("SETI 0")
        if self.inquire_number("SETI?") != 0:
            raise InstrumentError(f"{self.name}: does not ramp to zero; use its front")


driver = VisaDriver(("643", "648"), LakeShore643, ENDS, magnet=True)
