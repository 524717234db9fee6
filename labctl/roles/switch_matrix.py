"""Connects source and voltmeter to the contacts of the sample.

Rule for whoever uses it: source at zero before any relay moves.
"""

import typing
from dataclasses import dataclass

from labctl.roles.identity import Identity


@dataclass(frozen=True, slots=True)
class Connection:
    """Which sample contact each lead sees: ``Connection(2, 1, 3, 4)`` is I21, V34.

    Contacts are numbered from 1, counter-clockwise on a van der Pauw sample.
    """

    current_in: int
    """Contact where the current enters (source high)."""
    current_out: int
    """Contact where the current leaves (source low)."""
    voltage_high: int
    voltage_low: int

    def __str__(self) -> str:
        return (
            f"I{self.current_in}{self.current_out},"
            f"V{self.voltage_high}{self.voltage_low}"
        )


class SwitchMatrix(typing.Protocol):
    """Relays between instruments and sample."""

    def connect(self, connection: Connection) -> frozenset[str]:
        """Open everything, close what ``connection`` needs, verify, let it settle.

        Return the channels read back as closed, such as ``{"1!1!2", "1!2!1", …}``.
        InstrumentError: other relays are closed than asked for (one is stuck).
        RefusedError: a contact the card's map has not.
        """
        ...

    def closed(self) -> frozenset[str]:
        """Return the channels that are closed now; empty if all are open."""
        ...

    def make_safe(self) -> None:
        """Open every relay."""
        ...

    def identity(self) -> Identity:
        """Return ``Identity("KEITHLEY INSTRUMENTS INC.", "7001", …)``."""
        ...


@typing.runtime_checkable
class MapsContacts(typing.Protocol):
    """What a switch matrix can connect, asked before any relay moves."""

    def channels(self, connection: Connection) -> frozenset[str]:
        """Return the channels that make ``connection``, such as ``{"1!1!2", …}``.

        RefusedError: a contact the card's map has not. Sends nothing.
        """
        ...
