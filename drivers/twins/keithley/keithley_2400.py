"""The twin of a Keithley 2400: its SCPI in front of the bench's source front end.

From the manual: the reply holds V, I, R, time, status in this order whatever was
asked; CONFigure and MEASure put the function's settings back and switch the output on
(17-2 to 17-5); READ? with the output off is error 803. Ranges are told with their 5 %
over-range (1.05E-4 for 100 µA; PyMeasure's tests on the instrument), and what is driven
is measured on its source's range, which is what its sense range says.
"""

import math
from typing import Any

from drivers.specification import OVER, Specification
from drivers.twins.keithley.keithley_buffer import ELEMENTS, ReadingBuffer
from drivers.twins.keithley.keithley_sweep import SweptSource
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.mains import ToldOfTheMains
from drivers.twins.scpi.parameters import (
    NOT_A_NUMBER,
    Choice,
    Number,
    bounded,
    only_off,
    word,
)
from drivers.twins.scpi.source_meter import LEVEL, SourceMeterTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import Measured
from labctl.clock import Clock

VOLTAGE = Specification((0.2, 2.0, 20.0, 200.0), 1.2e-4, 3e-5, 3e-6)
CURRENT = Specification((1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0), 2.5e-4, 6e-5, 3e-6)
RESISTANCES = (20.0, 200.0, 2e3, 2e4, 2e5, 2e6, 2e7, 2e8)
"""Ω."""
ON_OFF_ONCE = Choice("ON|OFF|ONCE|1|0")
OVERHEAD = 1.5e-3
"""Per reading beside its integration, s."""
READING_AVAILABLE = 1 << 6
_ELEMENT = Choice("VOLTage|CURRent|RESistance|TIME|STATus")


def _functions(text: str) -> str:
    return word(text).strip("\"'").split(":")[0][:4]


