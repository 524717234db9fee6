"""A twin answers the quantity that was asked for, in the form that was asked for.

What it cannot simulate it refuses with an error in its queue (−113, −224, −241 …) and
without an answer: who looks at no error must not take volts for a temperature.
"""

from dataclasses import dataclass

import pytest
from pairs import twin_of

from drivers.twins.scpi.exchange import Exchange
from drivers.twins.world.circuit import Circuit, Source
from drivers.twins.world.specimen import Pellet
from labctl.clock import VirtualClock
from labctl.roles.driver import Setup

OHMS = 1e4
"""Of the pellet on the bench."""
VOLTS = 0.1
AMPERES = VOLTS / OHMS
CURRENT = True
"""A source drives `AMPERES` through the pellet."""
REFUSED = None


class Desk:
    """One twin on a bench with a pellet, spoken to without a bus."""

    def __init__(self, model: str, current: bool = False) -> None:
        circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
        level = AMPERES if current else 0.0
        circuit.source = Source(current, False, level, 10.0)
        setup = Setup("meter", model, "GPIB0::5::INSTR")
        library = twin_of(model)(setup, circuit, VirtualClock(0.0))
        (self.twin,) = library.instruments.values()

    def say(self, message: str) -> str:
        """Send one message; return what came back."""
        self.twin.receive(message.encode(), end=True)
        return self.twin.drain().decode("latin-1").strip()

    def refuses(self) -> bool:
        """Tell whether something was refused since the last time."""
        twin: Exchange = self.twin
        bits, twin.status.event_status = twin.status.event_status, 0
        twin.status.errors.clear()
        return bool(bits & 0b110000)


@dataclass(frozen=True, slots=True)
class Row:
    """What is said, what is asked then, and the value that must come."""

    model: str
    said: str
    asked: str
    value: float | None
    """None: it must be refused."""
    current: bool = False
    before: str = "*RST"
    at: int = 0
    """Which number of the answer."""
    zero: float = 1e-9
    """So far from zero a value may be: an offset, noise."""


