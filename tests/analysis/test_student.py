"""Student's quantiles are those of the tables, for any number of degrees of freedom."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from labctl.analysis.student import student_quantile


@given(st.floats(0.2, 1e5), st.floats(1e-6, 1 - 1e-6))
def test_quantiles_agree_with_an_independent_code(
    freedom: float, probability: float
) -> None:
    t = student_quantile(freedom, probability)

    assert t == pytest.approx(special.stdtrit(freedom, probability), rel=1e-8, abs=1e-9)


def test_one_degree_of_freedom_is_cauchys_distribution() -> None:
    found = student_quantile(1, 0.97725)

    assert found == pytest.approx(math.tan(math.pi * (0.97725 - 0.5)), rel=1e-12)


def test_without_end_it_is_the_normal_distribution() -> None:
    assert student_quantile(math.inf, 0.975) == NormalDist().inv_cdf(0.975)
    assert student_quantile(1e9, 0.975) == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize(("freedom", "probability"), [(0, 0.9), (3, 1.0), (3, 0.0)])
def test_what_has_no_quantile_is_refused(freedom: float, probability: float) -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        student_quantile(freedom, probability)
