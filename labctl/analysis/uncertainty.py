"""Numbers with standard uncertainties that remember where each part comes from.

First-order propagation after the GUM (JCGM 100:2008, 5.1). Every `Measured` carries
its uncertainty as signed parts, one a *source*. Parts of the same source are fully
correlated, parts of different sources are independent: a thickness or a meter's gain
that stands in numerator and denominator cancels, as it does on the bench.

What a source is, and what it may share with other numbers: `labctl.sources`. The
budget adds the details of a term in quadrature. What is random gets a detail of its
own (`fresh`); what is known once and used often (one gauge, one meter's range) keeps
one source. Unknown is not zero: a part that is NaN leaves the uncertainty unknown.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from labctl.analysis.coverage_factor import half_width
from labctl.analysis.student import student_quantile
from labctl.data import Quality, Result
from labctl.sources import NOT_ITEMISED, Distribution, Kind, Part, Source
from labctl.verdicts.condition import Doubt

TWO_SIGMA = math.erf(math.sqrt(2.0))
"""Probability within ±2 standard deviations of a normal distribution, 0.9545."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with its standard uncertainty, listed by source."""

    value: float
    """In ``unit``; NaN when absent, `doubts` then says why."""
    unit: str = ""
    """As a person writes it; arithmetic drops it, `with_unit` gives it back."""
    parts: Mapping[Source, float] = field(default_factory=dict)
    """Signed standard uncertainty by source, in the value's unit."""
    freedom: Mapping[Source, float] = field(default_factory=dict)
    """Degrees of freedom of the sources known from few readings; others: infinite."""
    doubts: tuple[Doubt, ...] = ()
    """Each condition that was not met on the way to this value."""

    @classmethod
    def absent(cls, reason: Doubt | str, unit: str = "") -> "Measured":
        """Return the value that could not be worked out, and why."""
        doubt = reason if isinstance(reason, Doubt) else Doubt("", reason)
        return cls(math.nan, unit, doubts=(doubt,))

    @classmethod
    def of_result(cls, result: Result, run: str = "") -> "Measured":
        """Return a result of a file with its sources; ``run`` parts it from others.

        A result without parts (an older file) has one of its own, ``not itemised``;
        without an uncertainty it is unknown.
        """
        first, *more = result.verdicts or ("",)
        doubts = (Doubt(first, result.reason), *(Doubt(code, "") for code in more))
        if not isinstance(result.value, int | float):
            return cls(math.nan, result.unit, doubts=doubts)
        doubts = () if result.quality is Quality.GOOD else doubts
        whole = math.nan if result.uncertainty is None else result.uncertainty
        parts = result.parts or (Part(NOT_ITEMISED, whole),)
        return cls(
            float(result.value),
            result.unit,
            {part.source.of_run(run): part.uncertainty for part in parts},
            {
                part.source.of_run(run): part.freedom
                for part in parts
                if part.freedom is not None
            },
            doubts,
        )

    @property
    def is_absent(self) -> bool:
        """Whether there is no number."""
        return not math.isfinite(self.value)

    @property
    def valid(self) -> bool:
        """Whether it met every condition; a value that is absent did not."""
        return not self.doubts

    @property
    def reasons(self) -> tuple[str, ...]:
        """What a person reads of each doubt."""
        return tuple(filter(None, map(str, self.doubts)))

    @property
    def reason(self) -> str:
        """What it did not meet, separated by semicolons; empty if it is valid."""
        return "; ".join(self.reasons)

    @property
    def relative(self) -> float:
        """Relative standard uncertainty; NaN if not known or the value is zero."""
        return abs(self.uncertainty / self.value) if self.value else math.nan

    @property
    def uncertainty(self) -> float:
        """Standard uncertainty (k = 1) in the value's unit; NaN if nothing is known."""
        if not self.parts or self.is_absent:
            return math.nan
        return math.hypot(*self.parts.values())

    @property
    def budget(self) -> dict[str, float]:
        """Standard uncertainty by term, in the value's unit, the largest first.

        Terms that come to nothing are left out.
        """
        terms: dict[str, float] = {}
        for source, part in self.parts.items():
            if part:
                terms[source.term] = math.hypot(terms.get(source.term, 0.0), part)
        return dict(sorted(terms.items(), key=lambda item: -item[1]))

    @property
    def degrees_of_freedom(self) -> float:
        """Effective degrees of freedom (Welch-Satterthwaite, GUM G.4.1)."""
        weight = sum(
            self.parts.get(source, 0.0) ** 4 / freedom
            for source, freedom in self.freedom.items()
        )
        total = self.uncertainty**4
        return total / weight if weight > 0 and total > 0 else math.inf

    def expanded(self, probability: float = TWO_SIGMA) -> float:
        """Return the half width that covers the truth with ``probability``.

        What few readings told is expanded by Student's t, with the degrees of freedom
        that Welch and Satterthwaite give its sources; everything else by the
        distribution of its sum (`labctl.analysis.coverage_factor`): limits of error
        alone reach 1.65 standard uncertainties, not 2. The two add in quadrature. One t
        for the whole (GUM G.4.1) covers 87 to 93 % where one or two degrees of freedom
        meet a systematic part of their size: an interval would shrink by what is added
        to it.
        """
        limits: list[float] = []
        noise: list[float] = []
        for source, part in self.parts.items():
            if source not in self.freedom:
                rectangular = source.distribution is Distribution.RECTANGULAR
                (limits if rectangular else noise).append(abs(part))
        rest = half_width(limits, math.hypot(*noise), probability)
        if math.isinf(self.degrees_of_freedom):
            return rest
        few = replace(
            self, parts={s: p for s, p in self.parts.items() if s in self.freedom}
        )
        t = student_quantile(few.degrees_of_freedom, (1 + probability) / 2)
        return math.hypot(t * few.uncertainty, rest)

    def part(self, *terms: str) -> float:
        """Return the standard uncertainty from these terms together."""
        budget = self.budget
        return math.hypot(*(budget.get(term, 0.0) for term in terms))

    def suspect(self, *doubts: Doubt) -> "Measured":
        """Return the same value with more doubts; none twice."""
        return replace(self, doubts=_union(self.doubts, doubts))

    def with_unit(self, unit: str, factor: float = 1.0) -> "Measured":
        """Return the value times the exact ``factor``, written in ``unit``."""
        return replace(_linear(self.value * factor, (self, factor)), unit=unit)

    def with_part(
        self, source: Source | str, uncertainty: float, freedom: float = math.inf
    ) -> "Measured":
        """Return the same value with one more source of uncertainty."""
        source = _source(source)
        extra = Measured(
            0.0,
            parts={source: uncertainty},
            freedom={source: freedom} if math.isfinite(freedom) else {},
        )
        return replace(self + extra, unit=self.unit)

    def to_result(self) -> Result:
        """Return what goes into the run file: the one rule for every result.

        `Result.uncertainty` is half the width that covers 95.45 %, so that k = 2 keeps
        its promise when few readings were taken, and promises no more when limits of
        error are most of it. Where it is above the standard uncertainty the difference
        is the budget's term ``few readings``. None if no source of uncertainty is
        known, or one of them not how large: nothing is exact.
        """
        if self.is_absent:
            codes = tuple(filter(None, dict.fromkeys(d.code for d in self.doubts)))
            absent = Result.absent(self.unit, self.reason or "no value")
            return replace(absent, verdicts=codes)
        result = Result(self.value, self.unit, parts=self._listed())
        budget = self.budget
        if budget and math.isfinite(self.uncertainty):  # unknown is not zero
            half = self.expanded() / 2
            few = half**2 - self.uncertainty**2
            if few > 1e-9 * half**2:
                budget["few readings"] = math.sqrt(few)
            freedom = self.degrees_of_freedom
            result = replace(
                result,
                uncertainty=half,
                budget=budget,
                freedom=freedom if math.isfinite(freedom) else None,
            )
        for doubt in self.doubts:
            result = result.suspect(doubt)
        return result

    def _listed(self) -> tuple[Part, ...]:
        """Return the parts, the largest first; what is not shared as one a term.

        The details of one term told readings of one run apart: their sum has the
        degrees of freedom of Welch and Satterthwaite.
        """
        whole: dict[Source, float] = {}
        weight: dict[Source, float] = {}
        for source, part in self.parts.items():
            kept = source if source.shared else replace(source, detail="")
            if source in self.freedom:
                kept = replace(kept, distribution=Distribution.STUDENT)
                weight[kept] = weight.get(kept, 0.0) + part**4 / self.freedom[source]
            seen = kept in whole
            whole[kept] = math.hypot(whole[kept], part) if seen else part
        return tuple(
            Part(
                source,
                part,
                part**4 / weight[source] if weight.get(source) else None,
            )
            for source, part in sorted(whole.items(), key=lambda item: -abs(item[1]))
            if part
        )

    def __add__(self, other: "Measured | float") -> "Measured":
        other = _measured(other)
        return _linear(self.value + other.value, (self, 1.0), (other, 1.0))

    def __sub__(self, other: "Measured | float") -> "Measured":
        other = _measured(other)
        return _linear(self.value - other.value, (self, 1.0), (other, -1.0))

    def __mul__(self, other: "Measured | float") -> "Measured":
        other = _measured(other)
        value = self.value * other.value
        return _linear(value, (self, other.value), (other, self.value))

    def __truediv__(self, other: "Measured | float") -> "Measured":
        other = _measured(other)
        if other.value == 0:
            return Measured.absent("divided by 0").suspect(*self.doubts, *other.doubts)
        value = self.value / other.value
        return _linear(value, (self, 1 / other.value), (other, -value / other.value))

    def __rsub__(self, other: float) -> "Measured":
        return _measured(other) - self

    def __rtruediv__(self, other: float) -> "Measured":
        return _measured(other) / self

    def __neg__(self) -> "Measured":
        return self * -1.0

    __radd__ = __add__
    __rmul__ = __mul__