_6517B = "*RST;:SYST:ZCH 0;:SOUR:VOLT 0.1;:OUTP 1"
_2400 = "*RST;:SOUR:VOLT 0.1;:OUTP 1"
READINGS = (
    # a multimeter on the voltage leads: volts, no alternation, ohms; nothing else
    Row("keithley-2000", ":SENS:FUNC 'VOLT:DC'", ":READ?", VOLTS, CURRENT),
    Row("keithley-2000", ":SENS:FUNC 'VOLT:AC'", ":READ?", 0.0, CURRENT, zero=1e-3),
    Row("keithley-2000", ":CONF:VOLT:AC", ":READ?", 0.0, CURRENT, zero=1e-3),
    Row("keithley-2000", ":SENS:FUNC 'RES'", ":READ?", OHMS),
    Row("keithley-2000", ":CONF:RES", ":READ?", OHMS),
    Row("keithley-2000", "", ":MEAS:RES?", OHMS),
    Row("keithley-2000", "", ":MEAS:VOLT:DC?", VOLTS, CURRENT),
    # ohms while a source feeds the sample are nobody's ohms
    Row("keithley-2000", ":SENS:FUNC 'RES'", ":READ?", REFUSED, CURRENT),
    *(
        Row("keithley-2000", how, ":READ?", REFUSED, CURRENT)
        for word in (
            "CURR:DC",
            "CURR:AC",
            "FRES",
            "FREQ",
            "PER",
            "TEMP",
            "DIOD",
            "CONT",
        )
        for how in (f":SENS:FUNC '{word}'", f":CONF:{word}")
    ),
    # a nanovoltmeter without a thermocouple, one channel connected
    Row("keithley-2182a", ":SENS:FUNC 'VOLT'", ":READ?", VOLTS, CURRENT),
    Row("keithley-2182a", ":SENS:FUNC 'TEMP'", ":READ?", REFUSED, CURRENT),
    Row("keithley-2182a", ":SENS:CHAN 2", ":READ?", REFUSED, CURRENT),
    Row("keithley-2182a", ":SENS:CHAN 0", ":READ?", REFUSED, CURRENT),
    Row("keithley-2182a", "", ":MEAS:TEMP?", REFUSED, CURRENT),
    Row("keithley-2182a", "", ":MEAS:VOLT?", VOLTS, CURRENT),
    Row("keithley-2182a", "", ":SENS:TEMP:RTEM?", REFUSED),
    Row("keithley-2182a", ":SENS:VOLT:RAT 1", ":READ?", REFUSED),
    Row("keithley-2182a", ":SENS:VOLT:DELT 1", ":READ?", REFUSED),
    # an electrometer with its own source
    Row("keithley-6517b", ":SENS:FUNC 'CURR'", ":READ?", AMPERES, before=_6517B),
    Row("keithley-6517b", ":SENS:FUNC 'RES'", ":READ?", OHMS, before=_6517B),
    Row("keithley-6517b", "", ":MEAS:RES?", OHMS, before=_6517B),
    Row("keithley-6517b", "", ":MEAS:CURR?", AMPERES, before=_6517B),
    Row("keithley-6517b", ":SENS:FUNC 'CURR'", ":MEAS?", AMPERES, before=_6517B),
    Row("keithley-6517b", ":SENS:FUNC 'VOLT'", ":READ?", REFUSED, before=_6517B),
    Row("keithley-6517b", ":SENS:FUNC 'CHAR'", ":READ?", REFUSED, before=_6517B),
    Row("keithley-6517b", ":SENS:FUNC 'VOLT'", ":READ?", 0.0, before="*RST", zero=1e-3),
    # no voltage, no resistance: an overflow, not a number
    Row("keithley-6517b", ":OUTP 0;:SENS:FUNC 'RES'", ":READ?", 9.9e37, before=_6517B),
    # a picoammeter measures amperes
    Row(
        "keithley-6487",
        ":SENS:FUNC 'CURR'",
        ":READ?",
        AMPERES,
        CURRENT,
        "*RST;:SYST:ZCH 0",
    ),
    Row("keithley-6487", "", ":MEAS:CURR?", AMPERES, CURRENT, "*RST;:SYST:ZCH 0"),
    Row("keithley-6487", ":SENS:FUNC 'RES'", "*OPC?", REFUSED),
    Row("keithley-6487", ":SENS:FUNC 'VOLT'", "*OPC?", REFUSED),
    Row("keithley-6487", ":SENS:OHMS 1", "*OPC?", REFUSED),
    # source meters
    Row("keithley-2400", ':SENS:FUNC "CURR"', ":READ?", AMPERES, before=_2400, at=1),
    Row("keithley-2400", ':SENS:FUNC "VOLT"', ":READ?", VOLTS, before=_2400),
    Row("keithley-2400", ':SENS:FUNC "RES"', ":READ?", OHMS, before=_2400, at=2),
    Row("keithley-2400", "", ":MEAS:RES?", OHMS, before=_2400, at=2),
    Row("keithley-2400", ':SENS:FUNC "TEMP"', "*OPC?", REFUSED, before=_2400),
    Row("keithley-6430", ':SENS:FUNC "RES"', ":READ?", OHMS, before=_2400, at=2),
    Row("keysight-b2901a", ':SENS:FUNC "RES"', ":MEAS:CURR?", AMPERES, before=_2400),
    Row("keysight-b2901a", "", ":MEAS:VOLT?", VOLTS, before=_2400),
    Row("keysight-b2901a", "", ":MEAS:RES?", OHMS, before=_2400),
    Row("keysight-b2901a", ':SENS:FUNC "TEMP"', "*OPC?", REFUSED, before=_2400),
    Row("keithley-2450", ':SENS:FUNC "RES"', ":READ?", OHMS, before=_2400),
    Row("keithley-2450", ':SENS:FUNC "VOLT"', ":READ?", VOLTS, before=_2400),
    Row("keithley-2450", ':SENS:FUNC "CURR"', ":READ?", AMPERES, before=_2400),
    # what would change a reading and is not simulated
    Row("keithley-2400", ":SENS:RES:OCOM 1", "*OPC?", REFUSED),
    Row("keithley-6517b", ":SOUR:CURR:RLIM 1", "*OPC?", REFUSED),
    Row("keithley-6517b", ":SENS:RES:VSC AUTO", "*OPC?", REFUSED),
    Row("keithley-6517b", ":SOUR:VOLT:LIM 5;LIM:STAT 1;:SOUR:VOLT 6", "*OPC?", REFUSED),
    Row("keithley-6221", ":SOUR:DELT:ARM;:INIT", "*OPC?", 1.0),
    Row("keithley-6221", ":UNIT:VOLT W;:SOUR:DELT:ARM;:INIT", "*OPC?", REFUSED),
    Row("keithley-2182a", ":SENS:VOLT:REF:ACQ", "*OPC?", REFUSED),
    *(
        Row("keysight-b2901a", said, "*OPC?", REFUSED)
        for said in (":SOUR:VOLT:MODE LIST", ":SOUR:CURR:MODE SWE", ":TRIG:SOUR BUS")
    ),
    # a wave that does not run is not said to run
    Row("keithley-6221", ":SOUR:WAVE:ARM", "*OPC?", REFUSED),
    Row("keithley-6221", ":SOUR:SWE:ARM", "*OPC?", REFUSED),
    Row("keithley-6221", ":SOUR:PDEL:ARM", "*OPC?", REFUSED),
    Row("keithley-6221", ":SOUR:DCON:ARM", "*OPC?", REFUSED),
    # a steady field has no rms and no peak
    Row("lakeshore-475", "UNIT 2;RDGMODE 1,3,1,1,1", "RDGFIELD?", 0.0, zero=1e-4),
    Row("lakeshore-475", "RDGMODE 2,3,1,1,1", "RDGFIELD?", REFUSED),
    Row("lakeshore-475", "RDGMODE 3,3,1,1,1", "RDGFIELD?", REFUSED),
    Row("lakeshore-475", "", "RDGPEAK?", REFUSED),
    Row("lakeshore-425", "UNIT 2;RDGMODE 1,1,1", "RDGFIELD?", 0.0, zero=1e-4),
    Row("lakeshore-425", "RDGMODE 2,1,1", "RDGFIELD?", REFUSED),
)


