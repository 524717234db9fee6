"""The twin of a Keithley 2182A nanovoltmeter: channel 1 sits on rows 3 and 4.

``terminals`` under ``simulated:`` hangs a thermocouple there. Nothing is at channel 2;
ratio and delta need both. They can be chosen, as on the instrument, but not read.
"""

import math
from collections.abc import Mapping
from typing import Any

from drivers.specification import Specification
from drivers.twins.keithley.keithley_trace import TraceStatistics
from drivers.twins.scpi.commands import (
    EachOwn,
    command,
    number,
    query,
    setting,
    switch,
    whole,
)
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.mains import OnTheMains
from drivers.twins.scpi.parameters import INFINITY, Choice, Number, word
from drivers.twins.thermometry import thermocouples
from drivers.twins.thermometry.hung import Hung
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import Meter
from labctl.clock import Clock

VOLTAGE = Specification((0.01, 0.1, 1.0, 10.0, 100.0), 5e-5, 4e-6, 1e-6, 1.2)
"""Channel 1; 10 mV reads to 12 mV, 100 V to 120 V."""
LEAST_OF_CHANNEL_2 = 0.1
OVERHEAD = 2e-3
TEMPERATURES = {
    "1": ":SENSe:TEMPerature[:CHANnel1]",
    "2": ":SENSe:TEMPerature:CHANnel2",
}
ANALOGUE_FILTER = 0.125
"""Settling of the low-pass filter per conversion, s."""


def _function(text: str) -> str:
    return Choice("VOLTage|TEMPerature")(word(text).strip("\"'").split(":")[0])


