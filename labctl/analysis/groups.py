"""How well the mean of several runs is known, and how two groups of runs compare.

The mean of n runs has u² = s²/n + u²(shared): the scatter s with n - 1 degrees of
freedom holds whatever differs from run to run; what the runs share (a balance, an
instrument, a label) is wrong in all of them together and does not average away. One run
alone has its own uncertainty: nothing is known of its like.

Difference and ratio of two groups come from their means, so that what both groups share
cancels as far as it does in the arithmetic. The test is Welch's (1947) for the scatter
alone, with what is not shared added; the size of the effect is Hedges' g (1981).
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from labctl.analysis.statistics import FEWEST, Group, describe
from labctl.analysis.student import student_below
from labctl.analysis.uncertainty import Measured, mean
from labctl.sources import NOT_ITEMISED, Distribution, Kind, Source
from labctl.verdicts.condition import Doubt
from labctl.verdicts.groups import ENOUGH_RUNS, ITEMISED, LINEAR_RATIO, NO_OUTLIER

SCATTER = "scatter of runs"
NOT_LINEAR = "ratio not linear"
SECOND_ORDER = math.sqrt(8.0)
"""Of u²(r): the second-order terms of a quotient, relative (GUM 5.1.2, note)."""
SMALL = 0.03
"""Relative uncertainty of a ratio below which its second order is left out."""

Runs = Mapping[str, Measured]
"""Values by the name of their run."""


def group_mean(runs: Runs, unit: str = "") -> Measured:
    """Return the mean of one quantity of like runs; of one run, its own value.

    ValueError: there is none, or one that is not finite.
    """
    values = [one.value for one in runs.values()]
    found = describe(values)
    if found.count < FEWEST:
        return next(iter(runs.values())).with_unit(unit)
    common = _common(runs)
    scatter = Source.fresh(SCATTER, list(runs), values, kind=Kind.A)
    spread = found.deviation / math.sqrt(found.count)
    plain = Measured(
        found.mean,
        unit,
        {**common, scatter: spread},
        {scatter: found.count - 1.0},
        _doubts(runs),
    )
    return plain.suspect(
        *ENOUGH_RUNS.at_least(found.count), *_unsure(runs), *_outlier(runs, found)
    )


def _common(runs: Runs) -> dict[Source, float]:
    """Return what at least two runs share, in the mean.

    Limits of error and assumptions that name nobody whom they are shared with may yet
    be one error in all: the scatter does not show it, so they do not average away.
    """
    often = Counter(source for one in runs.values() for source in one.parts)
    whole = mean(runs.values()).parts
    shared = {
        source: part
        for source, part in whole.items()
        if source.shared and often[source] >= FEWEST
    }
    unnamed: dict[str, list[float]] = {}
    for one in runs.values():
        for term, part in _unnamed(one).items():
            unnamed.setdefault(term, []).append(part)
    return shared | {
        Source(term, "/".join(runs)): sum(parts) / len(runs)
        for term, parts in unnamed.items()
        if len(parts) >= FEWEST
    }


def _unnamed(run: Measured) -> dict[str, float]:
    """Return by term what is systematic in a run and not said to be shared."""
    found: dict[str, float] = {}
    for source, part in run.parts.items():
        limits = source.distribution is Distribution.RECTANGULAR
        if not source.shared and (limits or source.assumed):
            found[source.term] = math.hypot(found.get(source.term, 0.0), part)
    return found


def _doubts(runs: Runs) -> tuple[Doubt, ...]:
    """Return the runs' own doubts, each once, with how many have it."""
    texts: dict[str, str] = {}
    who: dict[str, list[str]] = {}
    for run, one in runs.items():
        for doubt in one.doubts:
            key = doubt.code or doubt.text
            who.setdefault(key, []).append(run)
            texts[key] = texts.get(key) or doubt.text
    codes = {doubt.code for one in runs.values() for doubt in one.doubts}
    return tuple(
        Doubt(key if key in codes else "", _said(texts[key], names, len(runs)))
        for key, names in who.items()
    )


def _said(text: str, names: list[str], runs: int) -> str:
    if not text:
        return ""
    where = names[0] if len(names) == 1 else f"{len(names)} of {runs}"
    return f"{where}: {text}"


def _unsure(runs: Runs) -> tuple[Doubt, ...]:
    unknown = [
        run
        for run, one in runs.items()
        if math.isnan(one.uncertainty)
        or any(source.term == NOT_ITEMISED.term for source in one.parts)
    ]
    return ITEMISED.met(
        not unknown,
        f"{len(unknown)} of {len(runs)} do not say which errors they share",
    )


def _outlier(runs: Runs, found: Group) -> tuple[Doubt, ...]:
    if found.outlier is None:
        return ()
    return NO_OUTLIER.met(
        fulfilled=False,
        text=f"{list(runs)[found.outlier]} lies {found.grubbs:.2f} s off "
        f"(Grubbs' limit {found.grubbs_limit:.2f})",
    )


@dataclass(frozen=True, slots=True)
class Contrast:
    """One quantity of two groups, the first against the second."""

    difference: Measured
    """First minus second, in their unit."""
    ratio: Measured
    """First over second, no unit."""
    probability: float
    """Two-sided p of groups that do not differ; NaN unless both have two runs."""
    hedges_g: float
    """Difference over the pooled deviation, freed of its small-sample bias; NaN unless
    both have two runs and one scatters."""


def contrast(first: Runs, second: Runs, unit: str = "") -> Contrast:
    """Compare two groups of runs; variances are not taken as equal.

    ValueError: a group is empty or has a value that is not finite.
    """
    a, b = group_mean(first, unit), group_mean(second, unit)
    difference = (a - b).with_unit(unit)
    several = min(len(first), len(second)) >= FEWEST
    return Contrast(
        difference,
        _ratio(a, b),
        _probability(difference) if several else math.nan,
        _hedges(first, second) if several else math.nan,
    )


def _ratio(a: Measured, b: Measured) -> Measured:
    found = a / b
    if found.is_absent:
        return found
    relative = found.relative
    if relative > SMALL:
        second = SECOND_ORDER * relative**2 * abs(found.value)
        found = found.with_part(Source.fresh(NOT_LINEAR, a.value, b.value), second)
    return found.suspect(*LINEAR_RATIO.at_most(100.0 * relative))


def _probability(difference: Measured) -> float:
    u, freedom = difference.uncertainty, difference.degrees_of_freedom
    if not u > 0:
        return math.nan
    t = -abs(difference.value) / u
    return 2.0 * student_below(freedom, t)


def _hedges(first: Runs, second: Runs) -> float:
    a = describe([one.value for one in first.values()])
    b = describe([one.value for one in second.values()])
    both = a.count + b.count - 2
    pooled = math.sqrt(
        ((a.count - 1) * a.deviation**2 + (b.count - 1) * b.deviation**2) / both
    )
    return (a.mean - b.mean) / pooled * _unbias(both) if pooled > 0 else math.nan


def _unbias(freedom: int) -> float:
    """Return Hedges' exact correction Γ(m/2)/(√(m/2) Γ((m-1)/2))."""
    m = freedom
    return math.exp(math.lgamma(m / 2) - math.lgamma((m - 1) / 2)) / math.sqrt(m / 2)
