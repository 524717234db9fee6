"""The benchmark of coverage counts rightly, and catches an overconfident estimator."""

import math
import random

import interval_coverage
import pytest
from coverage_table import (
    Finding,
    Row,
    clopper_pearson,
    markdown,
    rows,
)

from labctl.data import Quality, Result


def estimates(share: float, seeds: int = 400, quality: str = "good") -> Row:
    """Return numbers that scatter by 1 and state ``share`` of it."""
    rng = random.Random(5)  # noqa: S311
    found = [
        Finding("x", 10.0, 10.0 + rng.gauss(0.0, 1.0), share, quality)
        for _ in range(seeds)
    ]
    return Row("test", "x", tuple(found))


def test_an_honest_estimator_is_within_the_aim() -> None:
    row = estimates(1.0)

    assert 0.93 <= row.covered / len(row.good) <= 0.97
    assert row.wrong == 0
    assert row.verdict == "ok"


@pytest.mark.parametrize(("share", "verdict"), [(0.75, "low"), (0.2, "wrong")])
def test_an_overconfident_estimator_is_caught(share: float, verdict: str) -> None:
    assert estimates(share).verdict == verdict


def test_an_estimator_that_states_far_too_much_is_told_so() -> None:
    assert estimates(2.0).verdict == "high"


def test_what_is_suspect_or_absent_claims_nothing() -> None:
    absent = Finding.of("x", 10.0, Result.absent("V", "no rows"))
    doubted = Finding.of("x", 10.0, Result(99.0, "V", 0.1, Quality.SUSPECT, "why"))
    row = Row("test", "x", (absent, doubted, *estimates(1.0, 2).findings))

    assert len(row.good) == 2
    assert row.suspect == 0.5
    assert row.wrong == 0


def test_a_good_number_without_an_uncertainty_is_counted_apart() -> None:
    row = Row("test", "x", (Finding.of("x", 1.0, Result(2.0, "V")),))

    assert (row.unstated, len(row.good), row.verdict) == (1, 0, "none good")


def test_no_uncertainty_at_all_is_wrong_unless_the_value_is_exact() -> None:
    assert Row("test", "x", (Finding("x", 1.0, 1.1, 0.0, "good"),)).wrong == 1


# Clopper and Pearson 1934; 2 of 10 and 0 of 10 are in every table.
@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(2, 10, 0.0252, 0.5561), (0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0)],
)
def test_the_interval_of_a_share_is_the_exact_one(
    hits: int, of: int, low: float, high: float
) -> None:
    assert clopper_pearson(hits, of) == pytest.approx((low, high), abs=1e-4)


def test_numbers_are_counted_apart_and_stand_in_one_table() -> None:
    found = [Finding("b", 1.0, 1.0, 1.0, "good"), Finding("D", 1.0, 9.0, 1.0, "good")]

    table = markdown(rows("cv", found))

    assert [line.split(" | ")[1] for line in table.splitlines()[2:]] == ["b", "D"]
    assert "wrong" in table


def test_one_seed_finds_the_same_twice() -> None:
    find = interval_coverage.TECHNIQUES["particle"].find

    first, again = find(3), find(3)

    assert first == again
    assert all(math.isfinite(finding.truth) for finding in first)


@pytest.mark.parametrize("name", ["formation", "hall", "pellet"])
def test_a_whole_run_finds_numbers_beside_their_truth(name: str) -> None:
    found = interval_coverage.TECHNIQUES[name].find(1)

    assert len(found) >= 3
    for finding in found:
        near = finding.value == pytest.approx(finding.truth, rel=0.5)
        assert near or abs(finding.off) < 5.0  # a voltage at zero is all error


def test_a_row_of_which_nothing_is_good_is_still_written() -> None:
    assert "| – |" in markdown([estimates(1.0, 3, "suspect")])
