"""The bytes of every driver: what is sent, what comes back, what is made of it."""

from collections.abc import Callable
from typing import Any

import pytest
from pymeasure.test import expected_protocol

from drivers.keithley.keithley_2000 import Keithley2000
from drivers.keithley.keithley_2182a import Keithley2182A
from drivers.keithley.keithley_2400 import Keithley2400
from drivers.keithley.keithley_2450 import Keithley2450
from drivers.keithley.keithley_2636b import Keithley2636B
from drivers.keithley.keithley_6221 import Keithley6221
from drivers.keithley.keithley_6430 import Keithley6430
from drivers.keithley.keithley_6487 import Keithley6487
from drivers.keithley.keithley_6517b import Keithley6517B
from drivers.keithley.keithley_7001 import Keithley7001
from drivers.keysight.keysight_b2901a import KeysightB2901A
from drivers.lakeshore.lakeshore_475 import LakeShore475
from drivers.lakeshore.lakeshore_643 import LakeShore643
from labctl.clock import VirtualClock
from labctl.roles.current_source import CurrentSettings
from labctl.roles.driver import Setup
from labctl.roles.electrometer import CurrentReading, ElectrometerSettings
from labctl.roles.gaussmeter import FieldReading
from labctl.roles.identity import Identity
from labctl.roles.source_meter import Driven, SourceReading, SourceSettings
from labctl.roles.switch_matrix import Connection
from labctl.roles.voltmeter import VoltmeterSettings

OK = (":SYST:ERR?", '0,"No error"')
LINE = (":SYST:LFR?", "50")
Pairs = list[tuple[str | None, str | None]]
VOLTS = SourceSettings(Driven.VOLTAGE, 1.0, 1e-3)


def quiet(messages: list[str]) -> Pairs:
    return [(message, None) for message in messages]


def make(model: str, **options: Any) -> dict[str, Any]:
    return {
        "identity": Identity("M", model, "1", "1", "X"),
        "setup": Setup(model, "x", "GPIB0::1::INSTR", options),
        "clock": VirtualClock(0.0),
    }


PREPARE_2400: Pairs = [
    LINE,
    *quiet(
        [
            "*RST;*CLS",
            ":FORM:ELEM VOLT,CURR,RES,TIME,STAT",
            ":OUTP:SMOD HIMP",
            ":SOUR:FUNC VOLT;:SOUR:VOLT:MODE FIX",
            ":SOUR:VOLT:RANG 1.000000E+00",
            ":SENS:FUNC:CONC 1;:SENS:FUNC:ALL",
            ":SENS:CURR:PROT 1.000000E-03",
            ":SENS:CURR:RANG:AUTO 1",
            ":SENS:CURR:NPLC 1",
            ":SYST:RSEN 0",
            ":SOUR:DEL:AUTO 1",
        ]
    ),
    OK,
    (
        (
            ":SOUR:VOLT:RANG?;:SENS:CURR:PROT?;:SENS:CURR:NPLC?;:SYST:RSEN?;"
            ":SOUR:DEL?;:SENS:CURR:RANG?"
        ),
        "+2.0E+00;+1.0E-03;+1.0E+00;0;+1.0E-03;+1.0E-03",
    ),
]
POINT_2400: Pairs = [
    (
        ":SOUR:VOLT 5.000000000E-01;:OUTP 1;:SOUR:VOLT?;:READ?",
        "+5.0E-01;+5.0E-01,+5.0E-05,+1.0E+04,+1.5E+00,+2.25E+04",
    )
]


def prepared_point(meter: Any) -> Any:
    meter.prepare(VOLTS)
    return meter.point(0.5)


