"""Ageing and rate capability: what is planned, and what is found on known cells."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.twins.world import catalogue
from labctl.data import EndReason, Outcome
from labctl.protocol import Step
from labctl.sample import Sample
from labctl.steps.channel import RunTechniques
from protocols.cells.cycling import Cycling, CyclingParameters
from protocols.cells.rate_capability import RateCapability, RateCapabilityParameters

Play = Callable[..., tuple[Any, Any, Any]]


def cycling(**given: Any) -> Cycling:
    label = {**catalogue.label("qms-0.7"), **given.pop("label", {})}
    preset = Cycling.presets["half-cell"]
    parameters = CyclingParameters.model_validate({**preset, **given})
    return Cycling(parameters, Sample.model_validate(label))


def planned(protocol: Any, charges: list[float]) -> list[Step]:
    """Feed every cycle's closing half with one of ``charges``, C."""
    plan, steps = protocol.plan(), []
    outcome: Outcome | None = None
    left = iter(charges)
    try:
        while True:
            step = plan.send(outcome) if outcome is not None else next(plan)
            steps.append(step)
            closing = step.half_cycle % 2 == 1 and isinstance(step, RunTechniques)
            charge = next(left) if closing else -12.0
            outcome = Outcome(EndReason.CONDITION, charge=charge)
    except (StopIteration, StopAsyncIteration):
        return steps


def test_two_cycles_below_the_end_of_life_end_the_plan() -> None:
    protocol = cycling(cycles=100, end_of_life="80%")

    steps = planned(protocol, [12.0, 10.0, 9.0, 7.9, 9.0, 7.9, 7.9, 9.0, 9.0])

    assert max(step.cycle for step in steps) == 7


def test_a_check_up_follows_every_third_working_cycle() -> None:
    protocol = cycling(cycles=6, check_up_every=3, check_up_rate="C/10")

    steps = planned(protocol, [12.0] * 20)

    slow = {s.cycle for s in steps if s.label.endswith("at C/10")}
    assert slow == set(protocol.check_ups()) == {5, 9}
    assert max(step.cycle for step in steps) == 9


def test_every_impossible_rate_and_window_is_said_at_once() -> None:
    protocol = cycling(
        label={"one_c": None, "lower_voltage": "50 mV"},
        one_c=None,
        check_up_every=600,
    )

    said = " ".join(f"{c}" for c in protocol.check())

    assert "needs to know what 1C is" in said
    assert "is below the limit of sample qms-0.7" in said
    assert "no check-up would ever come" in said


def test_a_taper_above_the_working_current_is_refused() -> None:
    (complaint,) = cycling(taper="1C").check()

    assert "is not below the working current" in str(complaint)


@pytest.mark.parametrize(
    ("sample", "efficiency", "capacity"), [("qms-0.7", 92.5, 3350), ("si", 87.4, 3080)]
)
def test_ageing_finds_first_cycle_and_keeps_check_ups_apart(
    play: Play, sample: str, efficiency: float, capacity: float
) -> None:
    run, protocol, _ = play(
        Cycling, sample, cycles=4, check_up_every=2, check_up_rate="C/10"
    )

    found = protocol.results(run)

    assert next(iter(found)) == "capacity_retention"
    assert found["capacity_retention"].table["cycle"] == (1.0, 2.0, 3.0, 5.0, 6.0)
    assert found["check_up_retention"].table["cycle"] == (4.0, 7.0)
    first = found["initial_coulombic_efficiency"]
    assert first.value == pytest.approx(efficiency, abs=0.1)
    assert found["first_delithiation_capacity"].value == pytest.approx(
        capacity, rel=2e-3
    )


def test_charge_between_two_uploads_is_not_counted(play: Play) -> None:
    run, protocol, _cell = play(Cycling, "qms-0.7", cycles=1, rest="0 s")

    table = protocol.results(run)["capacity_retention"].table
    charges = [r.outcome.charge for r in run.steps if "delith" in r.label]

    assert table["capacity_mah"][-1] == pytest.approx(charges[-1] / 3.6, rel=2e-3)


@pytest.mark.parametrize(
    ("sample", "low", "high"), [("qms-0.7", 70, 90), ("si", 8, 30)]
)
def test_rate_capability_separates_the_mission_s_materials(
    play: Play, sample: str, low: float, high: float
) -> None:
    run, protocol, _ = play(RateCapability, sample, cycles_per_rate=2)

    found = protocol.results(run)

    assert next(iter(found)) == "rate_capability"
    table = found["rate_capability"].table
    assert table["rate_c"] == pytest.approx((0.2, 0.5, 1, 2, 3, 5, 0.2), rel=0.01)
    assert low < found["retention_at_3C"].value < high
    assert table["retention_percent"][4] == found["retention_at_3C"].value
    assert found["recovered_capacity"].value > 90
    names = [figure.name for figure in protocol.figures(run)]
    assert names[:2] == ["rate_capability", "rate_curves"]
    assert names[2:] == ["capacity", "voltage_capacity", "dq_dv"]
    ends = [s for s in protocol.figures(run)[1].series if s.shade in {0.0, 1.0}]
    assert {s.name for s in ends} == {"C/5", "5C"}


def test_a_rate_that_stands_twice_is_refused() -> None:
    parameters = RateCapabilityParameters.model_validate({"rates": ["C/5", "0.2C"]})
    sample = Sample.model_validate(catalogue.label("si"))

    (complaint,) = RateCapability(parameters, sample).check()

    assert "stands twice" in str(complaint)
