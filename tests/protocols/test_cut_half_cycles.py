"""A half cycle that was cut short counts to no result, and is named."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from labctl.data import Array, EndReason, Outcome, Quality
from labctl.protocol import StepRecord
from labctl.sample import FirstStep, Sample, SampleKind
from protocols.cells.cycling_results import cycling_results

CELL = Sample.model_validate(
    {
        "name": "a",
        "kind": "half_cell",
        "first_step": "lithiation",
        "active_mass": "1 mg",
        "active_mass_uncertainty": "10 µg",
    }
)
FADE = 2e-3


@dataclasses.dataclass(frozen=True)
class Recorded:
    """A run made of rows and steps."""

    rows: Mapping[str, Array]
    steps: Sequence[StepRecord]
    sample: Sample = CELL

    def table(self, stream: str) -> Mapping[str, Array]:
        assert stream == "timeseries"
        return self.rows

    def accuracy(self, role: str) -> None:
        del role


def recorded(
    hours: Sequence[float],
    reasons: Mapping[int, EndReason | None] | None = None,
    rest: bool = True,
    ends: Sequence[float] = (0.01, 1.2),
) -> Recorded:
    """Return half cycles of 1 mA that last so long, one step each, from lithiation.

    ``reasons``: how a step ended that did not reach its limit; its rows end there.
    """
    columns: dict[str, list[float]] = {}
    steps, clock = [], 0.0
    for half, length in enumerate(hours):
        step, way = half + 1, -1.0 if half % 2 == 0 else 1.0
        reason = (reasons or {}).get(step, EndReason.CONDITION)
        is_whole = reason is EndReason.CONDITION
        end = ends[half % 2] if is_whole or reasons is None else 0.5
        rows = [(3600 * length * k / 20, way * 1e-3, 0) for k in range(21)]
        if rest and is_whole:
            rows += [(rows[-1][0] + 600 * k, np.nan, 1) for k in range(3)]
        for own, current, technique in rows:
            share = min(own / (3600 * length), 1.0)
            begun = ends[1 - half % 2]
            for name, value in {
                "test_time_second": clock + own,
                "instrument_time_second": own,
                "voltage_volt": begun + (end - begun) * share,
                "current_ampere": current,
                "technique_index": technique,
                "half_cycle": half,
                "cycle_count": half // 2 + 1,
                "step_count": step,
            }.items():
                columns.setdefault(name, []).append(value)
        outcome = None if reason is None else Outcome(reason, rows=len(rows))
        steps.append(StepRecord(step, {}, clock, clock + rows[-1][0], outcome))
        clock += rows[-1][0]
    return Recorded({k: np.array(v) for k, v in columns.items()}, steps)


def results(run: Recorded) -> Mapping[str, Any]:
    return cycling_results(run, formation_cycles=0)


def hours(cycles: int) -> list[float]:
    return [h for n in range(cycles) for h in (1.0, 0.99 * (1 - FADE * n))]


CUTS = [
    EndReason.STOPPED,
    EndReason.SKIPPED,
    EndReason.LIMIT,
    EndReason.FAILED,
    None,
]


@pytest.mark.parametrize("reason", CUTS)
def test_a_cut_half_cycle_counts_to_nothing_and_is_named(
    reason: EndReason | None,
) -> None:
    lasting = [*hours(3), 1.0, 0.3]

    found = results(recorded(lasting, {8: reason}))

    left, mean = found["capacity_retention"], found["coulombic_efficiency"]
    assert left.value == pytest.approx(100 * (1 - 2 * FADE))
    assert mean.value == pytest.approx(99 * (1 - FADE))
    assert left.quality is mean.quality is Quality.GOOD
    assert left.reason.startswith("left out: cycle 4 (delithiation ")
    assert left.table["cycle"] == (1.0, 2.0, 3.0)


def test_the_cycle_that_begins_where_a_cut_one_ended_is_left_out_too() -> None:
    lasting = [1.0, 0.99, 1.0, 0.3, 0.3, 0.99, 1.0, 0.98]

    found = results(recorded(lasting, {4: EndReason.SKIPPED}))

    assert found["capacity_retention"].table["cycle"] == (1.0, 4.0)
    assert found["coulombic_efficiency"].value == pytest.approx(98.5)
    said = found["coulombic_efficiency"].reason
    assert "cycle 2 (delithiation skipped)" in said
    assert "cycle 3 (begins where a cut one ended)" in said


def test_a_step_that_is_stopped_in_its_rest_has_a_whole_half_cycle() -> None:
    run = recorded(hours(3))
    stopped = Outcome(EndReason.STOPPED)
    steps = [*run.steps[:-1], dataclasses.replace(run.steps[-1], outcome=stopped)]

    found = results(Recorded(run.rows, steps))

    assert found["capacity_retention"].table["cycle"] == (1.0, 2.0, 3.0)
    assert found["capacity_retention"].reason == ""


def test_a_run_whose_only_cycle_was_cut_has_no_numbers_but_a_reason() -> None:
    run = recorded([1.0, 0.3], {2: EndReason.STOPPED})

    (found,) = results(run).values()

    assert found.quality is Quality.ABSENT
    assert found.verdicts == ("cycling-complete",)
    assert "cycle 1 (delithiation stopped)" in found.reason


def test_a_cut_first_cycle_makes_the_initial_efficiency_suspect() -> None:
    lasting = [0.4, 0.9, *hours(3)]

    found = results(recorded(lasting, {1: EndReason.SKIPPED}))

    for name in ("initial_coulombic_efficiency", "first_lithiation_capacity"):
        assert found[name].verdicts == ("cycling-first-cycle",)
    assert found["capacity_retention"].verdicts == ("cycling-reference",)


def imported(lasting: Sequence[float], last_end: float) -> Recorded:
    run = recorded(lasting, rest=False)
    volts = run.rows["voltage_volt"].copy()
    volts[-21:] = np.linspace(0.01, last_end, 21)
    return Recorded({**run.rows, "voltage_volt": volts}, ())


def test_an_imported_half_cycle_that_ends_far_from_the_others_is_left_out() -> None:
    cut = results(imported([*hours(3), 1.0, 0.3], 0.5))
    whole = results(imported(hours(4), 1.199))

    assert cut["capacity_retention"].table["cycle"] == (1.0, 2.0, 3.0)
    assert "ends far from where the others end" in cut["capacity_retention"].reason
    assert whole["capacity_retention"].table["cycle"] == (1.0, 2.0, 3.0, 4.0)
    assert whole["capacity_retention"].quality is Quality.GOOD


def test_an_imported_single_cycle_is_not_known_to_have_ended() -> None:
    found = results(imported(hours(1), 1.2))

    first = found["initial_coulombic_efficiency"]
    assert first.value == pytest.approx(99.0)
    assert first.verdicts == ("cycling-complete",)


def test_a_half_cycle_with_a_hole_in_its_rows_is_left_out() -> None:
    run = recorded(hours(4))
    kept = np.ones(len(run.rows["step_count"]), bool)
    kept[24 * 5 + 4 : 24 * 5 + 17] = False  # of cycle 3's delithiation
    rows = {name: column[kept] for name, column in run.rows.items()}

    found = results(Recorded(rows, run.steps))

    assert found["capacity_retention"].table["cycle"] == (1.0, 2.0)
    assert (
        "cycle 3 (delithiation rows are missing)" in found["capacity_retention"].reason
    )


def test_without_a_mass_a_specific_capacity_is_absent_and_says_what_lacks() -> None:
    bare = CELL.model_copy(update={"active_mass": None})

    found = results(dataclasses.replace(recorded(hours(2)), sample=bare))

    lacking = found["first_lithiation_capacity"]
    assert lacking.quality is Quality.ABSENT
    assert lacking.verdicts == ("label-states-quantity",)
    assert found["initial_coulombic_efficiency"].quality is Quality.GOOD


def timed(run: Recorded, *steps: int) -> Recorded:
    """Return the run with steps whose time was over before their limit came."""
    limit = {"techniques": [{"current": 1e-3, "until": [{"name": "upper_voltage"}]}]}
    over = Outcome(EndReason.COMPLETED)
    found = [
        dataclasses.replace(
            each,
            payload=limit,
            outcome=over if each.step_count in steps else each.outcome,
        )
        for each in run.steps
    ]
    return dataclasses.replace(run, steps=found)


def test_a_half_cycle_whose_limit_never_came_gives_no_good_number() -> None:
    shorted = results(timed(recorded(hours(3)), 6))

    assert shorted["capacity_retention"].verdicts == ("cycling-limit-reached",)
    assert shorted["coulombic_efficiency"].verdicts == ("cycling-limit-reached",)
    assert shorted["initial_coulombic_efficiency"].quality is Quality.GOOD


def test_a_composed_test_may_end_half_cycles_by_their_time() -> None:
    run = timed(recorded(hours(3)), 1, 3, 5)

    meant = cycling_results(run, formation_cycles=0, to_limits=False)

    assert all(each.quality is Quality.GOOD for each in meant.values())
    assert results(run)["capacity_retention"].quality is Quality.SUSPECT


def test_a_full_cell_gets_an_energy_efficiency_with_the_voltmeter_s_zero() -> None:
    full = CELL.model_copy(update={"kind": SampleKind.FULL_CELL})

    found = results(dataclasses.replace(recorded(hours(3)), sample=full))

    energy = found["energy_efficiency"]
    # both branches are the same straight line: what is lost is charge
    assert energy.value == pytest.approx(10000 / 99 / (1 - FADE), rel=2e-3)
    assert energy.budget["voltage accuracy (assumed)"] < 0.2
    assert "energy_efficiency" not in results(recorded(hours(3)))


def test_a_label_without_first_step_makes_no_number_good() -> None:
    # the fresh half cell is full of nothing: a blink of charge, then its lithiation
    lasting = [1e-7, 1.0, *hours(3)[1:], 1.0]
    run = recorded(lasting)
    turned = {**run.rows, "current_ampere": -run.rows["current_ampere"]}
    label = CELL.model_copy(update={"first_step": FirstStep.CHARGE})

    found = results(Recorded(turned, run.steps, label))

    assert all("cycling-pairing" in each.verdicts for each in found.values())


def test_specific_capacities_say_when_nobody_stated_the_mass_s_uncertainty() -> None:
    vague = CELL.model_copy(update={"active_mass_uncertainty": None})
    run = recorded(hours(2))

    stated = results(run)["first_lithiation_capacity"]
    assumed = results(dataclasses.replace(run, sample=vague))[
        "first_lithiation_capacity"
    ]

    assert stated.budget["active mass"] == pytest.approx(0.01 * stated.value)
    assert assumed.budget["active mass (assumed)"] > 0.01 * assumed.value
    assert assumed.uncertainty > stated.uncertainty
