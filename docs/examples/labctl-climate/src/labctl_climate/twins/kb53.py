"""The twin of an Acme KB 53: it answers as one would, and warms the simulated sample.

The air approaches its goal, the setpoint or the room, as exp(−t/τ).
"""

import math
from collections.abc import Mapping
from typing import Any

from drivers.twins.scpi.commands import number, query, switch
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.surroundings import ROOM
from labctl.clock import Clock

ZERO = 273.15
"""K, at 0 °C."""
SENSOR = 0.05
"""°C; the largest error of its sensor."""


class Kb53Twin(ScpiTwin):
    """A simulated KB 53."""

    identification = "ACME,KB53,0042,1.0"
    setpoint = number(":SOURce:TEMPerature", default=25.0, low=-40.0, high=180.0)
    output = switch(":OUTPut")

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str,
        time_constant: float = 600.0,
        serial: str = "0042",
    ) -> None:
        super().__init__(clock)
        self.identification = f"ACME,KB53,{serial},1.0"
        self.time_constant = time_constant
        """s; a full chamber takes about ten minutes."""
        self.sensor_error = circuit.random(name).uniform(-SENSOR, SENSOR)
        self._from, self._since, self._goal = ROOM, self.time, ROOM
        circuit.surroundings.enclose(name, self)

    def kelvin(self, time: float) -> float:
        """Return how warm the air is: what the simulated sample feels."""
        passed = max(time - self._since, 0.0)
        left = math.exp(-passed / self.time_constant)
        return self._goal + (self._from - self._goal) * left

    def changed(self, name: str) -> None:
        """Go for another goal from here on; ``name`` is the setting that changed."""
        del name
        self._aim(self.kelvin(self.time))

    def reset(self) -> None:
        """``*RST`` switches it off."""
        super().reset()
        self._aim(self.kelvin(self.time))

    def _aim(self, now: float) -> None:
        self._from, self._since = now, self.time
        self._goal = self.setpoint + ZERO if self.output else ROOM

    @query(":READ?")
    def _read(self) -> str:
        air = self.kelvin(self.time) - ZERO + self.sensor_error
        return f"{air:+.3f},{self.setpoint:+.2f},{int(self.output)}"

    def snapshot(self) -> dict[str, Any]:
        """Return the state for a run that goes on in another process."""
        now = max(self.time, self.clock.now())
        return {"kelvin": self.kelvin(now), "settings": dict(self.settings)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned; no time has passed in between."""
        self.settings.update(state["settings"])
        self.time = max(self.time, self.clock.now())
        self._aim(float(state["kelvin"]))


twin = VisaTwin(Kb53Twin)
