"""Curves of several runs in one figure, measured or normalised, and as CSV."""

import csv
import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gui.models.form import referred
from gui.models.windows import fetch
from gui.port import Station
from labctl.data import Array
from labctl.figure import Figure, Series
from labctl.service.answers import RunDetail


class Against(StrEnum):
    """What is laid over each other."""

    VOLTAGE = "Voltage against time"
    CAPACITY = "Capacity against cycle"
    EFFICIENCY = "Coulombic efficiency against cycle"
    NYQUIST = "Nyquist"
    IV = "Current against voltage"


class Normalised(StrEnum):
    """What values are referred to."""

    NOT = "as measured"
    MASS = "per mass"
    AREA = "per area"
    FIRST = "to the first"


@dataclass(frozen=True, slots=True)
class _Recipe:
    stream: str
    x: str
    y: str
    x_label: str
    quantity: str
    unit: str
    factor: float = 1.0
    """From the file's unit to the shown one."""
    minus: bool = False
    points: bool = False
    extensive: bool = False
    """Grows with the amount of material: mass and area make sense."""


RECIPES = {
    Against.VOLTAGE: _Recipe(
        "timeseries",
        "test_time_second",
        "voltage_volt",
        "Test time / h",
        "Voltage",
        "V",
    ),
    Against.CAPACITY: _Recipe(
        "cycles",
        "cycle_count",
        "cycle_discharging_capacity_ah",
        "Cycle",
        "Discharge capacity",
        "mAh",
        factor=1e3,
        points=True,
        extensive=True,
    ),
    Against.EFFICIENCY: _Recipe(
        "cycles",
        "cycle_count",
        "coulombic_efficiency_percent",
        "Cycle",
        "Coulombic efficiency",
        "%",
        points=True,
    ),
    Against.NYQUIST: _Recipe(
        "eis",
        "real_impedance_ohm",
        "imaginary_impedance_ohm",
        "Re Z / Ω",
        "−Im Z",
        "Ω",
        minus=True,
        points=True,
    ),
    Against.IV: _Recipe(
        "iv", "voltage_volt", "current_ampere", "Voltage / V", "Current", "A",
        extensive=True,
    ),
}  # fmt: skip


def overlay(
    station: Station, runs: Sequence[str], against: Against, how: Normalised
) -> Figure:
    """Fetch the curves and lay them over each other; blocks.

    Runs that lack the stream, or what they are to be normalised by, are named in the
    note and left out.
    """
    recipe = RECIPES[against]
    series, left_out = [], []
    unit = _unit(recipe, how)
    for run in runs:
        detail = station.run(run)
        if recipe.stream not in {s.name for s in detail.streams if s.rows}:
            left_out.append(f"{detail.summary.sample} has no such rows")
            continue
        rows = fetch(station, run, recipe.stream, (recipe.x, recipe.y), pixels=1000)
        x, y = _shown(recipe, rows)
        factor, why = _factor(how, recipe, detail, y)
        if why:
            left_out.append(f"{detail.summary.sample} {why}")
            continue
        series.append(
            Series(detail.summary.sample, x, y * factor, points=recipe.points)
        )
    return Figure(
        "overlay",
        against.value,
        recipe.x_label,
        f"{recipe.quantity} / {unit}" if unit else recipe.quantity,
        tuple(series),
        equal_scale=against is Against.NYQUIST and how is Normalised.NOT,
        note=f"Left out: {'; '.join(left_out)}." if left_out else "",
    )


def csv_text(figure: Figure, *, simulated: bool) -> str:
    """Return what is shown as CSV, a pair of columns a series; SIMULATED is said."""
    out = io.StringIO()
    writer = csv.writer(out)
    if simulated:
        writer.writerow(["# SIMULATED"])
    writer.writerow([f"# {figure.title}"])
    writer.writerow(
        itertools.chain.from_iterable(
            (
                f"{s.name}: {figure.x_label}",
                f"{s.name}: {figure.right_label if s.right else figure.y_label}",
            )
            for s in figure.series
        )
    )
    columns = [np.asarray(c, float) for s in figure.series for c in (s.x, s.y)]
    for row in itertools.zip_longest(*columns):
        writer.writerow(
            ["" if v is None or np.isnan(v) else repr(float(v)) for v in row]
        )
    return out.getvalue()


def _shown(recipe: _Recipe, rows: Mapping[str, Array]) -> tuple[Array, Array]:
    x, y = np.asarray(rows[recipe.x], float), np.asarray(rows[recipe.y], float)
    if recipe.x == "test_time_second":
        x = x / 3600
    y = y * (-recipe.factor if recipe.minus else recipe.factor)
    return x, y


def _factor(
    how: Normalised, recipe: _Recipe, detail: RunDetail, y: Array
) -> tuple[float, str]:
    """Return what to multiply by, or why that cannot be."""
    refer = referred(detail.sample)
    if how is Normalised.NOT or (how is not Normalised.FIRST and not recipe.extensive):
        return 1.0, ""
    if how is Normalised.MASS:
        return (1e-3 / refer.mass, "") if refer.mass else (1.0, "has no mass")
    if how is Normalised.AREA:
        return (1e-4 / refer.area, "") if refer.area else (1.0, "has no area")
    finite = y[np.isfinite(y) & (y != 0)]
    return (1.0 / float(finite[0]), "") if finite.size else (1.0, "has no first value")


def _unit(recipe: _Recipe, how: Normalised) -> str:
    if how is Normalised.FIRST:
        return "first"
    if not recipe.extensive or how is Normalised.NOT:
        return recipe.unit
    return f"{recipe.unit}/{'g' if how is Normalised.MASS else 'cm²'}"
