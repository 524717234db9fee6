"""The twin of a Keithley 2450 in its native SCPI."""

import math

from drivers.keithley import keithley_2450 as driver
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import (
    INFINITY,
    Choice,
    Number,
    boolean,
    string,
    word,
)
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import LINE, SourceFrontEnd
from labctl.clock import Clock

OVERHEAD = 1e-3
INTERLOCK_LIMIT = 21.0
"""Above this the interlock must be asserted, V."""
_LEVEL = "[:SOURce]:{}[:LEVel][:IMMediate][:AMPLitude]"
_OFF = Choice("NORMal|HIMPedance|ZERO|GUARd")
_SWITCHES = ("NPLC", "RSEN", "AUTO", "RANG")


def _function(text: str) -> str:
    name = word(text).strip("\"'").split(":")[0]
    return Choice("VOLTage|CURRent|RESistance")(name)


class Keithley2450Twin(ScpiTwin):
    """A simulated 2450."""

    identification = "KEITHLEY INSTRUMENTS,MODEL 2450,04089762,1.7.12b"
    source_function = setting(
        "[:SOURce]:FUNCtion[:MODE]", default="VOLT", kind=Choice("VOLTage|CURRent")
    )
    voltage_level = number(_LEVEL.format("VOLTage"), default=0.0, low=-210, high=210)
    current_level = number(_LEVEL.format("CURRent"), default=0.0, low=-1.05, high=1.05)
    current_limit = number(
        "[:SOURce]:VOLTage:ILIMit[:LEVel]", default=105e-6, low=1e-9, high=1.05
    )
    voltage_limit = number(
        "[:SOURce]:CURRent:VLIMit[:LEVel]", default=21.0, low=0.02, high=210.0
    )
    voltage_source_auto = switch("[:SOURce]:VOLTage:RANGe:AUTO", default=True)
    current_source_auto = switch("[:SOURce]:CURRent:RANGe:AUTO", default=True)
    voltage_delay = number("[:SOURce]:VOLTage:DELay", default=0.0, low=0.0, high=1e4)
    current_delay = number("[:SOURce]:CURRent:DELay", default=0.0, low=0.0, high=1e4)
    voltage_delay_auto = switch("[:SOURce]:VOLTage:DELay:AUTO", default=True)
    current_delay_auto = switch("[:SOURce]:CURRent:DELay:AUTO", default=True)
    voltage_read_back = switch("[:SOURce]:VOLTage:READ:BACK", default=True)
    current_read_back = switch("[:SOURce]:CURRent:READ:BACK", default=True)
    nplc_current = number(
        ":SENSe:CURRent[:DC]:NPLCycles", default=1.0, low=0.01, high=10.0
    )
    nplc_voltage = number(
        ":SENSe:VOLTage[:DC]:NPLCycles", default=1.0, low=0.01, high=10.0
    )
    nplc_resistance = number(
        ":SENSe:RESistance:NPLCycles", default=1.0, low=0.01, high=10.0
    )
    remote_current = switch(":SENSe:CURRent[:DC]:RSENse")
    remote_voltage = switch(":SENSe:VOLTage[:DC]:RSENse")
    remote_resistance = switch(":SENSe:RESistance:RSENse")
    auto_current = switch(":SENSe:CURRent[:DC]:RANGe:AUTO", default=True)
    auto_voltage = switch(":SENSe:VOLTage[:DC]:RANGe:AUTO", default=True)
    auto_resistance = switch(":SENSe:RESistance:RANGe:AUTO", default=True)
    zero_current = switch(":SENSe:CURRent[:DC]:AZERo[:STATe]", default=True)
    zero_voltage = switch(":SENSe:VOLTage[:DC]:AZERo[:STATe]", default=True)
    zero_resistance = switch(":SENSe:RESistance:AZERo[:STATe]", default=True)
    averaging_current = switch(":SENSe:CURRent[:DC]:AVERage[:STATe]")
    averaging_voltage = switch(":SENSe:VOLTage[:DC]:AVERage[:STATe]")
    averages_current = whole(
        ":SENSe:CURRent[:DC]:AVERage:COUNt", default=10, low=1, high=100
    )
    averages_voltage = whole(
        ":SENSe:VOLTage[:DC]:AVERage:COUNt", default=10, low=1, high=100
    )
    filter_current = setting(
        ":SENSe:CURRent[:DC]:AVERage:TCONtrol",
        default="REP",
        kind=Choice("REPeat|MOVing"),
    )
    filter_voltage = setting(
        ":SENSe:VOLTage[:DC]:AVERage:TCONtrol",
        default="REP",
        kind=Choice("REPeat|MOVing"),
    )
    resistance_range = number(
        ":SENSe:RESistance:RANGe[:UPPer]", default=2e5, low=0.0, high=2e8
    )
    count = whole(":SENSe:COUNt", default=1, low=1, high=300000)
    off_voltage = setting(":OUTPut:VOLTage:SMODe", default="NORM", kind=_OFF)
    off_current = setting(":OUTPut:CURRent:SMODe", default="NORM", kind=_OFF)
    terminals = setting(":ROUTe:TERMinals", default="FRON", kind=Choice("FRONt|REAR"))

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "smu",
        interlock_open: bool = False,
        language: str = "SCPI",
    ) -> None:
        super().__init__(clock)
        self.front = SourceFrontEnd(circuit, name, driver.VOLTAGE, driver.CURRENT)
        self.interlock_open = interlock_open
        self.language = language
        self.epoch = clock.now()
        self.rows: list[dict[str, str]] = []
        self._make_default()

    def _make_default(self) -> None:
        self.output = False
        self.buffer_points = 100000
        self.sense_function = "CURR"
        self.source_range = {"VOLT": 0.02, "CURR": 1e-8}
        self.sense_range = {"VOLT": 2e-2, "CURR": 1e-4}
        self._apply()

    def reset(self) -> None:
        """Put everything back, output off."""
        super().reset()
        self._make_default()
        self.rows = []

    def changed(self, name: str) -> None:
        """Bring source and limits onto the bench."""
        if name == "voltage_level":
            self._follow_range("VOLT", name)
        elif name == "current_level":
            self._follow_range("CURR", name)
        elif name == "voltage_delay":
            self.voltage_delay_auto = False
        elif name == "current_delay":
            self.current_delay_auto = False
        self._apply()

    def _follow_range(self, quantity: str, name: str) -> None:
        volts = quantity == "VOLT"
        spec = driver.VOLTAGE if volts else driver.CURRENT
        value = self.settings[name]
        auto = self.voltage_source_auto if volts else self.current_source_auto
        too_far = abs(value) > self.source_range[quantity] * 1.05 * (1 + 1e-9)
        if auto:
            self.source_range[quantity] = spec.range_for(value)
        elif too_far:
            self.settings[name] = 0.0
            raise ScpiError(-222, f"{value:g} is beyond the fixed source range")
        if volts and self.interlock_open and abs(value) > INTERLOCK_LIMIT:
            self.settings[name] = 0.0
            raise ScpiError(-221, "interlock is open: no more than 21 V")

    def _apply(self) -> None:
        source = self.front.source
        source.on = self.output
        source.holds_voltage = self.source_function == "VOLT"
        if source.holds_voltage:
            source.level, source.limit = self.voltage_level, self.current_limit
        else:
            source.level, source.limit = self.current_level, self.voltage_limit
        volts = self.sense_function == "VOLT"
        source.remote = self.remote_voltage if volts else self.remote_current

    @query("*LANG?")
    def _language(self) -> str:
        return self.language

    @command("[:SOURce]:VOLTage:RANGe", Number(-200.0, 210.0, 0.02))
    def _set_voltage_range(self, value: float) -> None:
        self.source_range["VOLT"] = driver.VOLTAGE.range_for(value)
        self.voltage_source_auto = False

    @command("[:SOURce]:CURRent:RANGe", Number(-1.0, 1.05, 1e-8))
    def _set_current_range(self, value: float) -> None:
        self.source_range["CURR"] = driver.CURRENT.range_for(value)
        self.current_source_auto = False

    @query("[:SOURce]:VOLTage:RANGe?")
    def _voltage_range(self) -> float:
        return self.source_range["VOLT"]

    @query("[:SOURce]:CURRent:RANGe?")
    def _current_range(self) -> float:
        return self.source_range["CURR"]

    @command(":SENSe:VOLTage[:DC]:RANGe[:UPPer]", Number(-210.0, 210.0, 0.02))
    def _set_voltage_sense(self, value: float) -> None:
        self.sense_range["VOLT"] = driver.VOLTAGE.range_for(value)
        self.auto_voltage = False

    @command(":SENSe:CURRent[:DC]:RANGe[:UPPer]", Number(-1.05, 1.05, 1e-4))
    def _set_current_sense(self, value: float) -> None:
        self.sense_range["CURR"] = driver.CURRENT.range_for(value)
        self.auto_current = False

    @query(":SENSe:VOLTage[:DC]:RANGe[:UPPer]?")
    def _voltage_sense(self) -> float:
        return self.sense_range["VOLT"]

    @query(":SENSe:CURRent[:DC]:RANGe[:UPPer]?")
    def _current_sense(self) -> float:
        return self.sense_range["CURR"]

    @command(":SENSe:FUNCtion[:ON]", _function)
    def _set_function(self, name: str) -> None:
        self.sense_function = name
        self._apply()

    @query(":SENSe:FUNCtion[:ON]?")
    def _get_function(self) -> str:
        name = self.sense_function
        return f'"{name}"' if name == "RES" else f'"{name}:DC"'

    @command(":OUTPut[:STATe]", boolean)
    def _set_output(self, on: bool) -> None:
        self.output = on
        self.front.source.on = on
        if on:
            self.front.connect()

    @query(":OUTPut[:STATe]?")
    def _output(self) -> str:
        return "1" if self.output else "0"

    @query(":OUTPut:INTerlock:TRIPped?")
    def _interlock(self) -> str:
        return "0" if self.interlock_open else "1"

    @query("[:SOURce]:VOLTage:ILIMit[:LEVel]:TRIPped?")
    @query("[:SOURce]:CURRent:VLIMit[:LEVel]:TRIPped?")
    def _tripped(self) -> str:
        limited = self.output and self.front.circuit.operate(self.time).in_limit
        return "1" if limited else "0"

    @property
    def nplc(self) -> float:
        """Return the integration time of the sense function, PLC."""
        return float(
            self.nplc_voltage if self.sense_function == "VOLT" else self.nplc_current
        )

    def take(self) -> None:
        """Take one reading into the buffer."""
        volts = self.source_function == "VOLT"
        auto = self.voltage_delay_auto if volts else self.current_delay_auto
        set_delay = self.voltage_delay if volts else self.current_delay
        delay = 1e-3 if auto else set_delay
        self.time += delay + 2.0 * self.nplc / LINE + OVERHEAD
        fixed_volts = None if self.auto_voltage else self.sense_range["VOLT"]
        fixed_amperes = None if self.auto_current else self.sense_range["CURR"]
        if volts:
            fixed_volts = self.source_range["VOLT"]
        else:
            fixed_amperes = self.source_range["CURR"]
        measured = self.front.measure(self.time, self.nplc, fixed_volts, fixed_amperes)
        source, sense = measured.voltage, measured.current
        if not volts:
            source, sense = sense, source
        if not (self.voltage_read_back if volts else self.current_read_back):
            source = self.voltage_level if volts else self.current_level
        wanted = self.sense_function
        if wanted == ("VOLT" if volts else "CURR"):
            sense = source
        elif wanted == "RES":
            sense = (
                measured.voltage / measured.current if measured.current else math.inf
            )
        limited = measured.in_compliance or measured.in_range_compliance
        self.rows.append(
            {
                "READ": _text(sense),
                "SOUR": _text(source),
                "REL": f"{self.time - self.epoch:.6f}",
                "STAT": "0",
                "SOURSTAT": "8" if limited else "0",
                "UNIT": {"VOLT": "Volt DC", "CURR": "Amp DC"}.get(wanted, "Ohm"),
                "SOURUNIT": "Volt DC" if volts else "Amp DC",
            }
        )

    @query(":READ?", string, word, word, word, word, word, optional=6)
    def _read(self, _buffer: str = "", *elements: str) -> str:
        for _ in range(self.count):
            self.take()
        return self._row(-1, elements)

    @query(":FETCh?", string, word, word, word, word, word, optional=6)
    def _fetch(self, _buffer: str = "", *elements: str) -> str:
        if not self.rows:
            raise ScpiError(-230)
        return self._row(-1, elements)

    @query(":MEASure?", string, word, word, word, word, word, optional=6)
    def _measure(self, _buffer: str = "", *elements: str) -> str:
        return self._read(_buffer, *elements)

    @query(":MEASure:CURRent[:DC]?", string, optional=1)
    def _measure_current(self, _buffer: str = "") -> str:
        self._set_function("CURR")
        return self._read()

    @query(":MEASure:VOLTage[:DC]?", string, optional=1)
    def _measure_voltage(self, _buffer: str = "") -> str:
        self._set_function("VOLT")
        return self._read()

    @query(":MEASure:RESistance?", string, optional=1)
    def _measure_resistance(self, _buffer: str = "") -> str:
        self._set_function("RES")
        return self._read()

    def _row(self, index: int, elements: tuple[str, ...]) -> str:
        row = self.rows[index]
        try:
            return ",".join(row[name] for name in elements or ("READ",))
        except KeyError as error:
            raise ScpiError(-224, str(error)) from None

    @command(
        ":TRACe:CLEar",
        string,
        optional=1,
    )
    def _clear_buffer(self, _buffer: str = "") -> None:
        self.rows = []

    @command(":TRACe:POINts", Number(10, 1e6, 1e5, whole=True), string, optional=1)
    def _set_size(self, points: int, _buffer: str = "") -> None:
        self.buffer_points = points
        self.rows = []

    @query(":TRACe:POINts?", string, optional=1)
    def _size(self, _buffer: str = "") -> str:
        return str(self.buffer_points)

    @command(":SENSe:AZERo:ONCE")
    def _zero_once(self) -> None:
        self.time += 2.0 * self.nplc / LINE

    @query(":SYSTem:LFRequency?")
    def _line(self) -> str:
        return f"{LINE:g}"

    @query(":TRACe:ACTual?", string, optional=1)
    def _actual(self, _buffer: str = "") -> str:
        return str(len(self.rows))

    @command(":TRACe:TRIGger", string, optional=1)
    def _trigger_buffer(self, _buffer: str = "") -> None:
        for _ in range(self.count):
            self.take()

    @query(
        ":TRACe:DATA?",
        Number(1, 1e6, whole=True),
        Number(1, 1e6, whole=True),
        string,
        word,
        word,
        word,
        word,
        optional=5,
    )
    def _data(self, first: int, last: int, _buffer: str = "", *elements: str) -> str:
        if last > len(self.rows):
            raise ScpiError(-222, "not so many readings")
        rows = range(first - 1, last)
        return ",".join(self._row(k, elements) for k in rows)

    @command(
        "[:SOURce]:SWEep:VOLTage:LINear",
        Number(-210.0, 210.0),
        Number(-210.0, 210.0),
        Number(2, 1e6, whole=True),
        Number(-1.0, 1e4),
        Number(0, 268435455, whole=True),
        word,
        word,
        word,
        string,
        optional=6,
    )
    def _sweep(self, start: float, stop: float, points: int, *rest: object) -> None:
        levels = [start + (stop - start) * k / (points - 1) for k in range(points)]
        dual = len(rest) > 4 and rest[4] in {"ON", "1"}  # noqa: PLR2004
        self._levels = levels + levels[-2::-1] if dual else levels

    _levels: tuple[float, ...] | list[float] = ()

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        start = self.time
        self.rows = []  # the first block of a sweep's trigger model clears the buffer
        self._set_output(True)
        for level in self._levels:
            self.front.source.level = level
            self.take()
        self._set_output(False)
        self.pending_until, self.time = self.time, start

    @query(":TRIGger:STATe?")
    def _trigger_state(self) -> str:
        return "IDLE;IDLE;0" if self.time >= self.pending_until else "RUNNING;RUNNING;0"

    @command(":ABORt")
    def _abort(self) -> None:
        self.pending_until = 0.0

    @query(":SYSTem:EVENtlog:NEXT?")
    def _event(self) -> str:
        return self._error()


def _text(value: float) -> str:
    if math.isinf(value):
        value = math.copysign(INFINITY, value)
    return f"{value:.6E}"


twin = VisaTwin(Keithley2450Twin)
