"""What of a plan goes into a step file, what the host tests, and what is refused."""

import math
import xml.etree.ElementTree as ET

import pytest

from drivers.margins import Margins
from drivers.neware.options import Options
from drivers.neware.step_file import compile_steps
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

VOLTAGE, CHARGE = ConditionQuantity.VOLTAGE, ConditionQuantity.CHARGE
SIZE, CURRENT = ConditionQuantity.ABSOLUTE_CURRENT, ConditionQuantity.CURRENT
UPPER = Condition("upper", VOLTAGE, Comparison.AT_LEAST, 1.5)
LOWER = Condition("lower", VOLTAGE, Comparison.AT_MOST, 0.005)
ZERO = Condition("lower", VOLTAGE, Comparison.AT_MOST, 0.0)
TAPER = Condition("taper", SIZE, Comparison.AT_MOST, 1e-4)


def compiled(*techniques: Technique, **options: object) -> ET.Element:
    made = compile_steps(techniques, "bts/1-1-1", Options(**options), Margins())  # type: ignore[arg-type]
    return ET.fromstring(made.text)  # noqa: S314


def step(root: ET.Element, number: int) -> dict[str, str]:
    found = root.find(f"config/Step_Info/Step{number}")
    assert found is not None
    main = found.find("Limit/Main")
    said = {} if main is None else {each.tag: each.attrib["Value"] for each in main}
    return {"type": found.attrib["Step_Type"], **said}


@pytest.mark.parametrize(
    ("techniques", "wanted"),
    [
        # a charge ends above, in 0.1 mV; currents are mA without sign, times ms
        (
            [ConstantCurrent(1e-3, 60.0, (UPPER,))],
            {"type": "1", "Curr": 1.0, "Time": 60000.0, "Stop_Volt": 15000.0},
        ),
        # a discharge ends below
        (
            [ConstantCurrent(-2e-6, 60.0, (LOWER,))],
            {"type": "2", "Curr": 0.002, "Time": 60000.0, "Stop_Volt": 50.0},
        ),
        # 0 V is a cut-off, not none
        (
            [ConstantCurrent(-1e-3, 60.0, (ZERO,))],
            {"type": "2", "Curr": 1.0, "Time": 60000.0, "Stop_Volt": 0.0},
        ),
        # a charge passes in t = Q/|I|
        (
            [
                ConstantCurrent(
                    1e-3, 60.0, (Condition("q", CHARGE, Comparison.AT_LEAST, 0.02),)
                )
            ],
            {"type": "1", "Curr": 1.0, "Time": 20000.0},
        ),
        # no current is a rest
        ([ConstantCurrent(0.0, 60.0)], {"type": "4", "Time": 60000.0}),
        ([OpenCircuit(5.0)], {"type": "4", "Time": 5000.0}),
    ],
)
def test_a_technique_is_one_step_in_the_files_units(
    techniques: list[Technique], wanted: dict[str, object]
) -> None:
    found = step(compiled(*techniques), 1)

    assert {k: v if k == "type" else float(v) for k, v in found.items()} == wanted


@pytest.mark.parametrize(
    ("before", "hold", "kind"),
    [
        # behind a charge it goes on charging, behind a discharge discharging
        (ConstantCurrent(1e-3, 9.0), ConstantVoltage(1.5, 60.0, (TAPER,)), "3"),
        (ConstantCurrent(-1e-3, 9.0), ConstantVoltage(0.01, 60.0, (TAPER,)), "19"),
        # a signed taper says it, too
        (
            OpenCircuit(1.0),
            ConstantVoltage(
                0.01, 60.0, (Condition("t", CURRENT, Comparison.AT_LEAST, -1e-4),)
            ),
            "19",
        ),
    ],
)
def test_a_hold_goes_on_in_the_direction_that_led_to_it(
    before: Technique, hold: Technique, kind: str
) -> None:
    found = step(compiled(before, hold), 2)

    assert found["type"] == kind
    assert float(found["Stop_Curr"]) == 0.1


