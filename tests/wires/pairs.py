"""A VISA driver and its twin, by the name that a configuration gives the driver."""

from typing import Any

from drivers.twins.scpi.exchange import Exchange
from drivers.twins.visa.twin import VisaTwin
from drivers.visa.opening import VisaDriver
from labctl import plugins
from labctl.clock import Clock
from labctl.roles.driver import Setup


def driver_of(name: str) -> VisaDriver:
    found = plugins.driver(name)
    assert isinstance(found, VisaDriver)
    return found


def twin_of(name: str) -> VisaTwin:
    found = plugins.twin(name)
    assert isinstance(found, VisaTwin)
    return found


def twin_alone(name: str, setup: Setup, world: Any, clock: Clock) -> Exchange:
    return twin_of(name).alone(setup, world, clock)
