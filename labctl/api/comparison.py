"""Several runs laid over each other: what is asked, and the answer."""

from labctl.analysis.averages import Average, Difference
from labctl.api.models import Answer
from labctl.figures.comparisons import (
    MOST_PICKED,
    MOST_RUNS,
    RECIPES,
    Asked,
    Normalised,
)
from labctl.figures.cycle_set import CycleSet, read_cycles
from labctl.figures.figure import Figure
from labctl.figures.grouping import Grouping, split_words

__all__ = [
    "MOST_PICKED",
    "MOST_RUNS",
    "RECIPES",
    "Asked",
    "Average",
    "CycleSet",
    "Difference",
    "Grouping",
    "Normalised",
    "Overlay",
    "read_cycles",
    "split_words",
]


class Overlay(Answer):
    """Runs laid over each other, and their results averaged by group."""

    asked: Asked
    """What was asked for."""
    figure: Figure
    owners: tuple[str, ...]
    """Run (or group) of each series of the figure."""
    simulated: int
    """How many of the runs are."""
    names: dict[str, str]
    """What each run is called, by its id."""
    averages: list[Average]
    """Of numbers that at least two of the runs have; of a single run, its own."""
    differences: list[Difference]
    """How each group compares with the last; empty for a single one."""
