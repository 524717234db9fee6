"""What the entry point ``palmsens-methodscript`` names: the driver and its wire."""

from typing import Any

from pyvisa import ResourceManager

from drivers.palmsens.instrument import MethodScriptInstrument
from drivers.palmsens.options import read_options
from labctl.clock import Clock
from labctl.roles.driver import Setup


class MethodScriptDriver:
    """A `labctl.roles.driver.Driver` for EmStat Pico, EmStat4 and Nexus."""

    def wire(self, setup: Setup) -> Any:
        """Return PyVISA's library; ``visa_library`` in the options picks another."""
        return read_options(setup.name, setup.options).visa_library

    def warm_up(self, wire: Any) -> None:
        """Find and load what opening needs, so that it is quick when it matters."""
        ResourceManager(wire)

    def open(self, wire: Any, setup: Setup, clock: Clock) -> MethodScriptInstrument:
        """Connect and check; see `MethodScriptInstrument`."""
        options = read_options(setup.name, setup.options)
        return MethodScriptInstrument(wire, setup, options, clock)


driver = MethodScriptDriver()
