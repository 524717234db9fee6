"""Frozen is a missed promise, and nothing else."""

from labctl.service.guard.deadlines import GRACE, Deadlines, SilenceVerdict
from labctl.service.guard.lines import PROMISE

NOTHING = SilenceVerdict()


def promised(**runs: float) -> Deadlines:
    """Return what stands after each run said at 0 s for how long it may be silent."""
    deadlines = Deadlines()
    for run, seconds in runs.items():
        deadlines.hear(run, 0.0, seconds)
    return deadlines


def test_a_run_within_its_promise_is_not_frozen() -> None:
    assert promised(a=PROMISE).look(PROMISE - 0.1) == NOTHING


def test_a_run_that_said_that_it_waits_longer_may_wait_longer() -> None:
    deadlines = promised(a=PROMISE)
    deadlines.hear("a", 1.0, 31.0, "the disk")

    assert deadlines.look(31.0) == NOTHING
    assert deadlines.look(32.1) == SilenceVerdict(("a",), process=True)


def test_a_run_that_works_again_is_bound_by_the_shorter_promise() -> None:
    deadlines = promised(a=300.0)
    deadlines.hear("a", 5.0, PROMISE)

    assert deadlines.look(16.0).frozen == ("a",)


def test_the_process_is_ended_only_if_every_run_of_it_is_late() -> None:
    assert promised(a=10.0, b=10.1).look(10.2) == SilenceVerdict(
        ("a", "b"), process=True
    )


def test_one_late_run_is_frozen_as_soon_as_another_shows_that_the_process_lives() -> (
    None
):
    deadlines = promised(a=10.0, b=10.3)
    assert deadlines.look(10.1) == NOTHING  # b may be as dead as a

    deadlines.hear("b", 10.2, PROMISE)

    assert deadlines.look(10.2) == SilenceVerdict(("a",))


def test_one_late_run_is_frozen_though_the_others_wait_for_long() -> None:
    deadlines = promised(a=10.0, b=300.0)

    assert deadlines.look(10.1) == NOTHING
    assert deadlines.look(10.1 + GRACE) == SilenceVerdict(("a",))


def test_nobody_is_frozen_by_a_pause_of_the_guard_itself() -> None:
    deadlines = promised(a=10.0)

    deadlines.excuse(25.0)

    assert deadlines.look(34.0) == NOTHING


def test_a_run_that_ended_is_expected_to_say_nothing_more() -> None:
    deadlines = promised(a=10.0)

    promise = deadlines.forget("a")

    assert promise is not None
    assert deadlines.look(99.0) == NOTHING
    assert deadlines.next_look(0.0) is None


def test_the_next_look_is_at_the_first_promise_then_at_the_end_of_the_grace() -> None:
    deadlines = promised(a=10.0, b=20.0)

    assert deadlines.next_look(0.0) == 10.0
    assert deadlines.next_look(11.0) == 10.0 + GRACE
