"""The twin of a DMM6500; only its DC volts are wired to the bench."""

from drivers.twins.scpi.commands import command, number, query, setting, switch, whole
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.mains import OnTheMains
from drivers.twins.scpi.parameters import Choice, Number, bounded, word
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import Meter
from labctl.clock import Clock
from labctl_climate.data_sheets import VOLTAGE

VOLTS = ("VOLT", "VOLT:DC")
OVERHEAD = 1e-3
"""s of a reading beside its integration."""


def function(text: str) -> str:
    """Return the function that is asked for. ScpiError: this twin has no other."""
    if word(text).strip("\"'") not in VOLTS:
        raise ScpiError(-224, text)
    return "VOLT:DC"


class Dmm6500Twin(OnTheMains, ScpiTwin):
    """A simulated DMM6500."""

    identification = "KEITHLEY INSTRUMENTS,MODEL DMM6500,04340042,1.7.12b"
    function = setting(
        "[:SENSe]:FUNCtion[:ON]", default="VOLT:DC", kind=function, shown='"{}"'.format
    )
    nplc = number("[:SENSe]:VOLTage[:DC]:NPLCycles", default=1.0, low=0.0005, high=12.0)
    auto = switch("[:SENSe]:VOLTage[:DC]:RANGe:AUTO", default=True)
    averaging = switch("[:SENSe]:VOLTage[:DC]:AVERage[:STATe]")
    averages = whole("[:SENSe]:VOLTage[:DC]:AVERage:COUNt", default=10, low=1, high=100)
    averaging_kind = setting(
        "[:SENSe]:VOLTage[:DC]:AVERage:TCONtrol",
        default="REP",
        kind=Choice("REPeat|MOVing|HYBRid"),
    )

    def __init__(self, circuit: Circuit, clock: Clock, name: str) -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.meter = Meter(circuit, name, VOLTAGE)
        self.range = VOLTAGE.ranges[-1]

    @command("[:SENSe]:VOLTage[:DC]:RANGe[:UPPer]", Number(-1010.0, 1010.0, 1000.0))
    def _set_range(self, value: float) -> None:
        self.range, self.auto = VOLTAGE.range_for(value), False

    @query("[:SENSe]:VOLTage[:DC]:RANGe[:UPPer]?")
    def _range(self) -> float:
        return self.range

    @query("*LANG?")
    def _language(self) -> str:
        return "SCPI"

    @query(":READ?")
    def _read(self) -> str:
        count = self.averages if self.averaging else 1
        self.spend(count * (self.nplc / self.line_frequency + OVERHEAD))
        true = self.circuit.operate(self.time).sensed
        fixed = None if self.auto else self.range
        shown = self.meter.convert(true, fixed, self.nplc * count)
        return f"{bounded(shown):+.8E}"


twin = VisaTwin(Dmm6500Twin)
