"""The figures of a cell that is cycled: capacity and CE, voltage curves, dQ/dV."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.cells.completeness import Ended
from labctl.analysis.cells.cycles_of_rows import cycles_of_rows
from labctl.analysis.cells.cycling import COULOMB_PER_MAH, Cycles
from labctl.analysis.cells.differential import differential_capacity
from labctl.data import Array
from labctl.figures.figure import Figure, Series
from labctl.sample import Sample

NEEDED = frozenset(
    {
        *("test_time_second", "instrument_time_second", "step_count", "half_cycle"),
        *("cycle_count", "current_ampere", "voltage_volt", "step_net_capacity_ah"),
    }
)
"""Columns of a time series that the figures are made of."""
MOST_CURVES = 12
"""Cycles shown as curves: the first two, the last, and some between."""
REST = 1e-3
"""Below this part of the largest current a row is a rest."""
FEWEST = 12
"""Rows under current that make a curve."""
GRID = 0.01
"""V between two points of dQ/dV: two rows at the usual 5 mV."""


@dataclass(frozen=True, slots=True)
class HalfCycleCurve:
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


def cycling_figures(
    table: Mapping[str, Array], sample: Sample, ended: Ended | None = None
) -> tuple[Figure, ...]:
    """Return what the rows of a time series show; of a run that goes on, so far.

    ``ended``: how the steps of the run ended; cycles that were cut are left out of
    capacity and efficiency.
    """
    if not len(table["test_time_second"]):
        return ()
    per_gram = capacity_unit(sample)
    cycles = cycles_of_rows(table, sample, ended=ended)
    curves = tuple(curves_of(table, chosen(table)))
    return (
        *((capacity_figure(cycles, per_gram),) if cycles.complete.any() else ()),
        *((curve_figure(curves, per_gram),) if curves else ()),
        *((differential_figure(curves, per_gram),) if curves else ()),
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


def chosen(table: Mapping[str, Array]) -> list[int]:
    """Return which cycles are drawn as curves: early ones, the last, some between."""
    there = np.unique(table["cycle_count"])
    there = there[there > 0].astype(int)
    spread = np.linspace(0, len(there) - 1, MOST_CURVES - 1).round().astype(int)
    picked = {*there[:2].tolist(), *there[spread if len(there) else []].tolist()}
    return sorted(picked)


def curves_of(
    table: Mapping[str, Array], picked: Collection[int]
) -> Iterator[HalfCycleCurve]:
    """Yield both half cycles of the cycles with these numbers, ascending."""
    number, half = table["cycle_count"], table["half_cycle"]
    current, voltage = table["current_ampere"], table["voltage_volt"]
    passed, net = table["step_net_capacity_ah"], table.get("net_capacity_ah")
    for cycle in sorted(picked):
        own = np.flatnonzero(number == cycle)
        flow = current[own]
        own = own[np.abs(flow) > REST * np.fmax.reduce(np.abs(flow), initial=0.0)]
        # where a file counts no half cycles, directions part them
        part = np.where(half[own] < 0, np.sign(current[own]) - 2, half[own])
        for one in dict.fromkeys(part.tolist()):
            rows = own[part == one]
            if len(rows) >= FEWEST:
                since = passed[rows]
                if net is not None:  # a half cycle may have several steps
                    since = net[rows] - net[rows[0]] + passed[rows[0]]
                yield HalfCycleCurve(cycle, voltage[rows], 3600.0 * since)


def curve_figure(
    curves: Sequence[HalfCycleCurve], per_gram: tuple[float, str]
) -> Figure:
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


def differential_figure(
    curves: Sequence[HalfCycleCurve], per_gram: tuple[float, str]
) -> Figure:
    """Return dQ/dV, shaded by cycle; discharge is negative."""
    factor, unit = per_gram
    return Figure(
        "dq_dv",
        "Differential capacity, selected cycles",
        "Voltage / V",
        f"dQ/dV / {unit}/V",
        tuple(
            differential_series(c, f"cycle {c.cycle}", factor, shade, c.word)
            for c, shade in _shaded(curves)
        ),
        note=f"Charge in bins of {1e3 * GRID:g} mV, not smoothed otherwise.",
    )


def differential_series(
    curve: HalfCycleCurve, name: str, factor: float, shade: float | None, group: str
) -> Series:
    """Return dQ/dV of a half cycle, times ``factor``, and whether it holds."""
    found = differential_capacity(curve.voltage, curve.charge, step=GRID)
    return Series(
        name,
        found.voltage,
        found.value * factor,
        shade=shade,
        group=group,
    ).doubted(found.reason)


def _shaded(curves: Sequence[HalfCycleCurve]) -> list[tuple[HalfCycleCurve, float]]:
    last = max((curve.cycle for curve in curves), default=1)
    first = min((curve.cycle for curve in curves), default=0)
    span = max(last - first, 1)
    return [(curve, (curve.cycle - first) / span) for curve in curves]


def capacity_unit(sample: Sample) -> tuple[float, str]:
    """Return the factor from C to what the axis shows, and its unit."""
    mass = sample.active_mass
    if mass is None:
        return 1 / COULOMB_PER_MAH, "mAh"
    return 1 / COULOMB_PER_MAH / (1e3 * mass), "mAh/g"
