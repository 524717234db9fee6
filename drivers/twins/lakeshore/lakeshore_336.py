"""The twin of a Lake Shore 336: a heated stage at output 1, a block at output 2.

Input A senses the stage, B the block; C and D hang in the room, unless ``simulated:
inputs`` hangs one at a sample: ``{C: {surface: vsp300/1}, D: {ambient: specimen}}``.
"""

from collections.abc import Mapping
from typing import Any

from drivers.twins.scpi.commands import command, query
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import Choice, Number
from drivers.twins.scpi.plain import PlainTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.surroundings import ROOM
from drivers.twins.world.thermal_plant import ZERO, Build, ThermalPlant
from labctl.clock import Clock

STAGE = Build(time_constant=400.0, heating=400.0, sensor_lag=1.0, reset=200.0)
"""A small copper stage with a 50 W heater."""
BLOCK = Build(time_constant=900.0, heating=150.0, sensor_lag=2.0, reset=400.0)
SHARE = (0.0, 0.01, 0.1, 1.0)
"""Of the whole power at heater range off, low, medium, high."""
OUTPUT = Number(1, 2, whole=True)
SWITCH = Number(0, 1, whole=True)
OVER_RANGE = 32
"""Bit of ``RDGST?``."""
NOISE = 2e-3
"""rms, K."""
KELVIN, CELSIUS = 1, 2
CLOSED_LOOP = 1
MODES = {1: CLOSED_LOOP, 2: CLOSED_LOOP}
"""Output -> mode: 0 off, 1 closed loop, 2 zone, 3 open loop, 4 monitor, 5 warm-up."""
PLACES = {"specimen": ""}
"""What people call the place at the probes."""


