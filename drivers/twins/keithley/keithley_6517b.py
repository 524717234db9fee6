"""The twin of a Keithley 6517B; only its ammeter and source are wired to the bench."""

import math

from drivers.keithley import keithley_6517b as driver
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import INFINITY, Choice, Number, boolean, word
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit, Source
from drivers.twins.world.front_end import Meter
from labctl.clock import Clock

OVERHEAD = 4e-3
SOURCE_LIMITS = {100.0: 0.01, 1000.0: 0.001}
"""What the source can deliver on its ranges, A."""
INTERLOCKED = 100.0


def _function(text: str) -> str:
    name = word(text).strip("\"'").split(":")[0]
    return Choice("VOLTage|CURRent|RESistance|CHARge")(name)


class Keithley6517BTwin(ScpiTwin):
    """A simulated 6517B."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 6517B,1298765,A13/D02"
    function = setting(
        ":SENSe:FUNCtion", default="VOLT", kind=_function, shown='"{}"'.format
    )
    nplc = number(":SENSe:CURRent[:DC]:NPLCycles", default=1.0, low=0.01, high=10.0)
    auto = switch(":SENSe:CURRent[:DC]:RANGe:AUTO", default=True)
    damping = switch(":SENSe:CURRent[:DC]:DAMPing")
    averaging = switch(":SENSe:CURRent[:DC]:AVERage[:STATe]")
    averages = whole(":SENSe:CURRent[:DC]:AVERage:COUNt", default=10, low=1, high=100)
    averaging_kind = setting(
        ":SENSe:CURRent[:DC]:AVERage:TCONtrol",
        default="MOV",
        kind=Choice("MOVing|REPeat"),
    )
    median = switch(":SENSe:CURRent[:DC]:MEDian[:STATe]")
    zero_check = switch(":SYSTem:ZCHeck[:STATe]", default=True)
    zero_correct = switch(":SYSTem:ZCORrect[:STATe]")
    voltage = number(
        "[:SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]",
        default=0.0,
        low=-1000.0,
        high=1000.0,
    )
    series_resistor = switch("[:SOURce]:CURRent:RLIMit[:STATe]")
    voltage_limit = number(
        "[:SOURce]:VOLTage:LIMit[:AMPLitude]", default=1000.0, low=0.0, high=1000.0
    )
    limited = switch("[:SOURce]:VOLTage:LIMit:STATe")
    elements = setting(":FORMat:ELEMents", default="DEF", kind=word)

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "electrometer",
        interlock_open: bool = False,
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.meter = Meter(circuit, name, driver.CURRENT)
        self.source = Source(limit=SOURCE_LIMITS[100.0])
        self.interlock_open = interlock_open
        self._make_default()

    def _make_default(self) -> None:
        self.range = 2e-2
        self.source_range = 100.0
        self.zero = 0.0
        self.count = 0
        self.source.on = False
        self.source.level = 0.0
        self.last: str | None = None

    def reset(self) -> None:
        """Put everything back: zero check on, source off."""
        super().reset()
        self._make_default()

    def changed(self, name: str) -> None:
        """Bring the voltage onto the bench."""
        if name != "voltage":
            return
        high = abs(self.voltage) > INTERLOCKED
        if high and self.interlock_open:
            raise ScpiError(-221, "interlock")
        if high:
            self.source_range = 1000.0
        self.source.limit = SOURCE_LIMITS[self.source_range]
        self.source.level = self.voltage

    @command("[:SOURce]:VOLTage:RANGe", Number(-1000.0, 1000.0, 100.0))
    def _set_source_range(self, value: float) -> None:
        self.source_range = 100.0 if abs(value) <= INTERLOCKED else 1000.0

    @query("[:SOURce]:VOLTage:RANGe?")
    def _source_range(self) -> float:
        return self.source_range

    @command(":SENSe:CURRent[:DC]:RANGe[:UPPer]", Number(-0.021, 0.021, 2e-2))
    def _set_range(self, value: float) -> None:
        self.range = driver.CURRENT.range_for(value)
        self.auto = False

    @query(":SENSe:CURRent[:DC]:RANGe[:UPPer]?")
    def _range(self) -> float:
        return self.range

    @command(":SYSTem:ZCORrect:ACQuire")
    def _acquire_zero(self) -> None:
        self.zero = self.meter.errors.offset

    @query(":SYSTem:INTerlock?")
    def _interlock(self) -> str:
        return "0" if self.interlock_open else "1"

    @command(":OUTPut[:STATe]", boolean)
    def _set_output(self, on: bool) -> None:
        self.source.on = on
        if on:
            self.circuit.source = self.source

    @query(":OUTPut[:STATe]?")
    def _output(self) -> str:
        return "1" if self.source.on else "0"

    def take(self) -> str:
        """Take one reading."""
        count = self.averages if self.averaging else 1
        self.time += count * (2.0 * self.nplc / self.circuit.line_frequency + OVERHEAD)
        wired = self.function == "CURR" and not self.zero_check
        true = self.circuit.operate(self.time).current if wired else 0.0
        fixed = None if self.auto else self.range
        value = self.meter.convert(true, fixed, self.nplc * count)
        if math.isinf(value):
            value = math.copysign(INFINITY, value)
        elif self.zero_correct:
            name = driver.CURRENT.range_for(true if fixed is None else fixed)
            value -= self.zero * name
        self.count += 1
        self.last = f"{value:+.6E}"
        if self.elements != "READ":
            self.last += f"NADC,{self.time:+.6f}secs,{self.count:+06d}RDNG#"
        return self.last

    @query(":READ?")
    @query(":MEASure:CURRent[:DC]?")
    def _read(self) -> str:
        return self.take()

    @query(":FETCh?")
    @query(":SENSe:DATA[:LATest]?")
    def _fetch(self) -> str:
        if self.last is None:
            raise ScpiError(-230)
        return self.last

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        start = self.time
        self.take()
        self.pending_until, self.time = self.time, start


twin = VisaTwin(Keithley6517BTwin)
