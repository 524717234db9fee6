"""A run that was stopped, amended or asked for nonsense, in virtual time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.config.models import Config
from labctl.data import Quality
from labctl.engine.control import Control
from labctl.engine.situation import Situation
from labctl.errors import OperatorError
from labctl.session.order import Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.store.run_file.reader import RunFile

Orders = Callable[..., Order]
ICE = "initial_coulombic_efficiency"


def quiet() -> Observers:
    return Observers(live_view=False)


def stopped_at(test_time: float) -> Observers:
    """Return observers of whom one asks for a stop at ``test_time``, s."""
    control = Control()

    def watch(situation: Situation) -> None:
        if situation.test_time >= test_time:
            control.stop("stopped by a test")

    return Observers(control, watch, live_view=False)


def run(order: Order, bench: Config, observers: Observers | None = None) -> Finished:
    return start(prepare(order, bench), bench, observers or quiet())


def value(finished: Finished, name: str = ICE) -> float:
    found = finished.results[name].value
    assert isinstance(found, float)
    return found


def test_a_stop_seals_what_there_is(order: Orders, bench: Config) -> None:
    finished = run(order(), bench, stopped_at(20_000.0))

    assert (finished.status, finished.exit_code) == ("stopped", 6)
    assert finished.file is not None
    with RunFile(finished.file) as file:
        assert file.status.state == "stopped"
        assert file.rows["timeseries"] > 0


@pytest.mark.parametrize("hours", [3.0, 17.0, 30.0])
def test_a_stopped_run_goes_on_as_if_nothing_had_been(
    hours: float, order: Orders, bench: Config, undisturbed: Finished
) -> None:
    stopped = run(order(), bench, stopped_at(3600.0 * hours))

    finished = resume(stopped.folder, quiet())

    assert finished.status == "completed"
    # an interruption opens the circuit for a moment: 0.02 % of the charge
    assert value(finished) == pytest.approx(value(undisturbed), abs=0.02)
    for name in ("first_lithiation_capacity", "first_delithiation_capacity"):
        assert value(finished, name) == pytest.approx(
            value(undisturbed, name), rel=3e-4
        )


def stopped_on_the_way_back(cycle: int) -> Observers:
    """Return observers of whom one stops the delithiation of a cycle half way."""
    control = Control()

    def watch(situation: Situation) -> None:
        step = situation.step
        is_back = step.cycle == cycle and step.label.startswith("delith")
        if is_back and situation.last.get("voltage_volt", 0.0) > 0.45:
            control.stop("stopped by a test")

    return Observers(control, watch, live_view=False)


def test_a_delithiation_cut_by_a_stop_counts_once_it_was_gone_on_with(
    order: Orders, bench: Config
) -> None:
    stopped = run(order(cycles=3), bench, stopped_on_the_way_back(4))
    cut = stopped.results["capacity_retention"]
    whole = resume(stopped.folder, quiet()).results["capacity_retention"]

    assert cut.table is not None
    assert whole.table is not None
    assert cut.table["cycle"] == (1.0, 2.0, 3.0)
    assert cut.quality is Quality.GOOD
    assert cut.reason == "left out: cycle 4 (delithiation stopped)"
    assert whole.table["cycle"] == (1.0, 2.0, 3.0, 4.0)
    assert whole.reason == ""
    assert whole.value == pytest.approx(cut.value, abs=1.0)


def test_more_cycles_are_added_to_a_run_that_was_complete(complete: Finished) -> None:

    more = resume(complete.folder, quiet(), {"cycles": 1})

    assert more.status == "completed"
    assert value(more) == value(complete)
    with RunFile(more.folder) as file:
        assert file.rows["cycles"] == 2
        assert file.header.parameters["cycles"] == 1


def test_parameters_that_would_change_the_past_leave_the_run_as_it_was(
    complete: Finished,
) -> None:

    with pytest.raises(OperatorError, match="leave its past as it was"):
        resume(complete.folder, quiet(), {"formation_rate": "C/10"})

    with RunFile(complete.folder) as file:
        assert file.status.state == "completed"
        assert file.header.parameters["formation_rate"] == "C/20"


def test_a_run_that_is_complete_does_not_go_on(complete: Finished) -> None:

    with pytest.raises(OperatorError, match="has ended"):
        resume(complete.folder, quiet())


def test_a_run_that_died_before_its_file_is_sealed_late(complete: Finished) -> None:
    assert complete.file is not None
    Path(complete.file).unlink()

    again = resume(complete.folder, quiet())

    assert again.file is not None
    assert again.file.is_file()
    assert value(again) == value(complete)
