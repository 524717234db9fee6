"""The twin of a Keithley 6485 or 6487: amperes only; OHMS mode is not simulated."""

import math

from drivers.specification import Specification
from drivers.twins.keithley.keithley_trace import Trace
from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.mains import OnTheMains
from drivers.twins.scpi.parameters import INFINITY, Choice, Number, boolean, word
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit, Source
from drivers.twins.world.front_end import Meter
from labctl.clock import Clock

CURRENT = Specification(
    (2e-9, 2e-8, 2e-7, 2e-6, 2e-5, 2e-4, 2e-3, 2e-2), 4e-3, 2e-4, 1e-5
)
CURRENT_LIMITS = (2.5e-5, 2.5e-4, 2.5e-3, 2.5e-2)
"""Of the 6487's source, A."""
OVERHEAD = 2e-3
OVERFLOW = 1 << 0
ZERO_CHECK = 1 << 5
"""Bits of the status word."""
ELEMENTS = ("READ", "UNIT", "TIME", "STAT", "VSO")
_ELEMENT = Choice("READing|UNITs|TIME|STATus|VSOurce|ALL|DEFault")


def _function(text: str) -> str:
    name = word(text).strip("\"'")
    if Choice("CURRent")(name.removesuffix(":DC")):
        return "CURR:DC"
    raise ScpiError(-224, text)


