"""What was fetched of runs that have ended: they do not change, so once is enough."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from gui.link.port import Station
from gui.runs.cycle_set import CycleSet
from gui.runs.recipe_curves import Curve
from gui.runs.recipes import Recipe
from labctl.api.answers import RunDetail
from labctl.data import Result

MOST = 400
"""Answers kept."""
T = TypeVar("T")


class Shelf:
    """Asks a station for a run's details, results and curves, or remembers them."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def detail(self, station: Station, run: str) -> RunDetail:
        """Return everything about a run but its rows; blocks."""
        key = ("detail", run)
        known = self._kept.get(key)
        if known is not None:
            return cast("RunDetail", known)
        detail = station.run(run)
        if detail.summary.ended_unix is not None:
            self._keep(key, detail)
        return detail

    def results(self, station: Station, detail: RunDetail) -> dict[str, Result]:
        """Return a run's results; blocks."""
        run = detail.summary.run
        return self._once(("results", run), detail, lambda: station.results(run))

    def curves(
        self, station: Station, detail: RunDetail, recipe: Recipe, picked: CycleSet
    ) -> list[Curve]:
        """Return a run's curves; blocks. LacksError: it has none."""
        key = ("curves", detail.summary.run, recipe.title, picked.ranges)
        return self._once(key, detail, lambda: recipe.take(station, detail, picked))

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def _once(self, key: Hashable, detail: RunDetail, ask: Callable[[], T]) -> T:
        if detail.summary.ended_unix is None:
            return ask()
        known = self._kept.get(key)
        if known is None:
            known = ask()
            self._keep(key, known)
        return cast("T", known)

    def _keep(self, key: Hashable, answer: object) -> None:
        self._kept[key] = answer
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
