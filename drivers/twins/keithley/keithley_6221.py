"""The twin of a Keithley 6220 or 6221, delta mode included."""

import math
from bisect import bisect_right

from drivers.specification import Specification
from drivers.twins.keithley.keithley_2182a import Keithley2182ATwin
from drivers.twins.keithley.keithley_wave import Waves
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.mains import OnTheMains
from drivers.twins.scpi.parameters import (
    INFINITY,
    Choice,
    Number,
    boolean,
    string,
)
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit, Imperfection, Source
from labctl.clock import Clock

CURRENT = Specification(
    (2e-9, 2e-8, 2e-7, 2e-6, 2e-5, 2e-4, 2e-3, 2e-2, 1e-1), 5e-4, 1e-4, 0.0
)
MARGIN = 5e-3
"""Between two conversions of a delta cycle beside delay and integration, s."""
_ELEMENTS = ("READ", "TST", "SOUR", "AVOL", "COMP", "RNUM")
"""In the order in which the instrument sends them."""
_ELEMENT = Choice("READing|TSTamp|SOURce|AVOLtage|COMPliance|RNUMber|ALL|DEFault")
"""UNITs are not simulated: refused."""


class Keithley6221Twin(OnTheMains, Waves):
    """A simulated 6221."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 6221,1409876,D04  /700x"
    level = number(
        "[:SOURce]:CURRent[:LEVel][:IMMediate][:AMPLitude]",
        default=0.0,
        low=-0.105,
        high=0.105,
    )
    compliance = number(
        "[:SOURce]:CURRent:COMPliance", default=10.0, low=0.1, high=105.0
    )
    range_auto = switch("[:SOURce]:CURRent:RANGe:AUTO")
    filtered = switch("[:SOURce]:CURRent:FILTer[:STATe]")
    start = number("[:SOURce]:CURRent:STARt", default=0.0, low=-0.105, high=0.105)
    stop = number("[:SOURce]:CURRent:STOP", default=0.0, low=-0.105, high=0.105)
    step = number("[:SOURce]:CURRent:STEP", default=0.0, low=1e-13, high=0.105)
    source_delay = number("[:SOURce]:DELay", default=1.0, low=1e-3, high=999999.999)
    spacing = setting(
        "[:SOURce]:SWEep:SPACing",
        default="LIN",
        kind=Choice("LINear|LOGarithmic|LIST"),
    )
    sweep_points = whole("[:SOURce]:SWEep:POINts", default=11, low=1, high=65535)
    sweep_count = number(
        "[:SOURce]:SWEep:COUNt", default=1, low=1, high=9999, infinite=True
    )
    sweep_abort = switch("[:SOURce]:SWEep:CABort")
    inner_shield = setting(":OUTPut:ISHield", default="OLOW", kind=Choice("OLOW|GUARd"))
    low_to_earth = switch(":OUTPut:LTEarth")
    response = setting(":OUTPut:RESPonse", default="FAST", kind=Choice("FAST|SLOW"))
    unit = setting(
        ":UNIT:VOLTage[:DC]", ":UNIT", default="V", kind=Choice("V|OHMS|W|SIEMens")
    )
    unit_power = setting(":UNIT:POWer", default="PEAK", kind=Choice("PEAK|AVERage"))
    delta_high = number("[:SOURce]:DELTa:HIGH", default=1e-3, low=0.0, high=0.105)
    delta_low = number("[:SOURce]:DELTa:LOW", default=-1e-3, low=-0.105, high=0.0)
    delta_delay = number(
        "[:SOURce]:DELTa:DELay", default=0.002, low=1e-3, high=9999.999, infinite=True
    )
    delta_count = number(
        "[:SOURce]:DELTa:COUNt", default=INFINITY, low=1, high=65536, infinite=True
    )
    delta_abort = switch("[:SOURce]:DELTa:CABort")
    cold_switching = switch("[:SOURce]:DELTa:CSWitch")
    buffer_points = whole(":TRACe:POINts", default=100, low=1, high=65536)
    display = switch(":DISPlay:ENABle", default=True)

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "source",
        interlock_open: bool = False,
        nanovoltmeter: bool = True,
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.source = Source(holds_voltage=False)
        rng = circuit.random(name)
        self.errors = Imperfection.draw(rng, CURRENT.gain, CURRENT.offset)
        self.interlock_open = interlock_open
        self.wired = nanovoltmeter
        self.epoch = clock.now()
        self._serial: str = ""
        self.buffer: list[tuple[float, dict[str, float]]] = []
        """When each reading is there, and its elements; ``*RST`` leaves it."""
        self._make_default()

    def _make_default(self) -> None:
        self.output = False
        self.range = 0.1
        self.elements: tuple[str, ...] = ("READ", "TST")
        self._disarm()
        self._apply()

    def reset(self) -> None:
        """Put everything back, output off."""
        super().reset()
        self._make_default()

    def changed(self, name: str) -> None:
        """Bring the level onto the bench."""
        if name == "level":
            if self.range_auto:
                self.range = CURRENT.range_for(self.level)
            elif abs(self.level) > self.range * 1.05 * (1 + 1e-9):
                raise ScpiError(-222, "beyond the fixed range")
        elif name == "delta_high":
            self.delta_low = -self.delta_high
        super().changed(name)
        self._apply()

    def true_current(self, level: float) -> float:
        """Return the current that really flows for ``level``, A."""
        return self.errors.apply(level, CURRENT.range_for(level)) if level else 0.0

    def _apply(self) -> None:
        self.source.on = self.output
        self.source.level = self.true_current(self.level)
        self.source.limit = self.compliance

    @command("[:SOURce]:CURRent:RANGe", Number(-0.105, 0.105, 0.1))
    def _set_range(self, value: float) -> None:
        self.range = CURRENT.range_for(value)
        self.range_auto = False

    @query("[:SOURce]:CURRent:RANGe?")
    def _range(self) -> float:
        return self.range

    @command("[:SOURce]:CLEar[:IMMediate]")
    def _clear_source(self) -> None:
        self.level = 0.0
        self._disarm()
        self._set_output(False)

    @command(":OUTPut[:STATe]", boolean)
    def _set_output(self, on: bool) -> None:
        if on and self.interlock_open:
            raise ScpiError(802)
        self.output = on
        self._apply()
        if on:
            self.circuit.source = self.source

    @query(":OUTPut[:STATe]?")
    def _output(self) -> str:
        return "1" if self.output else "0"

    @query(":OUTPut:INTerlock:TRIPped?")
    def _interlock(self) -> str:
        return "0" if self.interlock_open else "1"

    @query(":CALCulate3:LIMit:FAIL?")
    def _in_compliance(self) -> str:
        mine = self.output and self.circuit.source is self.source
        return "1" if mine and self.circuit.operate(self.time).in_limit else "0"

    @command(":FORMat:ELEMents", _ELEMENT, rest=True)
    def _set_elements(self, *names: str) -> None:
        if "ALL" in names:
            self.elements = _ELEMENTS
        elif "DEF" in names:
            self.elements = ("READ", "TST")
        else:
            self.elements = tuple(name for name in _ELEMENTS if name in names)

    @query(":FORMat:ELEMents?")
    def _get_elements(self) -> str:
        return ",".join(self.elements)

    # The 2182A behind RS-232 and trigger link.

    def nanovoltmeter(self) -> Keithley2182ATwin | None:
        """Return the 2182A on the cable; None if nothing is there."""
        if not self.wired:
            return None
        found = self.circuit.instruments.get("nanovoltmeter")
        if found is None:
            found = Keithley2182ATwin(self.circuit, self.clock, "behind the 6221")
        return found if isinstance(found, Keithley2182ATwin) else None

    @query("[:SOURce]:DELTa:NVPResent?")
    def _present(self) -> str:
        return "0" if self.nanovoltmeter() is None else "1"

    @command(":SYSTem:COMMunicate:SERial:SEND", string)
    def _send(self, text: str) -> None:
        meter = self.nanovoltmeter()
        if meter is None:
            raise ScpiError(-241, "no 2182A on RS-232")
        words = text if text[:1] in {":", "*"} else f":SENS:{text}"
        if text.upper().startswith(("SENS", "SYST", "TRIG", "READ", "FETC", "FORM")):
            words = text
        answer = meter.execute(words)
        self._serial = answer if isinstance(answer, str) else ""

    @query(":SYSTem:COMMunicate:SERial:ENTer?")
    def _enter(self) -> str:
        return self._serial

    @command("[:SOURce]:DELTa:ARM")
    def _arm(self) -> None:
        if self.nanovoltmeter() is None:
            raise ScpiError(-241, "no 2182A on RS-232")
        if self.interlock_open:
            raise ScpiError(802)
        self.armed = True
        self.buffer = []
        self._set_output(True)

    @query("[:SOURce]:DELTa:ARM?")
    def _armed(self) -> str:
        return "1" if self.armed else "0"

    @command("[:SOURce]:SWEep:ABORt")
    def _abort(self) -> None:
        self._disarm()
        self.level = 0.0
        self._set_output(False)

    def _disarm(self) -> None:
        """End a delta measurement; what it has stored stays in the buffer."""
        self.armed = False
        self.pending_until = 0.0
        del self.buffer[self.stored :]

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        if not self.armed:
            raise ScpiError(-213, "nothing is armed")
        if self.unit == "W":
            raise ScpiError(-221, "watts are not simulated")
        meter = self.nanovoltmeter()
        if meter is None:
            raise ScpiError(-241)
        wanted = min(self.delta_count, float(self.buffer_points))
        nplc = meter.nplc
        step = self.delta_delay + nplc / self.circuit.line_frequency + MARGIN
        time = self.time
        high, low = (
            self.true_current(self.delta_high),
            self.true_current(self.delta_low),
        )
        volts: list[float] = []
        limited = False
        while len(self.buffer) < wanted:
            self.source.level = low if len(volts) % 2 else high
            time += step
            point = self.circuit.operate(time)
            limited = limited or point.in_limit
            volts.append(meter.volts(time, nplc))
            if len(volts) >= 3:  # noqa: PLR2004
                self._note_delta(time, volts[-3:], len(volts), limited)
        self.source.level = 0.0
        self.pending_until = time

    def _note_delta(
        self, time: float, three: list[float], count: int, limited: bool
    ) -> None:
        sign = 1.0 if count % 2 else -1.0
        value = sign * (three[0] - 2.0 * three[1] + three[2]) / 4.0
        if not math.isfinite(value):
            value = INFINITY
        elif self.unit == "OHMS":
            value /= self.delta_high
        elif self.unit == "SIEM":
            value = self.delta_high / value
        self.buffer.append(
            (
                time,
                {
                    "READ": value,
                    "TST": time - self.epoch,
                    "SOUR": self.delta_high,
                    "AVOL": sum(three) / 3.0,
                    "COMP": float(limited),
                    "RNUM": float(len(self.buffer)),
                },
            )
        )

    def _shown(self, row: dict[str, float]) -> str:
        return ",".join(f"{row[name]:+.8E}" for name in self.elements)

    @property
    def stored(self) -> int:
        """How many readings the buffer holds by now."""
        return bisect_right(self.buffer, self.time, key=lambda row: row[0])

    @query(":TRACe:POINts:ACTual?")
    def _actual(self) -> str:
        return str(self.stored)

    @query(":TRACe:DATA?")
    def _data(self) -> str:
        return self._selected(0, self.stored)

    @query(
        ":TRACe:DATA:SELected?",
        Number(0, 65535, whole=True),
        Number(1, 65536, whole=True),
    )
    def _selected(self, first: float, count: float) -> str:
        start, end = int(first), min(int(first) + int(count), self.stored)
        rows = [self._shown(row) for _, row in self.buffer[start:end]]
        if not rows:
            raise ScpiError(-230)
        return ",".join(rows)

    @query(":SENSe:DATA[:LATest]?")
    def _latest(self) -> str:
        if not self.stored:
            raise ScpiError(-221, "not running")
        return self._shown(self.buffer[self.stored - 1][1])

    @command(":TRACe:CLEar")
    def _clear_buffer(self) -> None:
        self.buffer = []

    @command(":SYSTem:BEEPer[:IMMediate]", Number(), Number(), optional=1)
    def _beep(self, *_: float) -> None:
        """Accept; twins are silent."""


twin = VisaTwin(Keithley6221Twin)
