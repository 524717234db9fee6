"""A simulated Memmert that answers AtmoWEB's questions, query to body.

It knows what a device's web server is asked, and nothing of who asks. What it has not
is ``"N/A"``; a set point out of range, in another mode or without the right to write
is not taken: the answer then shows the one that is held.
"""

import json
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from drivers.twins.world.thermal_plant import ZERO, Build, ThermalPlant
from labctl.clock import Clock

NOT_THERE = "N/A"
ROOM = 20.0
"""°C; no set point of one that only heats is below."""
FOUND_AT = 25.0
"""°C; as warm as the room, for which the numbers of every sample hold."""
SENSOR = 0.1
"""K; the largest error of its sensor."""
REQUEST = 0.03
"""s; until the small computer in it has answered."""
OVEN = Build(time_constant=2400.0, heating=280.0)
"""A 50-litre oven, empty: it cannot cool."""
COOLED = Build(time_constant=2400.0, heating=60.0, cooling=45.0)
"""A 100-litre incubator with a compressor, ICP: −12 to 60 °C."""


class AtmoWebTwin:
    """One device."""

    def __init__(
        self,
        clock: Clock,
        sensor_error: float = 0.0,
        *,
        serial: str = "B218.0042",
        model: str = "UF55",
        lowest: float = 20.0,
        highest: float = 300.0,
        rights: str = "rw",
        mode: str = "Manual",
        braces: bool = True,
        build: Build | None = None,
        latency: float = REQUEST,
    ) -> None:
        self.clock = clock
        self.sensor_error = sensor_error
        """K."""
        self.serial, self.model = serial, model
        self.rights = rights
        """``r`` read, ``w`` write, ``a`` alarm: what its setup allows."""
        self.mode = mode
        """``Manual``, ``Program``, ``Timer`` or ``Idle``."""
        self.braces = braces
        """False: as older firmware writes, without them and with a comma."""
        self.latency = latency
        self.setpoint = min(max(lowest, FOUND_AT), highest)
        """°C; so it was left by whoever used it before."""
        self.range = (lowest, highest)
        self.door = 0
        """1 while it is open."""
        kind = OVEN if lowest >= ROOM else COOLED  # below the room by cooling alone
        self.plant = ThermalPlant(build or kind, clock.now())
        self._lock = threading.RLock()
        self._act()

    def answer(self, query: str) -> bytes:
        """Carry out one question's query string; return the body."""
        with self._lock:
            self.clock.sleep(self.latency)
            found = {
                name: self._tell(name, value) if value else self._show(name)
                for name, value in parse_qsl(query, keep_blank_values=True)
            }
        if self.braces:
            return json.dumps(found).encode()
        pairs = (f"{json.dumps(k)}: {json.dumps(v)}," for k, v in found.items())
        return " ".join(pairs).encode()

    def switch(self, mode: str) -> None:
        """Do what a person does at its panel: another mode."""
        with self._lock:
            self.mode = mode
            self._act()

    def _tell(self, name: str, value: str) -> Any:
        if name == "TempSet" and "w" in self.rights and self.mode == "Manual":
            try:
                wanted = round(float(value), 1)
            except ValueError:
                return self._show(name)
            if self.range[0] <= wanted <= self.range[1]:
                self.setpoint = wanted
                self._act()
        return self._show(name)

    def _act(self) -> None:
        now = self.clock.now()
        if self.mode == "Idle":
            self.plant.release(now)
        else:
            self.plant.aim(self.setpoint + ZERO, now)

    def _show(self, name: str) -> Any:
        low, high = self.range
        shown: dict[str, Any] = {
            "Temp1Read": round(self._sensed() + self.sensor_error, 1),
            "TempSet": self.setpoint,
            "TempSet_Range": {"min": low, "max": high},
            "CurOp": self.mode,
            "RC": self.rights,
            "SN": self.serial,
            "DevType": self.model,
            "SWRev": "02.04.23",
            "DoorOpen": self.door,
        }
        return shown.get(name, NOT_THERE)

    def _sensed(self) -> float:
        return self.plant.shown(self.clock.now()) - ZERO

    def snapshot(self) -> dict[str, Any]:
        """Return the state for a run that goes on in another process."""
        return {
            "plant": self.plant.snapshot(self.clock.now()),
            "setpoint": self.setpoint,
            "mode": self.mode,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned; no time has passed in between."""
        with self._lock:
            self.setpoint, self.mode = float(state["setpoint"]), str(state["mode"])
            self.plant.restore(state["plant"], self.clock.now())
