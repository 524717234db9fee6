"""Means of runs, ratios of groups: what averages away, what cancels, what not."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from labctl.analysis.groups import contrast, group_mean
from labctl.analysis.uncertainty import Measured
from labctl.data import Result
from labctl.sources import Distribution, Part, Source
from labctl.verdicts.condition import Doubt

TABLE = json.loads(
    (Path(__file__).parents[1] / "data" / "student_and_grubbs.json").read_text()
)
ROWS = list(zip(TABLE["n"], TABLE["t_over_root_n"], strict=True))
BALANCE = Source("active mass", shared="balance 3")


def runs(*values: float, balance: float = 0.0, name: str = "") -> dict[str, Measured]:
    """Return runs named a, b … that share a balance, if a part of it is given."""
    shared = {BALANCE: balance} if balance else {}
    return {
        f"{name}{chr(97 + k)}": Measured(
            value, "%", {Source("noise", str(k)): 0.01, **shared}
        )
        for k, value in enumerate(values)
    }


@pytest.mark.parametrize(("n", "t_over_root_n"), ROWS)
def test_the_interval_of_a_mean_is_students(n: int, t_over_root_n: float) -> None:
    values = np.arange(n) % 2 + 0.1 * np.arange(n)
    found = group_mean(runs(*values))

    half = t_over_root_n * np.std(values, ddof=1)
    assert found.expanded(0.95) == pytest.approx(half, rel=1e-3)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_twice_the_uncertainty_covers_what_it_says_for_few_runs(n: int) -> None:
    rng = np.random.default_rng(n)
    held = 0
    for _ in range(1000):
        error = rng.normal(0, 0.2)  # of the balance, common to all
        found = group_mean(runs(*(92.0 + error + rng.normal(0, 0.5, n)), balance=0.2))
        held += abs(found.value - 92.0) <= 2 * (found.to_result().uncertainty or 0)

    # 954.5 ± 6.6 (binomial); Student's and the normal interval in quadrature are wide
    assert 940 <= held <= 990


def test_what_all_runs_share_does_not_average_away() -> None:
    found = group_mean(runs(*np.tile([91.99, 92.01], 50), balance=0.3))

    assert found.part("active mass") == pytest.approx(0.3)
    assert found.uncertainty == pytest.approx(0.3, rel=1e-3)


def test_limits_of_error_that_name_nobody_do_not_average_away() -> None:
    limits = Distribution.RECTANGULAR
    gain = [Source("gain", f"@{k}", distribution=limits) for k in range(4)]
    guess = [Source("leakage", f"@{k}", assumed=True) for k in range(4)]
    alike = {
        str(k): Measured(100 + 0.01 * k, "S", {gain[k]: 0.3, guess[k]: 0.4})
        for k in range(4)
    }

    assert group_mean(alike).part("gain") == pytest.approx(0.3)
    assert group_mean(alike).part("leakage") == pytest.approx(0.4)


def test_one_run_keeps_its_own_uncertainty() -> None:
    found = group_mean(runs(92.0, balance=0.3), "%")

    assert found.uncertainty == pytest.approx(math.hypot(0.01, 0.3))


def test_a_run_that_does_not_say_what_it_shares_makes_the_mean_suspect() -> None:
    old = {run: Measured.of_result(Result(v, "%", 0.1), run) for run, v in OLD.items()}

    assert [d.code for d in group_mean(old).doubts] == ["groups-itemised"]


OLD = {"a": 92.0, "b": 92.4, "c": 92.1}


def test_doubts_of_the_runs_reach_their_mean_with_how_many_have_them() -> None:
    three = runs(92.0, 92.3, 92.1)
    three |= {run: three[run].suspect(Doubt("", "drift")) for run in "ab"}

    assert group_mean(three).reason == "2 of 3: drift"


def test_an_outlier_is_marked_and_kept() -> None:
    found = group_mean(runs(92.5, 92.4, 92.6, 92.5, 80.0))

    assert found.value == pytest.approx(90.0)
    assert found.reason.startswith("e lies 1.79 s off")


# ---- two groups

several = st.lists(st.floats(50, 100), min_size=3, max_size=8, unique=True)


@given(several, several)
def test_welch_agrees_with_scipy(a: list[float], b: list[float]) -> None:
    oracle = stats.ttest_ind(a, b, equal_var=False)

    found = contrast(runs(*a), runs(*b, name="b"))

    assert found.probability == pytest.approx(oracle.pvalue, rel=1e-7)
    low, high = oracle.confidence_interval()
    half = found.difference.expanded(0.95)
    assert found.difference.value - half == pytest.approx(low, rel=1e-7, abs=1e-7)
    assert found.difference.value + half == pytest.approx(high, rel=1e-7, abs=1e-7)


def test_two_materials_differ_and_by_how_much() -> None:
    first = (92.3, 92.6, 92.5, 92.4, 92.7)
    found = contrast(runs(*first), runs(87.2, 87.6, 87.4, 87.3, 87.5, name="si"))

    assert found.probability < 1e-6
    assert found.difference.value == pytest.approx(5.1)
    # five cells each: the bias factor is 1 - 3/(4·8 - 1) to three digits
    d = 5.1 / np.std(first, ddof=1)
    assert found.hedges_g == pytest.approx(d * (1 - 3 / 31), rel=2e-3)


def test_what_two_runs_share_cancels_in_their_ratio_and_nothing_else_does() -> None:
    def run(value: float, name: str) -> Measured:
        parts = (Part(BALANCE, 0.05 * value), Part(Source("noise"), 0.01 * value))
        return Measured.of_result(Result(value, "S/m", 0.0, parts=parts), name)

    found = contrast({"a": run(50.0, "a")}, {"b": run(1.0, "b")}).ratio

    assert found.value == pytest.approx(50.0)
    assert found.budget == pytest.approx({"noise": 50 * math.hypot(0.01, 0.01)})
    assert found.valid


def test_an_unknown_uncertainty_leaves_that_of_the_ratio_unknown() -> None:
    a = Measured.of_result(Result(50.0, "S/m"), "a")
    b = Measured.of_result(Result(1.0, "S/m", 0.01), "b")

    found = contrast({"a": a}, {"b": b}).ratio

    assert math.isnan(found.uncertainty)
    assert "not known" in found.reason


@pytest.mark.parametrize("relative", [0.02, 0.1, 0.2])
def test_a_ratio_of_uncertain_numbers_covers_its_truth(relative: float) -> None:
    rng = np.random.default_rng(7)
    held = 0
    for k in range(2000):
        a, b = 50 * (1 + relative * rng.normal()), 1 + relative * rng.normal()
        found = contrast(
            {"a": Measured(a, "", {Source("a", str(k)): relative * abs(a)})},
            {"b": Measured(b, "", {Source("b", str(k)): relative * abs(b)})},
        ).ratio
        held += abs(found.value - 50) <= 2 * found.uncertainty

    assert held >= 1860  # 93 %


def test_a_ratio_that_is_hardly_known_is_suspect() -> None:
    a = Measured(50.0, "", {Source("a"): 20.0})
    b = Measured(1.0, "", {Source("b"): 0.01})

    doubts = contrast({"a": a}, {"b": b}).ratio.doubts

    assert [doubt.code for doubt in doubts] == ["groups-linear-ratio"]
