"""A run whose channel was overloaded, or lost rows, has no good result."""

from labctl.data import Event, Level, Quality, Result
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
    assert found["slope"] == RESULTS["slope"]


def test_results_over_rows_that_were_lost_are_suspect() -> None:
    found = suspected(RESULTS, [record("limits", 1.0), record(ROWS_LOST, 60.0)])

    assert found["capacity"].quality is Quality.SUSPECT
    assert found["capacity"].reason == "at 60 s v/1: saturated"


def test_other_events_say_nothing_against_results() -> None:
    assert suspected(RESULTS, [record("gap", 60.0), record("overload", 60.0)]) == (
        RESULTS
    )
