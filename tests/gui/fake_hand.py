"""A fake station with a bench to work at by hand: a particle, a film, a magnet."""

import math

from fake_station import FakeStation

from labctl.api.answers import (
    Accepted,
    ChannelOut,
    HandPoint,
    HandSweepOut,
    InstrumentOut,
    ManualOut,
)
from labctl.api.requests import Action, ManualIn
from labctl.clock import SystemClock
from labctl.errors import LimitError, OperatorError
from labctl.service.bench.hand_sweep import levels_of

CONDUCTANCE, CUBIC = 2.0e-5, 4.0e-5
"""S and A/V³ of the particle."""
SHEET, HALL = 120.0, 4.0
"""Ω and Ω/T of the film."""
T_PER_A = 0.0245
KINDS = {
    "k2450": (
        "Keithley",
        "2450",
        ["SourceMeter"],
        ["drive", "read", "sweep", "follow"],
    ),
    "k6221": ("Keithley", "6221", ["CurrentSource"], ["drive", "read"]),
    "k2182a": ("Keithley", "2182A", ["Voltmeter"], ["read"]),
    "k7001": ("Keithley", "7001", ["SwitchMatrix"], ["connect", "read"]),
    "ls475": ("Lake Shore", "475", ["Gaussmeter"], ["read"]),
    "ls643": ("Lake Shore", "643", ["MagnetSupply"], ["field", "read"]),
}
BOUNDS = {
    "k2450": {
        "voltage V": 210.0,
        "current A": 1.05,
        "compliance V": 210.0,
        "compliance A": 1.05,
        "least compliance V": 0.02,
        "least compliance A": 1e-9,
    },
    "k6221": {"current A": 0.105, "compliance V": 105.0, "least compliance V": 0.1},
    "ls643": {"current A": 70.1},
}


class HandStation(FakeStation):
    """See `gui.link.port.Station`; the bench answers like a slow, quiet one."""

    def __init__(self, scenario: str = "one") -> None:
        super().__init__(scenario)
        self.closed: set[str] = set()
        """Instruments that are not connected."""
        self.holds: dict[str, dict[str, float]] = {}
        self.contacts = [1, 2, 3, 4]
        self.amperes, self.tesla, self.target = 0.0, 0.0, 0.0
        self.levels: list[float] = []
        self.points: list[HandPoint] = []
        self.at_once = 5
        """Points that come between two looks."""
        self.swept: ManualIn | None = None
        self.calls: list[str] = []
        """What the bench was told, in order: ``k6221 drive``, ``k6221 safe``."""

    def instruments(self) -> list[InstrumentOut]:
        rest = [one for one in super().instruments() if one.name == "vsp300"]
        lent = {c.name: c.run for c in self.state().channels}
        return [*rest, *(self._about(name, lent.get(name, "")) for name in KINDS)]

    def _about(self, name: str, run: str) -> InstrumentOut:
        maker, model, kinds, actions = KINDS[name]
        is_open = name not in self.closed
        held = name in self.holds
        serial = "04089762"
        return InstrumentOut(
            name=name,
            driver=f"{maker}-{model}".lower().replace(" ", ""),
            address="GPIB0::12::INSTR",
            open=is_open,
            identity={"maker": maker, "model": model, "serial": serial, "firmware": "1"}
            if is_open
            else {},
            error="",
            channels=[
                ChannelOut(
                    channel=name,
                    plays=kinds if is_open else [],
                    actions=actions if is_open else [],
                    lent_to=run or ("by hand: Kim" if held else ""),
                    by_hand=bool(held) and not run,
                    bounds=BOUNDS.get(name, {}) if is_open else {},
                    set_points=self.holds.get(name, {}),
                    safe_at_unix=SystemClock().unix() + 30 if held else None,
                )
            ],
        )

    def open_instrument(self, name: str) -> Accepted:
        self.closed.discard(name)
        return super().open_instrument(name)

    def by_hand(self, act: ManualIn) -> ManualOut:
        self._act("by_hand", act)
        self.calls.append(f"{act.channel} {act.action}")
        if self.refuses:
            raise LimitError(self.refuses)
        self.holds.setdefault(act.channel, {})
        if act.action in {Action.SWEEP, Action.FOLLOW}:
            return self._out(act, {}, sweep=self._sweep(act))
        if act.action is Action.DRIVE:
            unit = "V" if act.quantity == "voltage" else "A"
            self.holds[act.channel] = {f"set {unit}": act.value}
            if act.channel == "k2450":
                return self._out(act, {f"set {unit}": act.value, **particle(act.value)})
            return self._out(act, {"set A": act.value})
        if act.action is Action.FIELD:
            self.amperes = act.value
            self.holds["ls643"] = {"set A": act.value}
            return self._out(act, {"set A": act.value, "current A": self.amperes})
        if act.action is Action.CONNECT:
            self.contacts = list(act.contacts)
            return self._out(act, {}, {"closed": "1!1!1"})
        return self._read(act)

    def hands_off(self, channel: str) -> Accepted:
        if channel not in self.holds:
            raise OperatorError(f"{channel} is not driven by hand")
        self.calls.append(f"{channel} safe")
        self.holds.pop(channel)
        if channel == "ls643":
            self.amperes = 0.0
        self.levels = []
        return super().hands_off(channel)

    def _read(self, act: ManualIn) -> ManualOut:
        self.tesla += 0.5 * (self.amperes * T_PER_A - self.tesla)
        level = self.holds.get("k2450", {}).get("set V", 0.0)
        current = self.holds.get("k6221", {}).get("set A", 0.0)
        hall = set(self.contacts[:2]) in ({1, 3}, {2, 4})
        ohm = HALL * self.tesla if hall else SHEET * math.log(2) / math.pi
        still = abs(self.amperes * T_PER_A - self.tesla) < 1e-3
        readings = {
            "k2450": particle(level),
            "k2182a": {"voltage V": current * ohm},
            "ls475": {"field T": self.tesla},
            "ls643": {"current A": self.amperes},
        }
        words = {"ls643": {"ramp": "settled" if still else "ramping"}}
        return self._out(act, readings.get(act.channel, {}), words.get(act.channel))

    def _sweep(self, act: ManualIn) -> HandSweepOut:
        if act.sweep is not None:
            self.levels, self.points, self.swept = levels_of(act.sweep), [], act
        new = self.levels[len(self.points) : len(self.points) + self.at_once]
        most = self.swept.compliance if self.swept else 1.0
        for level in new:
            current = particle(level)["current A"]
            limited = abs(current) > most
            shown = math.copysign(min(abs(current), most), current)
            self.points.append(
                HandPoint(
                    level=level, voltage=level, current=shown, in_compliance=limited
                )
            )
        done = len(self.points) >= len(self.levels)
        return HandSweepOut(
            points=self.points[act.after :],
            of=len(self.levels),
            goes_on=not done,
            why="completed" if done else "",
        )

    def _out(
        self,
        act: ManualIn,
        readings: dict[str, float],
        words: dict[str, str] | None = None,
        sweep: HandSweepOut | None = None,
    ) -> ManualOut:
        return ManualOut(
            channel=act.channel,
            readings=dict(readings),
            words=words or {},
            safe_at_unix=SystemClock().unix() + 30,
            sweep=sweep,
        )


def particle(voltage: float) -> dict[str, float]:
    """Return what the particle answers at a voltage."""
    current = CONDUCTANCE * voltage + CUBIC * voltage**3
    return {"voltage V": voltage, "current A": current}