@pytest.mark.parametrize(
    "technique",
    [
        OpenCircuit(0.0),
        ConstantCurrent(1e-3, 0.0),
        ConstantCurrent(
            1e-3,
            60.0,
            (Condition("q", ConditionQuantity.CHARGE, Comparison.AT_LEAST, 0.0),),
        ),
        ConstantVoltage(0.1, 1e-5, (TAPER,)),
    ],
)
def test_a_step_of_which_nothing_is_left_is_not_one_without_a_limit(
    technique: Technique,
) -> None:
    root = compiled(technique, ConstantCurrent(1e-3, 60.0))

    assert step(root, 1) == {"type": "4", "Time": "100.000000"}


def test_a_loop_names_its_first_step_and_all_passes() -> None:
    root = compiled(ConstantCurrent(1e-3, 9.0), OpenCircuit(1.0), Loop(0, 3))
    other = root.find("config/Step_Info/Step3/Limit/Other")
    info = root.find("config/Step_Info")

    assert other is not None
    assert [each.attrib["Value"] for each in other] == ["1", "3"]
    assert info is not None
    assert info.attrib["Num"] == "4"
    assert info[-1].attrib == {"Step_ID": "4", "Step_Type": "6"}


def test_the_envelope_is_the_files_protection_a_margin_outside() -> None:
    envelope = Envelope({"voltage_volt": (0.0, 2.0), "current_ampere": (-0.01, 0.01)})
    made = compile_steps(
        [OpenCircuit(1.0)], "bts/1-1-1", Options(), Margins.of(envelope)
    )
    main = ET.fromstring(made.text).find("config/Whole_Prt/Protect/Main")  # noqa: S314

    assert main is not None
    said = {f"{a.tag} {b.tag}": float(b.attrib["Value"]) for a in main for b in a}
    assert said == {
        "Volt Lower": -200.0,
        "Volt Upper": 20200.0,
        "Curr Lower": -10.2,
        "Curr Upper": 10.2,
    }


def test_the_finest_rules_of_recording_hold_for_the_whole_file() -> None:
    root = compiled(
        OpenCircuit(9.0, Recording(every_s=60.0)),
        ConstantCurrent(1e-3, 9.0, (), Recording(every_s=10.0, every_volt=0.005)),
    )
    main = root.find("config/Whole_Prt/Record/Main")

    assert main is not None
    assert {e.tag: float(e.attrib["Value"]) for e in main} == {
        "Time": 10000.0,
        "Volt": 50.0,
    }


def test_what_a_cycler_cannot_test_is_left_to_the_host() -> None:
    wrong_side = Condition("back", VOLTAGE, Comparison.AT_MOST, 0.5)
    last = Condition("end", VOLTAGE, Comparison.AT_LEAST, 1.5, ends_all=True)
    made = compile_steps(
        [ConstantCurrent(1e-3, 9.0, (UPPER, wrong_side, last))],
        "bts/1-1-1",
        Options(),
        Margins(),
    )

    assert made.host_conditions == ((0, wrong_side), (0, last))


@pytest.mark.parametrize(
    ("techniques", "said"),
    [
        ([Spectrum(False, 0.0, 0.01, 1e4, 1.0)], "eis: a Neware channel is not told"),
        ([VoltageSweep((0.0, 1.0), 1e-3)], "sweep: a Neware channel is not told"),
        ([ConstantPower(0.1, 9.0)], "power: a Neware channel is not told"),
        ([ConstantVoltage(0.1, 9.0, versus_initial=True)], "relative to the one"),
        ([ConstantVoltage(0.1, 9.0)], "whether the hold charges or discharges"),
        ([ConstantCurrent(0.2, 9.0)], "0.2 A is beyond ±0.1 A"),
        ([ConstantCurrent(1e-10, 9.0)], "6 decimals"),
        ([ConstantCurrent(1e-3, math.inf)], "Time of inf cannot be written"),
        ([OpenCircuit(9.0), Loop(1, 2)], "not before it"),
        ([OpenCircuit(1.0)] * 254, "may have 254"),
        ([], "nothing to load"),
    ],
)
def test_what_a_cycler_cannot_do_is_refused_by_name(
    techniques: list[Technique], said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        compiled(*techniques, max_current=0.1)
