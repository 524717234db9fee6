"""Results of several runs, averaged by group: the same table as the station's page."""

from dataclasses import dataclass

from gui.link.port import Station
from gui.runs.overlay import Asked, groups_by_run, run_names
from gui.runs.shelf import Shelf
from labctl.data import Result
from labctl.drawing.lettering import unit_text, value_text
from labctl.report.compare import FEWEST_FOR_INTERVAL, Average, averages
from labctl.report.tables import spoken

NO_INTERVAL = "–"
SHARED = 2
"""A result that fewer runs have is no comparison."""


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


def statistics(station: Station, asked: Asked, shelf: Shelf) -> Statistics:
    """Ask for the runs' results and average them by group; blocks.

    Only numbers that at least two of the runs have; a single run shows its own.
    """
    details = [shelf.detail(station, run) for run in asked.runs]
    groups, names = groups_by_run(details, asked), run_names(details)
    found: dict[str, dict[str, Result]] = {}
    for detail in details:
        run = detail.summary.run
        if run in asked.without_runs:
            continue
        found[run] = {
            name: result
            for name, result in shelf.results(station, detail).items()
            if not isinstance(result.value, str)
        }
    names_of = [name for named in found.values() for name in named]
    least = min(SHARED, len(found))
    shared = {
        run: {name: r for name, r in named.items() if names_of.count(name) >= least}
        for run, named in found.items()
    }
    rows = tuple(_averaged(one) for one in averages(shared, groups))
    out = [names[run] for run in asked.runs if run not in found]
    return Statistics(rows, _note(asked, len(found), out))


def _averaged(one: Average) -> Averaged:
    found = one.spread
    mean, power = _number(found.mean, found.deviation)
    interval = NO_INTERVAL
    if found.n >= FEWEST_FOR_INTERVAL:
        around, _ = _number(found.mean, found.half_width)
        interval = f"± {around.partition(' ± ')[2] or 0}"
    least, most = value_text(found.least), value_text(found.most)
    return Averaged(
        quantity=spoken(one.name),
        group=one.group,
        n=str(found.n),
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


def _note(asked: Asked, count: int, out: list[str]) -> str:
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
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."
