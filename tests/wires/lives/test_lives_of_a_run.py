"""Lives of one run that were found by chance, and stay found."""

from collections.abc import Iterator

import pytest
from run_machine import RunMachine


@pytest.fixture
def machine() -> Iterator[RunMachine]:
    made = RunMachine()
    yield made
    made.teardown()


def check(machine: RunMachine) -> None:
    """Ask for everything that has to hold now."""
    machine.levels_are_within_their_limits()
    machine.nothing_is_on_once_the_run_has_ended()
    machine.who_answers_is_asked_first()
    machine.rows_are_in_order()


def test_a_run_that_was_stopped_resumed_and_killed_knows_its_own(
    machine: RunMachine,
) -> None:
    machine.start("current")
    machine.stop()
    machine.resume()
    machine.advance(3)
    machine.kill()

    machine.resume()

    check(machine)
    machine.advance(200)
    assert machine.finished is not None
    assert machine.finished.status == "completed"
    check(machine)


def test_a_skip_leaves_time_in_order(machine: RunMachine) -> None:
    machine.start("current")
    machine.cut(1)
    for _ in range(2):
        machine.release()
    machine.skip()
    machine.advance(200)

    check(machine)


def test_rows_of_a_channel_that_went_on_alone_lie_before_those_of_the_next_life(
    machine: RunMachine,
) -> None:
    machine.start("too strong")
    machine.stop()
    machine.resume()
    machine.kill()
    machine.let_time_pass(20.0)
    machine.set_the_wall_clock(-3600.0)
    machine.resume()
    machine.advance(200)

    machine.resume()
    machine.advance(200)

    check(machine)