@dataclass(frozen=True, slots=True)
class Calibration:
    """What calibration leaves unknown of the meters (type B), as standard values.

    A manual's ± limit becomes a standard uncertainty through `rectangular`.
    """

    voltage_gain: float = 0.0
    """Relative, of the voltmeter's range."""
    voltage_zero: float = 0.0
    """V, common to all readings; removed where the current alone is reversed."""
    current_gain: float = 0.0
    """Relative, of the source's or ammeter's range."""
    current_zero: float = 0.0
    """A, common to all readings."""
    field_gain: float = 0.0
    """Relative, of gaussmeter and probe."""
    field_zero: float = 0.0
    """T, common to all readings."""
    voltage_range: str = ""
    """Ranges with the same name share their gain, which then cancels in ratios."""
    current_range: str = ""
    voltmeter: str = ""
    """Whose errors other runs share; empty: nobody knows who measured."""
    ammeter: str = ""

    def source(self, quantity: str, kind: str) -> Source:
        """Return the source called ``voltage gain`` of the range in use."""
        of, who = {
            "voltage": (self.voltage_range, self.voltmeter),
            "current": (self.current_range, self.ammeter),
        }.get(quantity, ("", ""))
        return Source(f"{quantity} {kind}", of, Kind.B, Distribution.RECTANGULAR, who)


