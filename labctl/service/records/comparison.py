"""Several runs laid over each other, from all their rows, in the worker process.

What was read of a run is kept while its files do not change: how it is normalised,
grouped or averaged costs nothing then.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from labctl.analysis.averages import averages, differences
from labctl.api.comparison import Overlay
from labctl.data import Result
from labctl.figures.bounded import Bounds, bounded
from labctl.figures.comparisons import MOST_PICKED, MOST_RUNS, RECIPES, Asked, Recipe
from labctl.figures.curves_of_runs import ComparedRun, Curve, LacksError, curves_of_run
from labctl.figures.overlay import OverlaidRun, groups_by_run, overlay, run_names
from labctl.quantities import SI
from labctl.sample import Sample
from labctl.service.records.archive import opened, stamp
from labctl.store.folder import RunFolder
from labctl.thinning.curves import thinned

MOST = 200
"""Answers kept."""
BOUNDS = Bounds(MOST_RUNS * MOST_PICKED, 1500, 40_000)
FINE = 4 * BOUNDS.points
"""Points of a curve that are kept: finer than is ever drawn, and no more memory."""
SHARED = 2
"""A result that fewer runs have is no comparison."""


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """What a comparison needs of a run."""

    overlaid: OverlaidRun
    results: Mapping[str, Result]
    simulated: bool


_read: OrderedDict[tuple[object, ...], _Read] = OrderedDict()


def read_ahead(folder: Path, asked: Asked) -> None:
    """Read a run for `compare`, so that no single question takes long."""
    _of(folder, asked)


def compare(folders: Sequence[Path], asked: Asked) -> Overlay:
    """Return the runs laid over each other, in the order of their folders."""
    return compared([_of(folder, asked) for folder in folders], asked)


def compared(runs: Sequence[_Read], asked: Asked) -> Overlay:
    """Return runs that were read laid over each other."""
    overlaid = [each.overlaid for each in runs]
    figure, owners = overlay(overlaid, asked)
    groups = groups_by_run(overlaid, asked)
    taken = {
        each.overlaid.run: each.results
        for each in runs
        if each.overlaid.run not in asked.without_runs
    }
    shared = _shared(taken)
    return Overlay(
        asked=asked,
        figure=bounded([figure], BOUNDS)[0],
        owners=owners,
        simulated=sum(each.simulated for each in runs),
        names=run_names(overlaid),
        averages=averages(shared, groups),
        differences=differences(shared, groups),
    )


def read(run: ComparedRun, asked: Asked) -> _Read:
    """Return what a comparison needs of a run."""
    curves, lacks = [], ""
    try:
        curves = curves_of_run(run, asked.recipe, asked.picked)
        curves = [_fine(curve, RECIPES[asked.recipe]) for curve in curves]
    except LacksError as lack:
        lacks = str(lack)
    found = OverlaidRun(run.run, run.protocol, run.title, run.sample, curves, lacks)
    return _Read(found, run.results, run.simulated)


def _of(folder: Path, asked: Asked) -> _Read:
    made = stamp(RunFolder(folder))
    key = (folder, made, asked.recipe, asked.picked.ranges)
    if key not in _read:
        with opened(folder) as file:
            header = file.header
            there = [name for name, rows in file.rows.items() if rows]
            _read[key] = read(
                ComparedRun(
                    header.run_id,
                    header.protocol,
                    header.title,
                    Sample.model_validate(header.sample, context=SI),
                    header.simulated,
                    {name: file.table(name) for name in there},
                    file.results,
                ),
                asked,
            )
        while len(_read) > MOST:
            _read.popitem(last=False)
    return _read[key]


def _fine(curve: Curve, recipe: Recipe) -> Curve:
    """Return what is kept of a curve; points that stand for cycles are never thinned.

    What is done to it later, normalising, moves all points alike.
    """
    if curve.cycles is not None:
        return curve
    x, y, _ = thinned(
        curve.x, curve.y, most=FINE, x_log=recipe.x_log, y_log=recipe.y_log
    )
    return replace(curve, x=x, y=y)


def _shared(
    results: Mapping[str, Mapping[str, Result]],
) -> dict[str, dict[str, Result]]:
    """Return the numbers that several runs have; those of a single one are its own."""
    numbers = {
        run: {n: r for n, r in named.items() if not isinstance(r.value, str)}
        for run, named in results.items()
    }
    often = Counter(name for named in numbers.values() for name in named)
    least = min(SHARED, len(numbers))
    return {
        run: {name: r for name, r in named.items() if often[name] >= least}
        for run, named in numbers.items()
    }
