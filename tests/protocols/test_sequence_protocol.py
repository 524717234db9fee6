"""A composed test: what a person may write, what is refused, what is done."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.twins.world import catalogue
from labctl.data import EndReason, Outcome
from labctl.documents.complaints import validate
from labctl.documents.document import Document
from labctl.errors import QuantityError, RefusedError
from labctl.quantities import SI
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from labctl.techniques import ConditionQuantity, Loop
from protocols.cells.end_conditions import EndCondition
from protocols.compose.sequence import ComposedSequence, SequenceParameters

Play = Callable[..., tuple[Any, Any, Any]]

REST = {"do": "rest", "duration": "10 min"}
DOWN = {
    "do": "current",
    "rate": "D/5",
    "duration": "20 h",
    "until": ["full: voltage <= 10 mV"],
}
UP = {
    "do": "current",
    "rate": "C/5",
    "duration": "20 h",
    "until": ["empty: voltage >= 1.2 V"],
}


def made(*steps: dict[str, Any], **given: Any) -> ComposedSequence:
    label = {**catalogue.label("qms-0.7"), **given.pop("label", {})}
    data = {"steps": list(steps), **given}
    parameters = validate(Document("plan.yaml", data), SequenceParameters)
    return ComposedSequence(parameters, Sample.model_validate(label))


def planned(protocol: Any, *conditions: str) -> list[RunTechniques]:
    """Feed the outcomes' conditions in turn; the last one again and again."""
    plan, steps, outcome = protocol.plan(), [], None
    left = list(conditions) or [""]
    try:
        while True:
            step = plan.send(outcome) if outcome is not None else next(plan)
            name = ""
            if isinstance(step, RunTechniques):
                steps.append(step)
                name = left.pop(0) if len(left) > 1 else left[0]
            reason = EndReason.CONDITION if name else EndReason.COMPLETED
            outcome = Outcome(reason, name)
    except (StopIteration, StopAsyncIteration):
        return steps


@pytest.mark.parametrize(
    ("text", "name", "quantity", "value"),
    [
        ("full: voltage <= 5 mV", "full", ConditionQuantity.VOLTAGE, 0.005),
        ("voltage >= 1,2 V", "voltage >= 1,2 V", ConditionQuantity.VOLTAGE, 1.2),
        ("charge >= 1 mAh", "charge >= 1 mAh", ConditionQuantity.CHARGE, 3.6),
        ("still: dV/dt <= 3.6 mV/h", "still", ConditionQuantity.VOLTAGE_RATE, 1e-6),
        ("energy >= 1 mWh", "energy >= 1 mWh", ConditionQuantity.ENERGY, 3.6),
    ],
)
def test_conditions_are_read_as_people_write_them(
    text: str, name: str, quantity: ConditionQuantity, value: float
) -> None:
    found = EndCondition.parse(text)

    assert (found.name, found.quantity) == (name, quantity)
    assert found.value == pytest.approx(value)
    assert str(EndCondition.parse(str(found))) == text


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("|current| <= -1 mA", "never"),
        ("|current| <= D/20", "never"),
        ("charge >= -1 mAh", "always"),
        ("voltage change >= -5 mV", "always"),
    ],
)
def test_a_sign_where_none_is_looked_at_is_refused(text: str, holds: str) -> None:
    with pytest.raises(QuantityError, match=f"so this {holds} holds"):
        EndCondition.parse(text)


def test_a_taper_may_be_a_rate() -> None:
    hold = {
        "do": "voltage",
        "hold": "1.2 V",
        "duration": "1 h",
        "until": ["taper: |current| <= C/50"],
    }

    (step,) = planned(made(hold))

    one_c = 1.9e-3 * 1.131
    (condition,) = step.techniques[0].until  # type: ignore[union-attr]
    assert condition.value == pytest.approx(one_c / 50)


def test_half_cycles_turn_with_the_current_and_cycles_pair_them() -> None:
    block = {"do": "repeat", "times": 2, "steps": [DOWN, REST, UP, REST]}

    steps = planned(made(block))

    assert [s.half_cycle for s in steps] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert [s.cycle for s in steps] == [1, 1, 1, 1, 2, 2, 2, 2]


def test_a_repeat_is_left_by_its_condition() -> None:
    pulse = {**DOWN, "duration": "10 min"}
    block = {
        "do": "repeat",
        "times": 50,
        "until_ended_by": "full",
        "steps": [pulse, REST],
    }

    steps = planned(made(block, UP), "", "", "", "", "full", "")

    assert len(steps) == 6
    assert steps[-1].label == "charge at C/5"


def test_a_branch_looks_at_the_step_before() -> None:
    branch = {"do": "if", "ended_by": "full", "then": [UP], "otherwise": [REST]}

    met, not_met = (planned(made(DOWN, branch), name) for name in ("full", ""))

    assert [s.label for s in met] == ["discharge at C/5", "charge at C/5"]
    assert not_met[-1].label == "rest"


