"""The twin of a Keithley 6517B: its ammeter and its source are wired to the bench.

Current, and resistance as the source's voltage over that current (the source is set by
hand, as with ``RES:VSC MAN``). Nothing is at the voltmeter's input: a voltage can be
read with zero check on only. Charge can be chosen, as on the instrument, but not read.
"""

import math

from drivers.specification import Specification
from drivers.twins.keithley.keithley_trace import Trace
from drivers.twins.scpi.commands import (
    EachOwn,
    command,
    for_each,
    number,
    query,
    setting,
    switch,
    whole,
)
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import (
    INFINITY,
    Choice,
    Number,
    boolean,
    only_off,
    word,
)
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit, Source
from drivers.twins.world.front_end import Meter
from labctl.clock import Clock

CURRENT = Specification(
    (2e-11, 2e-10, 2e-9, 2e-8, 2e-7, 2e-6, 2e-5, 2e-4, 2e-3, 2e-2), 1e-2, 1.5e-4, 4e-5
)
VOLTAGE = Specification((2.0, 20.0, 200.0), 2.5e-4, 1e-5, 4e-6)
RESISTANCES = tuple(2.0 * 10.0**k for k in range(6, 18))
"""Ω."""
CHARGES = (2e-9, 2e-8, 2e-7, 2e-6)
"""C."""
OVERHEAD = 4e-3
SOURCE_LIMITS = {100.0: 0.01, 1000.0: 0.001}
"""What the source can deliver on its ranges, A."""
INTERLOCKED = 100.0
NODES = {
    "VOLT": ":SENSe:VOLTage[:DC]",
    "CURR": ":SENSe:CURRent[:DC]",
    "RES": ":SENSe:RESistance",
    "CHAR": ":SENSe:CHARge",
}
LARGEST = {"VOLT": 210.0, "CURR": 0.021, "RES": 1e20, "CHAR": 2.1e-6}
DEFAULT_RANGES = {"VOLT": 200.0, "CURR": 2e-2, "RES": 2e17, "CHAR": 2e-6}
UNITS = {"VOLT": "VDC", "CURR": "ADC", "RES": "OHM", "CHAR": "C"}
ELEMENTS = ("READ", "UNIT", "TST", "RNUM", "VSO")
DEFAULT_ELEMENTS = ("READ", "UNIT", "TST", "RNUM")
_ELEMENT = Choice("READing|UNITs|TSTamp|RNUMber|VSOurce|DEFault")
"""Status, humidity and temperature are not simulated: refused."""


def _under(root: str) -> dict[str, str]:
    return {name: node.replace(":SENSe", root) for name, node in NODES.items()}


def _function(text: str) -> str:
    name = word(text).strip("\"'").split(":")[0]
    return Choice("VOLTage|CURRent|RESistance|CHARge")(name)


