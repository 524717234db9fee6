"""Student's t without SciPy, against SciPy, closed forms and its own inverse."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from labctl.analysis.student import MANY, student_below, student_quantile

FREEDOMS = [0.7, 1, 1.5, 2, 3, 4.37, 7, 12, 29.6, 39.99, 40, 123.4, 700, 999.99]
MANY_FREEDOMS = [MANY, 1000.01, 5e3, 38285.2, 1e6, 3e8]
PROBABILITIES = [0.51, 0.6, 0.75, 0.9, 0.95, 0.97725, 0.975, 0.995, 0.9995, 1 - 1e-7]


@pytest.mark.parametrize("freedom", FREEDOMS + MANY_FREEDOMS)
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_a_quantile_is_scipys(freedom: float, probability: float) -> None:
    expected = float(special.stdtrit(freedom, probability))

    assert student_quantile(freedom, probability) == pytest.approx(expected, rel=1e-10)
    assert student_quantile(freedom, 1 - probability) == pytest.approx(
        -expected,
        rel=2e-9,  # SciPy's own lower half
    )


@given(st.floats(0.2, 1e5), st.floats(1e-6, 1 - 1e-6))
def test_quantiles_agree_with_an_independent_code(
    freedom: float, probability: float
) -> None:
    t = student_quantile(freedom, probability)

    assert t == pytest.approx(special.stdtrit(freedom, probability), rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("freedom", [*FREEDOMS, *MANY_FREEDOMS[:4]])
@pytest.mark.parametrize("t", [-40.0, -9.0, -3.1, -1.0, -0.3, -1e-3, 0.0, 0.5, 3.0])
def test_a_probability_is_scipys(freedom: float, t: float) -> None:
    expected = float(special.stdtr(freedom, t))

    assert student_below(freedom, t) == pytest.approx(expected, rel=1e-10, abs=1e-290)


@pytest.mark.parametrize("tail", [1e-12, 1e-5, 0.023, 0.3, 0.4999])
def test_one_and_two_degrees_have_closed_forms(tail: float) -> None:
    cauchy = 1 / math.tan(math.pi * tail)
    two = (1 - 2 * tail) / math.sqrt(2 * tail * (1 - tail))

    assert student_quantile(1, tail) == pytest.approx(-cauchy, rel=1e-12)
    assert student_quantile(2, tail) == pytest.approx(-two, rel=1e-12)


@pytest.mark.parametrize("freedom", [0.8, 1, 5.5, 33, 450, 2000])
@pytest.mark.parametrize("probability", [1e-30, 1e-4, 0.2, 0.49, 0.6])
def test_a_quantile_has_its_probability_below_it(
    freedom: float, probability: float
) -> None:
    t = student_quantile(freedom, probability)

    assert student_below(freedom, t) == pytest.approx(probability, rel=1e-9)


def test_endless_freedom_is_the_normal_distribution() -> None:
    assert student_quantile(math.inf, 0.975) == pytest.approx(1.959963984540054)
    assert student_below(math.inf, -9.0) == pytest.approx(special.ndtr(-9.0), rel=1e-12)


def test_half_lies_below_zero() -> None:
    assert student_quantile(3, 0.5) == 0
    assert student_below(3, 0.0) == 0.5


@pytest.mark.parametrize(
    ("freedom", "probability"),
    [(0, 0.9), (-1, 0.9), (math.nan, 0.9), (4, 0.0), (4, 1.0), (4, math.nan)],
)
def test_what_has_no_quantile_is_refused(freedom: float, probability: float) -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        student_quantile(freedom, probability)


@pytest.mark.parametrize(("freedom", "t"), [(0, 1.0), (math.nan, 1.0), (4, math.nan)])
def test_what_is_unknown_has_no_probability(freedom: float, t: float) -> None:
    assert math.isnan(student_below(freedom, t))
