"""The twin of an Acme KB 53: it answers as one would, and warms the simulated sample.

Air and water approach their goals, the setpoint or the room, as exp(−t/τ).
"""

from collections.abc import Mapping
from typing import Any

from drivers.twins.scpi.commands import number, query, switch
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.air import Air
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.surroundings import ROOM
from labctl.clock import Clock

ZERO = 273.15
"""K, at 0 °C."""
SENSOR = 0.05
"""°C; the largest error of its sensor."""
DAMP = 45.0
"""%, relative humidity of the room."""
WETTING = 300.0
"""s; how fast the air takes up water."""


class Kb53Twin(ScpiTwin):
    """A simulated KB 53."""

    identification = "ACME,KB53,0042,1.0"
    setpoint = number(":SOURce:TEMPerature", default=25.0, low=-40.0, high=180.0)
    output = switch(":OUTPut")
    humidity = number(":SOURce:HUMidity", default=50.0, low=10.0, high=98.0)
    wetting = switch(":OUTPut:WATer")

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str,
        time_constant: float = 600.0,
        serial: str = "0042",
        around: tuple[str, ...] = (),
    ) -> None:
        super().__init__(clock)
        self.identification = f"ACME,KB53,{serial},1.0"
        self.sensor_error = circuit.random(name).uniform(-SENSOR, SENSOR)
        self.air = Air.at(self.time, time_constant)
        """K; a full chamber takes about ten minutes."""
        self.water = Air.at(self.time, WETTING, DAMP)
        """%; it goes as the air goes."""
        circuit.surroundings.enclose(name, self.air, around)

    def changed(self, name: str) -> None:
        """Go for another goal from here on; ``name`` is the setting that changed."""
        del name
        self._aim()

    def reset(self) -> None:
        """``*RST`` switches it off."""
        super().reset()
        self._aim()

    def _aim(self) -> None:
        self.air.aim(self.setpoint + ZERO if self.output else ROOM, self.time)
        self.water.aim(self.humidity if self.wetting else DAMP, self.time)

    @query(":READ?")
    def _read(self) -> str:
        air = self.air.kelvin(self.time) - ZERO + self.sensor_error
        return f"{air:+.3f},{self.setpoint:+.2f},{int(self.output)}"

    @query(":READ:HUMidity?")
    def _read_water(self) -> str:
        water = self.water.kelvin(self.time)
        return f"{water:+.2f},{self.humidity:+.1f},{int(self.wetting)}"

    def snapshot(self) -> dict[str, Any]:
        """Return the state for a run that goes on in another process."""
        now = max(self.time, self.clock.now())
        return {
            "air": self.air.snapshot(now),
            "water": self.water.snapshot(now),
            "settings": dict(self.settings),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned; no time has passed in between."""
        self.settings.update(state["settings"])
        self.time = max(self.time, self.clock.now())
        self.air.restore(state["air"], self.time)
        self.water.restore(state["water"], self.time)


twin = VisaTwin(Kb53Twin)
