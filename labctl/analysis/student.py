"""Student's t distribution: how probable a value is, and which one is that improbable.

The upper tail is half of the regularised incomplete beta function

    P(T > t) = I_x(ν/2, 1/2) / 2,  x = ν/(ν + t²),  t ≥ 0,

by its continued fraction (DLMF 8.17.22, evaluated by Lentz's method; Abramowitz and
Stegun 26.5.8). Its quantile follows by Newton's method in log P over log t, where the
tail is concave: from the normal quantile, which lies below, one step leads beyond the
root and all others come back to it, so no step has to be guarded. Many degrees of
freedom are expanded about the normal quantile (Abramowitz and Stegun 26.7.5).

SciPy has both, at the price of loading its special functions for one number.
"""

import math
from statistics import NormalDist

MANY = 1000.0
"""Degrees of freedom from which the expansion is exact to 1e-12 of itself."""
LARGE = 20.0
"""ν/2 from which Stirling's series is exact to 1e-14; Γ itself is too large then."""
_NORMAL = NormalDist()
_MOST_TERMS = 10_000
_MOST_STEPS = 100
_ENOUGH = 1e-15
_NEAR = 1e-8
"""A last step of this size leaves its square."""
_TINY = 1e-300


def student_below(freedom: float, t: float) -> float:
    """Return P(T ≤ ``t``) for ``freedom`` > 0 degrees of freedom; inf: the normal's.

    Exact to 1e-10 of itself in the lower tail, to 1e-8 beyond 1e5 degrees. NaN: one
    of them is unknown, or ``freedom`` is not above zero.
    """
    if not freedom > 0 or math.isnan(t):
        return math.nan
    if math.isinf(freedom):
        return 0.5 * math.erfc(-t / math.sqrt(2.0))
    tail = _tail(freedom, abs(t))
    return tail if t <= 0 else 1.0 - tail


def student_quantile(freedom: float, probability: float) -> float:
    """Return the t with P(T ≤ t) = ``probability``; ``freedom`` may be infinite.

    ValueError: ``freedom`` is not above zero, ``probability`` not between 0 and 1.
    """
    if not (freedom > 0 and 0 < probability < 1):
        raise ValueError(
            f"Student's quantile: {freedom} degrees of freedom, "
            f"probability {probability}"
        )
    if probability < 0.5:  # noqa: PLR2004
        return -_above(freedom, probability)
    return _above(freedom, 1.0 - probability)


def _above(freedom: float, tail: float) -> float:
    """Return the t ≥ 0 with P(T > t) = ``tail``, at most one half."""
    z = max(-_NORMAL.inv_cdf(tail), 0.0)
    if z == 0 or math.isinf(freedom):
        return z
    if freedom >= MANY:
        return _expanded(freedom, z)
    t = z
    for _ in range(_MOST_STEPS):
        found = _tail(freedom, t)
        step = math.log(found / tail) * found / (t * _density(freedom, t))
        t *= math.exp(step)
        if abs(step) <= _NEAR:
            break
    return t


def _expanded(freedom: float, z: float) -> float:
    n, s = freedom, z * z
    return z + z / n * (
        (s + 1) / 4
        + ((5 * s + 16) * s + 3) / (96 * n)
        + (((3 * s + 19) * s + 17) * s - 15) / (384 * n**2)
        + ((((79 * s + 776) * s + 1482) * s - 1920) * s - 945) / (92160 * n**3)
    )


def _density(freedom: float, t: float) -> float:
    n = freedom
    power = -0.5 * (n + 1) * math.log1p(t * t / n)
    return math.exp(power - _log_beta(n)) / math.sqrt(n)


def _tail(freedom: float, t: float) -> float:
    """Return P(T > t), t ≥ 0."""
    n, s = freedom, t * t
    if s == 0:
        return 0.5
    if math.isinf(s):
        return 0.0
    ratio = s / n
    x, rest = 1.0 / (1.0 + ratio), ratio / (1.0 + ratio)
    log_front = -0.5 * n * math.log1p(ratio) + 0.5 * math.log(rest) - _log_beta(n)
    front = math.exp(log_front)
    a = 0.5 * n
    if x < (a + 1.0) / (a + 2.5):
        return 0.5 * front * _fraction(a, 0.5, x) / a
    return 0.5 - front * _fraction(0.5, a, rest)


def _log_beta(freedom: float) -> float:
    """Return ln B(ν/2, 1/2)."""
    a = 0.5 * freedom
    if a < LARGE:
        return math.lgamma(a) + math.lgamma(0.5) - math.lgamma(a + 0.5)
    u = 1.0 / (a * a)
    series = (((17 * u / 14336 - 1 / 640) * u + 1 / 192) * u - 1 / 8) / a
    return 0.5 * math.log(math.pi / a) - series


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of I_x(a, b) behind x^a (1 - x)^b / (a B(a, b))."""
    c, d = 1.0, 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _MOST_TERMS):
        twice = a + 2 * m
        even = m * (b - m) * x / ((twice - 1.0) * twice)
        odd = -(a + m) * (a + b + m) * x / (twice * (twice + 1.0))
        before = value
        for term in (even, odd):
            d = 1.0 / _not_zero(1.0 + term * d)
            c = _not_zero(1.0 + term / c)
            value *= c * d
        if abs(value - before) <= _ENOUGH * abs(value):
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
