from dataclasses import replace
from itertools import pairwise

import pytest

from drivers.biologic.eclib.tables import MOST_STEPS
from drivers.biologic.upload.compiler import compile_program
from drivers.biologic.upload.program import Program
from drivers.biologic.upload.ranges import ChannelFacts
from labctl.errors import RefusedError
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

FACTS = ChannelFacts(
    name="vsp300/1",
    board=2,
    min_range=2,
    max_range=10,
    max_bandwidth=9,
    impedance=True,
    voltage=0.8,
)
MINUTE = Recording(every_s=60.0)


def upper(value: float, *, ends_all: bool = False) -> Condition:
    return Condition(
        "upper",
        ConditionQuantity.VOLTAGE,
        Comparison.AT_LEAST,
        value,
        ends_all=ends_all,
    )


def lower(value: float) -> Condition:
    return Condition("lower", ConditionQuantity.VOLTAGE, Comparison.AT_MOST, value)


def taper(value: float) -> Condition:
    return Condition(
        "taper", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, value
    )


def build(*techniques: Technique, facts: ChannelFacts = FACTS) -> Program:
    return compile_program(techniques, facts)


def values(program: Program, upload: int = 0) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for setting in program.uploads[upload].settings:
        found.setdefault(setting.label, []).append(setting.value)
    return found


def names(program: Program) -> list[str]:
    return [upload.table.name for upload in program.uploads]


def refusal(*techniques: Technique, facts: ChannelFacts = FACTS) -> str:
    with pytest.raises(RefusedError) as caught:
        compile_program(techniques, facts)
    return str(caught.value)


def test_a_current_without_conditions_is_cp() -> None:
    program = build(ConstantCurrent(1e-3, 60.0))

    assert names(program) == ["CP"]
    assert values(program)["Step_number"] == [0]
    assert values(program)["Current_step"] == [1e-3]


def test_a_voltage_limit_goes_into_the_firmware() -> None:
    program = build(ConstantCurrent(1e-3, 60.0, until=(upper(1.5),)))
    found = values(program)

    assert names(program) == ["CPLIMIT"]
    assert (found["Test1_Config"], found["Test1_Value"]) == ([5], [1.5])
    assert found["Exit_Cond"] == [1]
    assert program.host_conditions == ()


def test_a_limit_that_ends_all_stops_the_experiment() -> None:
    program = build(ConstantCurrent(1e-3, 60.0, until=(upper(1.5, ends_all=True),)))

    assert values(program)["Exit_Cond"] == [2]


@pytest.mark.parametrize(
    ("current", "config", "value"),
    # After charging the current comes down from above, after discharging from below.
    [(1e-3, 97, 1e-5), (-1e-3, 101, -1e-5)],
)
def test_a_taper_after_a_current_is_one_signed_test(
    current: float, config: int, value: float
) -> None:
    program = build(
        ConstantCurrent(current, 60.0),
        ConstantVoltage(1.0, 60.0, until=(taper(1e-5),)),
    )
    found = values(program, 1)

    assert names(program) == ["CP", "CALIMIT"]
    assert (found["Test1_Config"], found["Test1_Value"]) == ([config], [value])


def test_a_taper_of_unknown_sign_is_two_tests_together() -> None:
    found = values(build(ConstantVoltage(1.0, 60.0, until=(taper(1e-5),))))

    assert (found["Test1_Config"], found["Test2_Config"]) == ([99], [103])
    assert (found["Test1_Value"], found["Test2_Value"]) == ([1e-5], [-1e-5])


@pytest.mark.parametrize(
    "quantity",
    [
        ConditionQuantity.ENERGY,
        ConditionQuantity.VOLTAGE_CHANGE,
        ConditionQuantity.VOLTAGE_RATE,
    ],
)
def test_what_the_firmware_cannot_test_stays_with_the_host(
    quantity: ConditionQuantity,
) -> None:
    condition = Condition("x", quantity, Comparison.AT_LEAST, 1.0)
    program = build(ConstantCurrent(1e-3, 60.0, until=(condition, upper(1.5))))

    assert program.host_conditions == ((0, condition),)
    assert names(program) == ["CPLIMIT"]


def test_a_fourth_test_stays_with_the_host() -> None:
    limits = tuple(
        Condition(str(k), ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 1.5 + k)
        for k in range(4)
    )
    program = build(ConstantCurrent(1e-3, 60.0, until=limits))

    assert program.host_conditions == ((0, limits[3]),)


def test_a_charge_limit_of_a_constant_current_becomes_its_duration() -> None:
    charge = Condition("capacity", ConditionQuantity.CHARGE, Comparison.AT_LEAST, 3.6)
    program = build(ConstantCurrent(-1e-3, 99999.0, until=(charge,)))

    assert values(program)["Duration_step"] == [3600.0]
    assert program.host_conditions == ()


def test_recording_by_charge_becomes_recording_by_time() -> None:
    record = Recording(every_coulomb=0.01)
    program = build(ConstantCurrent(1e-3, 60.0, record=record))

    assert values(program)["Record_every_dT"] == [10.0]


