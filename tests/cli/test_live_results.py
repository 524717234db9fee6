"""Capacity and efficiency of a half cycle, told as soon as it has ended."""

import pytest

from labctl.cli.progress import LatestHalfCycle, half_cycle_text
from labctl.data import EndReason, Outcome
from labctl.engine.situation import Situation
from labctl.engine.states import RunState
from labctl.steps.channel import RunTechniques
from labctl.techniques import OpenCircuit

MILLIGRAM = 1e-6


def ended(half: int, charge: float) -> Situation:
    """Return what a watcher hears after a half cycle that moved ``charge``, C."""
    step = RunTechniques(
        label="delithiation at C/20" if half % 2 else "lithiation at C/20",
        half_cycle=half,
        techniques=(OpenCircuit(1.0),),
    )
    outcome = Outcome(EndReason.CONDITION, charge=charge)
    return Situation(RunState.RUNNING, 2, step, 0.0, {}, 0, (step, outcome))


@pytest.mark.parametrize(
    ("half", "charges", "mass", "text"),
    [
        # 3.6 C are 1 mAh
        (0, {0: -3.6}, MILLIGRAM, "1000.0 mAh/g"),
        (1, {0: -3.6, 1: 3.24}, MILLIGRAM, "900.0 mAh/g, CE 90.00 %"),
        # without a mass there is nothing to refer to
        (0, {0: -3.6}, None, "1 mAh"),
        # the opening half is not that of this cycle
        (3, {0: -3.6, 3: 3.24}, MILLIGRAM, "900.0 mAh/g"),
    ],
)
def test_a_half_cycle_is_told_in_what_the_sample_allows(
    half: int, charges: dict[int, float], mass: float | None, text: str
) -> None:
    assert half_cycle_text(half, charges, mass) == text


def test_the_efficiency_is_there_once_the_second_half_has_ended() -> None:
    latest = LatestHalfCycle(MILLIGRAM)

    latest.hear(ended(0, -3.6))
    after_one = latest.text
    latest.hear(ended(1, 3.15))

    assert after_one == "lithiation 1000.0 mAh/g"
    assert latest.text == "delithiation 875.0 mAh/g, CE 87.50 %"


def test_the_pulses_of_one_half_cycle_add_up() -> None:
    latest = LatestHalfCycle(MILLIGRAM)

    latest.hear(ended(0, -1.8))
    latest.hear(ended(0, -1.8))

    assert latest.text == "lithiation 1000.0 mAh/g"
