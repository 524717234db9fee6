"""Results and outcomes keep the form in which older journals and files have them."""

import json
import math
from typing import Any

import pytest

from labctl.data import EndReason, Outcome, Quality, Result

WRITTEN: list[tuple[Result, dict[str, Any]]] = [
    # a number, with what it is made of
    (
        Result(92.5, "%", 0.1, budget={"mass": 0.1}),
        {
            "value": 92.5,
            "unit": "%",
            "uncertainty": 0.1,
            "quality": "good",
            "reason": "",
            "budget": {"mass": 0.1},
        },
    ),
    # a word
    (
        Result("n", ""),
        {
            "value": "n",
            "unit": "",
            "uncertainty": None,
            "quality": "good",
            "reason": "",
        },
    ),
    # no number, and why
    (
        Result.absent("V", "no cycle"),
        {
            "value": None,
            "unit": "V",
            "uncertainty": None,
            "quality": "absent",
            "reason": "no cycle",
        },
    ),
]


@pytest.mark.parametrize(("result", "written"), WRITTEN)
def test_a_result_is_written_and_read_as_ever(
    result: Result, written: dict[str, Any]
) -> None:
    assert result.to_json() == written
    assert Result.from_json(json.loads(json.dumps(written))) == result


def test_what_is_not_finite_in_a_table_is_null_and_comes_back_as_nan() -> None:
    result = Result(math.inf, "Ω", math.nan, table={"x": (1.0, math.nan, -math.inf)})

    written = result.to_json()
    back = Result.from_json(written)

    assert written["table"] == {"x": [1.0, None, None]}
    assert (written["value"], written["uncertainty"]) == (None, None)
    assert back.table is not None
    assert back.table["x"][0] == 1.0
    assert all(map(math.isnan, back.table["x"][1:]))


def test_a_result_of_a_later_labctl_is_read_without_what_is_new() -> None:
    later = {"value": 1.0, "unit": "V", "quality": "suspect", "of_tomorrow": 3}

    assert Result.from_json(later) == Result(1.0, "V", quality=Quality.SUSPECT)


def test_an_outcome_replays_with_nan_where_nothing_was_read() -> None:
    outcome = Outcome(EndReason.LIMIT, "full", 3.5, last={"v": math.nan, "i": 1.0})

    written = json.loads(json.dumps(outcome.to_json()))
    back = Outcome.from_json(written)

    assert written == {
        "reason": "limit",
        "condition": "full",
        "duration": 3.5,
        "charge": 0.0,
        "energy": 0.0,
        "rows": 0,
        "last": {"v": None, "i": 1.0},
        "values": {},
    }
    assert math.isnan(back.last["v"])
    assert (back.reason, back.last["i"]) == (EndReason.LIMIT, 1.0)


def test_what_a_person_asked_for_is_written_where_there_was_somebody() -> None:
    asked = {"request": "end", "by": "Kim"}
    outcome = Outcome(EndReason.CONDITION, "asked", asked=asked)

    written = outcome.to_json()

    assert written["asked"] == asked
    assert Outcome.from_json(written) == outcome
    assert "asked" not in Outcome(EndReason.COMPLETED).to_json()
