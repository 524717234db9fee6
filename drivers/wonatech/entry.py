"""What the entry point ``wonatech-wbcs3000`` names: the driver and its wire."""

from pathlib import Path
from typing import Any

from drivers.wonatech.folder import DiskFolder, Folder
from drivers.wonatech.options import read_options
from drivers.wonatech.wbcs3000 import Wbcs3000
from labctl.clock import Clock
from labctl.errors import InstrumentError
from labctl.roles.driver import Setup


class Wbcs3000Driver:
    """A `labctl.roles.driver.Driver`; the address is the folder of the records."""

    def wire(self, setup: Setup) -> Folder:
        """Return the folder. InstrumentError: there is none."""
        path = Path(setup.address)
        if not path.is_dir():
            raise InstrumentError(
                f"{setup.name}: {setup.address} is no folder that can be reached; the "
                "address is where Smart Interface writes its .wrd files"
            )
        return DiskFolder(path)

    def open(self, wire: Any, setup: Setup, clock: Clock) -> Wbcs3000:
        """Return the cycler; nothing is asked of it."""
        return Wbcs3000(wire, setup, read_options(setup.name, setup.options), clock)


driver = Wbcs3000Driver()
