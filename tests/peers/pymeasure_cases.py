"""PyMeasure's own tests, from its source archive, on the twins."""

from functools import partial

from peer_case import Case, Culprit, Fault, Suite

_PAIRS = "tests/instruments/"
_suite = partial(Suite, package="pymeasure")

OHMS = 1e4
"""Of the probe bench's pellet."""
_probe = partial(Case, package="pymeasure", bench="probe")
_hall = partial(Case, package="pymeasure", bench="hall")

CASES: tuple[Case, ...] = (
    _probe(
        client="PyMeasure Keithley2400",
        capability="source, measure, buffer, ramp, shutdown",
        program="pymeasure_all:smu_2400",
        gives={
            "volts": 0.3,
            "ohms": OHMS,
            "rows": 50,
            "ramped": 0.1,
            "on": False,
            "errors": [],
        },
    ),
    _probe(
        client="PyMeasure Keithley2400Legacy",
        capability="apply, measure",
        program="pymeasure_all:legacy_2400",
        gives={"current": 0.3 / OHMS, "errors": []},
    ),
    _probe(
        client="PyMeasure Keithley2450",
        capability="source, measure, shutdown",
        program="pymeasure_all:smu_2450",
        gives={"current": 0.5 / OHMS, "limit": 1e-3},
    ),
    _probe(
        client="PyMeasure Keithley2600",
        capability="source, measure, ramp",
        program="pymeasure_all:smu_2600",
        gives={"current": 0.3 / OHMS, "ohms": OHMS, "ramped": 0.1},
    ),
    _probe(
        client="PyMeasure Keithley6517B",
        capability="source, current, resistance",
        program="pymeasure_all:current_6517b",
        gives={"current": 1.0 / OHMS, "ohms": OHMS, "errors": []},
    ),
    _hall(
        client="PyMeasure Keithley6221",
        capability="delta",
        program="pymeasure_all:delta_6221",
        gives={"numbers": 16, "errors": []},
    ),
    _hall(
        client="PyMeasure Keithley6221",
        capability="waveforms",
        program="pymeasure_all:wave_6221",
        gives={"told": 2.0, "phase": 90.0, "armed": True},
        fault=Fault(Culprit.BENCH, "it has no alternating current; settings are kept"),
    ),
    _hall(
        client="PyMeasure Keithley2182",
        capability="voltage, buffer, statistics",
        program="pymeasure_all:volts_2182",
        gives={"small": True, "rows": 6, "mean": True, "errors": []},
    ),
    _hall(
        client="PyMeasure Keithley2182",
        capability="temperature",
        program="pymeasure_all:temperature_2182",
        fault=Fault(Culprit.BENCH, "there is no thermocouple: −241"),
    ),
    _hall(
        client="PyMeasure Keithley2000",
        capability="DC and AC volts, two-wire ohms, buffer",
        program="pymeasure_all:meter_2000",
        gives={
            "volts": True,
            "alternating": True,
            "ohms": True,
            "rows": 5,
            "errors": [],
        },
    ),
    _hall(
        client="PyMeasure Keithley2000",
        capability="four-wire ohms",
        program="pymeasure_all:four_wires_2000",
        gives={"mode": "resistance 4W", "errors": []},
        fault=Fault(Culprit.BENCH, "its second pair of terminals hangs: −241"),
    ),
    _hall(
        client="PyMeasure LakeShore425 (on the 475)",
        capability="field, unit, zero",
        program="pymeasure_all:field_425",
        gives={"small": True, "unit": "T"},
    ),
)


