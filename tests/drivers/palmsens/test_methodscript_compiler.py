"""From techniques to a script: what it says, and what is refused by name."""

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from drivers.palmsens.models import MODELS, Facts, facts_of
from drivers.palmsens.options import Options
from drivers.palmsens.script.bounds import Bounds
from drivers.palmsens.script.compiler import compile_script
from drivers.palmsens.wire.literals import value_of
from drivers.twins.palmsens.grammar import ScriptError, parse_script
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

LOW = Condition("low", ConditionQuantity.VOLTAGE, Comparison.AT_MOST, 0.01)
TAPER = Condition("taper", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, 2e-5)
CHARGE = Condition("charge", ConditionQuantity.CHARGE, Comparison.AT_LEAST, 0.36)
RATE = Condition("flat", ConditionQuantity.VOLTAGE_RATE, Comparison.AT_MOST, 1e-6)
OUT = replace(LOW, name="out", ends_all=True)
EVERYTHING: tuple[Technique, ...] = (
    OpenCircuit(600.0, until=(RATE,)),
    ConstantCurrent(-2e-4, 36000.0, (LOW, OUT)),
    ConstantVoltage(0.01, 3600.0, (TAPER,)),
    Loop(1, 3),
    ConstantCurrent(1e-3, 36000.0, (CHARGE,)),
    VoltageSweep((0.1, 1.0, 0.1), 1e-3),
    Spectrum(False, 0.0, 0.01, 1e5, 0.1, settle=10.0, versus_initial=True),
    Spectrum(True, 1e-4, 1e-5, 1e4, 1.0),
)
SINE = Spectrum(False, 0.2, 0.01, 1e5, 0.1)


def facts(model: str = "EmStat4 HR", **options: float) -> Facts:
    return facts_of("emstat4", MODELS[model], Options.model_validate(options))


def lines_of(*techniques: Technique, bounds: Bounds | None = None) -> list[str]:
    return list(compile_script(techniques, facts(), bounds).lines)


def complaints(techniques: Sequence[Technique], of: Facts) -> list[tuple[object, str]]:
    with pytest.raises(RefusedError) as refused:
        compile_script(techniques, of)
    return [(c.path, c.what) for c in refused.value.complaints]


def test_the_twin_understands_every_technique_in_one_script() -> None:
    bounds = Bounds.of(
        Envelope({"voltage_volt": (-0.5, 2.0), "current_ampere": (-0.05, 0.05)})
    )
    program = compile_script(EVERYTHING, facts(), bounds)

    parse_script(program.text(7))

    assert program.unwatched == ("eis",)
    assert program.host_conditions == ((0, RATE),)


def test_a_script_that_is_cut_short_anywhere_is_refused_or_opens_the_cell() -> None:
    text = compile_script(EVERYTHING, facts()).text(7)
    ends = [at for at, letter in enumerate(text) if letter == "\n"]
    for end in (*ends, *range(len(text) - 60, len(text))):
        try:
            script = parse_script(text[:end])
        except ScriptError:
            continue
        last = [c.name for c in script.body[-1].body] if script.body else []
        drives = any(c.name == "if" for c in script.body)
        assert not drives or "cell_off" in last[-6:], text[:end][-80:]


@pytest.mark.parametrize(
    ("technique", "model", "says"),
    [
        # no galvanostat: neither a current nor a sine of one
        (ConstantCurrent(1e-3, 60.0), "EmStat Pico", "cc: the EmStat Pico has no galv"),
        (
            Spectrum(True, 0.0, 1e-5, 1e4, 1.0),
            "EmStat Pico",
            "eis: the EmStat Pico has",
        ),
        # nobody holds a power
        (ConstantPower(0.1, 60.0), "Nexus", "power: no instrument with MethodSCRIPT"),
        # more than the brochure says
        (ConstantCurrent(0.2, 60.0), "EmStat4 HR", "cc: 0.2 A is beyond ±0.1 A"),
        (ConstantVoltage(4.2, 60.0), "EmStat4 LR", "4.2 V is outside -3 … 3 V, what"),
        (replace(SINE, first_frequency=1e6), "EmStat4 HR", "eis: 1e+06 Hz is outside"),
        # nothing, or too much, to record
        (
            ConstantCurrent(1e-3, 60.0, record=Recording()),
            "Nexus",
            "cc: nothing would be recorded.",
        ),
        (
            ConstantCurrent(1e-3, 60.0, record=Recording(every_s=1e-3)),
            "Nexus",
            "cc: a row every 0.001 s is more than its line carries.",
        ),
        (VoltageSweep((0.0, 1.0), 1.0), "EmStat4 HR", "sweep: 1 V/s in steps of 0.001"),
    ],
)
def test_what_a_model_cannot_do_is_refused_by_name(
    technique: Technique, model: str, says: str
) -> None:
    found = complaints([technique], facts(model))

    assert any(path == ("techniques", 0) and says in what for path, what in found)