class Keithley2182ATwin(OnTheMains, TraceStatistics):
    """A simulated 2182A."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 2182A,4041234,C09 /A02"
    function = setting(
        ":SENSe:FUNCtion",
        default="VOLT",
        kind=_function,
        shown=lambda name: '"VOLT:DC"' if name == "VOLT" else '"TEMP"',
    )
    channel = whole(":SENSe:CHANnel", default=1, low=0, high=2)
    nplc = number(":SENSe:VOLTage[:DC]:NPLCycles", default=5.0, low=0.01, high=60.0)
    temperature_nplc = number(
        ":SENSe:TEMPerature:NPLCycles", default=5.0, low=0.01, high=60.0
    )
    auto = switch(
        ":SENSe:VOLTage[:DC][:CHANnel1]:RANGe:AUTO",
        default=True,
    )
    auto2 = switch(":SENSe:VOLTage[:DC]:CHANnel2:RANGe:AUTO", default=True)
    reference = number(
        ":SENSe:VOLTage[:DC][:CHANnel1]:REFerence", default=0.0, low=-120, high=120
    )
    reference2 = number(
        ":SENSe:VOLTage[:DC]:CHANnel2:REFerence", default=0.0, low=-12, high=12
    )
    relative = switch(":SENSe:VOLTage[:DC][:CHANnel1]:REFerence:STATe")
    relative2 = switch(":SENSe:VOLTage[:DC]:CHANnel2:REFerence:STATe")
    low_pass = switch(":SENSe:VOLTage[:DC][:CHANnel1]:LPASs[:STATe]")
    filtered = switch(":SENSe:VOLTage[:DC][:CHANnel1]:DFILter[:STATe]", default=True)
    filter_count = whole(
        ":SENSe:VOLTage[:DC][:CHANnel1]:DFILter:COUNt", default=10, low=1, high=100
    )
    filter_kind = setting(
        ":SENSe:VOLTage[:DC][:CHANnel1]:DFILter:TCONtrol",
        default="MOV",
        kind=Choice("MOVing|REPeat"),
    )
    filter_window = number(
        ":SENSe:VOLTage[:DC][:CHANnel1]:DFILter:WINDow", default=0.01, low=0, high=10
    )
    ratio = switch(":SENSe:VOLTage[:DC]:RATio[:STATe]")
    delta = switch(":SENSe:VOLTage[:DC]:DELTa[:STATe]")
    autozero = switch(":SYSTem:AZERo[:STATe]", default=True)
    front_autozero = switch(":SYSTem:FAZero[:STATe]", default=True)
    line_sync = switch(":SYSTem:LSYNc[:STATe]")
    display = switch(":DISPlay:ENABle", default=True)
    trigger_source = setting(
        ":TRIGger[:SEQuence]:SOURce",
        default="IMM",
        kind=Choice("IMMediate|EXTernal|TIMer|MANual|BUS"),
    )
    trigger_count = number(
        ":TRIGger[:SEQuence]:COUNt", default=1, low=1, high=9999, infinite=True
    )
    trigger_delay = number(
        ":TRIGger[:SEQuence]:DELay", default=0, low=0, high=999999.999
    )
    samples = whole(":SAMPle:COUNt", default=1, low=1, high=1024)
    data_format = setting(":FORMat[:DATA]", default="ASC", kind=Choice("ASCii"))
    elements = setting(":FORMat:ELEMents", default="READ", kind=Choice("READing"))
    """Channel, unit, number and time are not simulated: refused."""
    thermocouple = setting(
        ":SENSe:TEMPerature:TCouple[:TYPE]",
        ":SENSe:TEMPerature:TC[:TYPE]",
        default="J",
        kind=Choice("B|E|J|K|N|R|S|T"),
    )
    junction = setting(
        ":SENSe:TEMPerature:RJUNction:RSELect", default="INT", kind=Choice("SIM|INT")
    )
    simulated_junction = number(
        ":SENSe:TEMPerature:RJUNction:SIMulated", default=23.0, low=0.0, high=60.0
    )
    temperature_reference = EachOwn(
        TEMPERATURES,
        lambda node: number(node + ":REFerence", default=0.0, low=-273.0, high=1800.0),
    )
    temperature_relative = EachOwn(
        TEMPERATURES, lambda node: switch(node + ":REFerence:STATe")
    )

    unit = setting(":UNIT:TEMPerature", default="C", kind=Choice("C|F|K"))

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "voltmeter",
        terminals: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.meter = Meter(circuit, name, VOLTAGE)
        self.hung = Hung.at(circuit.surroundings, terminals, name)
        circuit.instruments["nanovoltmeter"] = self
        self.ranges = {1: 0.01, 2: 0.1}
        self.last: float | None = None
        self.fresh = False
        self.buffer: list[str] = []

    def reset(self) -> None:
        """Put everything back."""
        super().reset()
        self.ranges = {1: 0.01, 2: 0.1}
        self.last = None

    @command(
        ":SENSe:VOLTage[:DC][:CHANnel1]:RANGe[:UPPer]", Number(-120.0, 120.0, 0.01)
    )
    def _set_range(self, value: float) -> None:
        self.ranges[1] = VOLTAGE.range_for(value)
        self.auto = False

    @query(":SENSe:VOLTage[:DC][:CHANnel1]:RANGe[:UPPer]?")
    def _range(self) -> float:
        return self.ranges[1]

    @command(":SENSe:VOLTage[:DC]:CHANnel2:RANGe[:UPPer]", Number(-12.0, 12.0, 0.1))
    def _set_range2(self, value: float) -> None:
        self.ranges[2] = max(LEAST_OF_CHANNEL_2, VOLTAGE.range_for(value))
        self.auto2 = False

    @query(":SENSe:VOLTage[:DC]:CHANnel2:RANGe[:UPPer]?")
    def _range2(self) -> float:
        return self.ranges[2]

    @property
    def conversion_time(self) -> float:
        """Return how long one reading takes, s."""
        repeats = self.filtered and self.filter_kind == "REP"
        count = self.filter_count if repeats else 1
        zero = 2.0 if self.autozero else 1.0
        slow = ANALOGUE_FILTER if self.low_pass else 0.0
        return float(
            count * (zero * self.nplc / self.circuit.line_frequency + slow + OVERHEAD)
        )

    def volts(self, time: float, nplc: float) -> float:
        """Return what channel 1 shows at ``time``; infinite on overflow."""
        fixed = None if self.auto else self.ranges[1]
        if self.hung is not None:
            return self.meter.convert(self.hung.volts(time), fixed, nplc)
        point = self.circuit.operate(time)
        thermal = self.circuit.johnson(time, nplc / self.circuit.line_frequency)
        return self.meter.convert(point.sensed, fixed, nplc, thermal)

    def degrees(self, time: float, nplc: float) -> float:
        """Return what a thermocouple at channel 1 shows; infinite where it is none."""
        if self.hung is None or self.hung.is_resistor:
            raise ScpiError(-241, "no thermocouple is connected")
        volts = self.meter.convert(self.hung.volts(time), 0.1, nplc)
        internal = self.junction == "INT"
        junction = self.hung.junction if internal else self.simulated_junction
        shown = thermocouples.celsius(self.thermocouple, volts, junction)
        return {"C": shown, "K": shown + 273.15, "F": 1.8 * shown + 32.0}[self.unit]

    def take(self) -> float:
        """Take one reading."""
        if self.channel != 1 or self.ratio or self.delta:
            raise ScpiError(-241, "nothing is connected to channel 2")
        self.time += self.conversion_time + self.trigger_delay
        averaged = self.filter_count if self.filtered else 1
        if self.function == "TEMP":
            value = self.degrees(self.time, self.temperature_nplc)
        else:
            value = self.volts(self.time, self.nplc * averaged)
        if math.isinf(value):
            value = math.copysign(INFINITY, value)
            self.status.registers["MEAS"].raise_bits(1)
        elif self.relative:
            value -= self.reference
        self.status.registers["MEAS"].raise_bits(1 << 5)
        self.last, self.fresh = value, True
        self.store(f"{value:+.8E}")
        return value

    @query(":READ?")
    def _read(self) -> str:
        return ",".join(f"{self.take():+.8E}" for _ in range(self.samples))

    @query(":MEASure:TEMPerature?")
    def _measure_temperature(self) -> str:
        self.function, self.samples = "TEMP", 1
        return self._read()

    @query(":MEASure:VOLTage[:DC]?")
    def _measure(self) -> str:
        self.function, self.samples = "VOLT", 1
        return self._read()

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        start = self.time
        for _ in range(int(self.samples * min(self.trigger_count, 9999))):
            self.take()
        self.pending_until, self.time = self.time, start

    @query(":FETCh?")
    @query(":SENSe:DATA[:LATest]?")
    def _fetch(self) -> str:
        self.time = max(self.time, self.pending_until)
        if self.last is None:
            raise ScpiError(-230)
        self.fresh = False
        return f"{self.last:+.8E}"

    @query(":SENSe:DATA:FRESh?")
    def _fetch_fresh(self) -> str:
        if not self.fresh:
            raise ScpiError(-230)
        return self._fetch()

    @command(":SENSe:VOLTage[:DC][:CHANnel1]:REFerence:ACQuire")
    def _acquire_reference(self) -> None:
        if self.last is None:
            raise ScpiError(-230, "nothing was measured")
        self.reference = self.last

    @command(":ABORt")
    def _abort(self) -> None:
        self.pending_until = 0.0


twin = VisaTwin(Keithley2182ATwin)
