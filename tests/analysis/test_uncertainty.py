"""One class for a number with its uncertainty: sources, sharing, expansion."""

import math

import pytest

from labctl.analysis.uncertainty import Measured, estimated, known, mean_of
from labctl.data import Result
from labctl.sources import Kind, Source

BALANCE = Source("balance", shared="balance 3")


def test_what_two_numbers_share_cancels_in_their_ratio() -> None:
    ratio = known(2.0, 0.02, BALANCE) / known(1.0, 0.01, BALANCE)

    assert ratio.uncertainty == pytest.approx(0.0, abs=1e-15)


def test_what_is_not_known_leaves_the_result_without_an_uncertainty() -> None:
    result = (known(2.0, math.nan, "mass") * known(1.0, 0.1, "meter")).to_result()

    assert result.uncertainty is None
    assert result.quality == "good"


def test_few_readings_widen_the_result_by_students_t() -> None:
    result = mean_of([1.0, 1.1, 0.9], "scatter").to_result()

    # t(95.45 %, 2 degrees of freedom) = 4.527; s/√n = 0.1/√3
    assert result.uncertainty == pytest.approx(4.527 / 2 * 0.1 / math.sqrt(3), rel=1e-3)
    assert result.freedom == pytest.approx(2.0)
    assert result.parts[0].source.kind is Kind.A


def test_a_result_comes_back_with_what_it_shares() -> None:
    value = known(3.0, 0.3, BALANCE) + mean_of([0.1, -0.1, 0.3], "scatter")
    back = Result.from_json(value.to_result().to_json())

    first, second = (Measured.of_result(back, run) for run in ("a", "b"))

    assert first.uncertainty == pytest.approx(value.uncertainty)
    # the balance cancels, the scatter of each run does not
    assert (first - second).uncertainty == pytest.approx(
        math.sqrt(2) * value.part("scatter")
    )
    assert first.degrees_of_freedom == pytest.approx(value.degrees_of_freedom)


def test_a_result_of_an_older_file_is_one_source_of_its_own() -> None:
    old = Result(5.0, "S", 0.1)

    ratio = Measured.of_result(old, "a") / Measured.of_result(old, "b")

    assert ratio.uncertainty == pytest.approx(math.sqrt(2) * 0.02)
    assert math.isnan(Measured.of_result(Result(5.0, "S"), "a").uncertainty)


def test_the_largest_term_is_named() -> None:
    assert (
        estimated(1.0, 0.1, "noise") + known(0, 1, BALANCE)
    ).to_result().largest_term == "balance"
