"""Results of several runs by group, and how groups compare, as text for a table."""

import math
from dataclasses import dataclass

from labctl.api.comparison import Average, Difference, Overlay
from labctl.data import Quality, Result
from labctl.drawing.lettering import probability_text, spoken, unit_text, value_text
from labctl.drawing.result_text import MEANING, largest_text, number_text

RATIO = "ratio"
WHAT_S_IS = (
    "s is the runs' standard deviation. What the runs share does not average away; it "
    "cancels in a ratio."
)


@dataclass(frozen=True, slots=True)
class Averaged:
    """One result of one group, or of two groups their ratio, as text."""

    verdict: Quality
    quantity: str
    group: str
    """``qms``; of a ratio ``qms : si``."""
    n: str
    mean: str
    """``92.00 ± 0.13``: with its standard uncertainty."""
    unit: str
    deviation: str
    """s of the runs; empty where there is none."""
    remarks: str
    spread: str
    """Median and range; of a ratio the difference and the test."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """All results of all groups, and what they are of."""

    rows: tuple[Averaged, ...]
    note: str


def statistics_of(shown: Overlay) -> Statistics:
    """Return what the station averaged, each quantity's ratios below its means."""
    rows = []
    for name, unit in dict.fromkeys((one.name, one.unit) for one in shown.averages):
        own = [a for a in shown.averages if (a.name, a.unit) == (name, unit)]
        counts = {one.group: one.of.count for one in own}
        rows += [_averaged(one) for one in own]
        rows += [
            _ratio(one, counts)
            for one in shown.differences
            if (one.name, one.unit) == (name, unit)
        ]
    return Statistics(tuple(rows), _note(shown))


def _averaged(one: Average) -> Averaged:
    found = one.of
    mean, power = _number(one.mean)
    least, most = value_text(found.lowest), value_text(found.highest)
    scatters = found.count > 1
    return Averaged(
        verdict=one.mean.quality,
        quantity=spoken(one.name),
        group=one.group,
        n=str(found.count),
        mean=mean,
        unit=f"{power} {unit_text(one.unit)}".strip(),
        deviation=value_text(float(f"{found.deviation:.1e}")) if scatters else "",
        remarks=_joined(one.remarks, one.mean.reason, largest_text(one.mean)),
        spread=f"median {value_text(found.median)}, {least} … {most}",
    )


def _ratio(one: Difference, counts: dict[str, int]) -> Averaged:
    mean, power = _number(one.ratio)
    unit = unit_text(one.unit)
    told = f"difference {number_text(one.difference)} {unit}".rstrip()
    if not math.isnan(one.probability):
        told += f", p {probability_text(one.probability)} (Welch)"
    if not math.isnan(one.hedges_g):
        told += f", Hedges g {value_text(float(f'{one.hedges_g:.1e}'))}"
    return Averaged(
        verdict=one.ratio.quality,
        quantity=spoken(one.name),
        group=" : ".join(one.groups),
        n=" : ".join(str(counts[group]) for group in one.groups),
        mean=mean,
        unit=f"{power} {RATIO}".strip(),
        deviation="",
        remarks=_joined(one.ratio.reason, told),
        spread=told,
    )


def _number(result: Result) -> tuple[str, str]:
    """Return ``1.000 ± 0.032`` and the power of ten that goes with the unit."""
    text, _, power = number_text(result).partition(" × ")
    return text.strip("()"), power


def _joined(*texts: str) -> str:
    return "; ".join(filter(None, texts))


def _note(shown: Overlay) -> str:
    asked = shown.asked
    out = [shown.names[run] for run in asked.runs if run in asked.without_runs]
    count = len(asked.runs) - len(out)
    parts = [
        f"Results of {count} {'run' if count == 1 else 'runs'}.",
        MEANING,
        WHAT_S_IS,
    ]
    if out:
        parts.append(f"Excluded: {', '.join(out)}.")
    if asked.without_cycles:
        parts.append("Excluded cycles leave the curves only, not these results.")
    return " ".join(parts)
