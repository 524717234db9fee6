"""The twin of a Keithley DAQ6510 with a 7700 card: sensors hang at its channels.

``terminals`` under ``simulated:`` says what hangs where::

    terminals: {101: {sensor: K, surface: vsp300/1}, 110: {sensor: Pt100, ambient: ""}}

Each channel keeps its own function and settings; a reading is of the closed one. Four
wires take a channel and its partner ten above, so only 101 to 110 have four.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from drivers.specification import Specification
from drivers.twins.scpi.commands import command, query
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.mains import OnTheMains
from drivers.twins.scpi.parameters import INFINITY, Choice, Number, boolean, string
from drivers.twins.thermometry import thermocouples
from drivers.twins.thermometry.hung import Hung
from drivers.twins.visa.twin import VisaTwin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.front_end import Meter
from labctl.clock import Clock

VOLTAGE = Specification((0.1, 1.0, 10.0, 100.0, 300.0), 3e-5, 3.5e-5, 2e-6, 1.2)
RESISTANCE = Specification((1e2, 1e3, 1e4, 1e5, 1e6), 1e-4, 6e-6, 3e-6, 1.2)
CARD = range(101, 121)
FOUR_WIRES = range(101, 111)
RELAY = 5e-3
OVERHEAD = 1e-3
"""s of a reading beside its integration."""
FUNCTIONS = {
    "VOLT": "VOLT:DC",
    "VOLT:DC": "VOLT:DC",
    "RES": "RES",
    "FRES": "FRES",
    "TEMP": "TEMP",
}
USUAL = {
    "function": "VOLT:DC",
    "range": 0.0,
    "nplc": 1.0,
    "transducer": "TC",
    "type": "K",
    "junction": "SIM",
    "simulated": 23.0,
    "unit": "CELS",
    "open": False,
    "compensation": False,
}
"""What a channel is after ``*RST``; range 0 is auto."""


def _channels(text: str) -> tuple[int, ...]:
    """Return the channels of ``(@101,103:105)``."""
    body = text.strip()
    if not (body.startswith("(@") and body.endswith(")")):
        raise ScpiError(-171, text)
    found: list[int] = []
    for item in body[2:-1].replace(" ", "").split(","):
        first, _, last = item.partition(":")
        if not (first.isdigit() and (last.isdigit() or not last)) or len(item) > 9:  # noqa: PLR2004
            raise ScpiError(-171, text)
        found += range(int(first), int(last or first) + 1)
    if not found or any(channel not in CARD for channel in found):
        raise ScpiError(-222, text)
    return tuple(found)


def _function(text: str) -> str:
    name = string(text).upper()
    if name not in FUNCTIONS:
        raise ScpiError(-224, text)
    return FUNCTIONS[name]


def _kept(
    pattern: str, key: str, kind: Callable[[str], Any]
) -> tuple[Callable[..., None], Callable[..., str]]:
    """Return the message and the question of a setting that every channel has."""

    @command(pattern, kind, _channels)
    def tell(
        twin: "KeithleyDaq6510Twin", value: Any, channels: tuple[int, ...]
    ) -> None:
        for channel in channels:
            twin.channels[channel][key] = value

    @query(pattern + "?", _channels)
    def ask(twin: "KeithleyDaq6510Twin", channels: tuple[int, ...]) -> str:
        return ";".join(str(twin.channels[channel][key]) for channel in channels)

    return tell, ask


class KeithleyDaq6510Twin(OnTheMains, ScpiTwin):
    """A simulated DAQ6510."""

    identification = "KEITHLEY INSTRUMENTS,MODEL DAQ6510,04512345,1.7.12b"

    def __init__(
        self,
        circuit: Circuit,
        clock: Clock,
        name: str = "logger",
        terminals: Mapping[Any, Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(clock)
        self.circuit = circuit
        self.hung = {
            int(channel): Hung.of(circuit.surroundings, told, f"{name}/{channel}")
            for channel, told in (terminals or {}).items()
        }
        self.meters = {
            "VOLT:DC": Meter(circuit, name, VOLTAGE),
            "FRES": Meter(circuit, f"{name}:ohms", RESISTANCE),
        }
        self._make_default()

    def _make_default(self) -> None:
        self.channels = {channel: dict[str, Any](USUAL) for channel in CARD}
        self.closed: int | None = None

    def reset(self) -> None:
        """Put every channel back and open all relays."""
        super().reset()
        self._make_default()

    tell_nplc, ask_nplc = _kept(
        "[:SENSe]:VOLTage[:DC]:NPLCycles", "nplc", Number(5e-4, 12.0)
    )
    tell_nplc2, ask_nplc2 = _kept(
        "[:SENSe]:FRESistance:NPLCycles", "nplc", Number(5e-4, 12.0)
    )
    tell_nplc3, ask_nplc3 = _kept(
        "[:SENSe]:TEMPerature:NPLCycles", "nplc", Number(5e-4, 12.0)
    )
    tell_tran, ask_tran = _kept(
        "[:SENSe]:TEMPerature:TRANsducer", "transducer", Choice("TCouple|FRTD|RTD")
    )
    tell_type, ask_type = _kept(
        "[:SENSe]:TEMPerature:TCouple:TYPE", "type", Choice("B|E|J|K|N|R|S|T")
    )
    tell_type2, ask_type2 = _kept(
        "[:SENSe]:TEMPerature:TC:TYPE", "type", Choice("B|E|J|K|N|R|S|T")
    )
    tell_select, ask_select = _kept(
        "[:SENSe]:TEMPerature:TC:RJUNction:RSELect",
        "junction",
        Choice("SIMulated|INTernal|EXTernal"),
    )
    tell_known, ask_known = _kept(
        "[:SENSe]:TEMPerature:TC:RJUNction:SIMulated", "simulated", Number(0.0, 65.0)
    )
    tell_unit, ask_unit = _kept(
        "[:SENSe]:TEMPerature:UNIT", "unit", Choice("CELSius|KELVin|FAHRenheit")
    )
    tell_open, ask_open = _kept("[:SENSe]:TEMPerature:ODETector", "open", boolean)
    tell_offset, ask_offset = _kept(
        "[:SENSe]:FRESistance:OCOMpensated", "compensation", boolean
    )
    tell_volts, ask_volts = _kept(
        "[:SENSe]:VOLTage[:DC]:RANGe[:UPPer]", "range", Number(0.0, 300.0)
    )
    tell_ohms, ask_ohms = _kept(
        "[:SENSe]:FRESistance:RANGe[:UPPer]", "range", Number(0.0, 1e8)
    )

    @command("[:SENSe]:FUNCtion[:ON]", _function, _channels)
    def _choose(self, function: str, channels: tuple[int, ...]) -> None:
        for channel in channels:
            if function == "FRES" and channel not in FOUR_WIRES:
                raise ScpiError(-222, f"{channel} has no partner for four wires")
            self.channels[channel]["function"] = function

    @query("[:SENSe]:FUNCtion[:ON]?", _channels)
    def _chosen(self, channels: tuple[int, ...]) -> str:
        return ";".join(f'"{self.channels[c]["function"]}"' for c in channels)

    @command(":ROUTe[:CHANnel]:CLOSe", _channels)
    def _close(self, channels: tuple[int, ...]) -> None:
        if len(channels) != 1:
            raise ScpiError(-221, "one channel is measured at a time")
        self.closed = channels[0]
        self.spend(RELAY)

    @command(":ROUTe[:CHANnel]:OPEN:ALL")
    def _open(self) -> None:
        self.closed = None

    @query("*LANG?")
    def _language(self) -> str:
        return "SCPI"

    @query(":READ?")
    def _read(self) -> str:
        if self.closed is None:
            raise ScpiError(-221, "no channel is closed")
        told = self.channels[self.closed]
        self.spend(2.0 * told["nplc"] / self.line_frequency + OVERHEAD)
        value = self._shown(self.closed, told)
        if not math.isfinite(value):
            value = INFINITY
        return f"{value:+.8E}"

    def _shown(self, channel: int, told: Mapping[str, Any]) -> float:
        hung, time = self.hung.get(channel), self.time
        function, nplc = told["function"], told["nplc"]
        fixed = told["range"] or None
        if function in {"FRES", "RES"}:
            true = math.inf if hung is None else hung.ohms(time)
            return self.meters["FRES"].convert(true, fixed, nplc)
        true = math.inf if hung is None else hung.volts(time)
        if function == "TEMP":
            return self._degrees(told, true, nplc, hung)
        if math.isinf(true):  # open terminals drift about; they are no temperature
            true = 0.4 * VOLTAGE.ranges[0]
        return self.meters["VOLT:DC"].convert(true, fixed, nplc)

    def _degrees(
        self, told: Mapping[str, Any], true: float, nplc: float, hung: Hung | None
    ) -> float:
        if told["transducer"] != "TC":
            raise ScpiError(-241, "resistors are read as ohms here")
        if math.isinf(true):
            return INFINITY if told["open"] else -180.0
        volts = self.meters["VOLT:DC"].convert(true, VOLTAGE.ranges[0], nplc)
        junction = told["simulated"]
        if told["junction"] == "INT" and hung is not None:
            junction = hung.junction
        shown = thermocouples.celsius(told["type"], volts, junction)
        if told["unit"] == "KELV":
            return shown + 273.15
        return 1.8 * shown + 32.0 if told["unit"] == "FAHR" else shown


twin = VisaTwin(KeithleyDaq6510Twin)
