"""Statistics over cells against tables and an independent implementation."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from labctl.analysis.statistics import (
    compare,
    describe,
    grubbs_limit,
    mean_at_points,
    student_t,
)

TABLE = json.loads(
    (Path(__file__).parents[1] / "data" / "student_and_grubbs.json").read_text()
)
EFFICIENCIES = (92.3, 92.6, 92.5, 92.4, 92.7)
ROWS = list(
    zip(*(TABLE[k] for k in ("n", "t", "t_over_root_n", "grubbs")), strict=True)
)


@pytest.mark.parametrize(("n", "t", "over_root", "grubbs"), ROWS)
def test_students_and_grubbs_limits_are_the_tabled_ones(
    n: int, t: float, over_root: float, grubbs: float
) -> None:
    assert student_t(n) == pytest.approx(t, abs=6e-4)
    assert student_t(n) / math.sqrt(n) == pytest.approx(over_root, abs=6e-4)
    assert grubbs_limit(n) == pytest.approx(grubbs, abs=1.5e-3)


def test_five_cells_have_a_confidence_interval() -> None:
    group = describe(EFFICIENCIES)

    s = np.std(EFFICIENCIES, ddof=1)
    assert group.mean == pytest.approx(92.5)
    assert group.half_width == pytest.approx(1.2417 * s, rel=1e-4)
    assert group.outlier is None


def test_an_outlier_is_marked_and_kept() -> None:
    group = describe([92.5, 92.4, 92.6, 92.5, 80.0])

    assert group.outlier == 4
    assert group.count == 5
    assert group.grubbs > group.grubbs_limit


def test_one_cell_has_a_value_without_scatter() -> None:
    group = describe([92.5])

    assert group.mean == 92.5
    assert math.isnan(group.deviation)
    assert math.isnan(group.half_width)


@pytest.mark.parametrize("values", [[], [1.0, math.nan]])
def test_what_is_not_a_number_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        describe(values)


groups = st.lists(st.floats(50, 100), min_size=3, max_size=8, unique=True)


@given(groups, groups)
def test_welch_agrees_with_scipy(a: list[float], b: list[float]) -> None:
    oracle = stats.ttest_ind(a, b, equal_var=False)

    found = compare(a, b)

    assert found.t == pytest.approx(oracle.statistic, rel=1e-9, abs=1e-12)
    assert found.probability == pytest.approx(oracle.pvalue, rel=1e-7)
    low, high = oracle.confidence_interval()
    assert found.difference - found.half_width == pytest.approx(low, rel=1e-7, abs=1e-7)
    assert found.difference + found.half_width == pytest.approx(
        high, rel=1e-7, abs=1e-7
    )


def test_two_materials_differ_and_by_how_much() -> None:
    found = compare(EFFICIENCIES, (87.2, 87.6, 87.4, 87.3, 87.5))

    assert found.differs
    assert found.difference == pytest.approx(5.1)
    # five cells each: the bias factor is 1 - 3/(4·8 - 1) to three digits
    d = 5.1 / np.std(EFFICIENCIES, ddof=1)
    assert found.hedges_g == pytest.approx(d * (1 - 3 / 31), rel=2e-3)


def test_a_group_of_one_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="at least two"):
        compare([1.0], [2.0, 3.0])


def test_a_mean_by_cycle_invents_no_cycle_between_two() -> None:
    curves: list[tuple[list[float], list[float]]] = [
        ([1, 2, 3], [10, np.nan, 14]),
        ([1, 3, 4], [12, 16, 18]),
    ]

    mean = mean_at_points(curves)

    assert mean.x.tolist() == [1, 2, 3, 4]
    assert mean.count.tolist() == [2, 0, 2, 1]
    np.testing.assert_allclose(mean.mean, [11, np.nan, 15, 18])
    np.testing.assert_allclose(mean.deviation, [2**0.5, np.nan, 2**0.5, np.nan])
