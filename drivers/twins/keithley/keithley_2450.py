"""The twin of a Keithley 2450 in its native SCPI."""

import math

from drivers.specification import OVER, Specification
from drivers.twins.keithley.keithley_2450_delays import UserDelays
from drivers.twins.keithley.keithley_2450_sweep import Sweeps
from drivers.twins.keithley.keithley_2450_trace import ELEMENT, MOST_ELEMENTS, Row
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.mains import OnTheMains
from drivers.twins.scpi.parameters import (
    Choice,
    string,
    word,
)
from drivers.twins.scpi.source_meter import LEVEL, SourceMeterTwin
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import Measured
from labctl.clock import Clock

VOLTAGE = Specification((0.02, 0.2, 2.0, 20.0, 200.0), 1.2e-4, 3e-5, 2e-6)
CURRENT = Specification(
    (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0), 2e-4, 1e-4, 2e-6
)
OVERHEAD = 1e-3
SENSED = {"CURR": "current", "VOLT": "voltage", "RES": "resistance"}
_ELEMENTS = (ELEMENT,) * MOST_ELEMENTS
INTERLOCK_LIMIT = 21.0
"""Above this the interlock must be asserted, V."""
SHARE_WHEN_OFF = 0.1
"""Of the current range: the limit of the 0 V that a normal off state drives (reference
manual, "Output-off state")."""
_OFF = Choice("NORMal|HIMPedance|ZERO|GUARd")


def _function(text: str) -> str:
    name = word(text).strip("\"'").split(":")[0]
    return Choice("VOLTage|CURRent|RESistance")(name)


