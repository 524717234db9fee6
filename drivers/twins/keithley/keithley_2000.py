"""The twin of a Keithley 2000: its input hangs on rows 3 and 4 of the bench.

So it can say DC volts, AC volts (the bench is steady: none) and two-wire ohms. What
would need other terminals or a signal that is not there can be chosen, as on the
instrument, but not read: a program that looks at no error must not take volts for it.
``terminals`` under ``simulated:`` hangs a thermocouple or a platinum resistor there
instead, the latter with four wires.
"""

import math
from collections.abc import Mapping
from typing import Any

from drivers.twins.keithley.keithley_2000_functions import (
    INTEGRATING,
    LIMITS,
    MEASURED,
    NODES,
    REFERENCES,
    RESISTANCE,
    TEST_CURRENTS,
    WITH_DIGITS,
    nodes,
    range_of,
)
from drivers.twins.keithley.keithley_trace import TraceStatistics
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
from drivers.twins.scpi.parameters import INFINITY, Choice, Number, word
from drivers.twins.thermometry.hung import Hung
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import Meter
from drivers.twins.world.specimen import Film
from labctl.clock import Clock

OVERHEAD = 2e-3
_ALIASES = {"VOLT": "VOLT:DC", "CURR": "CURR:DC"}
_ALL = tuple(NODES)
_TURNED = frozenset({(1, 4), (2, 3), (3, 1), (4, 2)})
"""A film without a switch, seen from the voltmeter's terminals."""


def _function(text: str) -> str:
    name = word(text).strip("\"'")
    name = _ALIASES.get(name, name)
    if name not in NODES:
        raise ScpiError(-224, text)
    return name


