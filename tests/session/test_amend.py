"""What a run has still to do is changed in its journal; its past never is."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from labctl.config.models import Config
from labctl.engine.control import Control
from labctl.engine.situation import Situation
from labctl.errors import OperatorError, RefusedError, StoreError
from labctl.session.amend import amend, consider
from labctl.session.order import Order, prepare
from labctl.session.resume import resume
from labctl.session.run import Finished, Observers, start
from labctl.store.journal.journal import Journal
from labctl.store.run_file.reader import RunFile
from labctl.store.run_file.verify import verify

Orders = Callable[..., Order]


def run(order: Order, bench: Config, stop_at: float = float("inf")) -> Finished:
    """Run in virtual time; somebody stops it at ``stop_at``, s of test time."""
    control = Control()

    def watch(situation: Situation) -> None:
        if situation.test_time >= stop_at:
            control.stop("stopped by a test")

    observers = Observers(control, watch, live_view=False)
    return start(prepare(order, bench), bench, observers)


def go_on(finished: Finished) -> Finished:
    return resume(finished.folder, Observers(live_view=False))


def steps_of(finished: Finished) -> list[str]:
    with RunFile(finished.folder) as file:
        return [record.label for record in file.steps]


def test_cycles_are_added_to_a_completed_run_and_resume_does_them(
    complete: Finished,
) -> None:
    before = steps_of(complete)

    change = amend(complete.folder, {"cycles": 1}, "Kim", "one more")
    with RunFile(complete.folder) as file:
        noted = [e.event.text for e in file.events if e.event.code == "amend"]
        state = file.status.state
    whole = verify(complete.folder).ok
    finished = go_on(complete)

    assert change.parameters == {"cycles": (0, 1)}
    assert (change.kept, change.first_step) == (len(before), len(before) + 1)
    assert change.next_steps == ("", "lithiation at C/2")
    assert change.durations[1] > change.durations[0]
    assert noted == [
        f"amended by Kim from step {len(before) + 1} on (one more): cycles 0 → 1"
    ]
    assert state == "completed"  # nothing was started
    assert whole  # the sealed file says the same
    assert finished.status == "completed"
    assert steps_of(finished)[: len(before)] == before
    assert len(steps_of(finished)) > len(before)


def test_a_stopped_run_takes_another_cut_off_for_what_has_not_begun(
    order: Orders, bench: Config
) -> None:
    stopped = run(order(cycles=1), bench, stop_at=20_000.0)

    change = amend(stopped.folder, {"upper_voltage": "1 V"}, "", "")
    finished = go_on(stopped)

    assert change.in_flight
    assert finished.status == "completed"
    with RunFile(finished.folder) as file:
        assert file.header.parameters["upper_voltage"] == 1.0
        last = [r for r in file.steps if "delithiation" in r.label][-1]
        (until,) = last.payload["techniques"][0]["until"][:1]
        assert until["value"] == 1.0


def test_looking_changes_nothing(complete: Finished) -> None:
    journal = complete.folder / "journal.sqlite"
    before = journal.read_bytes()

    consider(complete.folder, {"cycles": 3})

    assert journal.read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        # The past would be another one: step, old and new are named.
        ({"formation_rate": "C/10"}, r"step \d was .*C/20.* and would now be .*C/10"),
        # As many cycles as there are already.
        ({"cycles": 0}, "nothing would change"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    changes: dict[str, object], said: str, complete: Finished
) -> None:
    journal = complete.folder / "journal.sqlite"
    before = journal.read_bytes()

    with pytest.raises(OperatorError, match=said):
        amend(complete.folder, changes, "Kim", "")
    assert journal.read_bytes() == before


def test_the_values_that_differ_are_named(complete: Finished) -> None:

    with pytest.raises(OperatorError, match=r"techniques\[0\]\.current: -?0\.000\d+ →"):
        consider(complete.folder, {"formation_rate": "C/10"})


def test_a_parameter_that_cannot_be_is_named(complete: Finished) -> None:

    with pytest.raises(RefusedError) as refused:
        consider(complete.folder, {"cycles": -3, "no_such": 1})

    where = {complaint.where for complaint in refused.value.complaints}
    assert where == {"--set cycles", "--set no_such"}


def test_a_run_that_another_process_writes_is_not_touched(complete: Finished) -> None:

    with (
        Journal.open(complete.folder / "journal.sqlite"),
        pytest.raises(StoreError, match="another process writes this run"),
    ):
        amend(complete.folder, {"cycles": 1}, "Kim", "")


def test_another_sample_is_refused(
    order: Orders, bench: Config, tmp_path: Path
) -> None:
    label = tmp_path / "A17.yaml"
    words = {
        "name": "A17",
        "kind": "half_cell",
        "simulated_as": "si",
        "active_mass": "0.4 mg",
        "one_c": "3350 mAh/g",
        "first_step": "discharge",
    }
    label.write_text(json.dumps(words))
    first = run(order(str(label)), bench)
    label.write_text(json.dumps({**words, "active_mass": "0.5 mg"}))

    with pytest.raises(OperatorError, match=r"the sample is another one.*active_mass"):
        consider(first.folder, {"cycles": 1})
