"""What ``labctl.twins`` names for ``ec-lab``: EC-Lab's object on a simulated bench."""

from typing import Any

from drivers.twins.ec_lab.ec_lab import SimulatedEcLab
from labctl.clock import Clock
from labctl.roles.driver import Setup


def twin(setup: Setup, world: Any, clock: Clock) -> SimulatedEcLab:
    """See `labctl.roles.driver.Twin`; it has the functions of the COM object."""
    return SimulatedEcLab(setup, world, clock)
