"""Intervals follow the distribution of the sum, not the normal one for everything."""

import math

import numpy as np
import pytest

from labctl.analysis.coverage_factor import half_width
from labctl.analysis.uncertainty import TWO_SIGMA, known
from labctl.sources import Distribution, Source

ROOT = math.sqrt(3.0)
CASES: list[tuple[list[float], float]] = [
    # a limit of error alone: 95.45 % of it
    ([1.0], 0.0),
    # two of one size: a triangle
    ([1.0, 1.0], 0.0),
    # a limit and noise of its size
    ([1.0], 1.0),
    # three limits and noise
    ([1.0, 0.6, 0.3], 0.4),
    # nothing but noise
    ([], 1.0),
    # a limit that is lost in the noise
    ([0.05], 1.0),
]


@pytest.mark.parametrize(("limits", "noise"), CASES)
def test_the_interval_covers_what_was_asked_of_drawn_errors(
    limits: list[float], noise: float
) -> None:
    rng = np.random.default_rng(1)
    errors = noise * rng.standard_normal(400_000)
    for limit in limits:
        errors += rng.uniform(-ROOT * limit, ROOT * limit, errors.size)

    width = half_width(limits, noise, TWO_SIGMA)

    # 400,000 draws tell a share of 95.45 % to 0.03 %; small limits count as normal
    assert np.mean(np.abs(errors) <= width) == pytest.approx(TWO_SIGMA, abs=2.5e-3)


def test_a_limit_alone_reaches_no_further_than_itself() -> None:
    assert half_width([1.0], 0.0, 1.0) == pytest.approx(ROOT)
    assert half_width([1.0], 0.0, TWO_SIGMA) == pytest.approx(TWO_SIGMA * ROOT)


def test_what_is_unknown_has_no_interval() -> None:
    assert math.isnan(half_width([math.nan], 1.0, TWO_SIGMA))
    assert math.isnan(half_width([1.0], math.nan, TWO_SIGMA))


def test_a_result_that_only_limits_tell_of_is_not_overstated() -> None:
    zero = Source("current zero", distribution=Distribution.RECTANGULAR)

    result = known(100.0, 0.1, zero, "%").to_result()

    assert result.uncertainty == pytest.approx(0.1 * TWO_SIGMA * ROOT / 2, rel=1e-3)
