"""What runs can be compared by, in words: axes, choices, how values are referred.

What draws each of them is in `curves_of_runs`, under the same title.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from labctl.figures.cycle_set import CycleSet
from labctl.figures.grouping import Grouping

MOST_RUNS = 40
"""Compared at once."""
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
class Recipe:
    """One way of comparing runs."""

    title: str
    x_label: str
    """With its unit; ``{}`` stands where it is referred to an amount."""
    y_label: str
    picks: str = ""
    """What a person chooses: ``cycle``, ``spectrum``; empty if nothing."""
    extensive: str = ""
    """Axis that grows with the amount of material: ``x`` or ``y``; empty if none."""
    counted: bool = False
    """Abscissae are counts that runs share: means and excluded cycles make sense."""
    points: bool = False
    x_log: bool = False
    y_log: bool = False
    equal_scale: bool = False


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


VOLTAGE = Recipe("Voltage against time", "Test time / h", "Voltage / V")
CAPACITY = Recipe(
    "Capacity against cycle",
    "Cycle",
    "Discharge capacity / mAh{}",
    extensive="y",
    counted=True,
    points=True,
)
EFFICIENCY = Recipe(
    "Coulombic efficiency against cycle",
    "Cycle",
    "Coulombic efficiency / %",
    counted=True,
    points=True,
)
RATES = Recipe(
    "Capacity against rate step",
    "Rate step",
    "Discharge capacity / mAh{}",
    extensive="y",
    counted=True,
    points=True,
)
CHARGE = Recipe(
    "Voltage against capacity",
    "Capacity / mAh{}",
    "Voltage / V",
    picks="cycle",
    extensive="x",
)
DIFFERENTIAL = Recipe(
    "Differential capacity",
    "Voltage / V",
    "dQ/dV / mAh{}/V",
    picks="cycle",
    extensive="y",
)
NYQUIST = Recipe(
    "Nyquist",
    "Re Z / Ω",
    "−Im Z / Ω",
    picks="spectrum",
    points=True,
    equal_scale=True,
)
MODULUS = Recipe(
    "Bode: modulus",
    "Frequency / Hz",
    "|Z| / Ω",
    picks="spectrum",
    x_log=True,
    y_log=True,
)
PHASE = Recipe(
    "Bode: phase", "Frequency / Hz", "−Phase / °", picks="spectrum", x_log=True
)
DIFFUSIVITY = Recipe(
    "Diffusivity against composition",
    "Lithium fraction θ",
    "D / m²/s",
    points=True,
    y_log=True,
)
SWEEP = Recipe("Current against voltage", "Voltage / V", "Current / A{}", extensive="y")
RECIPES: Mapping[str, Recipe] = {
    recipe.title: recipe
    for recipe in (
        *(VOLTAGE, CAPACITY, EFFICIENCY, RATES, CHARGE, DIFFERENTIAL),
        *(NYQUIST, MODULUS, PHASE, DIFFUSIVITY, SWEEP),
    )
}
"""By title, in the order in which they are offered."""
