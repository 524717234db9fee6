"""What an ammeter's errors make of charges, by source: ratios know what cancels.

An ammeter reads i(1 + g ± a/2) + z(t): a gain g and an error at zero z on each range,
and a difference a between the gains of the two signs. Over a group of rows (a half
cycle) on one range, with Q = ∫i dt and t the time under current,

    δQ = g Q + (a/2) ∫|i| dt + z t + (drift of g and z) + (half a converter's step) t

One error holds for all groups on its range: g cancels in the ratio of two charges, z
does not. With a discharge -|Q₁| in t₁ and a charge |Q₂| in t₂ it moves |Q₂|/|Q₁| by
z (t₂/|Q₂| + t₁/|Q₁|) of itself: 2 z/I for equal currents, as often as it is repeated.

Limits become standard uncertainties as rectangular distributions (GUM 4.3.7).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.uncertainty import Measured
from labctl.quantities import format_si
from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import (
    UNKNOWN_RANGE,
    MeterAccuracy,
    Origin,
    RangeAccuracy,
)
from labctl.sources import Distribution, Source

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ASSUMED_GAIN = 1e-3
"""Relative limit of an instrument that states none: what ordinary battery testers and
potentiostats promise is 0.02 to 0.1 % of reading; the worst of it is taken."""
ASSUMED_ZERO = 2e-3
"""Limit at zero of an instrument that states none, of the largest reading: 0.05 % of a
range that is four times as large, as ranges in decades leave between one and ten."""
ASYMMETRY_OF_GAIN = 0.1
"""Difference between the gains of the two signs, of the limit of the gain, where none
is stated: one shunt and one converter serve both, what is left is its linearity."""
DRIFT_OF_ZERO = 0.5
"""Change of the error at zero from the run's first row to its last, of its limit, where
none is stated: a choice, as no sheet of a potentiostat says it."""

DRIFT_OF_GAIN = 0.1
"""The same of the gain: 30 ppm/K, as current shunts have, in a room that keeps ±3 K, of
a limit of 0.1 %."""
ROUNDING = 1e-9
"""A part smaller than this share of what it is the difference of has cancelled."""


@dataclass(frozen=True, slots=True)
class ChargeErrors:
    """The charges of groups of rows, and what each source may add to them."""

    charge: Floats
    """Net charge of each group in C, shape (g,)."""
    sources: tuple[Source, ...]
    parts: Floats
    """Signed standard uncertainty of each charge by source in C, shape (s, g); down a
    row of it all groups are wrong together."""

    def measured(
        self, value: float, sensitivity: ArrayLike, unit: str = ""
    ) -> Measured:
        """Return a number that was worked out of these charges.

        ``sensitivity``: ∂value/∂charge of each group, in the number's unit per C,
        shape (g,); the charges are signed.
        """
        weight = np.asarray(sensitivity, dtype=np.float64)
        moved = self.parts @ weight
        dust = ROUNDING * (np.abs(self.parts) @ np.abs(weight))  # what cancelled
        parts = {
            source: float(part)
            for source, part, least in zip(self.sources, moved, dust, strict=True)
            if not abs(part) <= least
        }
        return Measured(float(value), unit, parts)

    def of_group(self, group: int) -> Measured:
        """Return the size of one group's charge in C."""
        weight = np.zeros(len(self.charge))
        weight[group] = 1.0 if self.charge[group] >= 0 else -1.0
        return self.measured(abs(float(self.charge[group])), weight, "C")


def charge_errors(
    time: ArrayLike,
    current: ArrayLike,
    group: ArrayLike,
    *,
    accuracy: MeterAccuracy | None,
    codes: ArrayLike | None = None,
    instrument: str = "",
) -> ChargeErrors:
    """Return the charges of groups of rows with what the ammeter leaves unknown.

    Parameters
    ----------
    time, current
        s without pauses, A (positive charges the cell), shape (n,).
    group
        Number of each row's group from 0, -1 for none; shape (n,). The interval in
        front of a row belongs to the row's group, at the mean of both currents within
        a group and at the row's own across a border.
    accuracy
        Of the measured current; None: `ASSUMED_GAIN` and `ASSUMED_ZERO`.
    codes
        Range of each row, -1 if not known; None: of none is it known. The smallest
        range that holds the group's largest current is taken then.
    instrument
        Whose errors these are; runs of one instrument share them.
    """
    rows = _Rows.of(time, current, group)
    if accuracy is None:
        return _assumed(rows)
    at, guessed = _ranges(rows, accuracy, codes)
    sources: list[Source] = []
    parts: list[Floats] = []
    for position, each in enumerate(accuracy.ranges):
        for word, mine in (
            ("", (at == position) & ~guessed),
            (" (range assumed)", (at == position) & guessed),
        ):
            if (mine & rows.flows).any():
                whose = _Whose(instrument, accuracy.origin, word)
                for source, part in _on_range(rows, mine, each, whose):
                    sources.append(source)
                    parts.append(part)
    return ChargeErrors(rows.charge(), tuple(sources), _stack(parts, rows.groups))