EXACT = Calibration()
"""Meters without error, for exact vectors."""


def known(
    value: float, uncertainty: float, source: Source | str, unit: str = ""
) -> Measured:
    """Return a value whose standard uncertainty (type B) comes from one source.

    NaN: it has one, and nobody knows how large. Two values of the same ``source`` are
    taken to be wrong together; name them ``thickness: 1``, ``thickness: 2`` where they
    were measured one by one.
    """
    return Measured(float(value), unit, {_source(source): float(uncertainty)})


def estimated(value: float, uncertainty: float, term: str) -> Measured:
    """Return a value whose standard uncertainty no other value shares; NaN: unknown."""
    return known(value, uncertainty, fresh(term, float(value), float(uncertainty)))


def fresh(term: str, *data: object) -> Source:
    """Return a source under ``term`` that no other ``data`` share; same data, same."""
    return Source.fresh(term, *data)


def mean_of(readings: ArrayLike, term: str, unit: str = "") -> Measured:
    """Return the mean of independent readings, shape (n,), with its type A part.

    One reading says nothing about its scatter: it gets no part.
    """
    values = np.asarray(readings, dtype=float)
    if values.size == 0:
        return Measured.absent(f"{term}: no readings", unit)
    if values.size == 1:
        return Measured(float(values[0]), unit)
    part = float(values.std(ddof=1)) / math.sqrt(values.size)
    source = Source.fresh(term, values.tolist(), kind=Kind.A)
    freedom = {source: values.size - 1.0}
    return Measured(float(values.mean()), unit, {source: part}, freedom)


def mean(values: Iterable[Measured]) -> Measured:
    """Return the plain mean; common sources stay common."""
    items = tuple(values)
    share = 1 / len(items)
    total = sum(item.value for item in items)
    return _linear(total * share, *((item, share) for item in items))


def combine(value: float, *terms: tuple[Measured, float]) -> Measured:
    """Return ``value`` with the parts of each term times its sensitivity ∂value/∂x."""
    return _linear(value, *terms)


def rectangular(half_width: float) -> float:
    """Return the standard uncertainty of a ±limit with nothing else known."""
    return half_width / math.sqrt(3.0)


def excess(disagreement: float, noise: float) -> float:
    """Return what two values that should agree say beyond their noise, as standard.

    Zero when |difference| is within 2 standard uncertainties of it; otherwise the
    truth is taken to lie anywhere between the two (rectangular).
    """
    if abs(disagreement) <= 2 * noise:
        return 0.0
    return rectangular(abs(disagreement) / 2)


def _measured(value: "Measured | float") -> Measured:
    return value if isinstance(value, Measured) else Measured(float(value))


def _source(source: Source | str) -> Source:
    return source if isinstance(source, Source) else Source.named(source)


def _union(first: Iterable[Doubt], second: Iterable[Doubt]) -> tuple[Doubt, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _linear(value: float, *terms: tuple[Measured, float]) -> Measured:
    parts: dict[Source, float] = {}
    freedom: dict[Source, float] = {}
    doubts: tuple[Doubt, ...] = ()
    for item, sensitivity in terms:
        for source, part in item.parts.items():
            parts[source] = parts.get(source, 0.0) + sensitivity * part
        freedom |= item.freedom
        doubts = _union(doubts, item.doubts)
    return Measured(float(value), "", parts, freedom, doubts)