class Keithley2000Twin(TraceStatistics):
    """A simulated 2000."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 2000,1167890,A19  /A02"
    function = setting(
        "[:SENSe]:FUNCtion", default="VOLT:DC", kind=_function, shown='"{}"'.format
    )
    nplc = EachOwn(
        nodes(*INTEGRATING),
        lambda node: number(node + ":NPLCycles", default=1.0, low=0.01, high=10.0),
    )
    auto = EachOwn(
        nodes(*LIMITS), lambda node: switch(node + ":RANGe:AUTO", default=True)
    )
    digits = EachOwn(
        nodes(*WITH_DIGITS),
        lambda node: whole(node + ":DIGits", default=7, low=4, high=7),
    )
    averaging = EachOwn(
        nodes(*INTEGRATING), lambda node: switch(node + ":AVERage[:STATe]")
    )
    averages = EachOwn(
        nodes(*INTEGRATING),
        lambda node: whole(node + ":AVERage:COUNt", default=10, low=1, high=100),
    )
    averaging_kind = EachOwn(
        nodes(*INTEGRATING),
        lambda node: setting(
            node + ":AVERage:TCONtrol", default="MOV", kind=Choice("MOVing|REPeat")
        ),
    )
    reference = EachOwn(
        nodes(*REFERENCES),
        lambda node: number(node + ":REFerence", default=0.0, low=-120e6, high=120e6),
    )
    relative = EachOwn(
        nodes(*REFERENCES), lambda node: switch(node + ":REFerence:STATe")
    )
    bandwidth = EachOwn(
        nodes("VOLT:AC", "CURR:AC"),
        lambda node: number(
            node + ":DETector:BANDwidth", default=30.0, low=3.0, high=300.0
        ),
    )
    aperture = EachOwn(
        nodes("FREQ", "PER"),
        lambda node: number(node + ":APERture", default=1.0, low=0.01, high=1.0),
    )
    threshold = EachOwn(
        nodes("FREQ", "PER"),
        lambda node: number(
            node + ":THReshold:VOLTage:RANGe", default=10.0, low=0.0, high=1010.0
        ),
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
        shown=lambda count: "+9.9E37" if count >= INFINITY else f"{count:.0f}",
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
    elements = setting(":FORMat:ELEMents", default="READ", kind=Choice("READing"))
    """Channel and unit are not simulated: refused."""

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "voltmeter",
        terminals: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.hung = Hung.at(circuit.surroundings, terminals, name)
        self.meters = {
            function: Meter(circuit, name if function == "VOLT:DC" else label, spec)
            for function, spec in MEASURED.items()
            for label in [f"{name}:{function}"]
        }
        self.channel = ""
        self.buffer: list[str] = []
        self._make_default()

    def _make_default(self) -> None:
        self.ranges = {name: limit.default for name, limit in LIMITS.items()}
        self.last: float | None = None

    def reset(self) -> None:
        """Put everything back; the buffer stays."""
        super().reset()
        self._make_default()

    @for_each(nodes(*LIMITS), ":RANGe[:UPPer]", Number())
    def _set_range(self, function: str, value: float) -> None:
        if abs(value) > LIMITS[function].largest:
            raise ScpiError(-222, f"{value:g}")
        self.ranges[function] = range_of(function, value)
        self.auto.put(self, function, False)

    @for_each(nodes(*LIMITS), ":RANGe[:UPPer]?")
    def _range(self, function: str) -> float:
        return self.ranges[function]

    @for_each(nodes(*REFERENCES), ":REFerence:ACQuire")
    def _acquire_reference(self, function: str) -> None:
        if self.last is None or function != self.function:
            raise ScpiError(-221, "no reading of that function")
        self.reference.put(self, function, self.last)

    @for_each(nodes(*_ALL, under=":CONFigure"), "")
    def _configure(self, function: str) -> None:
        self.function = function
        if function in INTEGRATING:
            self.nplc.put(self, function, 1.0)
            self.averaging.put(self, function, False)
        if function in LIMITS:
            self.auto.put(self, function, True)

    @query(":CONFigure?")
    def _configured(self) -> str:
        return f'"{self.function}"'

    @for_each(nodes(*_ALL, under=":MEASure"), "?")
    def _measure(self, function: str) -> str:
        self._configure(function)
        return self._read()

    def take(self) -> float:
        """Take one reading of the function that is chosen."""
        function = self.function
        four_wires = function == "FRES" and self.hung is not None
        if function not in MEASURED and not four_wires:
            raise ScpiError(-241, f"nothing is connected for {function}")
        averages = self.averages.of(self, function)
        averaging = self.averaging.of(self, function)
        repeats = averaging and self.averaging_kind.of(self, function) == "REP"
        zero = 2.0 if self.autozero else 1.0
        nplc = self.nplc.of(self, function)
        each = zero * nplc / self.circuit.line_frequency + OVERHEAD
        self.time += (averages if repeats else 1) * each + self.trigger_delay
        nplc *= averages if averaging else 1
        fixed = None if self.auto.of(self, function) else self.ranges[function]
        value = self._convert(function, fixed, nplc)
        if math.isinf(value):
            value = math.copysign(INFINITY, value)
        elif self.relative.of(self, function):
            value -= self.reference.of(self, function)
        self.last = value
        self.status.registers["MEAS"].raise_bits(1 << 5)
        self.store(f"{value:+.8E}")
        return value

    def _convert(self, function: str, fixed: float | None, nplc: float) -> float:
        if self.hung is not None:
            return self._felt(self.hung, function, fixed, nplc)
        meter = self.meters[function]
        if function == "RES":
            return meter.convert(self._ohms(fixed), fixed, nplc)
        thermal = self.circuit.johnson(self.time, nplc / self.circuit.line_frequency)
        if function == "VOLT:AC":  # nothing here alternates
            return abs(meter.convert(0.0, fixed, nplc, thermal))
        point = self.circuit.operate(self.time)
        return meter.convert(point.sensed, fixed, nplc, thermal)

    def _felt(
        self, hung: Hung, function: str, fixed: float | None, nplc: float
    ) -> float:
        """Return what is shown of a sensor at the terminals."""
        if function in {"RES", "FRES"}:
            return self.meters["RES"].convert(hung.ohms(self.time), fixed, nplc)
        if function == "VOLT:DC":
            return self.meters[function].convert(hung.volts(self.time), fixed, nplc)
        return abs(self.meters[function].convert(0.0, fixed, nplc))

    def _ohms(self, fixed: float | None) -> float:
        """Return what the test current finds between rows 3 and 4, Ω."""
        circuit = self.circuit
        if circuit.source.on:
            raise ScpiError(-221, "a source feeds the sample while ohms are measured")
        closed = circuit.closed
        if closed is not None:
            circuit.closed = frozenset(
                ((row + 1) % 4 + 1, contact) for row, contact in closed
            )
        elif isinstance(circuit.specimen, Film):
            circuit.closed = _TURNED
        try:
            path = circuit.path(self.time)
        finally:
            circuit.closed = closed
        scale = range_of("RES", path.resistance) if fixed is None else fixed
        current = TEST_CURRENTS[RESISTANCE.ranges.index(scale)]
        return path.driven(current) / current

    @query(":READ?")
    def _read(self) -> str:
        count = int(min(self.trigger_count, 1024))
        return ",".join(f"{self.take():+.8E}" for _ in range(count))

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        if self.continuous:
            raise ScpiError(-213)
        start = self.time
        for _ in range(int(min(self.trigger_count, 1024))):
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

    @command(":SYSTem:LOCal")
    @command(":SYSTem:REMote")
    @command(":SYSTem:RWLock")
    def _remote(self) -> None:
        """Accept; there is no front panel."""

    @command(":SYSTem:BEEPer[:IMMediate]", Number(), Number(), optional=1)
    def _beep(self, *_: float) -> None:
        """Accept; twins are silent."""

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
