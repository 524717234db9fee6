"""A condition is met only if it was seen to be met, and stands in the reference."""

import math
from pathlib import Path

import pytest

from labctl.analysis.uncertainty import Measured, known
from labctl.verdicts.condition import Condition
from labctl.verdicts.table import by_code, page

DRIFT = Condition(
    code="drift", holds="It rested.", quantity="drift", limit=1.0, unit="mV/h"
)
PAGE = Path(__file__).parents[2] / "docs/reference/validity.md"


def test_what_is_not_known_is_not_met() -> None:
    (doubt,) = DRIFT.at_most(math.nan)

    assert (doubt.code, doubt.text) == ("drift", "drift is not known")


@pytest.mark.parametrize("value", [1.0, -3.0])
def test_a_value_within_its_limit_raises_no_doubt(value: float) -> None:
    assert DRIFT.at_most(value) == ()


def test_a_doubt_says_what_was_found_and_what_may_be() -> None:
    assert str(DRIFT.at_most(2.5)[0]) == "drift 2.5 mV/h is above 1 mV/h"
    assert str(DRIFT.between(-1.0, 0.0)[0]) == "drift −1 mV/h is below 0 mV/h"
    assert DRIFT.between(math.nan, 0.0) != ()


def test_the_code_reaches_the_result() -> None:
    result = known(1.0, 0.1, "meter", "V").suspect(*DRIFT.at_most(9.0)).to_result()

    assert (result.quality, result.verdicts) == ("suspect", ("drift",))
    assert Measured.absent(DRIFT.at_most(9.0)[0]).to_result().verdicts == ("drift",)


def test_every_code_is_one_conditions_own_and_the_page_lists_them() -> None:
    assert all(f"`{code}`" in page() for code in by_code())
    assert PAGE.read_text("utf-8") == page(), (
        "python -m labctl.verdicts.table writes it"
    )


@pytest.mark.parametrize("one", by_code().values(), ids=by_code())
def test_a_condition_says_what_to_do_and_where_its_limit_is_from(
    one: Condition,
) -> None:
    assert one.advice
    assert one.why or math.isnan(one.limit)
