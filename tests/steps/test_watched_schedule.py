"""A schedule that was entered otherwise is told line by line, and loops as loops."""

from dataclasses import replace

import pytest

from labctl.roles.schedule import CutOff, ScheduleStep
from labctl.steps.watched_schedule import differences


def line(
    name: str, current: float | None, back: str = "", loops: int = 0
) -> ScheduleStep:
    ends = (CutOff("time", falling=False, value=600.0),)
    control = "REST" if current is None else "CC"
    loop = loops or None
    return ScheduleStep(name, control, current, None, None, ends, back, loop, 60.0)


def cycled(times: int) -> list[ScheduleStep]:
    """Return a rest, and a loop of two lines."""
    return [line("1", None), line("2", -1e-3), line("3", 1e-3, "2", times)]


def told(planned: list[ScheduleStep], entered: list[ScheduleStep]) -> list[str]:
    return [str(each) for each in differences(planned, entered)]


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        # The loop runs less often, or more often.
        (
            cycled(3),
            ["step 2: times: planned 5, ran 3", "step 3: times: planned 5, ran 3"],
        ),
        (
            cycled(7),
            ["step 2: times: planned 5, ran 7", "step 3: times: planned 5, ran 7"],
        ),
        # Its cycles stand there one by one, and one is missing.
        (
            [
                line("1", None),
                *(
                    line(f"{k}{c}", s * 1e-3)
                    for k in range(4)
                    for c, s in (("a", -1), ("b", 1))
                ),
            ],
            ["step 2: times: planned 5, ran 4", "step 3: times: planned 5, ran 4"],
        ),
        # The rest before it was forgotten.
        (
            cycled(5)[1:],
            ["step 1: line: planned 1, REST, until time >= 600 s, ran nothing"],
        ),
    ],
)
def test_a_loop_that_runs_less_often_is_no_missing_line(
    entered: list[ScheduleStep], said: list[str]
) -> None:
    assert told(cycled(5), entered) == said


def test_what_else_differs_in_such_a_loop_is_told_beside_it() -> None:
    other = cycled(3)
    other[1] = replace(other[1], current_ampere=-2e-3)

    found = told(cycled(5), other)

    assert "step 2: current_ampere: planned -0.001, ran -0.002" in found
    assert "step 2: times: planned 5, ran 3" in found
