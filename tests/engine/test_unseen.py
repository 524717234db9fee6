"""What passed behind the last row is negligible, known to matter, or not known."""

import math

import pytest

from labctl.data import Level
from labctl.engine.unseen import Unseen
from labctl.roles.potentiostat import ROWS_LOST


@pytest.mark.parametrize(
    ("unseen", "code"),
    [
        # the last row was made when it died: nothing passed
        (Unseen(100.0, 100.0, 1e-3, 1.0), ""),
        # nothing flowed in its rows
        (Unseen(100.0, 700.0, 0.0, 1.0), ""),
        # a guard stopped it 2 s after the last of 10 h at one current
        (Unseen(36_000.0, 36_002.0, 1e-3, 36.0), "gap"),
        # ten minutes of ten hours are more than a per cent
        (Unseen(36_000.0, 36_600.0, 1e-3, 36.0), ROWS_LOST),
        # no row says what flowed, and it had just been started
        (Unseen(0.0, 0.5, math.nan, 0.0), "gap"),
        (Unseen(0.0, 60.0, math.nan, 0.0), ROWS_LOST),
    ],
)
def test_rows_are_lost_where_the_charge_behind_them_matters(
    unseen: Unseen, code: str
) -> None:
    event = unseen.event()

    assert (event.code if event else "") == code
    if event is not None:
        assert (event.level is Level.WARNING) is (code == ROWS_LOST)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        # a guard stopped what had hardly begun
        (3.0, "gap"),
        # how long the step would have been is a guess, too weak for minutes
        (60.0, ROWS_LOST),
    ],
)
def test_a_step_that_had_only_begun_is_measured_by_what_it_would_pass(
    seconds: float, code: str
) -> None:
    event = Unseen(100.0, 100.0 + seconds, 1e-3, 0.1).event(planned=72.0)

    assert event is not None
    assert event.code == code


def test_the_event_says_how_long_and_how_much() -> None:
    event = Unseen(36_000.0, 36_600.0, 1e-3, 36.0).event()

    assert event is not None
    assert event.text.startswith("up to 600.0 s before the stop are in no row")
    assert "up to 0.6 C passed" in event.text


def test_before_its_first_row_the_plan_says_what_may_have_flowed() -> None:
    event = Unseen(0.0, 3.0, math.nan, 0.0).event(planned=72.0, duration=72_000.0)

    assert event is not None
    assert "up to 0.003 C passed" in event.text
    assert event.code == "gap"
