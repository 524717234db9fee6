"""A run whose channel was overloaded, or lost rows, has no good result."""

import numpy as np
import pytest

from labctl.columns import OVERLOAD, STEP_COUNT, TECHNIQUE_INDEX, TIMESERIES
from labctl.data import Event, Level, Quality, Result
from labctl.engine.standing import DISTURBED
from labctl.roles.potentiostat import OVERLOADED, ROWS_LOST
from labctl.session.suspicion import suspected
from labctl.store.journal.records import EventRecord

RESULTS = {"capacity": Result(1.0, "mAh"), "slope": Result.absent("V/s", "no rows")}


def record(code: str, at: float) -> EventRecord:
    return EventRecord(Event(Level.ALARM, code, "v/1: saturated"), at, 1.7e9, 1)


def test_results_of_an_overloaded_run_are_suspect_and_say_when() -> None:
    found = suspected(RESULTS, [record(OVERLOADED, 60.0), record(OVERLOADED, 70.0)])

    assert found["capacity"].quality is Quality.SUSPECT
    assert found["capacity"].reason == "at 60 s v/1: saturated; 1 more of these"
    assert found["capacity"].verdicts == ("run-no-overload",)
    assert found["slope"] == RESULTS["slope"]


def test_results_over_rows_that_were_lost_are_suspect() -> None:
    found = suspected(RESULTS, [record("limits", 1.0), record(ROWS_LOST, 60.0)])

    assert found["capacity"].quality is Quality.SUSPECT
    assert found["capacity"].reason == "at 60 s v/1: saturated"
    assert found["capacity"].verdicts == ("run-rows-kept",)


def test_other_events_say_nothing_against_results() -> None:
    assert suspected(RESULTS, [record("gap", 60.0), record("overload", 60.0)]) == (
        RESULTS
    )


@pytest.mark.parametrize(
    ("flags", "techniques", "quality"),
    [
        # pulses of a second, all saturated: none lasts, and all numbers rest on them
        ([6] * 10 + [0] * 10, [0] * 10 + [1] * 10, Quality.SUSPECT),
        # the same where what rests takes hours
        ([6] * 10 + [0] * 900, [0] * 10 + [1] * 900, Quality.SUSPECT),
        # on and off with every poll
        ([0, 0, 0, 0, 4, 4] * 10, [0] * 60, Quality.SUSPECT),
        # auto range that switches now and then, as seen by one poll in fifty
        (([0] * 49 + [2]) * 5, [0] * 250, Quality.GOOD),
        # one row, at the moment of a switch
        ([2, 0, 0], [0, 0, 0], Quality.GOOD),
        # nobody knows
        ([-1] * 20, [0] * 20, Quality.GOOD),
    ],
)
def test_rows_that_were_recorded_in_overload_count_however_short_it_was(
    flags: list[int], techniques: list[int], quality: Quality
) -> None:
    table = {
        OVERLOAD.name: np.array(flags),
        STEP_COUNT.name: np.ones(len(flags), dtype=np.int64),
        TECHNIQUE_INDEX.name: np.array(techniques),
    }

    found = suspected(RESULTS, [], {TIMESERIES.name: table})

    assert found["capacity"].quality is quality
    assert found["slope"] == RESULTS["slope"]


def test_it_is_said_how_many_rows_were_recorded_in_overload() -> None:
    table = {OVERLOAD.name: np.array([6, 6, 0]), STEP_COUNT.name: np.array([3, 3, 4])}

    found = suspected(RESULTS, [], {"eis": table})

    assert found["capacity"].reason == (
        "2 of 2 rows of eis in step 3 were recorded in overload (overload_flags)"
    )


def test_a_chamber_that_was_changed_makes_results_suspect() -> None:
    told = record(DISTURBED, 60.0)
    found = suspected(RESULTS, [told])

    assert {r.quality for r in found.values()} <= {Quality.SUSPECT, Quality.ABSENT}
