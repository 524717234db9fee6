"""A chamber that follows its set point as exp(−t/τ), with nothing between."""

import math
from dataclasses import dataclass, field
from typing import Any

from labctl.clock import VirtualClock
from labctl.errors import LimitError
from labctl.limits import Envelope
from labctl.roles.chamber import ChamberBounds, ChamberReading
from labctl.roles.safing_order import Stage
from labctl.temperatures import THERMOMETERS, Temperatures

ROOM = 22.0
"""°C."""


@dataclass
class SimpleChamber:
    """See the module; `told` lists every set point, None for made safe."""

    clock: VirtualClock
    lag: float = 300.0
    bounds: ChamberBounds = field(
        default_factory=lambda: ChamberBounds(0.0, 80.0, fastest_ramp=0.05)
    )
    setpoint: float = ROOM
    regulates: bool = False
    faults: tuple[str, ...] = ()
    told: list[float | None] = field(default_factory=list)
    follows: bool = True
    _from: float = ROOM
    _since: float = 0.0
    safing_stage: Stage = Stage.HEATERS

    def regulate(self, celsius: float, ramp: float | None = None) -> float:
        del ramp
        if not self.bounds.lowest <= celsius <= self.bounds.highest:
            raise LimitError("chamber: beyond its bounds")
        self.told.append(celsius)
        self._aim()
        self.setpoint, self.regulates = celsius, True
        return celsius

    def read(self) -> ChamberReading:
        setpoint = self.setpoint
        return ChamberReading(self.celsius(), setpoint, self.regulates, self.faults)

    def make_safe(self) -> None:
        self.told.append(None)
        self._aim()
        self.regulates = False

    def celsius(self) -> float:
        passed = self.clock.now() - self._since
        goal = self.setpoint if self.regulates and self.follows else ROOM
        return goal + (self._from - goal) * math.exp(-passed / self.lag)

    def _aim(self) -> None:
        self._from, self._since = self.celsius(), self.clock.now()


class ChamberBench:
    """A bench with that chamber alone."""

    def __init__(self) -> None:
        self.clock = VirtualClock(epoch=0.0)
        self.envelope = Envelope({})
        self.chamber = SimpleChamber(self.clock)
        self.temperatures = Temperatures()

    def role(self, name: str, kind: type) -> Any:
        if name == THERMOMETERS:
            return self.temperatures
        assert name == "chamber"
        assert isinstance(self.chamber, kind)
        return self.chamber
