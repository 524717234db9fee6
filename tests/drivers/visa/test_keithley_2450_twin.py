"""A 2450's twin answers the quantity that was asked for, from the buffer it is in."""

import statistics

import pytest

from drivers.twins.keithley.keithley_2450 import Keithley2450Twin
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from labctl.clock import VirtualClock

OHMS = 1e4


class Bench:
    """A 2450 on 10 kΩ."""

    def __init__(self) -> None:
        self.clock = VirtualClock(0.0)
        self.circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
        self.twin = Keithley2450Twin(self.circuit, self.clock)

    def tell(self, message: str) -> None:
        self.twin.receive(message.encode(), end=True)

    def ask(self, message: str) -> str:
        self.tell(message)
        return self.twin.read(100_000, 1e6)[0].decode().strip()

    def numbers(self, message: str) -> list[float]:
        return [float(field) for field in self.ask(message).split(",")]

    def wires(self) -> int:
        return 4 if self.circuit.source.remote else 2

    def errors(self) -> list[int]:
        codes = [code for code, _ in self.twin.status.errors]
        self.twin.status.errors.clear()
        return codes


@pytest.fixture
def bench() -> Bench:
    return Bench()


VOLTS = ":SOUR:FUNC VOLT;:SOUR:VOLT:ILIM 1E-3;:SOUR:VOLT 0.5;:OUTP 1"
AMPERES = ":SOUR:FUNC CURR;:SOUR:CURR:VLIM 10;:SOUR:CURR 5E-5;:OUTP 1"


@pytest.mark.parametrize("source", [VOLTS, AMPERES], ids=["volts", "amperes"])
@pytest.mark.parametrize("wires", [0, 1], ids=["2 wires", "4 wires"])
@pytest.mark.parametrize(
    ("function", "unit", "value", "shown"),
    [
        # a sense function gives its own quantity, whatever is driven
        ("VOLT", "VOLT", 0.5, "Volt DC"),
        ("CURR", "AMP", 0.5 / OHMS, "Amp DC"),
        ("RES", "OHM", OHMS, "Ohm"),
        # a unit turns it into another one
        ("VOLT", "OHM", OHMS, "Ohm"),
        ("CURR", "OHM", OHMS, "Ohm"),
        ("VOLT", "WATT", 0.25 / OHMS, "Watt DC"),
        ("CURR", "WATT", 0.25 / OHMS, "Watt DC"),
    ],
)
def test_a_reading_is_what_was_asked_for(
    bench: Bench,
    source: str,
    wires: int,
    function: str,
    unit: str,
    value: float,
    shown: str,
) -> None:
    bench.tell(f'{source};:SENS:FUNC "{function}"')
    bench.tell(f":SENS:{function}:RSEN {wires};:SENS:{function}:UNIT {unit}")

    reading, name, driven, kind = bench.ask(
        ':READ? "defbuffer1",READ,UNIT,SOUR,SOURUNIT'
    ).split(",")

    assert bench.errors() == []
    assert float(reading) == pytest.approx(value, rel=5e-3)
    assert name == shown
    in_volts = source is VOLTS
    assert kind == ("Volt DC" if in_volts else "Amp DC")
    assert float(driven) == pytest.approx(0.5 if in_volts else 5e-5, rel=5e-3)


@pytest.mark.parametrize("function", ["VOLT", "CURR", "RES"])
def test_each_function_has_its_own_wires_and_integration(
    bench: Bench, function: str
) -> None:
    bench.tell(VOLTS + f';:SENS:FUNC "{function}"')
    others = {"VOLT", "CURR", "RES"} - {function}
    for other in others:
        bench.tell(f":SENS:{other}:RSEN 1;:SENS:{other}:NPLC 10")

    start = bench.twin.time
    bench.ask(":READ?")

    assert bench.wires() == 2
    assert bench.twin.time - start < 0.1
    bench.tell(f":SENS:{function}:RSEN 1;:SENS:{function}:NPLC 10")
    start = bench.twin.time
    bench.ask(":READ?")
    assert bench.wires() == 4
    assert bench.twin.time - start > 0.3


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (":SENS:FUNC 'TEMP'", -224),
        (":SENS:FUNC 'CAP'", -224),
        (":SENS:RES:UNIT WATT", -224),
        (":SENS:CURR:UNIT VOLT", -224),
        (":SENS:TEMP:NPLC 1", -113),
        (":SOUR:POW 1", -113),
        (":TRAC:STAT:MEDIAN?", -113),
        (":MEAS:CAP?", -113),
        (':READ? "defbuffer1",DATE', -224),
        (':READ? "nowhere"', -224),
        (':TRAC:DATA? 1,1,"defbuffer1"', -222),
        (":FETC?", -230),
        (":INIT", -221),
        (":SOUR:SWE:CURR:LIN 0,1E-3,3", -221),
        (":SOUR:SWE:VOLT:LIN 0,1,3,0,0", -224),
        (":TRAC:DEL 'defbuffer1'", -224),
        (":TRAC:MAKE 'compact',100,COMP", -224),
    ],
)
def test_what_it_cannot_is_refused_and_never_answered(
    bench: Bench, message: str, code: int
) -> None:
    bench.tell(message)

    assert bench.errors() == [code]
    assert bench.twin.drain() == b""


