"""What a measurement is, by what its rows are: cycles, a titration, ramps, pulses.

The rules look at segments and cycles; a program's word for its technique decides only
where no current was recorded, and the rows cannot tell (`technique_names`). The names
are those of our own protocols, whose analysis the rows then go through.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from labctl.analysis.cells.segment import Segment, SegmentKind

FEWEST_PULSES = 5
"""In one direction, one after the other, that make a titration."""
ALIKE = 3.0
"""Times as large as its neighbour a pulse of one titration is at most …"""
MOSTLY = 0.6
"""… in this part of all neighbours."""
SHORT = 300.0
"""s that a pulse lasts at most that tells a resistance."""
SMALL = 0.1
"""Of the largest current step near it that such a pulse passes."""
NEAR = 4
"""Current steps before and behind it that are near."""
RAMPS = 0.5
"""Part of the time under current that ramps make of a linear sweep."""
ONE_LEVEL = 0.05
"""Relative difference up to which two currents are one."""
MAIN = 0.6
"""Part of the cycles that run at the one current of a cycling test."""
MOST_FORMATION = 5
"""Cycles at a low current that come first and are formation."""
SLOW = 30
"""Part of 1C below which a single cycle at the end shows the equilibrium."""
LOWER = 0.8
"""Of the current that follows, which a formation's is at most."""


class Measurement(StrEnum):
    """What was measured; the names of our protocols."""

    CYCLING = "cycling"
    FORMATION = "formation-cycling"
    """Some slow cycles first, then others."""
    RATE = "rate-capability"
    GITT = "gitt"
    VOLTAMMETRY = "cyclic-voltammetry"
    HPPC = "hppc"
    QUASI_OCV = "quasi-ocv"
    PEIS = "peis"
    """Impedance at rest, at one or several states."""
    INSITU_EIS = "insitu-eis"
    """Impedance while a current flows."""
    REST = "rest"
    """The voltage of a cell that nothing drives."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What rows were taken for, and why."""

    kinds: tuple[Measurement, ...]
    """The main one first; several of a mixture; none: the rows do not tell."""
    because: str
    """What a person reads: ``24 pulses in one direction, each between two rests``."""
    told: bool = False
    """A person said so."""
    by_name: bool = False
    """The file calls it so, and its rows do not tell."""


@dataclass(frozen=True, slots=True)
class Called:
    """What the other program calls the technique, where the name is known."""

    name: str
    kind: Measurement


@dataclass(frozen=True, slots=True)
class Level:
    """Consecutive cycles whose closing half ran at one current."""

    current: float
    """A, without a sign."""
    numbers: tuple[int, ...]
    """Of the cycles."""

    def is_at(self, other: "Level") -> bool:
        """Whether both ran at the same current."""
        return is_one(self.current, other.current)


def is_one(one: float, other: float) -> bool:
    """Return whether two currents without sign are one."""
    return abs(one - other) <= ONE_LEVEL * max(one, other)


def recognise(
    segments: Sequence[Segment],
    levels: Sequence[Level],
    *,
    one_c: float | None = None,
    at_rest: int = 0,
    driven: int = 0,
    called: Called | None = None,
) -> Recognised:
    """Return what was measured.

    Parameters
    ----------
    segments, levels
        Of the rows; the levels of all whole cycles, in order.
    one_c
        A, by the label; None: it does not say.
    at_rest, driven
        How many spectra were taken at rest, and while a current flowed.
    called
        What the file calls it, for rows that do not tell; None: nothing that is known.
    """
    kinds, said = [], []
    main = _main(segments, levels, one_c)
    if main is not None:
        kinds.append(main[0])
        said.append(main[1])
    for count, kind, when in (
        (at_rest, Measurement.PEIS, "at rest"),
        (driven, Measurement.INSITU_EIS, "while a current flows"),
    ):
        if count:
            kinds.append(kind)
            said.append(f"{_counted(count, 'spectrum', 'spectra')} {when}")
    if not kinds:
        return _undriven(segments, called)
    return Recognised(tuple(kinds), "; ".join(said))


