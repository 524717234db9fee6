"""The twin of a Keithley 2450 in its native SCPI."""

import math

from drivers.specification import Specification
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.mains import OnTheMains
from drivers.twins.scpi.parameters import (
    Choice,
    Number,
    bounded,
    string,
    word,
)
from drivers.twins.scpi.source_meter import LEVEL, SourceMeterTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from labctl.clock import Clock

VOLTAGE = Specification((0.02, 0.2, 2.0, 20.0, 200.0), 1.5e-4, 3e-5, 2e-6)
CURRENT = Specification(
    (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0), 5e-4, 1e-4, 2e-6
)
OVERHEAD = 1e-3
INTERLOCK_LIMIT = 21.0
"""Above this the interlock must be asserted, V."""
_OFF = Choice("NORMal|HIMPedance|ZERO|GUARd")


def _function(text: str) -> str:
    name = word(text).strip("\"'").split(":")[0]
    return Choice("VOLTage|CURRent|RESistance")(name)


class Keithley2450Twin(OnTheMains, SourceMeterTwin):
    """A simulated 2450."""

    identification = "KEITHLEY INSTRUMENTS,MODEL 2450,04089762,1.7.12b"
    voltage_spec = VOLTAGE
    current_spec = CURRENT
    source_function = setting(
        "[:SOURce]:FUNCtion[:MODE]", default="VOLT", kind=Choice("VOLTage|CURRent")
    )
    voltage_level = number(LEVEL.format("VOLTage"), default=0.0, low=-210, high=210)
    current_level = number(LEVEL.format("CURRent"), default=0.0, low=-1.05, high=1.05)
    current_limit = number(
        "[:SOURce]:VOLTage:ILIMit[:LEVel]", default=105e-6, low=1e-9, high=1.05
    )
    voltage_limit = number(
        "[:SOURce]:CURRent:VLIMit[:LEVel]", default=21.0, low=0.02, high=210.0
    )
    voltage_range = number(
        "[:SOURce]:VOLTage:RANGe", default=0.02, low=-200.0, high=210.0
    )
    current_range = number("[:SOURce]:CURRent:RANGe", default=1e-8, low=-1.0, high=1.05)
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
    voltage_sense_range = number(
        ":SENSe:VOLTage[:DC]:RANGe[:UPPer]", default=0.02, low=-210.0, high=210.0
    )
    current_sense_range = number(
        ":SENSe:CURRent[:DC]:RANGe[:UPPer]", default=1e-4, low=-1.05, high=1.05
    )
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
        self.language = language
        self.rows: list[dict[str, str]] = []
        super().__init__(circuit, clock, name, interlock_open)

    def make_default(self) -> None:
        """See `SourceMeterTwin`."""
        self.buffer_points = 100000
        self.sense_function = "CURR"
        self.rows = []
        super().make_default()

    def changed(self, name: str) -> None:
        """See `SourceMeterTwin`; a delay that is set is no longer the automatic one."""
        if name in {"voltage_delay", "current_delay"}:
            self.settings[f"{name}_auto"] = False
        super().changed(name)

    def follow(self, quantity: str, level: float, spec: Specification) -> None:
        """Refuse a high voltage while the interlock is open."""
        super().follow(quantity, level, spec)
        high = quantity == "voltage" and abs(level) > INTERLOCK_LIMIT
        if high and self.interlock_open:
            raise ScpiError(-221, "interlock is open: no more than 21 V")

    @property
    def remote_sense(self) -> bool:
        """See `SourceMeterTwin`; each sense function has its own switch."""
        volts = self.sense_function == "VOLT"
        return bool(self.remote_voltage if volts else self.remote_current)

    @query("*LANG?")
    def _language(self) -> str:
        return self.language

    @command(":SENSe:FUNCtion[:ON]", _function)
    def _set_function(self, name: str) -> None:
        self.sense_function = name
        self.apply()

    @query(":SENSe:FUNCtion[:ON]?")
    def _get_function(self) -> str:
        name = self.sense_function
        return f'"{name}"' if name == "RES" else f'"{name}:DC"'

    @query(":OUTPut:INTerlock:TRIPped?")
    def _interlock(self) -> bool:
        return not self.interlock_open

    @query("[:SOURce]:VOLTage:ILIMit[:LEVel]:TRIPped?")
    @query("[:SOURce]:CURRent:VLIMit[:LEVel]:TRIPped?")
    def _tripped(self) -> bool:
        return self.is_limited()

    @property
    def nplc(self) -> float:
        """Return the integration time of the sense function, PLC."""
        return float(
            self.nplc_voltage if self.sense_function == "VOLT" else self.nplc_current
        )

    def take(self) -> None:
        """Take one reading into the buffer."""
        volts = self.holds_voltage
        auto = self.voltage_delay_auto if volts else self.current_delay_auto
        set_delay = self.voltage_delay if volts else self.current_delay
        delay = 1e-3 if auto else set_delay
        self.time += delay + 2.0 * self.nplc / self.circuit.line_frequency + OVERHEAD
        measured = self.measure(self.nplc)
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

    @command(":TRACe:CLEar", string, optional=1)
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
        self.time += 2.0 * self.nplc / self.circuit.line_frequency

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
    return f"{bounded(value):.6E}"


twin = VisaTwin(Keithley2450Twin)
