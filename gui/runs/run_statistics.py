"""Results of several runs, averaged by group, as text for a table."""

from dataclasses import dataclass

from labctl.api.comparison import FEWEST_FOR_INTERVAL, Average, Overlay
from labctl.drawing.lettering import probability_text, spoken, unit_text, value_text

NO_INTERVAL = "–"


@dataclass(frozen=True, slots=True)
class Averaged:
    """One result of one group, as text."""

    quantity: str
    group: str
    n: str
    mean: str
    """``92.00 ± 0.13``: with s, where there is one."""
    interval: str
    """Half the width of the 95 % interval; ``–`` with fewer than five values."""
    unit: str
    remarks: str
    spread: str
    """Median and range."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """All results of all groups, and what they are of."""

    rows: tuple[Averaged, ...]
    note: str


def statistics_of(shown: Overlay) -> Statistics:
    """Return what the station averaged."""
    return Statistics(tuple(map(_averaged, shown.averages)), _note(shown))


def _averaged(one: Average) -> Averaged:
    found = one.of
    mean, power = _number(found.mean, found.deviation)
    interval = NO_INTERVAL
    if found.count >= FEWEST_FOR_INTERVAL:
        around, _ = _number(found.mean, found.half_width)
        interval = f"± {around.partition(' ± ')[2] or 0}"
    least, most = value_text(found.lowest), value_text(found.highest)
    return Averaged(
        quantity=spoken(one.name),
        group=one.group,
        n=str(found.count),
        mean=mean,
        interval=interval,
        unit=f"{power} {unit_text(one.unit)}".strip(),
        remarks=one.remarks,
        spread=f"median {value_text(found.median)}, {least} … {most}",
    )


def _number(value: float, spread: float) -> tuple[str, str]:
    """Return ``1.000 ± 0.032`` and the power of ten that goes with the unit."""
    text, _, power = value_text(value, spread).partition(" × ")
    return text.strip("()"), power


def _note(shown: Overlay) -> str:
    asked = shown.asked
    out = [shown.names[run] for run in asked.runs if run in asked.without_runs]
    count = len(asked.runs) - len(out)
    of = f"results of {count} {'run' if count == 1 else 'runs'}"
    parts = [
        of,
        "mean ± sample standard deviation s",
        f"the 95 % interval of the mean needs {FEWEST_FOR_INTERVAL} values",
    ]
    if out:
        parts.append(f"excluded: {', '.join(out)}")
    if asked.without_cycles:
        parts.append("excluded cycles leave the curves only, not these results")
    parts += [
        f"{spoken(one.name)}, {' − '.join(one.groups)}: "
        f"{value_text(one.difference, one.half_width)} {unit_text(one.unit)} "
        f"(95 %, Welch, p {probability_text(one.probability)})"
        for one in shown.differences
    ]
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
