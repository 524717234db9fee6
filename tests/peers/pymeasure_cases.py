"""PyMeasure's own tests, from its source archive, on the twins."""

from functools import partial

from peer_case import Case, Culprit, Fault, Suite

_PAIRS = "tests/instruments/"
_suite = partial(Suite, package="pymeasure")

CASES: tuple[Case, ...] = ()

OVER = Fault(Culprit.TWIN, "ranges are told without their 5 % over-range")
OTHER = Fault(Culprit.TWIN, "only DC volts")

SUITES = (
    _suite(
        client="PyMeasure Keithley2400",
        bench="probe",
        instrument="k2400",
        capability="its hardware suite",
        tests="tests/instruments/keithley/test_keithley2400_with_device.py",
        count=75,
        faults={
            "test_reset": OVER,
            "test_setters_and_getters[current_range-0.000105]": OVER,
            "test_setters_and_getters[source_current_range-0.0105]": OVER,
            "test_setters_and_getters[source_voltage_range-2.1]": OVER,
            "test_setters_and_getters[resistance_range-2100.0]": OVER,
            "test_setters_and_getters[resistance_range_auto_enabled-True]": OVER,
            "test_setters_and_getters[line_frequency-60]": Fault(
                Culprit.TWIN, "the line frequency is told with a fraction"
            ),
        },
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
        faults={
            "test_mode 2: :CONF:FRES": OTHER,
            "test_measure_voltage 1: :CONF:VOLT:AC": OTHER,
            "test_measure_voltage 2: :SENS:VOLT:RANG:AUTO 0;:SENS:VOLT:AC:RANG 300": (
                OTHER
            ),
            "test_enable_filter 1: :SENS:VOLT:AC:AVER:STAT 1": OTHER,
            "test_enable_filter 2: :SENS:VOLT:AC:AVER:TCON repeat": OTHER,
            "test_enable_filter 3: :SENS:VOLT:AC:AVER:COUN 10": OTHER,
        },
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
            "test_thermocouple 1: :SENS:TEMP:TC?": Fault(
                Culprit.TWIN, "no thermocouples"
            ),
            "test_thermocouple 2: :SENS:TEMP:TC K": Fault(
                Culprit.TWIN, "no thermocouples"
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
)