class Keithley6487Twin(OnTheMains, Trace):
    """A simulated 6487; its own source is on the bench only while it is on."""

    identification = "KEITHLEY INSTRUMENTS INC.,MODEL 6487,1234321,B04"
    function = setting(
        "[:SENSe]:FUNCtion", default="CURR:DC", kind=_function, shown='"{}"'.format
    )
    data_format = setting(":FORMat[:DATA]", default="ASC", kind=Choice("ASCii"))
    buffer_points = whole(":TRACe:POINts", default=100, low=1, high=3000)
    nplc = number("[:SENSe]:CURRent[:DC]:NPLCycles", default=5.0, low=0.01, high=60.0)
    auto = switch("[:SENSe]:CURRent[:DC]:RANGe:AUTO", default=False)
    averaging = switch("[:SENSe]:AVERage[:STATe]")
    averages = whole("[:SENSe]:AVERage:COUNt", default=10, low=2, high=100)
    averaging_kind = setting(
        "[:SENSe]:AVERage:TCONtrol", default="REP", kind=Choice("MOVing|REPeat")
    )
    median = switch("[:SENSe]:MEDian[:STATe]")
    median_rank = whole("[:SENSe]:MEDian:RANK", default=1, low=1, high=5)
    zero_check = switch(":SYSTem:ZCHeck[:STATe]", default=True)
    zero_correct = switch(":SYSTem:ZCORrect[:STATe]")
    display = switch(":DISPlay:ENABle", default=True)
    trigger_count = whole(":TRIGger[:SEQuence]:COUNt", default=1, low=1, high=2500)
    voltage = number(
        "[:SOURce]:VOLTage[:LEVel][:IMMediate][:AMPLitude]",
        default=0.0,
        low=-505.0,
        high=505.0,
    )

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "ammeter",
        interlock_open: bool = False,
        model: str = "6487",
    ) -> None:
        super().__init__(clock)
        if model != "6487":
            self.identification = self.identification.replace("6487", model)
        self.model = model
        self.circuit = circuit
        self.interlock_open = interlock_open
        self.meter = Meter(circuit, name, CURRENT)
        self.source = Source(limit=CURRENT_LIMITS[0])
        self.epoch = clock.now()
        self.buffer: list[str] = []
        self._make_default()

    def _make_default(self) -> None:
        self.range = 2e-4
        self.elements: tuple[str, ...] = ("READ", "UNIT", "TIME", "STAT")
        self.zero_acquired = False
        self.source_range = 10.0
        self.source.on = False
        self.source.level = 0.0
        self.readings: list[str] = []

    def reset(self) -> None:
        """Put everything back: zero check on, source off."""
        super().reset()
        self._make_default()

    def changed(self, name: str) -> None:
        """Bring the voltage onto the bench."""
        if name == "voltage":
            self._need_source()
            if abs(self.voltage) > self.source_range * 1.01 + 1e-9:
                raise ScpiError(-222, "beyond the source's range")
            self.source.level = self.voltage

    def _need_source(self) -> None:
        if self.model != "6487":
            raise ScpiError(-113, "no voltage source")

    @command("[:SENSe]:CURRent[:DC]:RANGe[:UPPer]", Number(-0.021, 0.021, 2e-4))
    def _set_range(self, value: float) -> None:
        self.range = CURRENT.range_for(value)
        self.auto = False

    @query("[:SENSe]:CURRent[:DC]:RANGe[:UPPer]?")
    def _range(self) -> float:
        return self.range

    @command(":SYSTem:ZCORrect:ACQuire")
    def _acquire_zero(self) -> None:
        if not self.zero_check:
            raise ScpiError(-221, "zero check is off")
        self.zero_acquired = True
        self.time += OVERHEAD

    @command(":FORMat:ELEMents", _ELEMENT, rest=True)
    def _set_elements(self, *names: str) -> None:
        if names == ("ALL",):
            names = ELEMENTS
        if names == ("DEF",):
            names = ("READ", "UNIT", "TIME", "STAT")
        self.elements = tuple(name for name in ELEMENTS if name in names)

    @command("[:SOURce]:VOLTage:RANGe", Number(0.0, 505.0, 10.0))
    def _set_source_range(self, value: float) -> None:
        self._need_source()
        self.source_range = next(end for end in (10, 50, 500) if value <= end * 1.01)

    @query("[:SOURce]:VOLTage:RANGe?")
    def _source_range(self) -> float:
        return float(self.source_range)

    @command("[:SOURce]:VOLTage:ILIMit", Number(2.5e-5, 2.5e-2, 2.5e-5))
    def _set_limit(self, value: float) -> None:
        self._need_source()
        limit = min(CURRENT_LIMITS, key=lambda known: abs(known - value))
        if limit == CURRENT_LIMITS[-1] and self.source_range > 10:  # noqa: PLR2004
            raise ScpiError(-221, "25 mA on the 10 V range only")
        self.source.limit = limit

    @query("[:SOURce]:VOLTage:ILIMit?")
    def _limit(self) -> float:
        return self.source.limit

    @command("[:SOURce]:VOLTage:STATe", boolean)
    def _set_state(self, on: bool) -> None:
        self._need_source()
        if on and self.interlock_open and self.source_range > 10:  # noqa: PLR2004
            raise ScpiError(802)
        self.source.on = on
        if on:
            self.circuit.source = self.source

    @query("[:SOURce]:VOLTage:STATe?")
    def _state(self) -> str:
        return "1" if self.source.on else "0"

    @query("[:SOURce]:VOLTage:INTerlock:FAIL?")
    def _interlock(self) -> str:
        return "1" if self.interlock_open else "0"

    def take(self) -> str:
        """Take one reading; with zero check on it says nothing about the sample."""
        count = self.averages if self.averaging else 1
        self.time += count * (2.0 * self.nplc / self.circuit.line_frequency + OVERHEAD)
        true = 0.0 if self.zero_check else self.circuit.operate(self.time).current
        fixed = None if self.auto else self.range
        value = self.meter.convert(true, fixed, self.nplc * count)
        if math.isinf(value):
            value = math.copysign(INFINITY, value)
        elif self.zero_correct and self.zero_acquired:
            name = CURRENT.range_for(true if fixed is None else fixed)
            value -= self.meter.errors(name).offset * name
        status = OVERFLOW if abs(value) >= INFINITY else 0
        status |= ZERO_CHECK if self.zero_check else 0
        unit = "A" if "UNIT" in self.elements else ""
        stamp = self.time - self.epoch
        shown = {
            "READ": f"{value:+.6E}{unit}",
            "TIME": f"{stamp:+.6E}",
            "STAT": f"{status:+.6E}",
            "VSO": f"{self.source.level:+.6E}",
        }
        row = ",".join(shown[name] for name in self.elements if name != "UNIT")
        self.store(row)
        return row

    @command(":CONFigure:CURRent[:DC]")
    def _configure(self) -> None:
        self.auto, self.averaging, self.median, self.trigger_count = (
            True,
            False,
            False,
            1,
        )

    @query(":MEASure[:CURRent][:DC]?")
    def _measure(self) -> str:
        self._configure()
        return self._read()

    @query(":FORMat:ELEMents?")
    def _get_elements(self) -> str:
        return ",".join(self.elements)

    @query(":READ?")
    def _read(self) -> str:
        self.readings = [self.take() for _ in range(self.trigger_count)]
        return ",".join(self.readings)

    @command(":INITiate[:IMMediate]")
    def _initiate(self) -> None:
        start = self.time
        self.readings = [self.take() for _ in range(self.trigger_count)]
        self.pending_until, self.time = self.time, start

    @query(":FETCh?")
    @query(":SENSe:DATA[:LATest]?")
    def _fetch(self) -> str:
        self.time = max(self.time, self.pending_until)
        if not self.readings:
            raise ScpiError(-230)
        return ",".join(self.readings)


twin = VisaTwin(Keithley6487Twin)
