"""The same cell gives the same numbers on source meters as on a potentiostat."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from labctl.config.models import Config
from labctl.engine.control import Control
from labctl.engine.situation import Situation
from labctl.session.order import Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.store.run_file.reader import RunFile

Orders = Callable[..., Order]
ICE = "initial_coulombic_efficiency"
CAPACITY = "first_delithiation_capacity"
METERS = ["k2460/cell", "k2636b/cell-a"]


def on(order: Order, channel: str) -> Order:
    return replace(order, channels={"cell": channel})


def quiet(control: Control | None = None, until: float = 0.0) -> Observers:
    if control is None:
        return Observers(live_view=False)

    def watch(situation: Situation) -> None:
        if situation.test_time >= until:
            control.stop("stopped by a test")

    return Observers(control, watch, live_view=False)


def value(finished: Finished, name: str) -> float:
    found = finished.results[name].value
    assert isinstance(found, float)
    return found


@pytest.mark.parametrize("channel", METERS)
def test_the_initial_efficiency_is_that_of_a_potentiostat(
    channel: str, order: Orders, bench: Config, undisturbed: Finished
) -> None:
    ordered = on(order(), channel)

    finished = start(prepare(ordered, bench), bench, quiet())

    assert finished.status == "completed"
    assert value(finished, ICE) == pytest.approx(value(undisturbed, ICE), abs=0.3)
    capacity = value(undisturbed, CAPACITY)
    assert value(finished, CAPACITY) == pytest.approx(capacity, rel=0.003)


def test_a_stopped_run_goes_on_to_the_same_efficiency(
    order: Orders, bench: Config, undisturbed: Finished
) -> None:
    ordered = on(order(), "k2460/cell")
    stopped = start(prepare(ordered, bench), bench, quiet(Control(), until=20 * 3600.0))
    assert stopped.status == "stopped"

    finished = resume(stopped.folder, quiet())

    assert finished.status == "completed"
    assert value(finished, ICE) == pytest.approx(value(undisturbed, ICE), abs=0.3)


def test_a_row_says_how_late_it_was_read(order: Orders, bench: Config) -> None:
    ordered = on(order(), "k2450/cell")
    control = Control()

    finished = start(prepare(ordered, bench), bench, quiet(control, until=3600.0))

    assert finished.file is not None
    with RunFile(finished.file) as file:
        late = file.table("timeseries")["poll_lateness_second"]
    assert len(late) > 5
    assert max(late) == 0.0