def test_an_option_raises_what_the_brochure_is_remembered_to_say() -> None:
    compile_script([ConstantCurrent(0.2, 60.0)], facts(max_current=0.2))


def test_a_limit_already_met_is_refused() -> None:
    found = complaints(
        [ConstantCurrent(-1e-3, 60.0, (LOW,))], replace(facts(), voltage=0.005)
    )

    assert "is already met" in found[0][1]


@pytest.mark.parametrize(
    ("loop", "says"),
    [
        (Loop(0, 1), "1 passes are no loop"),
        (Loop(5, 2), "jumps to technique 5"),
    ],
)
def test_a_loop_that_is_none_is_refused(loop: Loop, says: str) -> None:
    assert says in complaints([OpenCircuit(60.0), loop], facts())[0][1]


def test_loops_that_overlap_are_refused() -> None:
    rest = OpenCircuit(60.0)
    found = complaints([rest, rest, Loop(0, 2), rest, Loop(1, 2)], facts())

    assert "loops overlap" in found[0][1]


def test_a_charge_becomes_a_time() -> None:
    lines = lines_of(ConstantCurrent(1e-3, 36000.0, (CHARGE,)))
    runs = [line.split()[-1] for line in lines if line.startswith("meas_loop_cp")]

    # 0.36 C at 1 mA
    assert sum(map(value_of, runs)) == pytest.approx(360.0, abs=1e-3)


def test_bounds_stand_in_each_loop_that_drives_a_margin_outside() -> None:
    bounds = Bounds.of(Envelope({"voltage_volt": (0.0, 1.6)}))
    lines = lines_of(ConstantCurrent(1e-3, 60.0), OpenCircuit(60.0), bounds=bounds)

    loops = sum(line.startswith("meas_loop_cp") for line in lines)
    assert lines.count("if v > 1620m") == loops
    assert lines.count("if v < -20m") == loops


def test_samples_divide_the_recording_interval_and_fit_the_duration() -> None:
    lines = lines_of(OpenCircuit(61.0, Recording(every_s=12.0)))
    first, others = [line for line in lines if line.startswith("meas_loop_ocp")]

    assert first == "meas_loop_ocp v 100m 100m"
    # 16 samples in what is left; 4 s would leave 1 s
    assert others == "meas_loop_ocp v 3806250u 60900m"


def test_the_amplitude_is_sent_as_rms_unless_the_option_says_peak() -> None:
    def sent(kind: str) -> str:
        options = Options.model_validate({"sent_amplitude": kind})
        known = facts_of("emstat4", MODELS["Nexus"], options)
        lines = compile_script([SINE], known).lines
        return next(line for line in lines if "meas_loop_eis" in line).split()[4]

    assert (sent("rms"), sent("peak")) == ("7071068n", "10m")


@pytest.mark.parametrize("seconds", [math.nan, math.inf, -1.0])
def test_a_duration_that_is_none_is_refused_where_it_stands(seconds: float) -> None:
    found = complaints([ConstantVoltage(0.5, seconds)], facts())

    assert [path for path, _ in found] == [("techniques", 0)]
    assert "is none that a script can keep" in found[0][1]


def test_a_number_that_no_literal_says_is_refused_where_it_stands() -> None:
    found = complaints([ConstantVoltage(math.nan, 60.0)], facts())

    assert found[-1][0] == ("techniques", 0)


def test_a_script_that_the_instrument_does_not_hold_is_refused() -> None:
    rests = [OpenCircuit(60.0)] * 20
    found = complaints(rests, facts(script_bytes=2000))

    assert found[0][0] == ()
    assert "and the EmStat4 HR is taken to hold 2000" in found[0][1]
    compile_script(rests, facts())