PREPARE_2450: Pairs = [
    LINE,
    *quiet(
        [
            "*RST;*CLS",
            ':SENS:FUNC "CURR"',
            ":SOUR:FUNC VOLT",
            ":SOUR:VOLT:RANG 1.000000E+00",
            ":SOUR:VOLT:READ:BACK 1",
            ":SOUR:VOLT:ILIM 1.000000E-03",
            ":SENS:CURR:NPLC 1",
            ":SENS:CURR:RSEN 0",
            ":SENS:CURR:RANG:AUTO 1",
            ":SOUR:VOLT:DEL:AUTO 1",
            ":OUTP:VOLT:SMOD HIMP",
        ]
    ),
    OK,
    (":SOUR:VOLT:RANG?", "2"),
    (":SOUR:VOLT:ILIM?", "1E-3"),
    (":SENS:CURR:NPLC?", "1"),
    (":SENS:CURR:RSEN?", "0"),
]
READING = SourceReading(0.5, 5e-5, 1.5, False, False)
TABLE: list[tuple[str, type, dict[str, Any], Pairs, Callable[[Any], Any], Any]] = [
    (
        "a 2400's point is one message",
        Keithley2400,
        make("2400"),
        PREPARE_2400 + POINT_2400,
        prepared_point,
        (0.5, READING),
    ),
    (
        "a 6430 speaks as a 2400",
        Keithley6430,
        make("6430"),
        PREPARE_2400 + POINT_2400,
        prepared_point,
        (0.5, READING),
    ),
    (
        "a 2400 ends at zero, high impedance, off",
        Keithley2400,
        make("2400"),
        [(":SOUR:VOLT 0;:OUTP:SMOD HIMP;:OUTP 0", None), (":OUTP?", "0")],
        lambda meter: meter.make_safe(),
        None,
    ),
    (
        "a 2450 reads source and sense together",
        Keithley2450,
        make("2450"),
        [
            ("*LANG?", "SCPI"),
            *PREPARE_2450,
            (
                (
                    ":SOUR:VOLT 5.000000000E-01;:OUTP 1;:SOUR:VOLT?;"
                    ':READ? "defbuffer1",SOUR,READ,REL;:SOUR:VOLT:ILIM:TRIP?'
                ),
                "5.0E-01;5.0E-01,5.0E-05,1.5;0",
            ),
        ],
        prepared_point,
        (0.5, READING),
    ),
    (
        "a B2901A's safe state is high impedance",
        KeysightB2901A,
        make("B2901A"),
        [(":SOUR:VOLT 0;:OUTP:OFF:MODE HIZ;:OUTP 0", None), (":OUTP?", "0")],
        lambda meter: meter.make_safe(),
        None,
    ),
    (
        "a 2636B's safe state is high impedance",
        Keithley2636B,
        make("2636B"),
        [
            ("errorqueue.clear() format.data=format.ASCII", None),
            ("format.asciiprecision=10", None),
            ("smua.source.levelv=0 smua.source.offmode=2 smua.source.output=0", None),
            ("print(smua.source.output)", "0.000000000e+00"),
        ],
        lambda frame: frame.a.make_safe(),
        None,
    ),
    (
        "a 6221 drives small currents in full",
        Keithley6221,
        make("6221"),
        [
            *quiet(
                [
                    ":SOUR:CLE",
                    "*RST;*CLS",
                    ":SOUR:CURR:RANG 2.000E-07",
                    ":SOUR:CURR:COMP 10",
                    ":SOUR:CURR:FILT 0",
                ]
            ),
            (":OUTP:INT:TRIP?", "1"),
            OK,
            (":SOUR:CURR:COMP?", "10"),
            (":SOUR:CURR:FILT?", "0"),
            (
                ":SOUR:CURR 1.234567890E-07;:OUTP 1;:SOUR:CURR?;:OUTP?",
                "+1.23456789E-07;1",
            ),
        ],
        lambda source: (
            source.prepare(CurrentSettings(2e-7, 10.0)) and source.drive(1.23456789e-7)
        ),
        1.23456789e-7,
    ),
    (
        "a 6221 stops with SOURce:CLEar",
        Keithley6221,
        make("6221"),
        [(":SOUR:SWE:ABOR", None), (":SOUR:CLE", None), (":OUTP?", "0")],
        lambda source: source.make_safe(),
        None,
    ),
    (
        "a 2182A keeps its analogue filter off",
        Keithley2182A,
        make("2182A"),
        [
            LINE,
            *quiet(
                [
                    "*RST;*CLS",
                    ":SENS:FUNC 'VOLT';:SENS:CHAN 1",
                    ":SENS:VOLT:NPLC 5",
                    ":SENS:VOLT:CHAN1:RANG 0.1",
                    ":SENS:VOLT:DFIL 0",
                    ":SENS:VOLT:DFIL:TCON REP",
                    ":SENS:VOLT:DFIL:COUN 1",
                    ":SENS:VOLT:LPAS 0",
                    ":FORM:ELEM READ",
                ]
            ),
            OK,
            (":SENS:VOLT:DFIL:COUN?", "1"),
            (":SENS:VOLT:CHAN1:RANG?", "0.1"),
            (":SENS:VOLT:NPLC?", "5"),
        ],
        lambda meter: meter.prepare(VoltmeterSettings(5, 0.1)),
        VoltmeterSettings(5, 0.1),
    ),
    (
        "a 2000 takes one fresh reading",
        Keithley2000,
        make("2000"),
        [(":READ?", "-6.24150907E-03")],
        lambda meter: meter.read().voltage,
        -6.24150907e-3,
    ),
    (
        "a 7001 opens, closes and looks",
        Keithley7001,
        make("7001"),
        [
            (":ROUT:OPEN ALL", None),
            (":ROUT:CLOS (@1!1!2,1!2!1,1!3!3,1!4!4)", None),
            (":ROUT:CLOS:STAT?", "(@1!1!2,1!2!1,1!3!3,1!4!4)"),
        ],
        lambda switch: switch.connect(Connection(2, 1, 3, 4)),
        frozenset({"1!1!2", "1!2!1", "1!3!3", "1!4!4"}),
    ),
    (
        "a 6485's reading may carry its unit",
        Keithley6487,
        make("6485"),
        [(":READ?", "-1.234567E-09A,+1.236964E+01")],
        lambda meter: meter.read(),
        CurrentReading(-1.234567e-9, 12.36964, False),
    ),
    (
        "a 6517B ends with zero check on",
        Keithley6517B,
        make("6517B"),
        [(":SOUR:VOLT 0;:OUTP 0;:SYST:ZCH ON", None), (":OUTP?", "0")],
        lambda meter: meter.make_safe(),
        None,
    ),
    (
        "a 6517B corrects its zero before it opens its input",
        Keithley6517B,
        make("6517B"),
        [
            *quiet(
                [
                    "*RST;*CLS",
                    ":SYST:ZCH ON",
                    ":SENS:FUNC 'CURR'",
                    ":SENS:CURR:RANG 2E-11",
                    ":SYST:ZCOR:ACQ",
                    ":SYST:ZCOR ON",
                    ":SENS:CURR:NPLC 1",
                    ":SENS:CURR:RANG:AUTO ON",
                    ":SENS:CURR:AVER:COUN 1;:SENS:CURR:AVER:TCON REP",
                    ":SENS:CURR:AVER 0",
                    ":FORM:ELEM READ",
                    ":SYST:ZCH OFF",
                ]
            ),
            OK,
            (":SYST:ZCH?", "0"),
            (":SENS:CURR:RANG?", "2E-11"),
            (":SENS:CURR:NPLC?", "1"),
        ],
        lambda meter: meter.prepare(ElectrometerSettings()).range,
        None,
    ),
    (
        "a 475 reads tesla",
        LakeShore475,
        make("475"),
        [
            ("*CLS", None),
            ("UNIT 2", None),
            ("TYPE?", "40"),
            ("*ESR?", "0"),
            ("RDGFIELD?", "+5.01200E-01"),
        ],
        lambda meter: meter.read(),
        FieldReading(0.5012, False),
    ),
    (
        "a 643 looks for faults, then sets, then reads back",
        LakeShore643,
        make("643", largest_current=50.0, rate=2.0),
        [
            ("*CLS", None),
            ("RDGI?", "+0.0010"),
            ("XPGM 0", None),
            ("LIMIT 50.0000,50.0000", None),
            ("RATE 2.0000", None),
            ("*ESR?", "0"),
            ("ERST?", "000,000"),
            ("SETI 20.1235", None),
            ("*ESR?", "0"),
            ("SETI?", "+20.1235"),
        ],
        lambda supply: supply.ramp_to(20.1235),
        20.1235,
    ),
]


@pytest.mark.parametrize(
    ("cls", "keywords", "pairs", "act", "expected"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_each_message_and_its_answer(
    cls: type,
    keywords: dict[str, Any],
    pairs: Pairs,
    act: Callable[[Any], Any],
    expected: Any,
) -> None:
    with expected_protocol(cls, pairs, **keywords) as instrument:
        assert act(instrument) == expected
