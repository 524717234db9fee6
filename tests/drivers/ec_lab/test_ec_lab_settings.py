"""What of a plan goes into a settings file, what the host tests, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ec_lab.compiler import compile_program
from drivers.ec_lab.numbers import AMPERES, clock_time, range_name, written
from drivers.ec_lab.options import Options
from drivers.margins import Margins
from drivers.submitted.program import Compiled
from drivers.twins.biologic.techniques import Mode
from drivers.twins.ec_lab.settings_file import (
    RefusedFileError,
    Settings,
    read_settings,
)
from labctl.errors import RefusedError
from labctl.limits import Envelope
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
)

VOLTAGE = ConditionQuantity.VOLTAGE
UPPER = Condition("upper", VOLTAGE, Comparison.AT_LEAST, 1.5)
ZERO = Condition("lower", VOLTAGE, Comparison.AT_MOST, 0.0)
TAPER = Condition("taper", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, 1e-4)
RATE = Condition("rate", ConditionQuantity.VOLTAGE_RATE, Comparison.AT_MOST, 1e-6)
SINE = Spectrum(False, 0.5, 0.01, 1e4, 1.0)
CURRENT = ConstantCurrent(1e-3, 60.0, (UPPER,), Recording(every_s=1.0))


def compiled(*techniques: Technique, **options: object) -> Compiled:
    return compile_program(techniques, "eclab/1", Options(**options), Margins())  # type: ignore[arg-type]


def as_ec_lab_reads(*techniques: Technique, **options: object) -> Settings:
    return read_settings(compiled(*techniques, **options).text)


def test_a_charge_is_read_by_the_other_side_as_it_was_meant() -> None:
    found = as_ec_lab_reads(CURRENT).program[0]
    stage = found.stages[0]

    assert (stage.mode, stage.level, stage.duration) == (Mode.CURRENT, 1e-3, 60.0)
    test = stage.tests[0]
    assert (test.of_current, test.at_least, test.value) == (False, True, 1.5)
    assert found.every_s == 1.0


def test_a_cut_off_of_zero_volt_is_a_limit() -> None:
    down = ConstantCurrent(-1e-3, 60.0, (ZERO,))

    assert as_ec_lab_reads(down).program[0].stages[0].tests[0].value == 0.0


@pytest.mark.parametrize("decimal", [".", ","])
def test_windows_regional_settings_decide_the_decimal_sign(decimal: str) -> None:
    text = compiled(CURRENT, decimal=decimal).text.decode("cp1252")

    assert f"60{decimal}000" in text
    assert as_ec_lab_reads(CURRENT, decimal=decimal).program[0].stages[0].level == 1e-3


def test_direct_current_shares_a_modulo_bat_and_a_spectrum_stands_alone() -> None:
    rest = OpenCircuit(10.0)
    program = compiled(CURRENT, rest, SINE, rest, CURRENT, Loop(3, 4))

    assert program.token["places"] == [[0, 1], [2], [3, 4, 5]]
    assert program.token["spectra"] == [False, True, False]
    read = read_settings(program.text)
    assert [each.short for each in read.linked] == ["MB", "PEIS", "MB"]
    assert read.program[-1].jump == (3, 3)  # passes − 1, from the block's own start


def test_a_spectrum_keeps_bias_amplitude_and_frequencies() -> None:
    sweep = as_ec_lab_reads(SINE).program[0].sweep
    galvano = as_ec_lab_reads(Spectrum(True, 1e-3, 5e-5, 1e4, 0.1)).program[0]

    assert sweep is not None
    assert sweep.amplitude == pytest.approx(0.01)
    assert (sweep.frequencies[0], sweep.frequencies[-1]) == pytest.approx((1e4, 1.0))
    assert len(sweep.frequencies) == SINE.points
    assert galvano.stages[0].level == pytest.approx(1e-3)
    assert galvano.sweep is not None
    assert galvano.sweep.amplitude == pytest.approx(5e-5)


def test_a_limit_in_a_sweep_ends_all_its_ramps() -> None:
    sweep = VoltageSweep((0.0, 1.0, 0.0), 1e-3, until=(UPPER,))
    text = compiled(sweep, OpenCircuit(1.0)).text.decode("cp1252")

    row = next(line for line in text.split("\r\n") if line.startswith("lim1_seq"))
    assert row.split()[1:3] == ["2", "2"]


def test_a_file_has_as_many_limits_as_its_steps_use() -> None:
    text = compiled(CURRENT, OpenCircuit(1.0)).text.decode("cp1252")
    keys = [line[:20].strip() for line in text.split("\r\n")]

    assert [k for k in keys if k.endswith("_type") and k != "ctrl_type"] == [
        "lim1_type",
        "lim2_type",
        "rec1_type",
    ]


def test_the_envelope_becomes_safety_limits_a_margin_outside() -> None:
    envelope = Envelope({"voltage_volt": (0.0, 2.0), "current_ampere": (-0.01, 0.01)})
    program = compile_program([CURRENT], "eclab/1", Options(), Margins.of(envelope))
    read = read_settings(program.text)

    assert read.voltage == pytest.approx((-0.02, 2.02))
    assert read.current == pytest.approx((-0.0102, 0.0102))


def test_what_a_sequence_cannot_test_is_left_to_the_host() -> None:
    program = compiled(OpenCircuit(60.0, until=(RATE,)), CURRENT)

    assert program.host_conditions == ((0, RATE),)


@pytest.mark.parametrize(
    ("techniques", "said"),
    [
        ([ConstantPower(0.1, 9.0)], "power: EC-Lab is not told to do this"),
        ([CURRENT, SINE, Loop(0, 2)], "loop: a spectrum stands within it"),
        ([ConstantCurrent(0.5, 9.0)], "0.5 A is beyond ±0.4 A"),
        ([Spectrum(False, 0.0, 0.01, 1e7, 1.0)], "1e.07 Hz is beyond"),
        ([ConstantVoltage(12.0, 9.0)], "12 V is beyond ±10 V"),
        ([OpenCircuit(-1.0)], "must not be negative"),
        ([CURRENT, SINE] * 11, "links 20 techniques, not 22"),
    ],
)
def test_what_ec_lab_is_not_told_is_refused_by_name(
    techniques: list[Technique], said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        compiled(*techniques)


def test_without_an_impedance_board_a_spectrum_is_refused() -> None:
    with pytest.raises(RefusedError, match="no impedance board"):
        compiled(SINE, impedance=False)


@given(st.floats(1e-6, 1.0) | st.floats(-1.0, -1e-6))
def test_a_current_is_written_to_a_millionth_or_half_a_picoampere(
    current: float,
) -> None:
    text, unit = written(current, AMPERES)
    read = float(text) * dict(AMPERES)[unit]

    assert abs(read - current) <= max(1e-6 * abs(current), 5.1e-13)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1e-3, ("1.000", "mA")),
        (1.2345678e-3, ("1234.568", "µA")),
        (0.0, ("0.000", "A")),
    ],
)
def test_the_largest_unit_that_holds_a_number_is_taken(
    value: float, said: tuple[str, str]
) -> None:
    assert written(value, AMPERES) == said


def test_times_and_ranges_are_written_as_ec_lab_does() -> None:
    assert clock_time(3661.5) == "1:01:01.5000"
    assert [range_name(s) for s in (1.0, 0.1, 1e-5, 1e-8)] == [
        "1 A",
        "100 mA",
        "10 µA",
        "10 nA",
    ]


@pytest.mark.parametrize(
    ("was", "instead"),
    [
        ("EC-LAB SETTING FILE", "BT-LAB SETTING FILE"),
        ("linked techniques : 1", "linked techniques : 2"),
        ("Modulo Bat", "Modulo Battery"),
        ("\r\n", "\n"),
    ],
)
def test_the_twin_refuses_what_ec_lab_would_not_load(was: str, instead: str) -> None:
    text = compiled(CURRENT).text.replace(was.encode(), instead.encode())

    with pytest.raises(RefusedFileError):
        read_settings(text)


@given(
    st.lists(st.sampled_from([CURRENT, OpenCircuit(5.0), SINE]), min_size=1, max_size=8)
)
def test_every_program_is_read_back_step_by_step(techniques: list[Technique]) -> None:
    program = compiled(*techniques)
    read = read_settings(program.text)

    kinds = [t.stages[0].mode for t in read.program]
    wanted = {"cc": Mode.CURRENT, "ocv": Mode.REST, "eis": Mode.VOLTAGE}
    assert kinds == [wanted[t.kind] for t in techniques]
    assert sum(map(len, program.token["places"])) == len(techniques)


def test_a_hold_tapers_by_the_size_of_its_current() -> None:
    hold = ConstantVoltage(1.5, 60.0, (TAPER,))
    stage = as_ec_lab_reads(CURRENT, hold).program[1].stages[0]

    assert stage.level == 1.5
    assert stage.fires(1.5, 9e-5)
    assert not stage.fires(1.5, 2e-4)
    assert not stage.fires(1.5, -2e-4)
