"""The twin of a Julabo circulator, which answers nothing that it is told."""

from collections.abc import Mapping
from typing import Any

from drivers.twins.scpi.exchange import Exchange
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.thermal_plant import ZERO, Build, ThermalPlant
from labctl.clock import Clock

BATH = Build(time_constant=7200.0, heating=300.0, cooling=60.0, sensor_lag=5.0)
"""Some 10 litres of oil with 2 kW, and a compressor."""
STATES = {
    (False, False): "00 MANUAL STOP",
    (False, True): "01 MANUAL START",
    (True, False): "02 REMOTE STOP",
    (True, True): "03 REMOTE START",
}
"""(remote, runs) -> what ``status`` says."""
UNKNOWN = "-08 INVALID COMMAND"
NOT_NOW = "-09 COMMAND NOT ALLOWED IN CURRENT OPERATING MODE"
TOO_SMALL, TOO_LARGE = "-10 VALUE TOO SMALL", "-11 VALUE TOO LARGE"
LOW_LEVEL = "-01 LOW LEVEL ALARM"


class JulaboTwin(Exchange):
    """A simulated circulator, in remote control."""

    terminator = b"\r\n"

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "bath",
        around: tuple[str, ...] = (),
        model: str = "MAGIO MS-1000F",
        lowest: float = -40.0,
        highest: float = 200.0,
        remote: bool = True,
    ) -> None:
        super().__init__(clock)
        self.version = f"JULABO {model} VERSION 1.31"
        self.range = (lowest, highest)
        self.remote = remote
        self.runs = False
        self.setpoint = 25.0
        """°C."""
        self.second = 90.0
        """°C; of its second set point, which a person may choose at its panel."""
        self.selected = 0
        """Which of them it goes to, 0 or 1."""
        self.is_plain = model.startswith("FL")
        """A recirculating cooler: one set point, and no word for a heater."""
        self.alarm = ""
        """A fault: what it complains of until somebody sees to it."""
        self.probe = True
        """False, a fault: the sensor is not there."""
        self.refused = ""
        """Why the last word was not taken; told once."""
        self.plant = ThermalPlant(BATH, clock.now())
        circuit.surroundings.enclose(name, self.plant, around)

    def receive(self, data: bytes, end: bool) -> None:
        """Take bytes; a carriage return ends a word."""
        super().receive(data.replace(b"\r", b"\n"), end)

    def execute(self, message: str) -> str | None:
        """Carry out one word."""
        keyword, _, value = message.strip().lower().partition(" ")
        if keyword.startswith("out_"):
            self.refused = self._tell(keyword, value.strip())
            return None
        answers = {
            "version": self.version,
            "in_pv_00": self._bath(),
            "in_pv_01": f"{100.0 * self.plant.share(self.time):.1f}",
            "in_sp_00": f"{self.setpoint:.2f}",
            "in_mode_05": str(int(self.runs)),
        }
        if not self.is_plain:
            answers["in_mode_01"] = str(self.selected)
        else:
            del answers["in_pv_01"]
        if keyword == "status":
            told, self.refused = self.refused, ""
            return told or self.alarm or STATES[self.remote, self.runs]
        if keyword not in answers:
            self.refused = UNKNOWN
            return None
        return answers[keyword]

    def _bath(self) -> str:
        if not self.probe:
            return "---.--"
        return f"{self.plant.shown(self.time) - ZERO:.2f}"

    def _tell(self, keyword: str, text: str) -> str:
        """Take a value; return why not."""
        if not self.remote:
            return NOT_NOW
        try:
            value = float(text)
        except ValueError:
            return UNKNOWN
        if keyword == "out_mode_05" and value in {0.0, 1.0}:
            self.runs = bool(value)
        elif keyword == "out_mode_01" and value in {0.0, 1.0} and not self.is_plain:
            self.selected = int(value)
        elif keyword == "out_sp_00":
            low, high = self.range
            if not low <= value <= high:
                return TOO_SMALL if value < low else TOO_LARGE
            self.setpoint = value
        else:
            return UNKNOWN
        self.act()
        return ""

    def act(self) -> None:
        """Let the bath go where set point and mode send it."""
        if self.runs and not self.alarm:
            goal = self.second if self.selected else self.setpoint
            self.plant.aim(goal + ZERO, self.time)
        else:
            self.plant.release(self.time)

    def fail(self, alarm: str = LOW_LEVEL) -> None:
        """Let an alarm come up: heater, pump and compressor stop by themselves."""
        self.alarm, self.runs = alarm, False
        self.time = max(self.time, self.clock.now())
        self.act()

    def snapshot(self) -> dict[str, Any]:
        """Return the state for a run that goes on in another process."""
        now = max(self.time, self.clock.now())
        return {
            "plant": self.plant.snapshot(now),
            "setpoint": self.setpoint,
            "runs": self.runs,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what `snapshot` returned; no time has passed in between."""
        self.time = max(self.time, self.clock.now())
        self.setpoint, self.runs = float(state["setpoint"]), bool(state["runs"])
        self.plant.restore(state["plant"], self.time)


twin = VisaTwin(JulaboTwin)
