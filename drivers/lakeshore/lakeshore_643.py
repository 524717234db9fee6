"""Lake Shore 643 and 648 electromagnet supplies.

Never change the programming mode or open the leads at current: the field stores about
1 kJ. The ramp is the supply's own, so that it ends even when the PC does not. Errors
come only through ``*ESR?`` and ``ERST?``.
"""

from typing import Any

from pymeasure.instruments import Instrument

from drivers.lakeshore.plain_talk import PlainTalk
from drivers.visa.talk import refuse_beyond, refuse_outside
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


class LakeShore643(PlainTalk, Instrument):
    """A 643 or 648 that plays `labctl.roles.magnet.MagnetSupply`."""

    def __init__(
        self,
        adapter: Any,
        identity: Identity,
        name: str,
        largest_current: float | None = None,
        rate: float = DEFAULT_RATE,
        external: bool = False,
    ) -> None:
        self._identity = identity
        super().__init__(adapter, name, includeSCPI=False)
        most = LARGEST[identity.model]
        limit = most if largest_current is None else largest_current
        complaints = []
        if not 0 < limit <= most:
            complaints.append(
                Complaint(
                    f"{name} largest_current", f"{limit:g} A is beyond {most:g} A."
                )
            )
        if not RATES[0] <= rate <= RATES[1]:
            complaints.append(
                Complaint(f"{name} rate", f"{rate:g} A/s is outside {RATES}.")
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
        self.tell(f"LIMIT {limit:.4f},{RATES[1]:.4f}")
        self.tell(f"RATE {rate:.4f}")
        self.refuse_errors("it was opened")

    @property
    def bounds(self) -> MagnetBounds:
        """Return the configured largest current and rate."""
        return self._bounds

    def ramp_to(self, current: float) -> float:
        """Start a ramp to ``current`` in A; return the setpoint read back."""
        refuse_beyond(self.name, "a current of", current, self._bounds.current, "A")
        self.refuse_faults()
        self.tell(f"SETI {current:.4f}")
        self.refuse_errors("a current was set")
        back = self.inquire_number("SETI?")
        return self.refuse_other_setpoint(current, back, 2e-4)

    def set_rate(self, rate: float) -> float:
        """Set the ramp rate in A/s; return it read back."""
        refuse_outside(self.name, "a rate of", rate, RATES[0], self._bounds.rate, "A/s")
        self.tell(f"RATE {rate:.4f}")
        self.refuse_errors("a rate was set")
        return self.inquire_number("RATE?")

    def current(self) -> float:
        """Return the measured output current, A."""
        return self.inquire_number("RDGI?")

    def voltage(self) -> float:
        """Return the measured terminal voltage, V."""
        return self.inquire_number("RDGV?")

    def is_settled(self) -> bool:
        """Return whether the ramp is done. InstrumentError: a fault came up."""
        self.refuse_faults()
        return bool(int(self.inquire_number("OPST?")) & RAMP_DONE)

    def refuse_faults(self) -> None:
        """Raise InstrumentError for flow switches, interlock and hardware faults."""
        answer = self.inquire("ERST?")
        hardware, _, operational = answer.partition(",")
        try:
            hard, soft = int(hardware), int(operational)
        except ValueError:
            raise InstrumentError(f"{self.name}: ERST? says {answer!r}") from None
        found = [text for bit, text in enumerate(HARDWARE) if hard >> bit & 1]
        found += [text for bit, text in OPERATIONAL.items() if soft >> bit & 1]
        if found:
            raise InstrumentError(
                f"{self.name}: {'; '.join(found)}; it holds no current"
            )

    def make_safe(self) -> None:
        """Start a ramp to zero current; the supply goes on alone."""
        self.tell("SETI 0")
        if self.inquire_number("SETI?") != 0:
            raise InstrumentError(f"{self.name}: does not ramp to zero; use its front")


def open_instrument(
    adapter: Any,
    identity: Identity,
    setup: Setup,
    clock: Clock,  # noqa: ARG001
) -> LakeShore643:
    """Return the open supply; options ``largest_current``, ``rate``, ``external``."""
    options = setup.options
    largest = options.get("largest_current")
    return LakeShore643(
        adapter,
        identity,
        setup.name,
        None if largest is None else float(largest),
        float(options.get("rate", DEFAULT_RATE)),
        bool(options.get("external", False)),
    )