def _undriven(segments: Sequence[Segment], called: Called | None) -> Recognised:
    """Return what rows are of which none is known to have a current."""
    unknown = sum(s.rows for s in segments if s.kind is SegmentKind.UNKNOWN)
    if not unknown:
        return Recognised((Measurement.REST,), "no current flows in any row")
    rows = _counted(unknown, "row", "rows")
    if called is None:
        return Recognised((), f"{rows} of the file have no current: is it a rest?")
    every = all(s.kind is SegmentKind.UNKNOWN for s in segments)
    lack = "no current was recorded" if every else f"{rows} have no current"
    why = f"the file calls it {called.name}; {lack}"
    return Recognised((called.kind,), why, by_name=True)


def _main(
    segments: Sequence[Segment], levels: Sequence[Level], one_c: float | None
) -> tuple[Measurement, str] | None:
    driven = [one for one in segments if one.kind.is_driven]
    ramps = [one for one in driven if one.kind is SegmentKind.RAMP]
    if not driven:
        return None
    share = sum(r.duration for r in ramps) / (sum(s.duration for s in driven) or 1.0)
    if share > RAMPS or _turn(ramps):
        return Measurement.VOLTAMMETRY, _ramps_said(ramps)
    titrated = titration_pulses(segments)
    if titrated:
        return (
            Measurement.GITT,
            f"{len(titrated)} pulses, each between two rests, in one direction",
        )
    pulses = short_pulses(segments)
    if pulses:
        many = _counted(len(pulses), "short pulse", "short pulses")
        return Measurement.HPPC, f"{many} between rests, among longer current steps"
    return _of_cycles(levels, one_c)


def _ramps_said(ramps: Sequence[Segment]) -> str:
    many = f"{_counted(len(ramps), 'ramp', 'ramps')} of the potential"
    if _turn(ramps):
        return many
    return f"{many}, {'a linear sweep' if len(ramps) == 1 else 'linear sweeps'}"


def _turn(ramps: Sequence[Segment]) -> bool:
    """Return whether a ramp is followed at once by one back."""
    return any(
        one.end_row == other.first_row and one.slope * other.slope < 0
        for one, other in itertools.pairwise(ramps)
    )


def _of_cycles(levels: Sequence[Level], one_c: float | None) -> tuple[Measurement, str]:
    last = levels[-1] if levels else Level(math.inf, ())
    if one_c and len(last.numbers) == 1 and last.current < one_c / SLOW:
        hours = round(one_c / last.current)
        return Measurement.QUASI_OCV, f"the last cycle ran at C/{hours}"
    formation, later = parted(levels)
    count = sum(len(one.numbers) for one in later)
    if not count and not formation:
        return Measurement.CYCLING, "a current flows, and no cycle is whole"
    if is_rate_test(later):
        different = _counted(len(_distinct(later)), "current", "currents")
        return Measurement.RATE, f"cycles at {different}, one after the other"
    many = _counted(count, "cycle", "cycles")
    if formation:
        first = len(formation[0].numbers)
        return Measurement.FORMATION, f"{first} slow first, then {many}"
    return Measurement.CYCLING, f"{many} at one current"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def parted(levels: Sequence[Level]) -> tuple[Sequence[Level], Sequence[Level]]:
    """Return the levels that are formation (one or none), and the others."""
    if len(levels) < 2:  # noqa: PLR2004
        return (), levels
    first, second, *_ = levels
    slow = first.current < LOWER * second.current
    if not slow or len(first.numbers) > MOST_FORMATION:
        return (), levels
    others = levels[1:]
    if is_rate_test(others):
        returns = len(others) > 1 and others[-1].is_at(second)
        alone = not any(one.is_at(first) for one in others)
        odd = all(len(one.numbers) != len(first.numbers) for one in others)
        if not (alone and (returns or odd)):
            return (), levels
    return levels[:1], others


