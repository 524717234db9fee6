"""Statistics over cells against tables."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from labctl.analysis.statistics import (
    describe,
    grubbs_limit,
    mean_at_points,
)

TABLE = json.loads(
    (Path(__file__).parents[1] / "data" / "student_and_grubbs.json").read_text()
)
ROWS = list(zip(TABLE["n"], TABLE["grubbs"], strict=True))


@pytest.mark.parametrize(("n", "grubbs"), ROWS)
def test_grubbs_limits_are_the_tabled_ones(n: int, grubbs: float) -> None:
    assert grubbs_limit(n) == pytest.approx(grubbs, abs=1.5e-3)


def test_five_cells_are_described() -> None:
    group = describe((92.3, 92.6, 92.5, 92.4, 92.7))

    assert group.mean == pytest.approx(92.5)
    assert group.deviation == pytest.approx(0.1581, rel=1e-3)
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


@pytest.mark.parametrize("values", [[], [1.0, math.nan]])
def test_what_is_not_a_number_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        describe(values)


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
