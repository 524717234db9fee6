"""What runs can be compared by: each recipe says its axes and what fetches the curves.

A new one is a function in `recipe_curves` and an entry in `RECIPES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gui.runs.recipe_curves import (
    Take,
    charge,
    differential,
    diffusivity,
    iv,
    of_cycles,
    rates,
    spectra,
    voltage,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way of comparing runs."""

    title: str
    x_label: str
    """With its unit; ``{}`` stands where it is referred to an amount."""
    y_label: str
    take: Take
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


RECIPES: Mapping[str, Recipe] = {
    recipe.title: recipe
    for recipe in (
        Recipe("Voltage against time", "Test time / h", "Voltage / V", voltage),
        Recipe(
            "Capacity against cycle",
            "Cycle",
            "Discharge capacity / mAh{}",
            of_cycles("cycle_discharging_capacity_ah", 1e3),
            extensive="y",
            counted=True,
            points=True,
        ),
        Recipe(
            "Coulombic efficiency against cycle",
            "Cycle",
            "Coulombic efficiency / %",
            of_cycles("coulombic_efficiency_percent", 1.0),
            counted=True,
            points=True,
        ),
        Recipe(
            "Capacity against rate step",
            "Rate step",
            "Discharge capacity / mAh{}",
            rates,
            extensive="y",
            counted=True,
            points=True,
        ),
        Recipe(
            "Voltage against capacity",
            "Capacity / mAh{}",
            "Voltage / V",
            charge,
            picks="cycle",
            extensive="x",
        ),
        Recipe(
            "Differential capacity",
            "Voltage / V",
            "dQ/dV / mAh{}/V",
            differential,
            picks="cycle",
            extensive="y",
        ),
        Recipe(
            "Nyquist",
            "Re Z / Ω",
            "−Im Z / Ω",
            spectra(lambda z: -z.imag, lambda both: both[1].real),
            picks="spectrum",
            points=True,
            equal_scale=True,
        ),
        Recipe(
            "Bode: modulus",
            "Frequency / Hz",
            "|Z| / Ω",
            spectra(np.abs, lambda both: both[0].real),
            picks="spectrum",
            x_log=True,
            y_log=True,
        ),
        Recipe(
            "Bode: phase",
            "Frequency / Hz",
            "−Phase / °",
            spectra(lambda z: -np.degrees(np.angle(z)), lambda both: both[0].real),
            picks="spectrum",
            x_log=True,
        ),
        Recipe(
            "Diffusivity against composition",
            "Lithium fraction θ",
            "D / m²/s",
            diffusivity,
            points=True,
            y_log=True,
        ),
        Recipe(
            "Current against voltage",
            "Voltage / V",
            "Current / A{}",
            iv,
            extensive="y",
        ),
    )
}
"""By title, in the order in which they are offered."""