def reading(
    quantity: str,
    value: float,
    unit: str,
    accuracy: MeterAccuracy | None,
    *,
    code: int = UNKNOWN_RANGE,
    largest: float | None = None,
    instrument: str = "",
) -> Measured:
    """Return one reading with its gain and zero: in a difference, the zero cancels.

    ``quantity``: ``voltage`` or ``current``; ``largest``: magnitude that the range
    must hold where ``code`` does not say it, else that of ``value``.
    """
    size = abs(value) if largest is None else largest
    if accuracy is None:
        term, gain, zero = f"{quantity} accuracy (assumed)", ASSUMED_GAIN, ASSUMED_ZERO
        parts = {
            _source(term, "gain", "", assumed=True): gain * value / math.sqrt(3.0),
            _source(term, "zero", "", assumed=True): zero * size / math.sqrt(3.0),
        }
        return Measured(float(value), unit, parts)
    on = accuracy.on(code, size)
    name, limits = format_si(on.full_scale, unit), on.limits
    told = accuracy.knows(code)

    def source(what: str, matters: bool) -> Source:
        word = " (range assumed)" if matters and not told else ""
        assumed = accuracy.origin is Origin.ASSUMED or bool(word)
        return _source(f"{quantity} {what}{word}", name, instrument, assumed=assumed)

    every = [each.limits for each in accuracy.ranges]
    gain_of = source("gain", matters=len({each.gain for each in every}) > 1)
    zero_of = source("zero", matters=len({each.offset for each in every}) > 1)
    return Measured(
        float(value),
        unit,
        {
            gain_of: limits.gain * value / math.sqrt(3.0),
            zero_of: limits.offset / math.sqrt(3.0),
        },
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Intervals between rows, each with its group and its mean current."""

    time: Floats
    current: Floats
    """Mean of the interval in front of each row, A; 0 where none flows."""
    step: Floats
    """Length of that interval where it belongs to a group, s."""
    group: Ints
    """-1 was made 0 with a step of 0."""
    groups: int

    @classmethod
    def of(cls, time: ArrayLike, current: ArrayLike, group: ArrayLike) -> "_Rows":
        t = np.asarray(time, dtype=np.float64)
        i = np.nan_to_num(np.asarray(current, dtype=np.float64))
        g = np.asarray(group, dtype=np.int64)
        mean, step = i.copy(), np.zeros_like(t)
        step[1:] = np.diff(t)
        within = np.diff(g) == 0
        mean[1:][within] = 0.5 * (i[1:] + i[:-1])[within]
        step[g < 0] = 0.0
        return cls(t, mean, step, np.maximum(g, 0), int(g.max(initial=-1)) + 1)

    @property
    def flows(self) -> NDArray[np.bool_]:
        """Where a current is measured: at open circuit the rows have none."""
        flows: NDArray[np.bool_] = (self.current != 0) & (self.step > 0)
        return flows

    def total(self, values: Floats) -> Floats:
        """Return the sum of ``values`` in each group, shape (g,)."""
        total = np.zeros(max(self.groups, 1))
        np.add.at(total, self.group, values)
        return total[: self.groups]

    def charge(self) -> Floats:
        return self.total(self.current * self.step)

    def largest(self) -> Floats:
        """Return the largest |current| of each group, shape (g,)."""
        largest = np.zeros(max(self.groups, 1))
        np.maximum.at(largest, self.group, np.abs(self.current) * (self.step > 0))
        return largest


@dataclass(frozen=True, slots=True)
class _Whose:
    instrument: str
    origin: Origin
    word: str
    """Behind each term: what had to be assumed."""

    def source(self, term: str, detail: str, *, assumed: bool = False) -> Source:
        word = self.word or (" (assumed)" if assumed else "")
        guess = assumed or bool(self.word) or self.origin is Origin.ASSUMED
        return _source(f"{term}{word}", detail, self.instrument, assumed=guess)

    def drift(self, term: str, detail: str) -> Source:
        """Return a source of this run alone: another run drifts another way."""
        word = self.word or " (assumed)"
        return _source(f"{term}{word}", detail, "", assumed=True)


def _source(term: str, detail: str, shared: str, *, assumed: bool) -> Source:
    return Source(
        term,
        detail,
        distribution=Distribution.RECTANGULAR,
        shared=shared,
        assumed=assumed,
    )


def _ranges(
    rows: _Rows, accuracy: MeterAccuracy, codes: ArrayLike | None
) -> tuple[Ints, NDArray[np.bool_]]:
    """Return each row's place among the ranges, and whether it had to be guessed."""
    at = np.full(len(rows.time), -1, dtype=np.int64)
    if codes is not None:
        told = np.asarray(codes, dtype=np.int64)
        for position, each in enumerate(accuracy.ranges):
            at[told == each.code] = position
    guessed = at < 0
    if guessed.any():
        full = np.array([each.full_scale for each in accuracy.ranges]) * 1.001
        fitting = np.searchsorted(full, rows.largest())[rows.group]
        at[guessed] = np.minimum(fitting, len(full) - 1)[guessed]
    return at, guessed


def _on_range(
    rows: _Rows, mine: NDArray[np.bool_], on: RangeAccuracy, whose: _Whose
) -> list[tuple[Source, Floats]]:
    """Return what each error of one range adds to the charge of each group."""
    root, name = math.sqrt(3.0), format_si(on.full_scale, "A")
    limits: Accuracy = on.limits
    moved = np.where(mine, rows.current * rows.step, 0.0)
    under = np.where(mine & rows.flows, rows.step, 0.0)
    stated = not math.isnan(limits.asymmetry)
    uneven = limits.asymmetry if stated else ASYMMETRY_OF_GAIN * limits.gain
    course = _course(rows.time)
    drift = DRIFT_OF_ZERO * rows.total(under * course)
    change = DRIFT_OF_GAIN * rows.total(moved * course)
    found = [
        (whose.source("current gain", name), limits.gain * rows.total(moved)),
        (
            whose.source("current gain by sign", name, assumed=not stated),
            uneven / 2 * rows.total(np.abs(moved)),
        ),
        (whose.source("current zero", name), limits.offset * rows.total(under)),
        (whose.drift("current zero drift", name), limits.offset * drift),
        (whose.drift("current gain drift", name), limits.gain * change),
    ]
    if limits.resolution:
        for sign, way in (("+", rows.current > 0), ("-", rows.current < 0)):
            time = rows.total(np.where(way, under, 0.0))
            source = whose.source("current resolution", f"{name} {sign}")
            found.append((source, limits.resolution / 2 * time))
    return [(source, part / root) for source, part in found]


def _course(time: Floats) -> Floats:
    """Return -½ at the first row to +½ at the last: an error that drifts evenly."""
    span = float(time[-1] - time[0]) if len(time) else 0.0
    return (time - time[0]) / span - 0.5 if span > 0 else np.zeros_like(time)


def _assumed(rows: _Rows) -> ChargeErrors:
    """Return the declared default: one line of the budget, three errors."""
    charge, root = rows.charge(), math.sqrt(3.0)
    moved = rows.total(np.abs(rows.current) * rows.step)
    course = _course(rows.time)
    change = DRIFT_OF_GAIN * rows.total(rows.current * rows.step * course)
    flowing = np.where(rows.flows, rows.step, 0.0)
    under, largest = rows.total(flowing), rows.largest()[: rows.groups]
    wander = DRIFT_OF_ZERO * rows.total(flowing * course)
    errors = {
        "gain": ASSUMED_GAIN * charge,
        "gain drift": ASSUMED_GAIN * change,
        "gain by sign": ASYMMETRY_OF_GAIN * ASSUMED_GAIN / 2 * moved,
        "zero": ASSUMED_ZERO * largest * under,
        "zero drift": ASSUMED_ZERO * largest * wander,
    }
    term = "current accuracy (assumed)"
    sources = tuple(_source(term, name, "", assumed=True) for name in errors)
    return ChargeErrors(
        charge, sources, _stack(list(errors.values()), len(charge)) / root
    )


def _stack(parts: list[Floats], groups: int) -> Floats:
    return np.array(parts) if parts else np.empty((0, groups))
