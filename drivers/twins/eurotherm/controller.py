"""A simulated Eurotherm 3216 on a tube furnace: parameters behind Modbus registers."""

import struct
import threading
from collections.abc import Mapping
from typing import Any

from drivers.twins.eurotherm.framing import (
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    IllegalError,
)
from drivers.twins.world.surroundings import ROOM
from drivers.twins.world.thermal_plant import ZERO, Build, ThermalPlant
from labctl.clock import Clock

FURNACE = Build(time_constant=3600.0, heating=900.0, gain=60.0, reset=600.0)
"""A small furnace: 900 K above the room with the whole heater."""
PV, TARGET, MANUAL_OUTPUT, OUTPUT, WORKING = 1, 2, 3, 4, 5
PROGRAM, RATE, HIGHEST, LOWEST, KIND, BREAK, MODE = 23, 35, 111, 112, 122, 258, 273
WHOLE = {PROGRAM, KIND, BREAK, MODE}
"""Parameters that are no numbers with a point."""
WRITTEN = {TARGET, MANUAL_OUTPUT, RATE, MODE, PROGRAM}
FLOATS = 0x8000
AUTO, MANUAL = 0, 1
PERCENT = 100.0
OVER_RANGE = 1372.0
"""°C; what a type K input shows when it is open."""


class EurothermTwin:
    """One controller; its words are a `drivers.twins.eurotherm.framing.Words`."""

    def __init__(
        self,
        clock: Clock,
        *,
        unit: int = 1,
        kind: int = 0x3216,
        lowest: float = 0.0,
        highest: float = 800.0,
        decimals: int = 1,
        without: tuple[int, ...] = (),
        build: Build = FURNACE,
        latency: float = 0.02,
    ) -> None:
        self.clock = clock
        self.unit = unit
        self.latency = latency
        self.decimals = decimals
        """Digits after the point of its display, and of its scaled words."""
        self.without = frozenset(without)
        """Parameters that it has not."""
        self.plant = ThermalPlant(build, clock.now())
        self.values: dict[int, float] = {
            TARGET: ROOM - ZERO,
            MANUAL_OUTPUT: 0.0,
            RATE: 0.0,
            HIGHEST: highest,
            LOWEST: lowest,
            KIND: kind,
            PROGRAM: 0,
            BREAK: 0,
            MODE: MANUAL,
        }
        self.writes = 0
        """Times that its memory was written."""
        self._lock = threading.RLock()

    # ---- words

    def get(self, address: int) -> int:
        """See `Words`."""
        with self._lock:
            if address < FLOATS:
                value = self.value(address)
                if address not in WHOLE:
                    value = round(value * 10.0**self.decimals)
                return int(value) & 0xFFFF
            number, half = divmod(address - FLOATS, 2)
            packed = struct.pack(">f", self.value(number))
            return int(struct.unpack(">2H", packed)[half])

    def put(self, address: int, words: tuple[int, ...]) -> None:
        """See `Words`."""
        with self._lock:
            if address >= FLOATS:
                if len(words) != 2 or address % 2:  # noqa: PLR2004
                    raise IllegalError(ILLEGAL_ADDRESS)
                number = (address - FLOATS) // 2
                (value,) = struct.unpack(">f", struct.pack(">2H", *words))
            else:
                number, (word,) = address, words
                value = float(word - 0x10000 if word & 0x8000 else word)
                if number not in WHOLE:
                    value /= 10.0**self.decimals
            self._take(number, value)

    def value(self, number: int) -> float:
        """Return a parameter's value now. IllegalError: it has none."""
        now = self.clock.now()
        if number in self.without:
            raise IllegalError(ILLEGAL_ADDRESS)
        if number == PV:
            return OVER_RANGE if self.values[BREAK] else self.plant.shown(now) - ZERO
        if number == OUTPUT:
            return PERCENT * self.plant.share(now)
        if number == WORKING:
            return self.plant.working(now) - ZERO
        if number not in self.values:
            raise IllegalError(ILLEGAL_ADDRESS)
        return self.values[number]

    def _take(self, number: int, value: float) -> None:
        if number in self.without or number not in WRITTEN:
            raise IllegalError(ILLEGAL_ADDRESS)
        low, high = self.values[LOWEST], self.values[HIGHEST]
        limits = {
            TARGET: (low, high),
            MANUAL_OUTPUT: (0.0, PERCENT),
            RATE: (0.0, 3000.0),
            MODE: (AUTO, MANUAL),
        }
        least, most = limits.get(number, (0.0, 0x7FFF))
        if not least <= value <= most:
            raise IllegalError(ILLEGAL_VALUE)
        self.writes += 1
        self.values[number] = value
        self.act()

    def act(self) -> None:
        """Let the furnace go where mode, set point and output send it."""
        now, values = self.clock.now(), self.values
        if values[MODE] == MANUAL or values[BREAK]:
            share = values[MANUAL_OUTPUT] / PERCENT
            self.plant.release(now, 0.0 if values[BREAK] else share)
            return
        ramp = values[RATE] / 60.0 or None
        self.plant.aim(values[TARGET] + ZERO, now, ramp)

    def fail(self) -> None:
        """Let its sensor break: the heater goes off by itself."""
        self.values[BREAK] = 1
        self.act()

    def snapshot(self) -> dict[str, Any]:
        """Return the state for a run that goes on in another process."""
        return {
            "values": {str(number): value for number, value in self.values.items()},
            "plant": self.plant.snapshot(self.clock.now()),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned; no time has passed in between."""
        with self._lock:
            self.values.update({int(k): v for k, v in state["values"].items()})
            self.plant.restore(state["plant"], self.clock.now())