def test_linked_techniques_go_up_together_with_their_loops() -> None:
    block = {
        "do": "linked",
        "steps": [DOWN, REST, UP, REST],
        "loops": [
            {"first": 1, "last": 4, "times": 3},
            {"first": 2, "last": 2, "times": 2},
        ],
    }

    (step,) = planned(made(block))

    loops = [(k, t) for k, t in enumerate(step.techniques) if isinstance(t, Loop)]
    assert loops == [(2, Loop(1, 2)), (5, Loop(0, 3))]


def test_every_slip_is_said_at_once_with_its_place() -> None:
    protocol = made(
        {**DOWN, "until": ["full: voltage <= -0.3 V"]},
        {"do": "if", "ended_by": "ful", "then": [REST]},
        {
            "do": "linked",
            "steps": [DOWN, REST, UP],
            "loops": [
                {"first": 1, "last": 2, "times": 2},
                {"first": 2, "last": 3, "times": 2},
                {"first": 2, "last": 5, "times": 2},
            ],
        },
        {
            "do": "repeat",
            "times": 90_000,
            "until_ended_by": "nothing",
            "steps": [{"do": "repeat", "times": 90_000, "steps": [REST]}],
        },
        label={"one_c": None},
    )

    said = [str(c) for c in protocol.check()]

    text = "\n".join(said)
    assert "8,100,001,805 techniques" in text or "more than 1,000,000" in text
    assert "steps[0].until[0]: -0.3 V is below the limit" in text
    assert "steps[0].rate: " in text
    assert "needs to know what 1C is" in text
    assert "steps[1].ended_by: `ful` is the name of no end condition" in text
    assert "steps[2].loops[1]: 2 … 3 overlaps 1 … 2" in text
    assert "steps[2].loops[2]: 2 … 5 is no run of techniques 1 … 3" in text
    assert "steps[3].until_ended_by: `nothing`" in text


def test_unknown_words_and_quantities_without_unit_are_refused_with_their_path() -> (
    None
):
    with pytest.raises(RefusedError) as refused:
        made(
            {"do": "curent", "rate": "C/5"},
            {"do": "rest", "duration": 600},
            {"do": "rest", "duration": "1 h", "until": ["voltag <= 5 mV"]},
        )

    text = str(refused.value)
    assert "curent" in text
    assert "600" in text
    assert "there is no quantity `voltag`" in text


@pytest.mark.parametrize(
    "steps",
    [
        [REST],
        [{"do": "power", "power": "-1 mW", "duration": "1 h"}],
        [DOWN, {"do": "power", "power": "-1 mW", "duration": "1 h"}],
    ],
)
def test_where_not_every_current_is_named_the_protocol_bounds_none(
    steps: list[dict[str, Any]],
) -> None:
    bounds = made(*steps, formation_cycles=0).envelope().bounds

    assert set(bounds) == {"voltage_volt"}


def test_parameters_survive_the_journal() -> None:
    block = {"do": "repeat", "times": 2, "steps": [DOWN, REST, UP]}
    protocol = made(block, {"do": "peis"})

    again = SequenceParameters.model_validate(protocol.parameters_json(), context=SI)

    assert again == protocol.parameters


def test_a_composed_cycle_gives_cycling_results_and_a_spectrum(play: Play) -> None:
    block = {"do": "repeat", "times": 2, "steps": [DOWN, REST, UP, REST]}
    half = {**DOWN, "duration": "4 h"}
    steps = [block, half, REST, {"do": "peis", "last_frequency": "1 Hz"}]
    run, protocol, _ = play(ComposedSequence, "qms-0.7", steps=steps)

    found = protocol.results(run)

    assert found["capacity_retention"].value == pytest.approx(100, abs=1)
    assert found["charge_transfer_resistance"].value == pytest.approx(
        run.truths[0], rel=0.05
    )
    passed = found["charge_passed"]
    assert len(passed.table["step"]) == 11
    # the net charge is a small difference: what the meter leaves open is not
    moved = sum(map(abs, passed.table["charge_mah"]))
    assert 1e-4 * moved < passed.uncertainty < 1e-2 * moved
    assert "current accuracy (assumed)" in passed.budget


def test_how_long_a_spectrum_takes_follows_from_its_frequencies() -> None:
    short = {"do": "peis", "first_frequency": "10 kHz", "last_frequency": "1 Hz"}
    long = {**short, "last_frequency": "1 mHz", "drift_correction": True}

    # 33 points, most of them as fast as the instrument can; two periods a point
    assert made(short).duration() == pytest.approx(15, rel=0.5)
    assert made(long).duration() > 2 * 2 * 1000
