"""One text for a number wherever it is read: verdict, value, what is not known."""

import pytest

from labctl.data import Result
from labctl.drawing.result_text import (
    MEANING,
    largest_text,
    result_text,
    results_text,
)

BUDGET = {"active mass": 18.0, "charge": 1.0}


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (Result(3621.6, "mAh/g", 18.0), "3622 ± 18 mAh/g"),
        (Result(3.2e-15, "m^2/s", 4e-16), "(3.20 ± 0.40) × 10⁻¹⁵ m²/s"),
        (Result(9.614, "ohm"), "9.614 Ω, uncertainty unknown"),
        # no instrument reads exactly: a zero is an uncertainty nobody knows
        (Result(9.614, "ohm", 0.0), "9.614 Ω, uncertainty unknown"),
        # but what is counted is exact
        (Result(5.0, ""), "5"),
        (Result("p", ""), "p"),
        (Result.absent("V", "no rows"), "–"),
    ],
)
def test_a_result_says_value_uncertainty_unit_or_that_one_is_not_known(
    result: Result, text: str
) -> None:
    assert result_text(result) == text


def test_the_term_that_is_most_of_the_uncertainty_is_named_and_no_other() -> None:
    assert largest_text(Result(1.0, "V", 18.0, budget=BUDGET)) == "mostly active mass"
    even = {"a": 1.0, "b": 1.0, "c": 1.0}
    assert largest_text(Result(1.0, "V", 1.7, budget=even)) == ""


def test_a_list_begins_with_the_verdict_and_ends_with_what_the_sign_means() -> None:
    lines = results_text(
        {
            "first_capacity": Result(3621.6, "mAh/g", 18.0, budget=BUDGET),
            "b_value": Result(0.517, "", 0.05).suspect("only 3 rates"),
            "loss": Result.absent("%", "the run was stopped"),
        }
    ).splitlines()

    assert lines == [
        "  good     first capacity  3622 ± 18 mAh/g, mostly active mass",
        "  SUSPECT  b value         0.517 ± 0.050",
        "           only 3 rates",
        "  absent   loss            the run was stopped",
        f"  {MEANING}",
    ]


def test_no_line_is_wider_than_a_terminal_and_no_word_is_lost() -> None:
    reason = "the drift at the end of the rest is not known " * 4
    found = results_text(
        {
            "diffusivity_at_low_lithium": Result(
                3.2e-15, "m²/s", 4e-16, budget={"particle radius": 1.0, "b": 0.1}
            ).suspect(reason.strip()),
            "another": Result.absent("m²/s", reason.strip()),
        }
    )

    assert max(map(len, found.splitlines())) <= 80
    assert found.split().count("drift") == 8
    assert "mostly particle radius" in " ".join(found.split())


@pytest.mark.parametrize("width", range(24, 60))
def test_a_percent_sign_stays_with_its_number(width: int) -> None:
    doubted = Result(1.0, "V", 0.1).suspect("the relative uncertainty is above 30 %")

    lines = results_text({"b": doubted}, width).splitlines()
    assert any("30 %" in line for line in lines)