_STATISTICS = Fault(
    Culprit.CLIENT, "it takes the 2400's three values; a 2450's buffer has one"
)
_UNWRITTEN = Fault(Culprit.CLIENT, "NotImplementedError of its own")
_KNOWN = {
    "Keithley2182": {
        "internal_temperature": Fault(Culprit.TWIN, "has no temperature inside")
    },
    "Keithley2450": dict.fromkeys(
        [
            *("max_current", "max_resistance", "max_voltage"),
            *("mean_current", "mean_resistance", "mean_voltage"),
            *("min_current", "min_resistance", "min_voltage"),
            *("std_current", "std_resistance", "std_voltage"),
        ],
        _STATISTICS,
    ),
    "Keithley2600": {
        "options": Fault(Culprit.CLIENT, "it asks `*OPT?`, which a 2600 has not")
    },
    "Keithley6221": {
        "standard_event_enabled": Fault(Culprit.CLIENT, "it asks `ESE?` without `*`")
    },
    "LakeShore425": dict.fromkeys(
        ["complete", "id", "next_error", "options", "status"], _UNWRITTEN
    ),
}
_PROPERTIES = (
    ("Keithley2000", "hall", "multimeter", 53),
    ("Keithley2182", "hall", "voltmeter", 33),
    ("Keithley2400", "probe", "k2400", 77),
    ("Keithley2450", "probe", "k2450", 52),
    ("Keithley2600", "probe", "k2636b", 21),
    ("Keithley6221", "hall", "source", 46),
    ("Keithley6517B", "probe", "k6517b", 20),
    ("LakeShore425", "hall", "gaussmeter", 9),
)

SUITES = (
    *(
        _suite(
            client=f"PyMeasure {cls}{' (on the 475)' if cls == 'LakeShore425' else ''}",
            bench=bench,
            instrument=twin,
            capability="its properties",
            properties=f"pymeasure_all:properties_of_{cls}",
            count=count,
            faults=_KNOWN.get(cls, {}),
        )
        for cls, bench, twin, count in _PROPERTIES
    ),
    _suite(
        client="PyMeasure Keithley2400",
        bench="probe",
        instrument="k2400",
        capability="its hardware suite",
        tests="tests/instruments/keithley/test_keithley2400_with_device.py",
        count=75,
    ),
    _suite(
        client="PyMeasure Keithley2400",
        bench="probe",
        instrument="k2400",
        capability="its command pairs",
        tests=_PAIRS + "keithley/test_keithley2400.py",
        pairs="Keithley2400",
        count=217,
        faults={
            "test_measure_all 4: :READ?": Fault(
                Culprit.CLIENT, "the output is off: error 803, as on the instrument"
            ),
            "test_current_range_setter 2: :SENSE:CURRENT:RANGE 0.5": Fault(
                Culprit.CLIENT, "compliance is below 0.1 % of that range: error −221"
            ),
            "test_trigger 2: *TRG": Fault(
                Culprit.CLIENT, "nothing waits for a bus trigger: error −211"
            ),
        },
    ),
    _suite(
        client="PyMeasure Keithley2000",
        bench="hall",
        instrument="multimeter",
        capability="its command pairs",
        tests=_PAIRS + "keithley/test_keithley2000.py",
        pairs="Keithley2000",
        count=12,
    ),
    _suite(
        client="PyMeasure Keithley2182",
        bench="hall",
        instrument="voltmeter",
        capability="its command pairs",
        tests=_PAIRS + "keithley/test_keithley2182.py",
        pairs="Keithley2182",
        count=14,
        faults={
            "test_voltage_range_trunc 1: :SENS:VOLT:CHAN2:RANG 15": Fault(
                Culprit.CLIENT, "channel 2 ends at 12 V: error −222"
            ),
        },
    ),
    _suite(
        client="PyMeasure LakeShore425 (on the 475)",
        bench="hall",
        instrument="gaussmeter",
        capability="its command pairs",
        tests=_PAIRS + "lakeshore/test_lakeshore425.py",
        pairs="LakeShore425",
        count=4,
    ),
    *(
        _suite(
            client=f"PyMeasure {cls}{' (on the 475)' if cls == 'LakeShore425' else ''}",
            bench="",
            instrument="",
            capability="its own tests, on the instrument that our role has",
            tests=_PAIRS + tests,
            on_our_link=True,
            count=count,
        )
        for cls, tests, count in (
            ("Keithley2400", "keithley/test_keithley2400.py", 103),
            ("Keithley2000", "keithley/test_keithley2000.py", 6),
            ("Keithley2182", "keithley/test_keithley2182.py", 7),
            ("LakeShore425", "lakeshore/test_lakeshore425.py", 5),
        )
    ),
)