class Keithley2400Twin(ToldOfTheMains, ReadingBuffer, SweptSource, SourceMeterTwin):
    """A simulated 2400."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 2400,1234567,C34/A02 K0/J"
    voltage_spec: Specification = VOLTAGE
    current_spec: Specification = CURRENT
    resistances: tuple[float, ...] = RESISTANCES

    source_function = setting(
        "[:SOURce]:FUNCtion[:MODE]", default="VOLT", kind=Choice("VOLTage|CURRent")
    )
    voltage_level = number(LEVEL.format("VOLTage"), default=0.0, low=-210, high=210)
    current_level = number(LEVEL.format("CURRent"), default=0.0, low=-1.05, high=1.05)
    voltage_range = number(
        "[:SOURce]:VOLTage:RANGe", default=20.0, low=-210.0, high=210.0
    )
    current_range = number(
        "[:SOURce]:CURRent:RANGe", default=1e-4, low=-1.05, high=1.05
    )
    source_delay = number("[:SOURce]:DELay", default=0.001, low=0.0, high=9999.998)
    delay_auto = switch("[:SOURce]:DELay:AUTO", default=True)
    clear_auto = switch("[:SOURce]:CLEar:AUTO")
    current_limit = number(
        ":SENSe:CURRent[:DC]:PROTection[:LEVel]",
        default=105e-6,
        low=-1.05,
        high=1.05,
    )
    voltage_limit = number(
        ":SENSe:VOLTage[:DC]:PROTection[:LEVel]", default=21.0, low=-210.0, high=210.0
    )
    nplc = number(
        ":SENSe:CURRent[:DC]:NPLCycles",
        ":SENSe:VOLTage[:DC]:NPLCycles",
        ":SENSe:RESistance:NPLCycles",
        default=1.0,
        low=0.01,
        high=10.0,
    )
    voltage_sense_range = number(
        ":SENSe:VOLTage[:DC]:RANGe[:UPPer]", default=20.0, low=-210.0, high=210.0
    )
    current_sense_range = number(
        ":SENSe:CURRent[:DC]:RANGe[:UPPer]", default=1e-4, low=-1.05, high=1.05
    )
    resistance_auto = switch(":SENSe:RESistance:RANGe:AUTO", default=True)
    resistance_range = number(
        ":SENSe:RESistance:RANGe[:UPPer]", default=2e5, low=0.0, high=2.1e13
    )
    resistance_mode = setting(
        ":SENSe:RESistance:MODE", default="AUTO", kind=Choice("MANual|AUTO")
    )
    offset_compensation = setting(
        ":SENSe:RESistance:OCOMpensated", default=False, kind=only_off
    )
    concurrent = switch(":SENSe:FUNCtion:CONCurrent", default=True)
    averaging = switch(":SENSe:AVERage[:STATe]")
    averages = whole(":SENSe:AVERage:COUNt", default=10, low=1, high=100)
    averaging_kind = setting(
        ":SENSe:AVERage:TCONtrol", default="REP", kind=Choice("REPeat|MOVing")
    )
    remote_sense = switch(":SYSTem:RSENse")
    autozero = setting(":SYSTem:AZERo[:STATe]", default="1", kind=ON_OFF_ONCE)
    off_state = setting(
        ":OUTPut:SMODe", default="NORM", kind=Choice("HIMPedance|NORMal|ZERO|GUARd")
    )
    terminals = setting(":ROUTe:TERMinals", default="FRON", kind=Choice("FRONt|REAR"))
    display = switch(":DISPlay:ENABle", default=True)
    data_format = setting(":FORMat[:DATA]", default="ASC", kind=Choice("ASCii"))
    arm_count = whole(":ARM[:SEQuence][:LAYer]:COUNt", default=1, low=1, high=2500)
    trigger_count = whole(":TRIGger[:SEQuence]:COUNt", default=1, low=1, high=2500)
    trigger_delay = number(
        ":TRIGger[:SEQuence]:DELay", default=0.0, low=0.0, high=999.9999
    )
    arm_source = setting(
        ":ARM[:SEQuence][:LAYer]:SOURce",
        default="IMM",
        kind=Choice("IMMediate|TLINk|TIMer|MANual|BUS|NSTest|PSTest|BSTest"),
    )
    arm_timer = number(
        ":ARM[:SEQuence][:LAYer]:TIMer", default=0.1, low=0.001, high=1e5
    )
    trigger_source = setting(
        ":TRIGger[:SEQuence]:SOURce", default="IMM", kind=Choice("IMMediate|TLINk")
    )
    trigger_output = setting(":TRIGger:OUTPut", default="NONE", kind=word)
    arm_output = setting(":ARM:OUTPut", default="NONE", kind=word)
    input_line = whole(":TRIGger:ILINe", ":ARM:ILINe", default=1, low=1, high=4)
    output_line = whole(":TRIGger:OLINe", ":ARM:OLINe", default=2, low=1, high=4)

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "smu",
        interlock_open: bool = False,
    ) -> None:
        self.readings: list[str] = []
        self.buffer: list[tuple[float, ...]] = []
        super().__init__(circuit, clock, name, interlock_open)

    def make_default(self) -> None:
        """See `SourceMeterTwin`."""
        self.functions = {"CURR"}
        self.elements = set(ELEMENTS)
        self.list_levels = []
        self.readings = []
        super().make_default()

    def abort(self) -> None:
        """Go idle."""
        self.pending_until = 0.0

    def changed(self, name: str) -> None:
        """See `SourceMeterTwin`; the meter of a limited current follows its limit."""
        if name == "source_delay":
            self.delay_auto = False
        if name in {"current_limit", "voltage_limit"}:
            self.settings[name] = abs(self.settings[name])
        if name == "current_sense_range":
            least = 1e-3 * abs(self.current_sense_range)
            if self.holds_voltage and least > self.current_limit:
                raise ScpiError(-221, "compliance below 0.1 % of the measure range")
        if name == "resistance_range":
            self._choose_resistance()
            return
        super().changed(name)
        if self.current_sense_auto and name in {"current_limit", "current_sense_auto"}:
            self.current_sense_range = self.current_spec.range_for(self.current_limit)

    def _choose_resistance(self) -> None:
        asked = self.resistance_range
        for name in self.resistances:
            if asked <= name * OVER * (1 + 1e-9):
                self.resistance_range, self.resistance_auto = name, False
                return
        raise ScpiError(-222, f"{asked:g}")

    def reported(self, name: str) -> Any:
        """Say ranges with their over-range; a driven quantity's is its source's."""
        if name == "voltage_sense_range" and self.holds_voltage:
            name = "voltage_range"
        elif name == "current_sense_range" and not self.holds_voltage:
            name = "current_range"
        value = self.settings[name]
        return value * OVER if name.endswith("_range") else value

    def refuse_output(self) -> None:
        """Refuse while the interlock is open."""
        if self.interlock_open:
            raise ScpiError(802)

    @query(":SENSe:CURRent[:DC]:PROTection:TRIPped?")
    @query(":SENSe:VOLTage[:DC]:PROTection:TRIPped?")
    def _tripped(self) -> bool:
        return self.is_limited()

    # Functions and format.

    @command(":SENSe:FUNCtion[:ON]", _functions, rest=True)
    def _function(self, *names: str) -> None:
        for name in names:
            if name not in {"VOLT", "CURR", "RES"}:
                raise ScpiError(-224, name)
        self.functions = (self.functions if self.concurrent else set()) | set(names)

    @query(":SENSe:FUNCtion[:ON]?")
    def _function_query(self) -> str:
        dc = {"VOLT": "VOLT:DC", "CURR": "CURR:DC", "RES": "RES"}
        order = [name for name in ELEMENTS if name in self.functions]
        return ",".join(f'"{dc[name]}"' for name in order)

    @command(":SENSe:FUNCtion[:ON]:ALL")
    def _function_all(self) -> None:
        self.functions = {"VOLT", "CURR", "RES"}

    @command(":SENSe:FUNCtion:OFF:ALL")
    def _function_none(self) -> None:
        self.functions = set()

    @command(":SENSe:FUNCtion:OFF", _functions, rest=True)
    def _function_off(self, *names: str) -> None:
        self.functions -= set(names)

    @command(":FORMat:ELEMents", _ELEMENT, rest=True)
    def _elements(self, *names: str) -> None:
        self.elements = set(names)

    @query(":FORMat:ELEMents?")
    def _elements_query(self) -> str:
        return ",".join(name for name in ELEMENTS if name in self.elements)

    @query(":OUTPut:ENABle:TRIPped?")
    def _interlock(self) -> bool:
        return self.interlock_open

    # Measuring.

    @property
    def reading_time(self) -> float:
        """Return how long one reading takes, s."""
        averages = self.averages if self.averaging else 1
        zero = 3.0 if self.autozero in {"1", "ON"} else 1.0
        delay = 1e-3 if self.delay_auto else self.source_delay
        integration = self.nplc / self.line_frequency
        return float(
            delay + self.trigger_delay + averages * zero * integration + OVERHEAD
        )

    def take(self) -> str:
        """Take one reading at the present level."""
        self.time += self.reading_time
        nplc = self.nplc * (self.averages if self.averaging else 1)
        return self.show_reading(self.measure(nplc))

    def show_reading(self, measured: Measured) -> str:
        """Write one reading as text."""
        overflow = math.isinf(measured.voltage) or math.isinf(measured.current)
        status = 1 << 14 if self.holds_voltage else 1 << 15
        status |= 1 << 11 | 1 << 12 | (1 << 22 if self.remote_sense else 0)
        status |= (1 << 3 if measured.in_compliance else 0) | (1 if overflow else 0)
        status |= 1 << 16 if measured.in_range_compliance else 0
        volts, amperes = bounded(measured.voltage), bounded(measured.current)
        ohms = NOT_A_NUMBER
        if "RES" in self.functions and amperes and not overflow:
            ohms = volts / amperes
        stamp = (self.time - self.epoch) % 99999.999
        both = self.functions
        if "VOLT" not in both and not self.holds_voltage:
            volts = NOT_A_NUMBER
        if "CURR" not in both and self.holds_voltage:
            amperes = NOT_A_NUMBER
        register = self.status.registers["MEAS"]
        register.raise_bits(READING_AVAILABLE | (1 << 7 if overflow else 0))
        self.store((volts, amperes, ohms, stamp, float(status)))
        if len(self.elements) == len(ELEMENTS):
            return f"{volts:+.6E},{amperes:+.6E},{ohms:+.6E},{stamp:+.6E},{status:+.6E}"
        values = (volts, amperes, ohms, stamp, float(status))
        return ",".join(
            f"{value:+.6E}"
            for name, value in zip(ELEMENTS, values, strict=True)
            if name in self.elements
        )

    def acquire(self) -> None:
        """Do what INITiate starts: count readings, sweep or fixed."""
        if not self.output:
            raise ScpiError(803)
        levels = self.swept_levels()
        count = self.arm_count * self.trigger_count
        if count == 1 and not levels:
            self.readings = [self.take()]
            return
        readings = []
        for k in range(count):
            if levels:
                self.front.source.level = levels[k % len(levels)]
            readings.append(self.take())
            if self.arm_source == "TIM":
                self.time += self.arm_timer
        self.readings = readings

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        start = self.time
        self.acquire()
        self.pending_until, self.time = self.time, start

    @query(":FETCh?")
    def fetch(self) -> str:
        """Return what was acquired last; waits until it is."""
        self.time = max(self.time, self.pending_until)
        if not self.readings:
            raise ScpiError(-230)
        return ",".join(self.readings)

    @query(":READ?")
    def _read(self) -> str:
        self.acquire()
        return ",".join(self.readings)

    @query(":SENSe:DATA[:LATest]?")
    def _latest(self) -> str:
        if not self.readings:
            raise ScpiError(-230)
        return self.readings[-1]

    def configure(self, function: str) -> None:
        """Do what CONFigure does: the function's settings back, output on."""
        for name in ("nplc", "averaging", "averages", "arm_count", "trigger_count"):
            self.settings[name] = self._defaults[name]
        self.arm_source = self.trigger_source = "IMM"
        auto = {"CURR": "current_sense_auto", "VOLT": "voltage_sense_auto"}
        self.settings[auto.get(function, "resistance_auto")] = True
        self.functions = {function}
        self._set_output(True)

    @command(":CONFigure:CURRent[:DC]")
    def _configure_current(self) -> None:
        self.configure("CURR")

    @command(":CONFigure:VOLTage[:DC]")
    def _configure_voltage(self) -> None:
        self.configure("VOLT")

    @command(":CONFigure:RESistance")
    def _configure_resistance(self) -> None:
        self.configure("RES")

    @query(":MEASure:CURRent[:DC]?")
    def _measure_current(self) -> str:
        self.configure("CURR")
        return self._read()

    @query(":MEASure:VOLTage[:DC]?")
    def _measure_voltage(self) -> str:
        self.configure("VOLT")
        return self._read()

    @query(":MEASure:RESistance?")
    def _measure_resistance(self) -> str:
        self.configure("RES")
        return self._read()

    @query(":MEASure?")
    def _measure(self) -> str:
        return self._read()

    # Triggers and the front panel.

    @command(":ABORt")
    @command(":TRIGger:CLEar")
    def _abort(self) -> None:
        self.abort()

    @command(":SYSTem:TIME:RESet")
    def _reset_time(self) -> None:
        self.epoch = self.time

    @command(":SYSTem:BEEPer[:IMMediate]", Number(), Number(), optional=1)
    def _beep(self, *_: Any) -> None:
        """Accept; twins are silent."""

    @command(":SYSTem:LOCal")
    @command(":SYSTem:REMote")
    def _remote(self) -> None:
        """Accept; there is no front panel."""


twin = VisaTwin(Keithley2400Twin)
