"""A simulated Memmert in one call, opened by its driver."""

from typing import Any

from drivers.twins.memmert.twin import AtmoWebTransport
from drivers.twins.world.world import BenchWorld
from labctl import plugins
from labctl.clock import VirtualClock
from labctl.roles.driver import Setup

ADDRESS = "192.168.0.30"


class Rig:
    """A simulated oven, opened by its driver."""

    def __init__(self, options: Any = None, **simulated: Any) -> None:
        self.clock = VirtualClock(0.0)
        self.world = BenchWorld(self.clock)
        self.setup = Setup("oven", "memmert-atmoweb", ADDRESS, options or {}, simulated)
        wire = plugins.twin("memmert-atmoweb")(self.setup, self.world, self.clock)
        assert isinstance(wire, AtmoWebTransport)
        self.wire, self.twin = wire, wire.twin
        self.device = plugins.driver("memmert-atmoweb").open(
            wire, self.setup, self.clock
        )
        self.oven: Any = self.device.roles[""]