@pytest.mark.parametrize(
    ("current", "code"),
    # code: 5 10 µA, 6 100 µA, 7 1 mA, 8 10 mA, 10 1 A
    [
        (9e-6, 5),
        (1e-5, 5),
        (1.01e-5, 6),
        (-67e-6, 6),
        (1e-3, 7),
        (1.1e-3, 8),
        (0.4, 10),
    ],
)
def test_the_range_is_the_smallest_that_holds_the_current(
    current: float, code: int
) -> None:
    assert values(build(ConstantCurrent(current, 60.0)))["I_Range"] == [code]


def test_a_galvanostatic_spectrum_gets_a_range_for_dc_and_twice_the_amplitude() -> None:
    spectrum = Spectrum(True, 0.95e-3, 50e-6, 1e4, 1.0)

    assert values(build(spectrum))["I_Range"] == [8]


def test_a_held_voltage_keeps_the_range_of_the_current_before_it() -> None:
    program = build(ConstantCurrent(1e-3, 60.0), ConstantVoltage(1.0, 60.0))

    assert values(program, 1)["I_Range"] == [7]


def test_a_held_voltage_of_unknown_current_ranges_by_itself() -> None:
    assert values(build(ConstantVoltage(1.0, 60.0)))["I_Range"] == [12]


@pytest.mark.parametrize(
    ("limit", "code"),
    # ±2.5 V, ±5 V, ±10 V
    [(1.5, 0), (4.3, 1), (6.0, 2)],
)
def test_the_voltage_range_holds_all_limits(limit: float, code: int) -> None:
    program = build(ConstantCurrent(1e-3, 60.0, until=(upper(limit),)))

    assert values(program)["E_Range"] == [code]


def test_a_current_without_limits_gets_room_in_voltage() -> None:
    assert values(build(ConstantCurrent(1e-3, 60.0)))["E_Range"] == [1]


def test_a_loop_points_at_the_loaded_technique() -> None:
    long = VoltageSweep((0.0, 1.0, 0.2, 0.9, 0.1), 0.1, cycles=10)
    program = build(long, ConstantCurrent(1e-3, 60.0), OpenCircuit(60.0), Loop(1, 3))

    assert names(program) == ["VSCAN", "VSCAN", "CP", "OCV", "LOOP"]
    assert values(program, 4) == {"loop_N_times": [2], "protocol_number": [2]}
    assert [upload.source for upload in program.uploads] == [0, 0, 1, 2, 3]


def test_a_long_path_is_split_where_the_firmware_ends() -> None:
    sweep = VoltageSweep((0.0, 1.0, 0.2, 0.9, 0.1), 0.1, cycles=10)
    program = build(sweep)
    paths = [values(program, k)["Voltage_step"] for k in range(len(program.uploads))]

    assert all(len(path) <= MOST_STEPS for path in paths)
    assert all(a[-1] == b[0] for a, b in pairwise(paths))
    assert values(program)["Scan_number"] == [len(paths[0]) - 1]
    assert sum(len(path) - 1 for path in paths) == 31


def test_a_triangle_is_a_three_vertex_cv() -> None:
    program = build(VoltageSweep((0.5, 1.0, 0.0, 0.5), 0.01, cycles=3))

    assert names(program) == ["CV"]
    assert values(program)["Voltage_step"] == [0.5, 1.0, 0.0, 0.5, 0.5]
    assert values(program)["N_Cycles"] == [2]


def test_a_spectrum_counts_all_its_frequencies() -> None:
    found = values(build(Spectrum(False, 0.8, 0.01, 1e5, 0.05, points_per_decade=10)))

    assert found["Frequency_number"] == [64]
    assert found["sweep"] == [False]


def test_extra_columns_are_asked_of_premium_boards_only() -> None:
    wanted = replace(FACTS, xctr=0x40)
    essential = replace(wanted, board=1)

    assert values(build(ConstantCurrent(1e-3, 1.0), facts=wanted))["xctr"] == [0x40]
    assert "xctr" not in values(build(ConstantCurrent(1e-3, 1.0), facts=essential))


@pytest.mark.parametrize(
    ("board", "file"), [(1, "cplimit.ecc"), (2, "cplimit4.ecc"), (3, "cplimit5.ecc")]
)
def test_the_file_is_that_of_the_board(board: int, file: str) -> None:
    program = build(ConstantCurrent(1e-3, 60.0, until=(upper(1.5),)))

    assert program.uploads[0].table.file_for(board) == file


