"""Least squares of numbers that are not negative meet the conditions of a minimum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from labctl.analysis.nonnegative import nonnegative


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_the_minimum_is_that_of_an_active_set(seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    columns = draw.standard_normal((count + 5, count)) + draw.uniform(0, 2)
    aim = draw.standard_normal(count + 5)
    expected, _ = optimize.nnls(columns, aim)

    found = nonnegative(columns.T @ columns, columns.T @ aim)

    assert (found >= 0).all()
    assert found == pytest.approx(expected, abs=1e-7 * max(1.0, expected.max()))


def test_what_would_be_negative_is_exactly_zero() -> None:
    found = nonnegative(np.eye(3), np.array([2.0, -1.0, 0.0]))

    assert found.tolist() == [2.0, 0.0, 0.0]


def test_columns_that_are_the_same_are_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        nonnegative(np.ones((2, 2)), np.ones(2))
