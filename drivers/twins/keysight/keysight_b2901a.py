"""The twin of a Keysight B2901A."""

from drivers.specification import Specification
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.mains import OnTheMains
from drivers.twins.scpi.parameters import (
    INFINITY,
    Choice,
    bounded,
    channel_list,
    string,
)
from drivers.twins.scpi.source_meter import LEVEL, SourceMeterTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from labctl.clock import Clock

VOLTAGE = Specification((0.2, 2.0, 20.0, 200.0), 1.5e-4, 5e-5, 3e-6)
CURRENT = Specification(
    (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 1.5), 2e-4, 1e-4, 3e-6
)
OVERHEAD = 1e-3
ELEMENTS = ("VOLT", "CURR", "RES", "TIME", "STAT", "SOUR")
_ELEMENT = Choice("VOLTage|CURRent|RESistance|TIME|STATus|SOURce")
INTERLOCK_LIMIT = 42.0
"""Above this the interlock must be closed, V."""


class KeysightB2901ATwin(OnTheMains, SourceMeterTwin):
    """A simulated B2901A."""

    identification = "Keysight Technologies,B2901A,MY51140123,3.4.2011.5100"
    voltage_spec = VOLTAGE
    current_spec = CURRENT
    source_function = setting(
        "[:SOURce]:FUNCtion:MODE", default="VOLT", kind=Choice("VOLTage|CURRent")
    )
    source_shape = setting(
        "[:SOURce]:FUNCtion[:SHAPe]", default="DC", kind=Choice("DC")
    )
    voltage_level = number(LEVEL.format("VOLTage"), default=0.0, low=-210, high=210)
    current_level = number(LEVEL.format("CURRent"), default=0, low=-1.515, high=1.515)
    voltage_range = number(
        "[:SOURce]:VOLTage:RANGe", default=2.0, low=-210.0, high=210.0
    )
    current_range = number(
        "[:SOURce]:CURRent:RANGe", default=1e-4, low=-1.515, high=1.515
    )
    voltage_mode = setting(
        "[:SOURce]:VOLTage:MODE", default="FIX", kind=Choice("FIXed|SWEep")
    )
    current_mode = setting(
        "[:SOURce]:CURRent:MODE", default="FIX", kind=Choice("FIXed")
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
    voltage_sense_range = number(
        ":SENSe:VOLTage[:DC]:RANGe[:UPPer]", default=2.0, low=-210.0, high=210.0
    )
    current_sense_range = number(
        ":SENSe:CURRent[:DC]:RANGe[:UPPer]", default=1e-4, low=-1.515, high=1.515
    )
    remote_sense = switch(":SENSe:REMote")
    trigger_source = setting(
        ":TRIGger[:ALL]:SOURce", default="AINT", kind=Choice("AINT")
    )
    source_delay = number(":TRIGger:TRANsient:DELay", default=0.0, low=0.0, high=1e5)
    acquire_delay = number(":TRIGger:ACQuire:DELay", default=0.0, low=0.0, high=1e5)
    trigger_count = whole(":TRIGger[:ALL]:COUNt", default=1, low=1, high=100000)
    off_mode = setting(
        ":OUTPut:OFF:MODE", default="NORM", kind=Choice("ZERO|HIZ|NORMal")
    )
    low_terminal = setting(":OUTPut:LOW", default="GRO", kind=Choice("FLOat|GROund"))
    output_filter = switch(":OUTPut:FILTer", default=True)
    data_format = setting(":FORMat[:DATA]", default="ASC", kind=Choice("ASCii"))

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "smu",
        interlock_open: bool = False,
    ) -> None:
        self.rows: list[dict[str, float]] = []
        super().__init__(circuit, clock, name, interlock_open)

    def make_default(self) -> None:
        """See `SourceMeterTwin`."""
        self.functions: tuple[str, ...] = ("VOLT", "CURR")
        self.elements: tuple[str, ...] = ELEMENTS
        super().make_default()

    def refuse_output(self) -> None:
        """Refuse a high voltage while the interlock is open."""
        highest = max(self.voltage_range, abs(self.voltage_level))
        if self.interlock_open and highest > INTERLOCK_LIMIT:
            raise ScpiError(802)

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

    @query(":SYSTem:INTerlock:TRIPped?")
    def _interlock(self) -> bool:
        return self.interlock_open

    @query(":SENSe:CURRent[:DC]:PROTection:TRIPped?")
    @query(":SENSe:VOLTage[:DC]:PROTection:TRIPped?")
    def _tripped(self) -> bool:
        return self.is_limited()

    def take(self) -> dict[str, float]:
        """Take one reading."""
        self.time += (
            self.acquire_delay
            + 2.0 * self.nplc / self.circuit.line_frequency
            + OVERHEAD
        )
        measured = self.measure(self.nplc)
        v, i = bounded(measured.voltage), bounded(measured.current)
        row = {
            "VOLT": v,
            "CURR": i,
            "RES": v / i if i else INFINITY,
            "TIME": self.time - self.epoch,
            "STAT": 0.0,
            "SOUR": self.voltage_level if self.holds_voltage else self.current_level,
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

    @query(":MEASure:RESistance?", channel_list, optional=1)
    def _measure_resistance(self, _channels: object = None) -> str:
        self._set_output(True)
        return f"{self.take()['RES']:+.6E}"

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


twin = VisaTwin(KeysightB2901ATwin)