class LakeShore336Twin(PlainTwin):
    """A simulated 336."""

    identification = "LSCI,MODEL336,LSA24T3/#######,2.9"
    letters = "ABCD"

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "ls336",
        around: tuple[str, ...] = (),
        inputs: Mapping[str, Mapping[str, str]] | None = None,
        modes: Mapping[int, int] = MODES,
        units: int = KELVIN,
    ) -> None:
        super().__init__(clock)
        self._surroundings = circuit.surroundings
        self._gauss = circuit.random(name).gauss
        self.plants = {
            1: ThermalPlant(STAGE, clock.now()),
            2: ThermalPlant(BLOCK, clock.now()),
        }
        self._hangs = {k.upper(): dict(v) for k, v in (inputs or {}).items()}
        self.modes = {n: (modes.get(n, CLOSED_LOOP), n, 0) for n in (1, 2)}
        """Output -> mode, input, power-up."""
        self.kinds = {letter: [1, 1, 0, 1, units] for letter in self.letters}
        """``INTYPE``: type (0 disabled), auto range, range, compensation, unit."""
        self.broken: set[str] = set()
        """A fault: inputs whose sensor is open."""
        self.heater_fault = {1: 0, 2: 0}
        """What is wrong with a heater: 1 open, 2 shorted."""
        self.heater_error = {1: 0, 2: 0}
        """What was found of it and not asked for yet."""
        self.goals = {1: ROOM, 2: ROOM}
        """K."""
        self.ramps = {1: (0, 10.0), 2: (0, 10.0)}
        """Output -> on, K/min."""
        self.ranges = {1: 0, 2: 0}
        self._surroundings.enclose(name, self.plants[1], around)

    # ---- sensors

    def _kelvin(self, letter: str) -> float:
        hangs = self._hangs.get(letter)
        if hangs is not None:
            ((where, place),) = hangs.items()
            place = PLACES.get(place, place)
            feels = self._surroundings.surface
            if where == "ambient":
                feels = self._surroundings.ambient
            return feels(place, self.time) + ZERO
        plant = self.plants.get(self.letters.index(letter) + 1)
        return ROOM if plant is None else plant.shown(self.time)

    def _shown(self, letter: str, zero: float) -> str:
        if letter in self.broken or not self.kinds[letter][0]:
            return "+000.000"
        value = self._kelvin(letter) + self._gauss(0.0, NOISE)
        return f"{value - zero:+08.3f}"

    @query(":CRDG?", Choice("A|B|C|D"))
    def _celsius(self, letter: str) -> str:
        return self._shown(self._own(letter), ZERO)

    @query(":KRDG?", Choice("A|B|C|D"))
    def _kelvins(self, letter: str) -> str:
        return self._shown(self._own(letter), 0.0)

    @query(":RDGST?", Choice("A|B|C|D"))
    def _status(self, letter: str) -> str:
        letter = self._own(letter)
        is_off = not self.kinds[letter][0]
        return f"{OVER_RANGE if letter in self.broken else int(is_off):03d}"

    @query(":INTYPE?", Choice("A|B|C|D"))
    def _kind(self, letter: str) -> str:
        return ",".join(map(str, self.kinds[self._own(letter)]))

    def _own(self, letter: str) -> str:
        if letter not in self.letters:
            raise ScpiError(-222, letter)
        return letter

    # ---- outputs

    @query(":OUTMODE?", OUTPUT)
    def _mode(self, output: int) -> str:
        return ",".join(map(str, self.modes[output]))

    @command(":SETP", OUTPUT, Number(-300.0, 2000.0))
    def _set_point(self, output: int, value: float) -> None:
        start = self.plants[output].working(self.time)
        self.goals[output] = value + (0.0 if self._is_kelvin(output) else ZERO)
        self._act(output, start)

    @query(":SETP?", OUTPUT)
    def _point(self, output: int) -> str:
        plant = self.plants[output]
        kelvin = self.goals[output]
        if plant.is_regulating:
            kelvin = plant.working(self.time)
        return f"{kelvin - (0.0 if self._is_kelvin(output) else ZERO):+08.3f}"

    def _is_kelvin(self, output: int) -> bool:
        letter = self.letters[self.modes[output][1] - 1]
        return self.kinds[letter][4] == KELVIN

    @command(":RAMP", OUTPUT, SWITCH, Number(0.0, 100.0))
    def _set_ramp(self, output: int, on: int, rate: float) -> None:
        self.ramps[output] = (on, rate)

    @query(":RAMP?", OUTPUT)
    def _ramp(self, output: int) -> str:
        on, rate = self.ramps[output]
        return f"{on},{rate:+07.3f}"

    @query(":RAMPST?", OUTPUT)
    def _is_ramping(self, output: int) -> str:
        plant = self.plants[output]
        moves = plant.is_regulating and (plant.working(self.time) != self.goals[output])
        waits = not plant.is_regulating and self.ramps[output][0]
        return str(int(moves or bool(waits)))

    @command(":RANGE", OUTPUT, Number(0, 3, whole=True))
    def _set_range(self, output: int, heater: int) -> None:
        fault = self.heater_fault[output]
        self.ranges[output] = 0 if fault else heater
        if fault and heater:
            self.heater_error[output] = fault
        plant = self.plants[output]
        build = (STAGE, BLOCK)[output - 1]
        plant.limit(self.time, build.heating * SHARE[heater])
        self._act(output, plant.shown(self.time))

    @query(":RANGE?", OUTPUT)
    def _range(self, output: int) -> str:
        return str(self.ranges[output])

    @query(":HTR?", OUTPUT)
    def _power(self, output: int) -> str:
        return f"{100.0 * self.plants[output].share(self.time):+06.1f}"

    @query(":HTRST?", OUTPUT)
    def _heater(self, output: int) -> str:
        """Tell what was found and forget it, as the instrument does."""
        told, self.heater_error[output] = self.heater_error[output], 0
        return str(told)

    def _act(self, output: int, start: float) -> None:
        """Let the stage go where its output's settings send it."""
        plant, (on, per_minute) = self.plants[output], self.ramps[output]
        if not self.ranges[output] or self.modes[output][0] != CLOSED_LOOP:
            plant.release(self.time)
            return
        ramp = per_minute / 60.0 if on else None
        plant.aim(self.goals[output], self.time, ramp, start)

    def fail_heater(self, output: int, code: int) -> None:
        """Let a heater open (1) or short (2): its range goes off by itself."""
        self.heater_fault[output] = self.heater_error[output] = code
        self._set_range(output, 0)

    def reset(self) -> None:
        """``*RST`` switches the heaters off and leaves sensors and modes."""
        super().reset()
        for output in self.plants:
            self._set_range(output, 0)

    def snapshot(self) -> dict[str, Any]:
        """Return the state for a run that goes on in another process."""
        now = max(self.time, self.clock.now())
        return {
            "plants": {str(n): p.snapshot(now) for n, p in self.plants.items()},
            "goals": list(self.goals.values()),
            "ramps": [list(each) for each in self.ramps.values()],
            "ranges": list(self.ranges.values()),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned; no time has passed in between."""
        self.time = max(self.time, self.clock.now())
        for n, plant in self.plants.items():
            build = (STAGE, BLOCK)[n - 1]
            self.goals[n] = float(state["goals"][n - 1])
            on, rate = state["ramps"][n - 1]
            self.ramps[n] = (int(on), float(rate))
            self.ranges[n] = int(state["ranges"][n - 1])
            plant.limit(self.time, build.heating * SHARE[self.ranges[n]])
            plant.restore(state["plants"][str(n)], self.time)


class LakeShore335Twin(LakeShore336Twin):
    """A simulated 335: two inputs, the same words."""

    identification = "LSCI,MODEL335,335A1B2/#######,1.5"
    letters = "AB"


twin = VisaTwin(LakeShore336Twin)
twin_335 = VisaTwin(LakeShore335Twin)
