"""Student's distribution: its quantiles, one at a time and without arrays.

The tail beyond t is half the regularised incomplete beta function I_x(ν/2, 1/2) at
x = ν/(ν + t²), by its continued fraction (Abramowitz & Stegun 26.5.8, 26.7.1). It falls
and is convex for t > 0, and lies above the normal one: Newton's steps from the normal
quantile come to it from below and never pass it.
"""

import math
from statistics import NormalDist

MOST_STEPS = 200
EXACT = 1e-13
"""Relative step that is rounding."""
TINY = 1e-300


def student_quantile(freedom: float, probability: float) -> float:
    """Return t that ``probability`` of the distribution lies below.

    ``freedom`` ν > 0 need not be whole; inf is the normal distribution.

    Raises
    ------
    ValueError
        ν ≤ 0, or a probability that is not between 0 and 1.
    """
    if not (freedom > 0 and 0 < probability < 1):
        raise ValueError(
            f"Student's quantile: {freedom} degrees of freedom, "
            f"probability {probability}"
        )
    if probability < 0.5:  # noqa: PLR2004  (half: the middle)
        return -student_quantile(freedom, 1 - probability)
    t = NormalDist().inv_cdf(probability)
    if math.isinf(freedom) or t <= 0:
        return t
    wanted = 1 - probability
    height = _gamma_ratio(freedom / 2) / math.sqrt(freedom * math.pi)
    for _ in range(MOST_STEPS):
        density = height * math.exp(-0.5 * (freedom + 1) * math.log1p(t * t / freedom))
        step = (_tail(freedom, t) - wanted) / density
        t += step
        if abs(step) <= EXACT * t:
            break
    return t


def _tail(freedom: float, t: float) -> float:
    """Return the part of the distribution beyond t > 0."""
    a, b = freedom / 2, 0.5
    x, rest = freedom / (freedom + t * t), t * t / (freedom + t * t)
    front = math.exp(a * math.log(x)) * math.sqrt(rest / math.pi) * _gamma_ratio(a)
    if x < (a + 1) / (a + b + 2):
        return 0.5 * front * _fraction(a, b, x) / a
    return 0.5 * (1 - front * _fraction(b, a, rest) / b)


def _gamma_ratio(a: float) -> float:
    """Return Γ(a + 1/2)/Γ(a)."""
    return math.exp(math.lgamma(a + 0.5) - math.lgamma(a))


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of I_x(a, b), by Lentz's algorithm."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    whole = d
    for m in range(1, MOST_STEPS * 10):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            whole *= c * d
        if abs(c * d - 1) <= EXACT / 100:
            break
    return whole


def _not_zero(x: float) -> float:
    return x if abs(x) > TINY else TINY