def is_rate_test(levels: Sequence[Level]) -> bool:
    """Return whether cycles ran at one current after the other, to compare them."""
    different = _distinct(levels)
    if len(different) < 2:  # noqa: PLR2004
        return False
    total = sum(len(one.numbers) for one in levels)
    if len(different) > 2 and max(different.values()) < MAIN * total:  # noqa: PLR2004
        return True
    in_turn = len(levels) <= len(different) + 1
    return in_turn and min(len(one.numbers) for one in levels) > 1


def _distinct(levels: Sequence[Level]) -> dict[float, int]:
    """Return how many cycles ran at each current."""
    found: dict[float, int] = {}
    for one in levels:
        key = next((k for k in found if is_one(k, one.current)), one.current)
        found[key] = found.get(key, 0) + len(one.numbers)
    return found


def main_current(levels: Sequence[Level]) -> float:
    """Return the current of most cycles in A; NaN without any."""
    found = _distinct(levels)
    return max(found, key=found.__getitem__, default=float("nan"))


def titration_pulses(segments: Sequence[Segment]) -> tuple[int, ...]:
    """Return the places of a titration's pulses among the segments; empty: none."""
    between = between_rests(segments)
    runs: list[list[int]] = []
    for place in between:
        last = runs[-1][-1] if runs else None
        goes_on = (
            last is not None
            and segments[place].direction == segments[last].direction
            and not any(one.kind.is_driven for one in segments[last + 1 : place])
        )
        if goes_on:
            runs[-1].append(place)
        else:
            runs.append([place])
    kept = [run for run in runs if len(run) >= FEWEST_PULSES and _alike(segments, run)]
    return tuple(itertools.chain.from_iterable(kept))


def between_rests(segments: Sequence[Segment]) -> list[int]:
    """Return the places of constant currents that stand between two rests."""
    return [
        k
        for k in range(1, len(segments) - 1)
        if segments[k].kind is SegmentKind.CURRENT
        and segments[k - 1].kind is SegmentKind.REST
        and segments[k + 1].kind is SegmentKind.REST
    ]


def _alike(segments: Sequence[Segment], places: Sequence[int]) -> bool:
    size = np.abs([segments[k].charge for k in places])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(np.log(size[1:] / size[:-1]))
    return bool((ratio < np.log(ALIKE)).mean() >= MOSTLY)


def short_pulses(segments: Sequence[Segment]) -> tuple[int, ...]:
    """Return the places of pulses that tell a resistance among longer steps.

    Empty: there are none, or none of them goes against the steps around it and they
    may as well be a titration's.
    """
    steps = [
        k
        for k, one in enumerate(segments)
        if one.kind in {SegmentKind.CURRENT, SegmentKind.VOLTAGE}
    ]
    size = np.nan_to_num(np.abs([segments[k].charge for k in steps]))
    found = []
    for at, k in enumerate(steps):
        near = size[max(at - NEAR, 0) : at + NEAR + 1]
        one = segments[k]
        if (
            one.kind is SegmentKind.CURRENT
            and k > 0
            and segments[k - 1].kind is SegmentKind.REST
            and one.duration <= SHORT
            and 0 < size[at] <= SMALL * near.max()
        ):
            found.append(k)
    return tuple(found) if _among_steps(segments, steps, found) else ()


def _among_steps(
    segments: Sequence[Segment], steps: Sequence[int], pulses: Sequence[int]
) -> bool:
    """Return whether pulses and longer steps take turns."""
    if not pulses:
        return False
    short = np.isin(steps, pulses)
    turns = int(np.count_nonzero(np.diff(short.astype(int)) > 0)) + int(short[0])
    ways = {segments[k].direction for k in pulses}
    return len(ways) > 1 or turns >= FEWEST_PULSES