@pytest.mark.parametrize(
    ("bias", "amplitude", "code"),
    [
        # A that flow, A of the sine, the smallest range with room for both twice
        (-1.9e-3, 1e-4, 8),  # 2.1 mA: 10 mA
        (1.9e-3, 1e-4, 8),
        (-0.8e-3, 1e-4, 7),  # 1.0 mA: 1 mA, just
        (-0.8e-3, 1.01e-4, 8),
        (0.0, 1e-4, 7),
        (0.3, 0.05, 10),
    ],
)
def test_a_spectrum_at_a_bias_keeps_its_current_and_has_room_for_the_sine(
    bias: float, amplitude: float, code: int
) -> None:
    program = build(Spectrum(True, bias, amplitude, 1e5, 0.1, settle=30.0))

    sent = values(program)
    assert sent["I_Range"] == [code]
    assert sent["Initial_Current_step"] == sent["Final_Current_step"] == [bias]
    assert sent["vs_initial"] == sent["vs_final"] == [False]
    assert sent["Amplitude_Current"] == [amplitude]
    assert sent["Duration_step"] == [30.0]
    assert sent["sweep"] == [False]  # True would be linear
    assert sent["Frequency_number"] == [49]


def test_a_limit_on_each_side_is_in_the_firmware() -> None:
    both = (upper(1.6), lower(0.1))
    sent = values(build(ConstantCurrent(1e-3, 60.0, until=both)))

    tests = [(sent[f"Test{k}_Config"][0], sent[f"Test{k}_Value"][0]) for k in (1, 2, 3)]
    assert tests == [(5, 1.6), (1, 0.1), (0, 0.0)]


def test_power_is_left_to_the_host_to_end() -> None:
    vmp3 = replace(FACTS, board=1)
    program = build(ConstantPower(-1e-3, 60.0, until=(lower(0.1),)), facts=vmp3)

    assert names(program) == ["CPOWER"]
    assert [condition.name for _, condition in program.host_conditions] == ["lower"]


REFUSALS: list[tuple[str, list[Technique], ChannelFacts, list[str]]] = [
    (
        "more current than the largest range",
        [ConstantCurrent(1.2, 60.0)],
        FACTS,
        ["1.2 A is beyond ±0.5 A", "booster"],
    ),
    (
        "more than the configuration allows",
        [ConstantCurrent(0.2, 60.0)],
        replace(FACTS, max_current=0.1),
        ["0.2 A is beyond ±0.1 A"],
    ),
    (
        "a configured range that is too small",
        [ConstantCurrent(2e-3, 60.0)],
        replace(FACTS, current_range=1e-3),
        ["does not fit the configured range 1 mA", "larger"],
    ),
    (
        "auto range where a current is driven",
        [ConstantCurrent(2e-3, 60.0)],
        replace(FACTS, current_range="auto"),
        ["firmware forbids auto range", "Remove current_range"],
    ),
    (
        "DC and AC beyond the range",
        [Spectrum(True, 0.9, 0.1, 1e4, 1.0)],
        FACTS,
        ["1.1 A (DC 0.9 A and twice the amplitude)"],
    ),
    (
        "EIS without a board",
        [Spectrum(False, 0.8, 0.01, 1e4, 1.0)],
        replace(FACTS, impedance=False),
        ["no impedance board", "station show"],
    ),
    (
        "a limit that is met already",
        [ConstantCurrent(-1e-3, 60.0, until=(lower(0.9),))],
        FACTS,
        ["E ≤ 0.9 V) is already met", "0.8000 V", "Move the limit"],
    ),
    (
        "loops that cross",
        [
            OpenCircuit(1.0),
            OpenCircuit(1.0),
            Loop(0, 2),
            OpenCircuit(1.0),
            Loop(1, 2),
        ],
        FACTS,
        ["loops overlap: 0-2 and 1-4", "inside the other"],
    ),
    ("a loop forward", [Loop(1, 2), OpenCircuit(1.0)], FACTS, ["not before it"]),
    ("a voltage beyond all", [ConstantVoltage(11.0, 1.0)], FACTS, ["11 V is beyond"]),
    (
        "nothing to record",
        [ConstantCurrent(1e-3, 60.0, record=Recording())],
        FACTS,
        ["nothing would be recorded"],
    ),
    ("nothing at all", [], FACTS, ["nothing to load"]),
    (
        "constant power where no release has its file",
        [ConstantPower(1e-3, 60.0)],
        FACTS,
        ["VMP3 boards only", "SP-300 (VSP-300) boards", "constant current"],
    ),
    (
        "a DIGICORE that nobody asked for",
        [OpenCircuit(1.0)],
        replace(FACTS, board=3),
        ["DIGICORE", "option digicore: true"],
    ),
    ("a board of the future", [OpenCircuit(1.0)], replace(FACTS, board=4), ["type 4"]),
]


@pytest.mark.parametrize(
    ("techniques", "facts", "words"),
    [case[1:] for case in REFUSALS],
    ids=[case[0] for case in REFUSALS],
)
def test_what_cannot_be_done_is_refused_with_its_cure(
    techniques: list[Technique], facts: ChannelFacts, words: list[str]
) -> None:
    text = refusal(*techniques, facts=facts)

    assert all(word in text for word in words), text


def test_all_complaints_come_at_once_with_their_places() -> None:
    text = refusal(
        ConstantCurrent(1.2, 60.0),
        Spectrum(True, 0.9, 0.1, 1e4, 1.0),
        Loop(5, 2),
        facts=replace(FACTS, impedance=False),
    )

    assert len(text.splitlines()) == 4
    assert "vsp300/1 techniques[1]: eis: " in text
