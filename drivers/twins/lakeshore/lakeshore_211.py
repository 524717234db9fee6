"""The twin of a Lake Shore 211: a monitor with one sensor at a place of the bench.

``surface: vsp300/1`` or ``ambient: vsp300/1`` under ``simulated:`` says where it is;
``state: open`` breaks it.
"""

from drivers.twins.scpi.commands import query
from drivers.twins.scpi.plain import PlainTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.surroundings import PROBES
from labctl.clock import Clock

COLDEST, WARMEST = -259.0, 202.0
"""°C; of a silicon diode DT-470's curve."""
UNDER, OVER, ZERO_UNITS, OVER_UNITS = 16, 32, 64, 128
"""Bits of a reading's status."""
GRAIN = 0.01
"""K; 211's display."""


class LakeShore211Twin(PlainTwin):
    """A simulated 211."""

    identification = "LSCI,MODEL211,2110456,1.2"

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "monitor",
        surface: str | None = None,
        ambient: str | None = None,
        state: str = "",
        offset: float = 0.05,
    ) -> None:
        super().__init__(clock)
        self._surroundings = circuit.surroundings
        self._on_sample = surface is not None
        self._place = surface or ambient or PROBES
        self._state, self._offset = state, float(offset)
        self._noise = circuit.random(name).gauss

    def _celsius(self) -> float:
        at = self._surroundings
        felt = at.surface if self._on_sample else at.ambient
        true = felt(self._place, self.time)
        return true + self._offset + self._noise(0.0, 2e-3)

    def _status(self, celsius: float) -> int:
        if self._state == "open":
            return OVER_UNITS
        if self._state == "shorted":
            return ZERO_UNITS
        return UNDER * (celsius < COLDEST) + OVER * (celsius > WARMEST)

    def _shown(self, zero: float) -> str:
        celsius = self._celsius()
        if self._status(celsius):
            return f"{0.0:+.2f}"
        return f"{round((celsius + zero) / GRAIN) * GRAIN:+.2f}"

    @query(":CRDG?")
    def _read_celsius(self) -> str:
        return self._shown(0.0)

    @query(":KRDG?")
    def _read_kelvin(self) -> str:
        return self._shown(273.15)

    @query(":RDGST?")
    def _read_status(self) -> str:
        return str(self._status(self._celsius()))


twin = VisaTwin(LakeShore211Twin)
