"""The twin of a Keysight B2901A."""

import math

from drivers.keysight import keysight_b2901a as driver
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import (
    INFINITY,
    Choice,
    Number,
    boolean,
    channel_list,
    string,
    word,
)
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import LINE, SourceFrontEnd
from labctl.clock import Clock

OVERHEAD = 1e-3
ELEMENTS = ("VOLT", "CURR", "RES", "TIME", "STAT", "SOUR")
_ELEMENT = Choice("VOLTage|CURRent|RESistance|TIME|STATus|SOURce")
_LEVEL = "[:SOURce]:{}[:LEVel][:IMMediate][:AMPLitude]"


class KeysightB2901ATwin(ScpiTwin):
    """A simulated B2901A."""

    identification = "Keysight Technologies,B2901A,MY51140123,3.4.2011.5100"
    source_function = setting(
        "[:SOURce]:FUNCtion:MODE", default="VOLT", kind=Choice("VOLTage|CURRent")
    )
    source_shape = setting(
        "[:SOURce]:FUNCtion[:SHAPe]", default="DC", kind=Choice("DC|PULSe")
    )
    voltage_level = number(_LEVEL.format("VOLTage"), default=0.0, low=-210, high=210)
    current_level = number(_LEVEL.format("CURRent"), default=0, low=-1.515, high=1.515)
    voltage_source_auto = switch("[:SOURce]:VOLTage:RANGe:AUTO", default=True)
    current_source_auto = switch("[:SOURce]:CURRent:RANGe:AUTO", default=True)
    voltage_mode = setting(
        "[:SOURce]:VOLTage:MODE", default="FIX", kind=Choice("FIXed|SWEep|LIST")
    )
    current_mode = setting(
        "[:SOURce]:CURRent:MODE", default="FIX", kind=Choice("FIXed|SWEep|LIST")
    )
    voltage_start = number("[:SOURce]:VOLTage:STARt", default=0.0, low=-210, high=210)
    voltage_stop = number("[:SOURce]:VOLTage:STOP", default=0.0, low=-210, high=210)
    points = whole("[:SOURce]:VOLTage:POINts", default=1, low=1, high=2500)
    sweep_state = setting(
        "[:SOURce]:SWEep:STAir", default="SING", kind=Choice("SINGle|DOUBle")
    )
    current_limit = number(
        ":SENSe:CURRent[:DC]:PROTection[:LEVel]", default=1e-4, low=1e-9, high=1.515
    )
    voltage_limit = number(
        ":SENSe:VOLTage[:DC]:PROTection[:LEVel]", default=2.0, low=0.02, high=210.0
    )
    nplc = number(
        ":SENSe:CURRent[:DC]:NPLCycles",
        ":SENSe:VOLTage[:DC]:NPLCycles",
        default=0.1,
        low=4e-4,
        high=100.0,
    )
    auto_current = switch(":SENSe:CURRent[:DC]:RANGe:AUTO", default=True)
    auto_voltage = switch(":SENSe:VOLTage[:DC]:RANGe:AUTO", default=True)
    remote = switch(":SENSe:REMote")
    acquire_delay = number(":TRIGger:ACQuire:DELay", default=0.0, low=0.0, high=1e5)
    trigger_count = whole(":TRIGger[:ALL]:COUNt", default=1, low=1, high=100000)
    off_mode = setting(
        ":OUTPut:OFF:MODE", default="NORM", kind=Choice("ZERO|HIZ|NORMal")
    )
    low_terminal = setting(":OUTPut:LOW", default="GRO", kind=Choice("FLOat|GROund"))
    output_filter = switch(":OUTPut:FILTer", default=True)
    data_format = setting(
        ":FORMat[:DATA]", default="ASC", kind=Choice("ASCii|REAL"), shown=str
    )

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "smu",
        interlock_open: bool = False,
    ) -> None:
        super().__init__(clock)
        self.front = SourceFrontEnd(circuit, name, driver.VOLTAGE, driver.CURRENT)
        self.interlock_open = interlock_open
        self.epoch = clock.now()
        self.rows: list[dict[str, float]] = []
        self._make_default()

    def _make_default(self) -> None:
        self.output = False
        self.source_range = {"VOLT": 2.0, "CURR": 1e-4}
        self.sense_range = {"VOLT": 2.0, "CURR": 1e-4}
        self.functions: tuple[str, ...] = ("VOLT", "CURR")
        self.elements: tuple[str, ...] = ELEMENTS
        self._apply()

    def reset(self) -> None:
        """Put everything back, output off."""
        super().reset()
        self._make_default()

    def changed(self, name: str) -> None:
        """Bring source and limits onto the bench."""
        if name in {"voltage_level", "current_level"}:
            volts = name == "voltage_level"
            quantity = "VOLT" if volts else "CURR"
            value = self.settings[name]
            auto = self.voltage_source_auto if volts else self.current_source_auto
            if auto:
                spec = driver.VOLTAGE if volts else driver.CURRENT
                self.source_range[quantity] = spec.range_for(value)
            elif abs(value) > self.source_range[quantity] * 1.05 * (1 + 1e-9):
                self.settings[name] = 0.0
                raise ScpiError(-222, "beyond the fixed source range")
        self._apply()

    def _apply(self) -> None:
        source = self.front.source
        source.on = self.output
        source.holds_voltage = self.source_function == "VOLT"
        if source.holds_voltage:
            source.level, source.limit = self.voltage_level, self.current_limit
        else:
            source.level, source.limit = self.current_level, self.voltage_limit
        source.remote = self.remote

    @command("[:SOURce]:VOLTage:RANGe", Number(-210.0, 210.0, 2.0))
    def _set_voltage_range(self, value: float) -> None:
        self.source_range["VOLT"] = driver.VOLTAGE.range_for(value)
        self.voltage_source_auto = False

    @command("[:SOURce]:CURRent:RANGe", Number(-1.515, 1.515, 1e-4))
    def _set_current_range(self, value: float) -> None:
        self.source_range["CURR"] = driver.CURRENT.range_for(value)
        self.current_source_auto = False

    @query("[:SOURce]:VOLTage:RANGe?")
    def _voltage_range(self) -> float:
        return self.source_range["VOLT"]

    @query("[:SOURce]:CURRent:RANGe?")
    def _current_range(self) -> float:
        return self.source_range["CURR"]

    @command(":SENSe:VOLTage[:DC]:RANGe[:UPPer]", Number(-210.0, 210.0, 2.0))
    def _set_voltage_sense(self, value: float) -> None:
        self.sense_range["VOLT"] = driver.VOLTAGE.range_for(value)
        self.auto_voltage = False

    @command(":SENSe:CURRent[:DC]:RANGe[:UPPer]", Number(-1.515, 1.515, 1e-4))
    def _set_current_sense(self, value: float) -> None:
        self.sense_range["CURR"] = driver.CURRENT.range_for(value)
        self.auto_current = False

    @query(":SENSe:VOLTage[:DC]:RANGe[:UPPer]?")
    def _voltage_sense(self) -> float:
        return self.sense_range["VOLT"]

    @query(":SENSe:CURRent[:DC]:RANGe[:UPPer]?")
    def _current_sense(self) -> float:
        return self.sense_range["CURR"]

    @command(":SENSe:FUNCtion[:ON]", string, rest=True)
    def _set_functions(self, *names: str) -> None:
        self.functions = tuple(Choice("VOLTage|CURRent|RESistance")(n) for n in names)

    @query(":SENSe:FUNCtion[:ON]?")
    def _get_functions(self) -> str:
        return ",".join(f'"{name}"' for name in self.functions)

    @command(":FORMat:ELEMents:SENSe", _ELEMENT, rest=True)
    def _set_elements(self, *names: str) -> None:
        self.elements = tuple(name for name in ELEMENTS if name in names)

    @query(":FORMat:ELEMents:SENSe?")
    def _get_elements(self) -> str:
        return ",".join(self.elements)

    @command(":OUTPut[:STATe]", boolean)
    def _set_output(self, on: bool) -> None:
        high = max(self.source_range["VOLT"], abs(self.voltage_level)) > 42.0  # noqa: PLR2004
        if on and self.interlock_open and high:
            raise ScpiError(802)
        self.output = on
        self.front.source.on = on
        if on:
            self.front.connect()

    @query(":OUTPut[:STATe]?")
    def _output(self) -> str:
        return "1" if self.output else "0"

    @query(":SYSTem:INTerlock:TRIPped?")
    def _interlock(self) -> str:
        return "1" if self.interlock_open else "0"

    @query(":SENSe:CURRent[:DC]:PROTection:TRIPped?")
    @query(":SENSe:VOLTage[:DC]:PROTection:TRIPped?")
    def _tripped(self) -> str:
        limited = self.output and self.front.circuit.operate(self.time).in_limit
        return "1" if limited else "0"

    def take(self) -> dict[str, float]:
        """Take one reading."""
        self.time += self.acquire_delay + 2.0 * self.nplc / LINE + OVERHEAD
        fixed_volts = None if self.auto_voltage else self.sense_range["VOLT"]
        fixed_amperes = None if self.auto_current else self.sense_range["CURR"]
        volts = self.source_function == "VOLT"
        if volts:
            fixed_volts = self.source_range["VOLT"]
        else:
            fixed_amperes = self.source_range["CURR"]
        measured = self.front.measure(self.time, self.nplc, fixed_volts, fixed_amperes)
        v, i = _bounded(measured.voltage), _bounded(measured.current)
        row = {
            "VOLT": v,
            "CURR": i,
            "RES": v / i if i else INFINITY,
            "TIME": self.time - self.epoch,
            "STAT": 0.0,
            "SOUR": self.voltage_level if volts else self.current_level,
        }
        self.rows.append(row)
        return row

    @query(":MEASure?", channel_list, optional=1)
    def _measure(self, _channels: object = None) -> str:
        self._set_output(True)
        row = self.take()
        return ",".join(f"{row[name]:+.6E}" for name in self.elements)

    @query(":MEASure:CURRent[:DC]?", channel_list, optional=1)
    def _measure_current(self, _channels: object = None) -> str:
        self._set_output(True)
        return f"{self.take()['CURR']:+.6E}"

    @query(":MEASure:VOLTage[:DC]?", channel_list, optional=1)
    def _measure_voltage(self, _channels: object = None) -> str:
        self._set_output(True)
        return f"{self.take()['VOLT']:+.6E}"

    @command(":INITiate[:IMMediate][:ALL]", channel_list, optional=1)
    def _initiate(self, _channels: object = None) -> None:
        start = self.time
        self._set_output(True)
        levels = []
        if self.voltage_mode == "SWE":
            n, first, last = self.points, self.voltage_start, self.voltage_stop
            levels = [first + (last - first) * k / max(n - 1, 1) for k in range(n)]
            if self.sweep_state == "DOUB":
                levels += levels[::-1]
        self.rows = []
        for k in range(self.trigger_count):
            if levels:
                self.front.source.level = levels[k % len(levels)]
            self.take()
        self.pending_until, self.time = self.time, start

    @query(":FETCh:ARRay:CURRent?", channel_list, optional=1)
    def _currents(self, _channels: object = None) -> str:
        return self._column("CURR")

    @query(":FETCh:ARRay:VOLTage?", channel_list, optional=1)
    def _voltages(self, _channels: object = None) -> str:
        return self._column("VOLT")

    @query(":FETCh:ARRay:TIME?", channel_list, optional=1)
    def _times(self, _channels: object = None) -> str:
        return self._column("TIME")

    @query(":FETCh:ARRay:SOURce?", channel_list, optional=1)
    def _sources(self, _channels: object = None) -> str:
        return self._column("SOUR")

    def _column(self, name: str) -> str:
        self.time = max(self.time, self.pending_until)
        if not self.rows:
            raise ScpiError(-230)
        return ",".join(f"{row[name]:+.6E}" for row in self.rows)

    @command(":TRIGger[:ALL]:SOURce", word)
    @command(":TRIGger:TRANsient:DELay", word)
    def _ignore(self, _value: str) -> None:
        """Accept."""


def _bounded(value: float) -> float:
    return math.copysign(INFINITY, value) if math.isinf(value) else value


twin = VisaTwin(KeysightB2901ATwin)