def test_statistics_are_those_of_the_buffer(bench: Bench) -> None:
    bench.tell(VOLTS + ";:SENS:COUN 20;:SENS:FUNC 'CURR';:TRAC:TRIG")

    values = bench.numbers(":TRAC:DATA? 1,20")
    for word, work in (
        ("AVER", statistics.fmean),
        ("MAX", max),
        ("MIN", min),
        ("STDD", statistics.stdev),
    ):
        assert float(bench.ask(f":TRAC:STAT:{word}?")) == pytest.approx(
            work(values), rel=1e-2
        )


def test_an_empty_buffer_has_no_statistics(bench: Bench) -> None:
    assert bench.numbers(":TRAC:STAT:AVER?") == [9.91e37]
    assert bench.numbers(":TRAC:STAT:STDD?") == [9.91e37]


def test_a_buffer_holds_its_own_readings(bench: Bench) -> None:
    bench.tell(VOLTS + ";:TRAC:MAKE 'mine',10;:SENS:COUN 3;:TRAC:TRIG 'mine'")
    bench.tell(":SENS:COUN 12;:TRAC:TRIG")

    assert bench.ask(":TRAC:ACT? 'mine'") == "3"
    assert bench.ask(":TRAC:ACT?") == "12"
    bench.tell(":TRAC:TRIG 'mine'")
    assert bench.ask(":TRAC:ACT? 'mine'") == "10"
    bench.tell(":TRAC:DEL 'mine';:TRAC:ACT? 'mine'")
    assert bench.errors() == [-224]


@pytest.mark.parametrize(
    ("function", "stop", "other"), [("VOLT", 0.4, "CURR"), ("CURR", 4e-5, "VOLT")]
)
def test_a_sweep_measures_each_level_and_leaves_the_output_off(
    bench: Bench, function: str, stop: float, other: str
) -> None:
    bench.tell(f":SOUR:FUNC {function};:SENS:FUNC '{other}';:SOUR:VOLT:ILIM 1E-3")
    bench.tell(f":SOUR:SWE:{function}:LIN 0,{stop},3,0.5,1,AUTO,OFF,ON;:INIT")

    assert bench.ask(":TRIG:STAT?") == "RUNNING;RUNNING;0"
    bench.tell("*WAI")
    values = bench.numbers(":TRAC:DATA? 1,5,'defbuffer1',SOUR,REL")
    levels = [0, stop / 2, stop, stop / 2, 0]
    assert values[0::2] == pytest.approx(levels, rel=5e-3, abs=stop / 500)
    assert values[3] - values[1] > 0.5
    assert bench.ask(":OUTP?;:TRIG:STAT?") == "0;IDLE;IDLE;0"
    assert bench.errors() == []


@pytest.mark.parametrize(
    ("ranging", "codes"), [("AUTO", []), ("BEST", []), ("FIX", [-222])]
)
def test_a_sweep_beyond_a_fixed_range_is_refused_before_it_starts(
    bench: Bench, ranging: str, codes: list[int]
) -> None:
    bench.tell(":SOUR:VOLT:RANG 0.2")

    bench.tell(f":SOUR:SWE:VOLT:LIN 0,1,3,0,1,{ranging}")

    assert bench.errors() == codes


def test_a_sweep_above_21_volts_needs_the_interlock(bench: Bench) -> None:
    bench.twin.interlock_open = True

    bench.tell(":SOUR:SWE:VOLT:LIN 0,30,3")

    assert bench.errors() == [-221]
    assert bench.ask(":TRIG:STAT?") == "EMPTY;EMPTY;0"


def test_a_sweep_ends_at_the_limit_where_it_was_told_to(bench: Bench) -> None:
    sweep = ":SOUR:SWE:VOLT:LIN 0,1,11,0,1,AUTO,{},OFF;:INIT;*WAI"
    bench.tell(":SOUR:VOLT:ILIM 5E-5")

    bench.tell(sweep.format("ON"))
    assert int(bench.ask(":TRAC:ACT?")) < 11
    bench.tell(sweep.format("OFF"))
    assert bench.ask(":TRAC:ACT?") == "11"


def test_an_aborted_sweep_gives_no_more_readings(bench: Bench) -> None:
    bench.tell(":SOUR:SWE:VOLT:LIN 0,1,11,1;:INIT")
    bench.clock.sleep(3.5)

    bench.tell(":ABOR")
    bench.clock.sleep(60.0)

    assert bench.ask(":TRAC:ACT?;:TRIG:STAT?") == "3;IDLE;IDLE;0"


def test_a_user_delay_is_kept_for_its_function_and_number(bench: Bench) -> None:
    bench.tell(":SOUR:VOLT:DEL:USER2 0.25;:SENS:RES:DEL:USER5 1")

    assert bench.numbers(":SOUR:VOLT:DEL:USER2?") == [0.25]
    assert bench.numbers(":SOUR:VOLT:DEL:USER1?") == [0.0]
    assert bench.numbers(":SENS:RES:DEL:USER5?") == [1.0]
    bench.tell(":SOUR:VOLT:DEL:USER6 1")
    assert bench.errors() == [-114]
