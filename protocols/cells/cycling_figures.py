"""The figures of cycling: capacity and CE by cycle, selected curves, dQ/dV."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.cells.cycling import COULOMB_PER_MAH, Cycles
from labctl.analysis.cells.differential import differential_capacity
from labctl.data import Array
from labctl.figures.figure import Figure, Series
from labctl.protocol import RecordedRun
from protocols.cells.cycling_results import cycles_of

MOST_CURVES = 6
"""Cycles shown as curves: the first two, the last, and some between."""
REST = 1e-3
"""Below this part of the largest current a row is a rest."""
FEWEST = 12
"""Rows under current that make a curve."""
GRID = 0.01
"""V between two points of dQ/dV: two rows at the usual 5 mV."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The rows under current of one half cycle."""

    cycle: int
    voltage: Array
    """V."""
    charge: Array
    """C since the half cycle began, signed."""

    @property
    def word(self) -> str:
        """Return the direction."""
        return "discharge" if self.charge[-1] < 0 else "charge"


def cycling_figures(run: RecordedRun) -> tuple[Figure, ...]:
    """Return every figure that the run has rows for."""
    cycles = cycles_of(run)
    if not cycles.complete.any():
        return ()
    per_gram = capacity_unit(run)
    curves = tuple(selected_curves(run.table("timeseries"), cycles))
    return (
        capacity_figure(cycles, per_gram),
        curve_figure(curves, per_gram),
        differential_figure(curves, per_gram),
    )


def capacity_figure(cycles: Cycles, per_gram: tuple[float, str]) -> Figure:
    """Return capacity (left) and coulombic efficiency (right) against cycle."""
    at = np.flatnonzero(cycles.complete)
    x = cycles.number[at].astype(float)
    factor, unit = per_gram
    opening, closing = ("discharge", "charge")
    if cycles.opening[at[0]] > 0:
        opening, closing = closing, opening
    efficiency = 100.0 * cycles.coulombic_efficiency[at]
    return Figure(
        "capacity",
        "Capacity and coulombic efficiency against cycle",
        "Cycle",
        f"Capacity / {unit}",
        (
            Series(opening, x, cycles.first[at] * factor, points=True),
            Series(closing, x, cycles.second[at] * factor, points=True),
            Series("coulombic efficiency", x, efficiency, points=True, right=True),
        ),
        right_label="Coulombic efficiency / %",
        note=f"Efficiency is {closing} over {opening} of the same cycle.",
    )


def selected_curves(table: Mapping[str, Array], cycles: Cycles) -> Iterator[Curve]:
    """Yield both half cycles of a few cycles, early ones first."""
    done = cycles.number[cycles.complete]
    picked = {int(n) for n in done[:2]} | {int(done[-1])}
    spread = np.linspace(0, len(done) - 1, MOST_CURVES - 1).round().astype(int)
    picked |= {int(done[k]) for k in spread[1:-1]}
    yield from curves_of(table, sorted(picked))


def curves_of(table: Mapping[str, Array], picked: Sequence[int]) -> Iterator[Curve]:
    """Yield both half cycles of the cycles with these numbers, in that order."""
    number, half = table["cycle_count"], table["half_cycle"]
    current = table["current_ampere"]
    order = (
        np.searchsorted(number, picked),
        np.searchsorted(number, picked, side="right"),
    )
    for cycle, first, last in zip(picked, *order, strict=True):
        own = slice(int(first), int(last))
        flow = current[own]
        under = np.abs(flow) > REST * np.abs(flow).max(initial=0.0)
        for one in np.unique(half[own]):
            rows = np.flatnonzero(under & (half[own] == one)) + int(first)
            if len(rows) >= FEWEST:
                charge = 3600.0 * table["step_net_capacity_ah"][rows]
                yield Curve(cycle, table["voltage_volt"][rows], charge)


def curve_figure(curves: Sequence[Curve], per_gram: tuple[float, str]) -> Figure:
    """Return voltage against capacity, shaded by cycle."""
    factor, unit = per_gram
    return Figure(
        "voltage_capacity",
        "Voltage against capacity, selected cycles",
        f"Capacity / {unit}",
        "Voltage / V",
        tuple(
            Series(
                f"cycle {c.cycle}",
                np.abs(c.charge) * factor,
                c.voltage,
                shade=shade,
                group=c.word,
            )
            for c, shade in _shaded(curves)
        ),
        note="Charge counts from the beginning of each half cycle.",
    )


def differential_figure(curves: Sequence[Curve], per_gram: tuple[float, str]) -> Figure:
    """Return dQ/dV, shaded by cycle; discharge is negative."""
    factor, unit = per_gram
    series = []
    for curve, shade in _shaded(curves):
        found = differential_capacity(curve.voltage, curve.charge, step=GRID)
        series.append(
            Series(
                f"cycle {curve.cycle}",
                found.voltage,
                found.value * factor,
                shade=shade,
                group=curve.word,
            )
        )
    return Figure(
        "dq_dv",
        "Differential capacity, selected cycles",
        "Voltage / V",
        f"dQ/dV / {unit}/V",
        tuple(series),
        note=f"Charge in bins of {1e3 * GRID:g} mV, not smoothed otherwise.",
    )


def _shaded(curves: Sequence[Curve]) -> list[tuple[Curve, float]]:
    last = max((curve.cycle for curve in curves), default=1)
    first = min((curve.cycle for curve in curves), default=0)
    span = max(last - first, 1)
    return [(curve, (curve.cycle - first) / span) for curve in curves]


def capacity_unit(run: RecordedRun) -> tuple[float, str]:
    """Return the factor from C to what the axis shows, and its unit."""
    mass = run.sample.active_mass
    if mass is None:
        return 1 / COULOMB_PER_MAH, "mAh"
    return 1 / COULOMB_PER_MAH / (1e3 * mass), "mAh/g"
