"""The twin of a Keithley 2000; only its DC volts are wired to the bench."""

import math

from drivers.keithley import keithley_2000 as driver
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import INFINITY, Choice, Number, word
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import Meter
from labctl.clock import Clock

OVERHEAD = 2e-3
FUNCTIONS = (
    "VOLT:DC",
    "VOLT:AC",
    "CURR:DC",
    "CURR:AC",
    "RES",
    "FRES",
    "FREQ",
    "PER",
    "TEMP",
    "DIOD",
    "CONT",
)
_ALIASES = {"VOLT": "VOLT:DC", "CURR": "CURR:DC"}


def _function(text: str) -> str:
    name = word(text).strip("\"'")
    name = _ALIASES.get(name, name)
    if name not in FUNCTIONS:
        raise ScpiError(-224, text)
    return name


class Keithley2000Twin(ScpiTwin):
    """A simulated 2000."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 2000,1167890,A19  /A02"
    function = setting(
        "[:SENSe]:FUNCtion", default="VOLT:DC", kind=_function, shown='"{}"'.format
    )
    nplc = number("[:SENSe]:VOLTage[:DC]:NPLCycles", default=1.0, low=0.01, high=10.0)
    auto = switch("[:SENSe]:VOLTage[:DC]:RANGe:AUTO", default=True)
    reference = number(
        "[:SENSe]:VOLTage[:DC]:REFerence", default=0.0, low=-1010, high=1010
    )
    relative = switch("[:SENSe]:VOLTage[:DC]:REFerence:STATe")
    digits = whole("[:SENSe]:VOLTage[:DC]:DIGits", default=7, low=4, high=7)
    averaging = switch("[:SENSe]:VOLTage[:DC]:AVERage[:STATe]")
    averages = whole("[:SENSe]:VOLTage[:DC]:AVERage:COUNt", default=10, low=1, high=100)
    averaging_kind = setting(
        "[:SENSe]:VOLTage[:DC]:AVERage:TCONtrol",
        default="MOV",
        kind=Choice("MOVing|REPeat"),
    )
    continuous = switch(":INITiate:CONTinuous", default=True)
    autozero = switch(":SYSTem:AZERo[:STATe]", default=True)
    beeper = switch(":SYSTem:BEEPer:STATe", default=True)
    trigger_count = number(
        ":TRIGger[:SEQuence]:COUNt",
        default=1,
        low=1,
        high=9999,
        infinite=True,
        shown=lambda count: "+9.9E37" if math.isinf(count) else f"{count:.0f}",
    )
    trigger_delay = number(
        ":TRIGger[:SEQuence]:DELay", default=0, low=0, high=999999.999
    )
    trigger_source = setting(
        ":TRIGger[:SEQuence]:SOURce",
        default="IMM",
        kind=Choice("IMMediate|TIMer|MANual|BUS|EXTernal"),
    )
    trigger_timer = number(
        ":TRIGger[:SEQuence]:TIMer", default=0.1, low=1e-3, high=999999.999
    )
    display = switch(":DISPlay[:WINDow]:ENABle", default=True)
    data_format = setting(":FORMat[:DATA]", default="ASC", kind=Choice("ASCii"))
    elements = setting(":FORMat:ELEMents", default="READ", kind=word)

    def __init__(self, circuit: Circuit, clock: Clock, name: str = "voltmeter") -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.meter = Meter(circuit, name, driver.VOLTAGE)
        self.range = 1000.0
        self.channel = ""
        self.last: float | None = None

    @command("[:SENSe]:VOLTage[:DC]:RANGe[:UPPer]", Number(-1010.0, 1010.0, 1000.0))
    def _set_range(self, value: float) -> None:
        self.range = driver.VOLTAGE.range_for(value)
        self.auto = False

    @query("[:SENSe]:VOLTage[:DC]:RANGe[:UPPer]?")
    def _range(self) -> float:
        return self.range

    @command(":CONFigure:VOLTage[:DC]")
    def _configure(self) -> None:
        self.function = "VOLT:DC"
        self.nplc, self.auto, self.averaging = 1.0, True, False

    @query(":CONFigure?")
    def _configured(self) -> str:
        return f'"{self.function}"'

    def take(self) -> float:
        """Take one reading; other functions than DC volts read zero."""
        repeats = self.averaging and self.averaging_kind == "REP"
        zero = 2.0 if self.autozero else 1.0
        count = self.averages if repeats else 1
        self.time += (
            count * (zero * self.nplc / self.circuit.line_frequency + OVERHEAD)
            + self.trigger_delay
        )
        nplc = self.nplc * (self.averages if self.averaging else 1)
        value = 0.0
        if self.function == "VOLT:DC":
            point = self.circuit.operate(self.time)
            thermal = self.circuit.johnson(
                self.time, nplc / self.circuit.line_frequency
            )
            fixed = None if self.auto else self.range
            value = self.meter.convert(point.sensed, fixed, nplc, thermal)
        if math.isinf(value):
            value = math.copysign(INFINITY, value)
        if self.relative:
            value -= self.reference
        self.last = value
        return value

    @query(":READ?")
    def _read(self) -> str:
        count = int(min(self.trigger_count, 1024))
        return ",".join(f"{self.take():+.8E}" for _ in range(count))

    @query(":MEASure:VOLTage[:DC]?")
    def _measure(self) -> str:
        self._configure()
        return self._read()

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        if self.continuous:
            raise ScpiError(-213)
        start = self.time
        self.take()
        self.pending_until, self.time = self.time, start

    @query(":FETCh?")
    @query("[:SENSe]:DATA[:LATest]?")
    def _fetch(self) -> str:
        self.time = max(self.time, self.pending_until)
        if self.last is None:
            raise ScpiError(-230)
        return f"{self.last:+.8E}"

    @query("[:SENSe]:DATA:FRESh?")
    def _fresh(self) -> str:
        if self.continuous:  # the meter runs by itself: the next one it takes
            return f"{self.take():+.8E}"
        return self._fetch()

    @command(":ABORt")
    def _abort(self) -> None:
        self.pending_until = 0.0

    @command(":ROUTe:CLOSe", word)
    def _close(self, channels: str) -> None:
        self.channel = channels

    @query(":ROUTe:CLOSe:STATe?")
    def _closed(self) -> str:
        return self.channel or "(@)"

    @command(":ROUTe:OPEN:ALL")
    def _open(self) -> None:
        self.channel = ""


twin = VisaTwin(Keithley2000Twin)
