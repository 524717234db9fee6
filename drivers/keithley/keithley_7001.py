"""Keithley 7001 switch mainframe with a 4 x 4 matrix card, or a 7065 by table.

Which relays make which connection is data, not code: ``crosspoints`` names a channel
per lead and contact, ``table`` a list of channels per connection. The 7065 Hall
card's own table could not be verified from its manual; a lab writes it down once.
"""

import re
from typing import Any

from drivers.visa.opening import VisaDriver
from drivers.visa.talk import Talk
from labctl.clock import Clock
from labctl.errors import Complaint, InstrumentError, RefusedError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.switch_matrix import Connection

CROSSPOINTS = {
    "current_in": "1!1!{contact}",
    "current_out": "1!2!{contact}",
    "voltage_high": "1!3!{contact}",
    "voltage_low": "1!4!{contact}",
}
"""Slot 1, rows I+, I-, V+, V-, columns the contacts of the sample."""
SETTLE = 0.02
"""Relays and cables after a change, s; 10 ms for the relays alone."""
CONTACTS = 4
CHANNEL = re.compile(r"\d+(!\d+){1,2}", re.ASCII)
"""Slot and channel, or slot, row and column."""


class Keithley7001(Talk):
    """A 7001 that plays `labctl.roles.switch_matrix.SwitchMatrix`.

    Options: ``crosspoints`` or ``table``, ``settle`` in s, ``contacts``.
    """

    def __init__(
        self, adapter: Any, identity: Identity, setup: Setup, clock: Clock
    ) -> None:
        super().__init__(adapter, identity, setup, clock)
        options = setup.options
        self._crosspoints: dict[str, str] = dict(
            options.get("crosspoints", CROSSPOINTS)
        )
        self._table: dict[str, list[str]] = dict(options.get("table", {}))
        self._settle: float = options.get("settle", SETTLE)
        self._contacts: int = options.get("contacts", CONTACTS)
        self._connected: frozenset[str] | None = None
        """What is closed; None where it is about to change."""

    def channels(self, connection: Connection) -> frozenset[str]:
        """Return the channels that make ``connection``; RefusedError if none do."""
        if self._table:
            found = self._table.get(str(connection))
            if found is None:
                raise RefusedError(
                    [
                        Complaint(
                            ("instruments", self.name, "options", "table"),
                            f"has no channels for {connection}.",
                            "Add the list to the switch's options.",
                        )
                    ]
                )
            return frozenset(found)
        wanted = {lead: getattr(connection, lead) for lead in self._crosspoints}
        for lead, contact in wanted.items():
            if not 1 <= contact <= self._contacts:
                raise RefusedError(
                    [
                        Complaint(
                            ("instruments", self.name, lead),
                            f"contact {contact} is not one of 1 to {self._contacts}.",
                        )
                    ]
                )
        return frozenset(
            self._crosspoints[lead].format(contact=contact)
            for lead, contact in wanted.items()
        )

    def connect(self, connection: Connection) -> frozenset[str]:
        """Open everything, close what ``connection`` needs, verify, let it settle."""
        wanted = self.channels(connection)
        self._connected = None
        self.trust()
        self.link.expect(self, self._refuse_changes)
        self.tell(":ROUT:OPEN ALL")
        self.tell(f":ROUT:CLOS (@{','.join(sorted(wanted))})")
        self._clock.sleep(self._settle)
        closed = self.closed()
        if closed != wanted:
            self.refuse_errors(f"{connection} was closed")
            missing, extra = sorted(wanted - closed), sorted(closed - wanted)
            raise InstrumentError(
                f"{self.name}: for {connection} closed are {sorted(closed)}; missing "
                f"{missing}, too many {extra}; check the card and its relays"
            )
        self._connected = closed
        return closed

    def closed(self) -> frozenset[str]:
        """Return the channels that are closed now."""
        return self.inquire(":ROUT:CLOS:STAT?", self._listed)

    def _listed(self, answer: str) -> frozenset[str]:
        text = answer.strip()
        channels = text[2:-1].split(",") if text[2:-1] else []
        whole = text.startswith("(@") and text.endswith(")")
        if not (whole and all(map(CHANNEL.fullmatch, channels))):
            raise InstrumentError(f"{self.name}: closed channels came as {answer!r}")
        return frozenset(channels)

    def _refuse_changes(self) -> None:
        """Raise InstrumentError unless the relays are as they were left."""
        if self._connected is not None:
            self.refuse_other("what is closed", self.closed(), self._connected)

    def make_safe(self) -> None:
        """Open every relay."""
        self._connected = None
        self.safely(self._open_all)

    def _open_all(self) -> None:
        self.tell(":ROUT:OPEN ALL")
        closed = self.closed()
        if closed:
            raise InstrumentError(f"{self.name}: {sorted(closed)} stay closed")


driver = VisaDriver(("7001",), Keithley7001)