class Keithley6517BTwin(Trace):
    """A simulated 6517B."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 6517B,1298765,A13/D02"
    function = setting(
        ":SENSe:FUNCtion", default="VOLT", kind=_function, shown='"{}"'.format
    )
    nplc = EachOwn(
        NODES,
        lambda node: number(node + ":NPLCycles", default=1.0, low=0.01, high=10.0),
    )
    auto = EachOwn(NODES, lambda node: switch(node + ":RANGe:AUTO", default=True))
    damping = switch(":SENSe:CURRent[:DC]:DAMPing")
    averaging = EachOwn(NODES, lambda node: switch(node + ":AVERage[:STATe]"))
    averages = EachOwn(
        NODES,
        lambda node: whole(node + ":AVERage:COUNt", default=10, low=1, high=100),
    )
    averaging_kind = EachOwn(
        NODES,
        lambda node: setting(
            node + ":AVERage:TCONtrol", default="MOV", kind=Choice("MOVing|REPeat")
        ),
    )
    median = EachOwn(NODES, lambda node: switch(node + ":MEDian[:STATe]"))
    source_by_hand = setting(
        ":SENSe:RESistance:VSControl", default="MAN", kind=Choice("MANual")
    )
    zero_check = switch(":SYSTem:ZCHeck[:STATe]", default=True)
    zero_correct = switch(":SYSTem:ZCORrect[:STATe]")
    voltage = number(
        "[:SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]",
        default=0.0,
        low=-1000.0,
        high=1000.0,
    )
    series_resistor = setting(
        "[:SOURce]:CURRent:RLIMit[:STATe]", default=False, kind=only_off
    )
    voltage_limit = number(
        "[:SOURce]:VOLTage:LIMit[:AMPLitude]", default=1000.0, low=0.0, high=1000.0
    )
    limited = switch("[:SOURce]:VOLTage:LIMit:STATe")
    data_format = setting(":FORMat[:DATA]", default="ASC", kind=Choice("ASCii"))
    buffer_points = whole(":TRACe:POINts", default=100, low=1, high=6875000)

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "electrometer",
        interlock_open: bool = False,
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.meter = Meter(circuit, name, CURRENT)
        self.voltmeter = Meter(circuit, f"{name}:VOLT", VOLTAGE)
        self.source = Source(limit=SOURCE_LIMITS[100.0])
        self.interlock_open = interlock_open
        self.buffer: list[str] = []
        self._make_default()

    def _make_default(self) -> None:
        self.ranges = dict(DEFAULT_RANGES)
        self.elements: tuple[str, ...] = DEFAULT_ELEMENTS
        self.source_range = 100.0
        self.zero_acquired = False
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
        if self.limited and abs(self.voltage) > self.voltage_limit:
            raise ScpiError(-222, f"beyond the limit of {self.voltage_limit:g} V")
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

    @for_each(NODES, ":RANGe[:UPPer]", Number())
    def _set_range(self, function: str, value: float) -> None:
        if abs(value) > LARGEST[function]:
            raise ScpiError(-222, f"{value:g}")
        self.ranges[function] = _range_for(function, value)
        self.auto.put(self, function, False)

    @for_each(NODES, ":RANGe[:UPPer]?")
    def _range(self, function: str) -> float:
        return self.ranges[function]

    @command(":FORMat:ELEMents", _ELEMENT, rest=True)
    def _set_elements(self, *names: str) -> None:
        chosen = DEFAULT_ELEMENTS if "DEF" in names else names
        self.elements = tuple(name for name in ELEMENTS if name in chosen)

    @query(":FORMat:ELEMents?")
    def _get_elements(self) -> str:
        return ",".join(self.elements)

    @command(":SYSTem:ZCORrect:ACQuire")
    def _acquire_zero(self) -> None:
        self.zero_acquired = True

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
        """Take one reading of the function that is chosen."""
        function = self.function
        count = self.averages.of(self, function)
        count = count if self.averaging.of(self, function) else 1
        nplc = self.nplc.of(self, function)
        self.time += count * (2.0 * nplc / self.circuit.line_frequency + OVERHEAD)
        fixed = None if self.auto.of(self, function) else self.ranges[function]
        if function == "CURR":
            value = self._amperes(fixed, nplc * count)
        elif function == "RES":
            value = self._ohms(fixed, nplc * count)
        elif self.zero_check:
            value = self.voltmeter.convert(0.0, fixed, nplc * count)
        elif function == "CHAR":
            raise ScpiError(-241, "charge is not simulated")
        else:
            raise ScpiError(-241, "nothing is connected to the voltmeter's input")
        if math.isinf(value):
            value = math.copysign(INFINITY, value)
        self.count += 1
        self.last = self._shown(value, function)
        self.store(self.last)
        return self.last

    def _amperes(self, fixed: float | None, nplc: float) -> float:
        true = 0.0 if self.zero_check else self.circuit.operate(self.time).current
        value = self.meter.convert(true, fixed, nplc)
        if self.zero_correct and self.zero_acquired and math.isfinite(value):
            name = CURRENT.range_for(true if fixed is None else fixed)
            value -= self.meter.errors(name).offset * name
        return value

    def _ohms(self, fixed: float | None, nplc: float) -> float:
        """Return the source's voltage over the current; infinite beyond the range."""
        amperes = self._amperes(None, nplc)
        if not (self.source.on and amperes) or math.isinf(amperes):
            return math.inf
        ohms = self.source.level / amperes
        most = RESISTANCES[-1] if fixed is None else fixed
        return ohms if abs(ohms) <= most * 1.05 else math.copysign(math.inf, ohms)

    def _shown(self, value: float, function: str) -> str:
        unit = f"N{UNITS[function]}" if "UNIT" in self.elements else ""
        seconds, number_ = ("secs", "RDNG#") if unit else ("", "")
        shown = {
            "READ": f"{value:+.6E}{unit}",
            "TST": f"{self.time:+.6f}{seconds}",
            "RNUM": f"{self.count:+06d}{number_}",
            "VSO": f"{self.source.level:+.6E}",
        }
        return ",".join(shown[name] for name in self.elements if name != "UNIT")

    @query(":READ?")
    @query(":MEASure?")
    def _read(self) -> str:
        return self.take()

    @for_each(_under(":CONFigure"), "")
    def _configure(self, function: str) -> None:
        self.function = function
        self.auto.put(self, function, True)
        self.averaging.put(self, function, False)

    @for_each(_under(":MEASure"), "?")
    def _measure(self, function: str) -> str:
        self._configure(function)
        return self.take()

    @query(":FETCh?")
    @query(":SENSe:DATA[:LATest]?")
    def _fetch(self) -> str:
        self.time = max(self.time, self.pending_until)
        if self.last is None:
            raise ScpiError(-230)
        return self.last

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        start = self.time
        self.take()
        self.pending_until, self.time = self.time, start


def _range_for(function: str, value: float) -> float:
    if function == "RES":
        held = (name for name in RESISTANCES if abs(value) <= name * 1.05)
        return next(held, RESISTANCES[-1])
    if function == "CHAR":
        held = (name for name in CHARGES if abs(value) <= name * 1.05)
        return next(held, CHARGES[-1])
    spec = CURRENT if function == "CURR" else VOLTAGE
    return spec.range_for(value)


twin = VisaTwin(Keithley6517BTwin)