def _name(row: object) -> str:
    return f"{row.model} {row.said} {row.asked}" if isinstance(row, Row) else str(row)


@pytest.mark.parametrize("row", READINGS, ids=_name)
def test_a_reading_is_what_was_asked_for_or_an_error(row: Row) -> None:
    desk = Desk(row.model, row.current)
    desk.say(row.before)
    desk.refuses()
    desk.say(row.said)

    answer = desk.say(row.asked)

    if row.value is None:
        assert desk.refuses()
        assert answer in {"", "1"}  # *OPC? after a setting that was refused
        return
    assert not desk.refuses()
    shown = answer.split(",")[row.at].rstrip("NVADCOHM")
    assert float(shown) == pytest.approx(row.value, rel=2e-2, abs=row.zero)


METERS = ("keithley-2000", "keithley-2182a", "keithley-6517b", "keithley-6487")
SMUS = ("keithley-2400", "keithley-6430", "keysight-b2901a")
FORMS = ("SREAL", "REAL", "REAL,32", "DREAL", "REAL,64")


@pytest.mark.parametrize("model", [*METERS, *SMUS])
@pytest.mark.parametrize("form", FORMS)
def test_numbers_do_not_come_as_text_when_binary_was_asked(
    model: str, form: str
) -> None:
    desk = Desk(model)
    desk.refuses()

    desk.say(f":FORM:DATA {form}")

    assert desk.refuses()
    desk.say(":FORM:DATA ASC")
    assert not desk.refuses()


ELEMENTS = {
    "keithley-2000": ("READ", "READ,CHAN", "READ,UNIT", "CHAN"),
    "keithley-2182a": ("READ", "READ,CHAN", "READ,RNUM,TST", "READ,STAT", "UNIT"),
    "keithley-6517b": (
        "READ",
        "READ,TST",
        "READ,RNUM,VSO",
        "READ,STAT",
        "READ,ETEM,HUM",
    ),
    "keithley-6487": ("READ", "READ,TIME", "READ,TIME,STAT,VSO", "READ,RNUM"),
    "keithley-2400": ("VOLT", "VOLT,CURR", "VOLT,CURR,RES,TIME,STAT", "VOLT,RNUM"),
    "keysight-b2901a": (
        "VOLT",
        "VOLT,CURR,TIME",
        "VOLT,CURR,RES,TIME,STAT,SOUR",
        "MATH",
    ),
}


@pytest.mark.parametrize(
    ("model", "elements"),
    [(model, some) for model, several in ELEMENTS.items() for some in several],
)
def test_a_reading_has_the_elements_that_were_asked_for(
    model: str, elements: str
) -> None:
    desk = Desk(model)
    desk.say("*RST;:SYST:ZCH 0" if model == "keithley-6487" else "*RST")
    if model in SMUS:
        desk.say(":OUTP 1")
    desk.refuses()
    sense = ":SENS" if model.startswith("keysight") else ""

    desk.say(f":FORM:ELEM{sense} {elements}")

    refused = desk.refuses()
    answer = desk.say(":MEAS?" if model.startswith("keysight") else ":READ?")
    assert refused or len(answer.split(",")) == len(elements.split(","))


@pytest.mark.parametrize("model", SMUS)
@pytest.mark.parametrize("shape", ["MEM", "PULS"])
def test_a_source_that_is_not_simulated_is_refused(model: str, shape: str) -> None:
    desk = Desk(model)
    desk.refuses()

    desk.say(":SOUR:FUNC:SHAP PULS" if shape == "PULS" else ":SOUR:FUNC:MODE MEM")

    assert desk.refuses()


@pytest.mark.parametrize("model", ["keithley-2000", "keithley-2182a", "keithley-6517b"])
def test_results_of_mathematics_are_not_buffered_as_readings(model: str) -> None:
    desk = Desk(model)
    desk.refuses()

    desk.say(":TRAC:FEED CALC1")

    assert desk.refuses()


@pytest.mark.parametrize("model", ["keithley-2000", "keithley-2182a"])
def test_statistics_are_those_of_the_buffer(model: str) -> None:
    desk = Desk(model, CURRENT)
    desk.say("*RST;:INIT:CONT 0")
    desk.say(":TRIG:COUN 5;:TRAC:POIN 5;:TRAC:CLE;:TRAC:FEED:CONT NEXT;:INIT")
    readings = [float(text) for text in desk.say(":TRAC:DATA?").split(",")]

    mean = float(desk.say(":CALC2:FORM MEAN;:CALC2:STAT ON;:CALC2:IMM?"))
    most = float(desk.say(":CALC2:FORM MAX;:CALC2:IMM?"))

    assert len(readings) == 5
    assert mean == pytest.approx(sum(readings) / 5)
    assert most == max(readings)
