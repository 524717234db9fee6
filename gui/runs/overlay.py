"""Curves of several runs in one figure: as measured, normalised, or as means."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from gui.link.port import Station
from gui.parts.form import referred
from gui.runs.cycle_set import CycleSet
from gui.runs.recipe_curves import Curve, LacksError
from gui.runs.recipes import RECIPES, Recipe
from gui.runs.shelf import Shelf
from labctl.analysis.statistics import mean_at_points
from labctl.api.answers import RunDetail
from labctl.api.figures import Figure, Series
from labctl.api.models import RunSummary
from labctl.data import Array
from labctl.figures.grouping import Grouped, Grouping, groups_of, labels_of

MOST_RUNS = 40
"""As many as the station compares on one page."""
MOST_PICKED = 12
"""Cycles or spectra of a run at once."""
FIRST_CYCLE = CycleSet(((1, 1),))


class Normalised(StrEnum):
    """What values are referred to."""

    NOT = "as measured"
    MASS = "per mass"
    AREA = "per area"
    FIRST = "to the first"


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that decides what is seen: with it a view can be made again."""

    runs: tuple[str, ...]
    """Ids, in the order of ticking; those that are excluded among them."""
    recipe: str
    """Title of a recipe."""
    how: Normalised = Normalised.NOT
    picked: CycleSet = FIRST_CYCLE
    """Cycles or spectra that are shown, where a recipe shows single ones."""
    without_runs: frozenset[str] = frozenset()
    without_cycles: CycleSet = field(default_factory=CycleSet)
    mean: bool = False
    """Groups instead of runs, where a recipe counts."""
    by: Grouping = Grouping.SAMPLE
    words: tuple[str, ...] = ()

    @property
    def taken(self) -> tuple[str, ...]:
        """The runs that are not excluded."""
        return tuple(run for run in self.runs if run not in self.without_runs)


@dataclass(frozen=True, slots=True)
class Overlay:
    """What was asked for, drawn."""

    asked: Asked
    figure: Figure
    owners: tuple[str, ...]
    """Run (or group) of each series of the figure."""
    simulated: int
    """How many of the runs are."""


def overlay(station: Station, asked: Asked, shelf: Shelf | None = None) -> Overlay:
    """Fetch the curves and lay them over each other; blocks.

    Runs that lack the rows, or what they are to be normalised by, are named in the
    note and left out; so are those that a person excluded.
    """
    shelf = shelf or Shelf()
    recipe = RECIPES[asked.recipe]
    details = [shelf.detail(station, run) for run in asked.runs]
    names = run_names(details)
    found: dict[str, list[Curve]] = {}
    remarks: dict[str, list[str]] = {}
    for detail in details:
        run = detail.summary.run
        if run in asked.without_runs:
            continue
        try:
            curves = shelf.curves(station, detail, recipe, asked.picked)
            found[run] = [_fit(c, recipe, asked, detail) for c in curves]
            for note in dict.fromkeys(c.note for c in curves if c.note):
                remarks.setdefault(note, []).append(names[run])
        except LacksError as lack:
            remarks.setdefault(f"left out ({lack})", []).append(names[run])
    said = [f"{what}: {', '.join(who)}" for what, who in remarks.items()]
    if asked.mean and recipe.counted:
        pairs = _means(found, groups_by_run(details, asked))
    else:
        pairs = [
            (run, Series(_named(names[run], c, curves), c.x, c.y, points=recipe.points))
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
    return Overlay(
        asked,
        figure,
        tuple(owner for owner, _ in pairs),
        sum(d.summary.simulated for d in details),
    )


def run_names(details: Sequence[RunDetail]) -> dict[str, str]:
    """Return what each run is called: its sample, and more where that is not enough.

    The protocol tells two runs of a sample apart better than their ids do, so it is
    tried first.
    """
    labels = labels_of([_grouped(d) for d in details])
    samples = Counter(d.summary.sample for d in details)
    both = {
        d.summary.run: f"{d.summary.sample} · {d.summary.protocol}" for d in details
    }
    often = Counter(both.values())

    def called(about: RunSummary) -> str:
        if about.sample and samples[about.sample] == 1:
            return about.sample
        alone = about.sample and about.protocol and often[both[about.run]] == 1
        return both[about.run] if alone else labels[about.run]

    return {d.summary.run: called(d.summary) for d in details}


def groups_by_run(details: Sequence[RunDetail], asked: Asked) -> dict[str, str]:
    """Return each run's group; the page of several runs groups alike."""
    about = [_grouped(d) for d in details]
    groups, labels = groups_of(about, asked.by, asked.words), labels_of(about)
    return {run: groups[label] for run, label in labels.items()}


def _grouped(detail: RunDetail) -> Grouped:
    s = detail.summary
    return Grouped(s.sample, s.title, s.run)


def _fit(curve: Curve, recipe: Recipe, asked: Asked, detail: RunDetail) -> Curve:
    """Return a curve normalised, with NaN where cycles are excluded."""
    x, y = curve.x, curve.y
    if recipe.counted and curve.cycles is not None:
        y = np.where(asked.without_cycles.holds(curve.cycles), np.nan, y)
        if not np.isfinite(y).any():
            raise LacksError("no cycle that is not excluded")
        x, y = _medians(x, y)
    factor = _factor(asked.how, recipe, detail, y)
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


def _factor(how: Normalised, recipe: Recipe, detail: RunDetail, y: Array) -> float:
    """Return what to multiply by. LacksError: it cannot be."""
    refer = referred(detail.sample)
    if how is Normalised.FIRST:
        finite = y[np.isfinite(y) & (y != 0)]
        if not finite.size:
            raise LacksError("no first value")
        return 1.0 / float(finite[0])
    if how is Normalised.NOT or not recipe.extensive:
        return 1.0
    if how is Normalised.MASS:
        if not refer.mass:
            raise LacksError("no mass")
        return 1e-3 / refer.mass
    if not refer.area:
        raise LacksError("no area")
    return 1e-4 / refer.area


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
