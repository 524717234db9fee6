"""What the entry point ``biologic`` names: the driver and its wire."""

from functools import cache
from typing import Any

from drivers.biologic.device import BiologicDevice, open_device
from drivers.biologic.eclib.dll import load_dll
from drivers.biologic.eclib.library import FunctionTable
from drivers.biologic.options import read_options
from labctl.clock import Clock
from labctl.roles.driver import Setup


class BiologicDriver:
    """A `labctl.roles.driver.Driver` for everything that EClib drives."""

    def wire(self, setup: Setup) -> FunctionTable:
        """Return the DLL's functions; one table, and one thread, for each DLL.

        InstrumentError: no library under ``sdk_path``.
        """
        return _dll(read_options(setup.name, setup.options).sdk_path)

    def open(self, wire: Any, setup: Setup, clock: Clock) -> BiologicDevice:
        """Connect and check; see `open_device`."""
        return open_device(wire, setup, read_options(setup.name, setup.options), clock)


@cache
def _dll(sdk_path: str) -> FunctionTable:
    return load_dll(sdk_path)


driver = BiologicDriver()
