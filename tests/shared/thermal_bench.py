"""A chamber and two thermometers that nobody sells, for tests of what reads them.

Each talks to its twin by a call; wires are the business of the real drivers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from drivers.twins.world.air import Air
from drivers.twins.world.world import BenchWorld
from labctl import plugins
from labctl.clock import Clock
from labctl.config.models import Config
from labctl.errors import LinkError
from labctl.roles.chamber import ChamberBounds, ChamberReading
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity

KELVIN = 273.15
DRIVER = "thermal"
UNCERTAINTY = 0.2
"""K; what the thermometers state."""


@dataclass
class Room:
    """What happens at one chamber: its air, and what goes wrong with its sensors."""

    world: BenchWorld
    air: Air
    place: str
    setpoint: float = 25.0
    broken: bool = False
    """The sensors are open."""
    silent: bool = False
    """Nothing answers."""
    offset: float = 0.0
    """K; what the sensors read too much."""
    readings: int = 0
    safed: int = 0

    def read(self, celsius: float) -> float:
        self.readings += 1
        if self.silent:
            raise LinkError("thermal: no answer")
        return math.nan if self.broken else celsius + self.offset


@dataclass
class Probe:
    """A thermocouple on the sample, or in the air beside it."""

    room: Room
    on_sample: bool

    def celsius(self) -> float:
        world, place = self.room.world, self.room.place
        look = world.surface if self.on_sample else world.ambient
        return self.room.read(look(place))

    def temperature_uncertainty(self, celsius: float) -> float:
        del celsius
        return UNCERTAINTY


@dataclass
class Oven:
    """A chamber that is where it shall be at once."""

    room: Room

    @property
    def bounds(self) -> ChamberBounds:
        return ChamberBounds(-40.0, 180.0)

    def regulate(self, celsius: float, ramp: float | None = None) -> float:
        self.room.setpoint = celsius
        self.room.air.aim(celsius + KELVIN, self.room.world.clock.now(), ramp)
        return celsius

    def read(self) -> ChamberReading:
        air = self.room.air.kelvin(self.room.world.clock.now()) - KELVIN
        return ChamberReading(self.room.read(air), self.room.setpoint, True)

    def make_safe(self) -> None:
        self.room.safed += 1


@dataclass
class ThermalDevice:
    """The chamber as ``oven``, its thermometers ``oven/skin`` and ``oven/air``."""

    room: Room
    address: str
    roles: Mapping[str, object] = field(init=False)

    def __post_init__(self) -> None:
        self.roles = {
            "": Oven(self.room),
            "skin": Probe(self.room, on_sample=True),
            "air": Probe(self.room, on_sample=False),
        }

    def identity(self) -> Identity:
        return Identity("Nobody", "Thermal", "1", "", self.address)

    def close(self) -> None:
        pass


class ThermalDriver:
    """See `labctl.roles.driver.Driver` and `Twin`; remembers the last room."""

    def __init__(self) -> None:
        self.room: Room | None = None
        self.offset = 0.0
        """K; what sensors that are opened from now on read too much."""

    def wire(self, setup: Setup) -> Any:
        raise AssertionError(f"{setup.name} is simulated only")

    def open(self, wire: Room, setup: Setup, clock: Clock) -> ThermalDevice:
        del clock
        return ThermalDevice(wire, setup.address)

    def __call__(self, setup: Setup, world: BenchWorld, clock: Clock) -> Room:
        """Make the twin: ``celsius`` of its air, its ``time_constant``, a ``place``."""
        told = setup.simulated
        start = float(told.get("celsius", 25.0)) + KELVIN
        air = Air.at(clock.now(), float(told.get("time_constant", 0.0)), start)
        if "then" in told:
            air.aim(float(told["then"]) + KELVIN, clock.now())
        world.surroundings.enclose(setup.name, air)
        place = str(told.get("place", "vsp300/1"))
        self.room = Room(world, air, place, offset=self.offset)
        return self.room


def thermal(monkeypatch: pytest.MonkeyPatch) -> ThermalDriver:
    """Let the driver be found beside those that are installed."""
    mine, driver, twin = ThermalDriver(), plugins.driver, plugins.twin
    monkeypatch.setattr(plugins, "driver", lambda n: mine if n == DRIVER else driver(n))
    monkeypatch.setattr(plugins, "twin", lambda n: mine if n == DRIVER else twin(n))
    return mine


def with_oven(
    bench: Config,
    temperature: Mapping[str, Mapping[str, str]],
    safety: Mapping[str, str] | None = None,
    **simulated: Any,
) -> Config:
    """Return a bench with the chamber ``oven``, and whose thermometer it is."""
    told: dict[str, Any] = bench.model_dump(mode="json", exclude_unset=True)
    told["instruments"]["oven"] = {
        "driver": DRIVER,
        "address": "oven",
        "simulated": simulated,
    }
    told["temperature"] = dict(temperature)
    told["safety"] = {**told.get("safety", {}), **(safety or {})}
    return Config.model_validate(told, context={"si": True})