class Keithley2450Twin(OnTheMains, Sweeps, UserDelays, SourceMeterTwin):
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
    averaging_resistance = switch(":SENSe:RESistance:AVERage[:STATe]")
    averages_resistance = whole(
        ":SENSe:RESistance:AVERage:COUNt", default=10, low=1, high=100
    )
    filter_resistance = setting(
        ":SENSe:RESistance:AVERage:TCONtrol",
        default="REP",
        kind=Choice("REPeat|MOVing"),
    )
    unit_current = setting(
        ":SENSe:CURRent[:DC]:UNIT", default="AMP", kind=Choice("AMP|OHM|WATT")
    )
    unit_voltage = setting(
        ":SENSe:VOLTage[:DC]:UNIT", default="VOLT", kind=Choice("VOLT|OHM|WATT")
    )
    unit_resistance = setting(
        ":SENSe:RESistance:UNIT", default="OHM", kind=Choice("OHM")
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
        super().__init__(circuit, clock, name, interlock_open)

    def make_default(self) -> None:
        """See `SourceMeterTwin`."""
        self.sense_function = "CURR"
        self.make_buffers()
        self.forget_sweep()
        self.delays = {}
        super().make_default()

    def changed(self, name: str) -> None:
        """See `SourceMeterTwin`; a delay that is set is no longer the automatic one."""
        if name in {"voltage_delay", "current_delay"}:
            self.settings[f"{name}_auto"] = False
        super().changed(name)

    def follow(self, quantity: str, level: float, spec: Specification) -> None:
        """Refuse a high voltage while the interlock is open."""
        if quantity == "voltage":
            self._refuse_open_interlock(level)
        super().follow(quantity, level, spec)

    def _refuse_open_interlock(self, volts: float) -> None:
        if self.interlock_open and abs(volts) > INTERLOCK_LIMIT:
            raise ScpiError(-221, "interlock is open: no more than 21 V")

    @property
    def remote_sense(self) -> bool:
        """See `SourceMeterTwin`; each sense function has its own switch."""
        return bool(self.settings[f"remote_{SENSED[self.sense_function]}"])

    @property
    def taken_when_off(self) -> float:
        """See `SourceMeterTwin`."""
        if (self.off_voltage if self.holds_voltage else self.off_current) == "HIMP":
            return 0.0
        return SHARE_WHEN_OFF * float(self.current_sense_range)

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
        name = SENSED[self.sense_function]
        return float(self.settings[f"nplc_{name}"])

    def take(self) -> Row:
        """Take one reading."""
        return self.take_after(-1.0)

    def take_after(self, delay: float) -> Row:
        """See `Sweeps`."""
        volts = self.holds_voltage
        if delay < 0:
            auto = self.voltage_delay_auto if volts else self.current_delay_auto
            own = self.voltage_delay if volts else self.current_delay
            delay = 1e-3 if auto else own
        zero = 2.0 if self.settings[f"zero_{SENSED[self.sense_function]}"] else 1.0
        cycles = zero * self.nplc / self.circuit.line_frequency
        self.time += delay + self._averages() * (cycles + OVERHEAD)
        measured = self.measure(self.nplc * self._averages())
        source = measured.voltage if volts else measured.current
        if not (self.voltage_read_back if volts else self.current_read_back):
            source = self.voltage_level if volts else self.current_level
        reading, unit = self._reading(measured)
        return Row(
            self.time,
            reading,
            source,
            unit,
            "Volt DC" if volts else "Amp DC",
            measured.in_compliance or measured.in_range_compliance,
        )

    def _averages(self) -> int:
        """Return how many readings a repeating filter takes for one."""
        name = SENSED[self.sense_function]
        if not self.settings[f"averaging_{name}"]:
            return 1
        if self.settings[f"filter_{name}"] != "REP":
            return 1
        return int(self.settings[f"averages_{name}"])

    def _reading(self, measured: Measured) -> tuple[float, str]:
        """Return what was asked for, and its unit."""
        volts, amperes = measured.voltage, measured.current
        unit = self.settings[f"unit_{SENSED[self.sense_function]}"]
        if unit == "OHM":
            return (volts / amperes if amperes else math.inf), "Ohm"
        if unit == "WATT":
            return volts * amperes, "Watt DC"
        return (volts, "Volt DC") if unit == "VOLT" else (amperes, "Amp DC")

    def choose_range(self, level: float) -> None:
        """See `Sweeps`."""
        volts = self.holds_voltage
        spec = self.voltage_spec if volts else self.current_spec
        name = "voltage_range" if volts else "current_range"
        self.settings[name] = spec.range_for(level)

    def refuse_level(self, level: float, fixed: bool) -> None:
        """See `Sweeps`."""
        if self.holds_voltage:
            self._refuse_open_interlock(level)
        reach = self.voltage_range if self.holds_voltage else self.current_range
        if fixed and abs(level) > abs(reach) * OVER * (1 + 1e-9):
            raise ScpiError(-222, f"{level:g} is beyond the fixed source range")

    def hold(self, level: float | None) -> None:
        """See `Sweeps`."""
        if level is None:
            self._set_output(False)
            name = "voltage" if self.holds_voltage else "current"
            if self.settings[f"{name}_source_auto"]:
                self.choose_range(self.settings[f"{name}_level"])
            self.apply()
            return
        self.front.source.level = level
        self.front.follow(self.time)
        if not self.output:
            self._set_output(True)

    @query(":MEASure?", string, *_ELEMENTS, optional=MOST_ELEMENTS + 1)
    def _measure(self, name: str = "", *elements: str) -> str:
        return self._read(name, *elements)

    @query(":MEASure:CURRent[:DC]?", string, *_ELEMENTS, optional=MOST_ELEMENTS + 1)
    def _measure_current(self, name: str = "", *elements: str) -> str:
        self._set_function("CURR")
        return self._read(name, *elements)

    @query(":MEASure:VOLTage[:DC]?", string, *_ELEMENTS, optional=MOST_ELEMENTS + 1)
    def _measure_voltage(self, name: str = "", *elements: str) -> str:
        self._set_function("VOLT")
        return self._read(name, *elements)

    @query(":MEASure:RESistance?", string, *_ELEMENTS, optional=MOST_ELEMENTS + 1)
    def _measure_resistance(self, name: str = "", *elements: str) -> str:
        self._set_function("RES")
        return self._read(name, *elements)

    @command(":SENSe:AZERo:ONCE")
    def _zero_once(self) -> None:
        self.time += 2.0 * self.nplc / self.circuit.line_frequency

    @query(":SYSTem:EVENtlog:NEXT?")
    def _event(self) -> str:
        return self._error()


twin = VisaTwin(Keithley2450Twin)
