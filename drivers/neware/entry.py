"""What the entry point ``neware-bts`` names: the driver and its wire."""

from typing import Any

from drivers.neware.device import NewareDevice
from drivers.neware.options import read_options
from drivers.submitted.endpoint import Endpoint
from labctl.clock import Clock
from labctl.errors import Complaint, InstrumentError, RefusedError
from labctl.roles.driver import Setup

PORT = 502
"""Where BTS Server listens if nobody says otherwise."""


class NewareDriver:
    """A `labctl.roles.driver.Driver` for cyclers behind a BTS 8 server."""

    def wire(self, setup: Setup) -> Endpoint:
        """Return where the server listens: ``127.0.0.1``, ``192.168.0.20:502``."""
        host, _, port = setup.address.partition(":")
        if not host or (port and not port.isdigit()):
            raise RefusedError(
                [
                    Complaint(
                        ("instruments", setup.name, "address"),
                        f"{setup.address!r} is no address of a BTS Server.",
                        "Write host or host:port, as 192.168.0.20:502.",
                    )
                ]
            )
        return Endpoint(host, int(port) if port else PORT)

    def open(self, wire: Any, setup: Setup, clock: Clock) -> NewareDevice:
        """Connect, and ask which channels there are. LinkError, IdentityError."""
        if not isinstance(wire, Endpoint):
            raise InstrumentError(f"{setup.name}: {wire!r} is no server's address")
        options = read_options(setup.name, setup.options)
        return NewareDevice(wire, setup, options, clock)


driver = NewareDriver()
