"""Curves of several runs in one figure: as measured, normalised, or as means."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from labctl.analysis.statistics import mean_at_points
from labctl.data import Array
from labctl.figures.comparisons import RECIPES, Asked, Normalised, Recipe
from labctl.figures.curves_of_runs import Curve, LacksError
from labctl.figures.figure import Figure, Series
from labctl.figures.grouping import Grouped, groups_of, labels_of
from labctl.sample import Sample


@dataclass(frozen=True, slots=True, eq=False)
class OverlaidRun:
    """A run that is laid over others."""

    run: str
    """Its id."""
    protocol: str
    title: str
    sample: Sample
    curves: Sequence[Curve]
    lacks: str = ""
    """Why it has no curves."""

    @property
    def grouped(self) -> Grouped:
        """What it is grouped by."""
        return Grouped(self.sample.name, self.title, self.run)


def overlay(
    runs: Sequence[OverlaidRun], asked: Asked
) -> tuple[Figure, tuple[str, ...]]:
    """Return the figure, and the run (or group) of each of its series.

    Runs that lack the rows, or what they are to be normalised by, are named in the
    note and left out; so are those that a person excluded.
    """
    recipe = RECIPES[asked.recipe]
    names = run_names(runs)
    found: dict[str, list[Curve]] = {}
    remarks: dict[str, list[str]] = {}
    for each in runs:
        if each.run in asked.without_runs:
            continue
        try:
            if each.lacks:
                raise LacksError(each.lacks)  # noqa: TRY301  (one way to leave it out)
            found[each.run] = [_fit(c, recipe, asked, each.sample) for c in each.curves]
            for note in dict.fromkeys(c.note for c in each.curves if c.note):
                remarks.setdefault(note, []).append(names[each.run])
        except LacksError as lack:
            remarks.setdefault(f"left out ({lack})", []).append(names[each.run])
    said = [f"{what}: {', '.join(who)}" for what, who in remarks.items()]
    if asked.mean and recipe.counted:
        pairs = _means(found, groups_by_run(runs, asked))
    else:
        pairs = [
            (run, _series(_named(names[run], c, curves), c, recipe))
            for run, curves in found.items()
            for c in curves
        ]
    figure = Figure(
        "overlay",
        recipe.title,
        _label(recipe.x_label, asked.how, on=recipe.extensive == "x"),
        _y_label(recipe, asked.how),
        tuple(series for _, series in pairs),
        x_log=recipe.x_log,
        y_log=recipe.y_log,
        equal_scale=recipe.equal_scale and asked.how is Normalised.NOT,
        note=_note(recipe, asked, names, said),
    )
    return figure, tuple(owner for owner, _ in pairs)


def run_names(runs: Sequence[OverlaidRun]) -> dict[str, str]:
    """Return what each run is called: its sample, and more where that is not enough.

    The protocol tells two runs of a sample apart better than their ids do, so it is
    tried first.
    """
    labels = labels_of([each.grouped for each in runs])
    samples = Counter(each.sample.name for each in runs)
    both = {each.run: f"{each.sample.name} · {each.protocol}" for each in runs}
    often = Counter(both.values())

    def called(each: OverlaidRun) -> str:
        if each.sample.name and samples[each.sample.name] == 1:
            return each.sample.name
        alone = each.sample.name and each.protocol and often[both[each.run]] == 1
        return both[each.run] if alone else labels[each.run]

    return {each.run: called(each) for each in runs}


def groups_by_run(runs: Sequence[OverlaidRun], asked: Asked) -> dict[str, str]:
    """Return each run's group; the page of several runs groups alike."""
    about = [each.grouped for each in runs]
    groups, labels = groups_of(about, asked.by, asked.words), labels_of(about)
    return {run: groups[label] for run, label in labels.items()}


def _series(name: str, curve: Curve, recipe: Recipe) -> Series:
    found = Series(name, curve.x, curve.y, points=recipe.points)
    return found.doubted(curve.reason)


