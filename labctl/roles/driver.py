"""How a station opens an instrument, real or simulated, without knowing its maker.

A driver package registers a `Driver` under the entry point group ``labctl.drivers``;
the group's name is what ``driver:`` says in ``config.yaml``. Under the same name
``labctl.twins`` has its `Twin`. A driver's `wire` and a twin give the same kind of
thing (a table of library functions, a VISA library); `open` cannot tell which of the
two it was given, and no driver imports its twin.
"""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labctl.clock import Clock
from labctl.roles.identity import Identity

LINE_FREQUENCY = 50.0
"""Hz, where a configuration says nothing."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One instrument of the configuration."""

    name: str
    """The station's own name for it: ``vsp300``."""
    driver: str
    address: str
    """IP address, VISA resource, USB0 …"""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The driver's own settings (``sdk_path``, ranges), SI units."""
    simulated: Mapping[str, Any] = field(default_factory=dict)
    """What the twin needs to know (model, number of channels, noise seed)."""
    line_frequency: float = LINE_FREQUENCY
    """Of the station's power line, Hz: 50 or 60."""


class Device(typing.Protocol):
    """An open instrument."""

    @property
    def roles(self) -> Mapping[str, object]:
        """What it can play, by name: ``{"1": channel, "2": channel}`` or ``{"": smu}``.

        The name is what follows the slash in ``vsp300/1``; a device with one role
        uses the empty name.
        """
        ...

    def identity(self) -> Identity:
        """Return maker, model, serial and firmware as the instrument states them."""
        ...

    def close(self) -> None:
        """Let go of the instrument; outputs stay as they are."""
        ...


class World(typing.Protocol):
    """What is on the simulated bench; twins look things up in it.

    Registered under the entry point group ``labctl.worlds``.
    """

    def snapshot(self) -> dict[str, Any]:
        """Return the whole state as JSON types; a resumed run restores it."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned."""
        ...


class Driver(typing.Protocol):
    """What an entry point of ``labctl.drivers`` names."""

    def wire(self, setup: Setup) -> Any:
        """Return the real wire. InstrumentError says what is missing and where."""
        ...

    def open(self, wire: Any, setup: Setup, clock: Clock) -> Device:
        """Connect and check the identity. IdentityError, LinkError, FirmwareError."""
        ...


class Twin(typing.Protocol):
    """What an entry point of ``labctl.twins`` names: it makes simulated wires."""

    def __call__(self, setup: Setup, world: Any, clock: Clock) -> Any:
        """Return the same kind of thing as `Driver.wire`, on the bench ``world``.

        OperatorError: something that only simulation needs is not installed.
        """
        ...


@typing.runtime_checkable
class SharesOutputs(typing.Protocol):
    """A driver some of whose roles are one physical output: only one is lent."""

    @property
    def outputs(self) -> tuple[frozenset[str], ...]:
        """Return names of roles that are one output: ``({"", "cell"},)``."""
        ...
