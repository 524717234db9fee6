"""What the entry point ``ec-lab`` names: the driver and its wire."""

import re
from functools import cache
from typing import Any

from drivers.biologic.eclib.worker import InTurn
from drivers.ec_lab.com import Com, real_com
from drivers.ec_lab.device import EcLabDevice
from drivers.ec_lab.options import read_options
from labctl.clock import Clock
from labctl.errors import Complaint, InstrumentError, RefusedError
from labctl.roles.driver import Setup

ADDRESS = re.compile(r"(?:EC-Lab:)?(\d{1,2})")


class EcLabDriver:
    """A `labctl.roles.driver.Driver` for whatever EC-Lab has connected."""

    def wire(self, setup: Setup) -> Com:
        """Return EC-Lab's object; one, and one thread, for all that ask for it.

        InstrumentError: this PC is no Windows.
        """
        options = read_options(setup.name, setup.options)
        return _com(options.prog_id, options.timeout)

    def open(self, wire: Any, setup: Setup, clock: Clock) -> EcLabDevice:
        """Ask who stands at that place of EC-Lab's list. IdentityError, LinkError.

        A ``wire`` that is no `Com` has EC-Lab's functions itself, and always answers.
        """
        if not hasattr(wire, "MeasureStatus") and not isinstance(wire, Com):
            raise InstrumentError(f"{setup.name}: {wire!r} is no COM object")
        com = wire if isinstance(wire, Com) else Com(lambda: wire, InTurn())
        options = read_options(setup.name, setup.options)
        return EcLabDevice(com, _place(setup), setup, options, clock)


def _place(setup: Setup) -> int:
    """Return the place in EC-Lab's list that an address names. RefusedError."""
    found = ADDRESS.fullmatch(setup.address.strip())
    if found is None:
        path = ("instruments", setup.name, "address")
        what = f"{setup.address!r} is no place in EC-Lab's list of instruments."
        cure = "Write EC-Lab:0 for the first one, EC-Lab:1 for the second."
        raise RefusedError([Complaint(path, what, cure)])
    return int(found[1])


@cache
def _com(prog_id: str, timeout: float) -> Com:
    return real_com(prog_id, timeout)


driver = EcLabDriver()
