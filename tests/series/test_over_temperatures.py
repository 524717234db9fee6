"""A protocol at several temperatures: its plan, its results, its interruptions."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from toy_series import ACTIVATION, SAMPLE, Toy, ToyRun, series_of

from labctl.data import EndReason, Quality
from labctl.engine.control import Control
from labctl.engine.situation import Recorded, Situation
from labctl.series.over_temperatures import over_temperatures
from labctl.store.journal.reader import JournalReader


@pytest.fixture
def run(tmp_path: Path) -> ToyRun:
    return ToyRun(tmp_path)


def test_every_temperature_is_set_measured_and_checked(run: ToyRun) -> None:
    ended = run.go(series_of())

    assert ended.reason is EndReason.COMPLETED
    assert [step.label for step in run.steps()] == [
        *("to 10 °C", "form", "read", "still at 10 °C"),
        *("to 25 °C", "read", "still at 25 °C"),
        *("to 45 °C", "read", "still at 45 °C"),
        "back to 25 °C",
    ]
    assert run.bench.chamber.told == [10.0, 25.0, 45.0, 25.0, None]


def test_without_a_way_back_the_chamber_is_made_safe_where_it_is(run: ToyRun) -> None:
    run.go(series_of(return_to=None))

    assert run.bench.chamber.told == [10.0, 25.0, 45.0, None]


def test_the_activation_energy_is_found_from_what_the_chamber_read(run: ToyRun) -> None:
    protocol = series_of()
    run.go(protocol)

    found = run.results(protocol)["activation_energy"]

    assert found.quality is Quality.GOOD
    assert found.unit == "kJ/mol"
    assert found.value == pytest.approx(ACTIVATION, rel=0.01)
    assert found.reason == "from 10.0, 25.0, 45.0 °C"


def test_a_result_is_told_at_the_point_nearest_25_with_a_table_of_all(
    run: ToyRun,
) -> None:
    protocol = series_of()
    run.go(protocol)

    found = run.results(protocol)["resistance"]

    assert found.value == pytest.approx(100.0, rel=0.01)
    assert found.table is not None
    assert np.round(found.table["temperature_celsius"]).tolist() == [10, 25, 45]
    assert found.table["value"][0] > found.table["value"][1] > found.table["value"][2]


def test_each_point_keeps_its_own_results(run: ToyRun) -> None:
    protocol = series_of()
    run.go(protocol)

    found = run.results(protocol)

    assert found["resistance_at_10_celsius"].value == pytest.approx(290.0, rel=0.05)


def test_counters_go_on_through_the_run(run: ToyRun) -> None:
    run.go(series_of())

    with JournalReader(run.journal) as reader:
        table = reader.table("readings")
    assert np.unique(table["cycle_count"]).tolist() == [1, 2, 3, 4]
    assert np.unique(table["sweep_id"]).tolist() == [0, 1, 2, 3]


def test_figures_are_those_of_the_laws_and_of_each_point(run: ToyRun) -> None:
    protocol = series_of()
    run.go(protocol)

    figures = run.figures(protocol)

    assert [figure.name for figure in figures] == [
        *("activation_energy", "toy_10_celsius", "toy_25_celsius", "toy_45_celsius")
    ]
    assert figures[0].series[0].error is not None
    assert figures[1].title == "Toy, 10 °C"
    # Formation, done once, and the point's own five rows.
    assert len(figures[3].series[0].x) == 10


def test_two_temperatures_give_a_law_that_is_doubted(run: ToyRun) -> None:
    protocol = series_of(temperatures="10 °C; 45 °C")
    run.go(protocol)

    found = run.results(protocol)["activation_energy"]

    assert found.verdicts == ("temperature-count",)
    assert "three different temperatures" in protocol.warnings()[0]


def test_a_temperature_may_come_twice(run: ToyRun) -> None:
    protocol = series_of(temperatures="10 °C; 45 °C; 10 °C")
    run.go(protocol)

    found = run.results(protocol)

    assert "resistance_at_10_celsius_2" in found


def test_a_chamber_that_does_not_come_ends_the_run_and_is_made_safe(
    run: ToyRun,
) -> None:
    run.bench.chamber.follows = False

    ended = run.go(series_of(settle_deadline="20 min"))

    assert ended.reason is EndReason.FAILED
    assert "asked for 10 ± 0.5 °C" in ended.text
    assert run.bench.chamber.told[-1] is None


def test_a_wait_that_was_skipped_is_a_doubt(run: ToyRun) -> None:
    control, skips = Control(), iter([1])

    def watch(situation: Situation) -> None:
        if situation.step.label == "to 45 °C":
            for _ in skips:
                control.skip("in a hurry")

    protocol = series_of()
    run.go(protocol, control=control, watch=watch)

    found = run.results(protocol)["activation_energy"]
    assert "temperature-reached" in found.verdicts


def test_a_run_that_is_cut_in_a_measurement_restores_its_temperature_first(
    run: ToyRun,
) -> None:
    control, protocol = Control(), series_of()

    def watch(situation: Situation) -> None:
        if situation.step.label == "read" and situation.step.cycle == 3:
            control.stop("the power fails")

    stopped = run.go(protocol, control=control, watch=watch)
    run.bench.clock.sleep(7200.0)
    steps = {
        one.step_count: dataclasses.replace(one, outcome=None)
        if one.outcome and one.outcome.reason is EndReason.STOPPED
        else one
        for one in run.steps()
    }

    ended = run.go(protocol, recorded=Recorded(steps=steps, test_time=9e4))

    assert stopped.reason is EndReason.STOPPED
    assert ended.reason is EndReason.COMPLETED
    # Off at the stop; 25 °C again before the measurement goes on.
    told = [10.0, 25.0, None, None, 25.0, 45.0, 25.0, None]
    assert run.bench.chamber.told == told
    found = run.results(protocol)["activation_energy"]
    assert found.value == pytest.approx(ACTIVATION, rel=0.01)


def test_results_of_a_run_that_goes_on_are_those_of_what_there_is(run: ToyRun) -> None:
    control, protocol = Control(), series_of()

    def watch(situation: Situation) -> None:
        if situation.step.label == "to 45 °C":
            control.stop("enough")

    run.go(protocol, control=control, watch=watch)

    found = run.results(protocol)
    assert "resistance_at_25_celsius" in found
    assert "resistance_at_45_celsius" not in found


def test_before_anything_was_measured_there_is_no_law(run: ToyRun) -> None:
    control, protocol = Control(), series_of()
    run.go(protocol, control=control, watch=lambda _: control.stop("at once"))

    assert run.results(protocol)["temperature"].quality is Quality.ABSENT


def test_a_runaway_chamber_leaves_the_envelope() -> None:
    bounds = series_of().envelope().bounds["chamber_temperature_celsius"]

    assert bounds == (-5.0, 60.0)


def test_a_chamber_that_runs_away_while_it_is_measured_in_ends_the_run(
    run: ToyRun,
) -> None:
    chamber, protocol = run.bench.chamber, series_of()

    def watch(situation: Situation) -> None:
        if situation.step.label == "read" and situation.step.cycle == 3:
            chamber.follows, chamber.setpoint, chamber.lag = True, 500.0, 600.0

    ended = run.go(protocol, watch=watch, read_beside=True)

    assert ended.reason is EndReason.LIMIT
    assert "ambient temperature" in ended.text
    assert chamber.told[-1] is None
    assert run.steps()[-1].label == "read"


def test_a_protocol_alone_is_as_it_was() -> None:
    alone = Toy(Toy.parameters_model(), SAMPLE)
    steps = [next(alone.plan())]

    assert "temperatures" not in alone.parameters_json()
    assert [stream.name for stream in alone.streams] == ["readings"]
    assert steps[0].label == "form"


def test_the_series_of_a_protocol_is_made_once() -> None:
    assert over_temperatures(Toy) is over_temperatures(Toy)