def _fit(curve: Curve, recipe: Recipe, asked: Asked, sample: Sample) -> Curve:
    """Return a curve normalised, with NaN where cycles are excluded."""
    x, y = curve.x, curve.y
    if recipe.counted and curve.cycles is not None:
        y = np.where(asked.without_cycles.holds(curve.cycles), np.nan, y)
        if not np.isfinite(y).any():
            raise LacksError("no cycle that is not excluded")
        x, y = _medians(x, y)
    factor = _factor(asked.how, recipe, sample, y)
    if recipe.extensive == "x" and asked.how is not Normalised.FIRST:
        return replace(curve, x=x * factor, y=y)
    return replace(curve, x=x, y=y * factor)


def _medians(x: Array, y: Array) -> tuple[Array, Array]:
    """Return the median of the points at each count: several cycles run at one rate.

    A count whose points are all excluded stays, as NaN.
    """
    there = np.unique(x)
    if there.size == x.size:
        return x, y
    parts = [y[(x == one) & np.isfinite(y)] for one in there]
    return there, np.array([np.median(p) if p.size else np.nan for p in parts])


def _means(
    found: Mapping[str, Sequence[Curve]], groups: Mapping[str, str]
) -> list[tuple[str, Series]]:
    """Return mean ± s of each group, and how many runs it has."""
    members: dict[str, list[Curve]] = {}
    for run, curves in found.items():
        members.setdefault(groups[run], []).extend(curves)
    pairs = []
    for group, curves in members.items():
        mean = mean_at_points([(c.x, c.y) for c in curves])
        counts = mean.count[mean.count > 0]
        least, most = (int(counts.min()), int(counts.max())) if counts.size else (0, 0)
        n = str(most) if least == most else f"{least}…{most}"
        series = Series(f"{group} (n = {n})", mean.x, mean.mean, mean.deviation)
        pairs.append((group, replace(series, group=group)))
    return pairs


def _factor(how: Normalised, recipe: Recipe, sample: Sample, y: Array) -> float:
    """Return what to multiply by. LacksError: it cannot be."""
    if how is Normalised.FIRST:
        finite = y[np.isfinite(y) & (y != 0)]
        if not finite.size:
            raise LacksError("no first value")
        return 1.0 / float(finite[0])
    if how is Normalised.NOT or not recipe.extensive:
        return 1.0
    if how is Normalised.MASS:
        if not sample.active_mass:
            raise LacksError("no mass")
        return 1e-3 / sample.active_mass
    if not sample.area:
        raise LacksError("no area")
    return 1e-4 / sample.area


def _label(label: str, how: Normalised, *, on: bool) -> str:
    per = {Normalised.MASS: "/g", Normalised.AREA: "/cm²"}.get(how, "") if on else ""
    return label.format(per)


def _y_label(recipe: Recipe, how: Normalised) -> str:
    if how is Normalised.FIRST:
        return f"{recipe.y_label.rpartition(' / ')[0]} / first"
    return _label(recipe.y_label, how, on=recipe.extensive == "y")


def _named(name: str, curve: Curve, curves: Sequence[Curve]) -> str:
    return f"{name}: {curve.name}" if curve.name and len(curves) > 1 else name


def _note(
    recipe: Recipe, asked: Asked, names: Mapping[str, str], said: Sequence[str]
) -> str:
    parts = list(said)
    if recipe.picks:
        word = recipe.picks + ("s" if asked.picked.count > 1 else "")
        parts.insert(0, f"{word} {asked.picked}")
    if asked.mean and recipe.counted:
        parts.insert(0, "mean, and band of ± one sample standard deviation s")
    if asked.how in {Normalised.MASS, Normalised.AREA} and not recipe.extensive:
        parts.append(f"{asked.how} does not apply here: shown as measured")
    out = [names[run] for run in asked.runs if run in asked.without_runs]
    if out:
        parts.append(f"excluded runs: {', '.join(out)}")
    if asked.without_cycles and recipe.counted:
        parts.append(f"excluded cycles: {asked.without_cycles}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
