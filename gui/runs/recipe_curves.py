"""Fetches the curves of one run that a recipe compares.

Functions block and are called in worker threads; what a run lacks is said with
`LacksError`, and the run is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gui.link.port import Station
from gui.plot.loops import Loop
from gui.run.figures import GRID, half_cycles
from gui.run.tabs import (
    CYCLE_PIXELS,
    EIS_COLUMNS,
    SERIES_COLUMNS,
    cycle_spans,
    every_step,
)
from gui.run.windows import curve, fetch
from gui.runs.cycle_set import CycleSet
from labctl.analysis.cells.differential import differential_capacity
from labctl.api.answers import RunDetail
from labctl.data import Array

HOUR = 3600.0
SAME_RATE = 0.02
"""Cycles whose currents differ by less than this part run at one rate."""


class LacksError(Exception):
    """A run has not got what a recipe needs; says what."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One curve of a run."""

    x: Array
    y: Array
    name: str = ""
    """``cycle 5``; empty where a run has but one."""
    cycles: Array | None = None
    """Cycle of each point, where points stand for cycles."""
    note: str = ""
    """What is not shown of it."""


Take = Callable[[Station, RunDetail, CycleSet], list[Curve]]


def voltage(station: Station, detail: RunDetail, _picked: CycleSet) -> list[Curve]:
    """Return voltage against time; no peak is lost."""
    _need(detail, "timeseries")
    found = station.window(
        detail.summary.run,
        "timeseries",
        ("voltage_volt",),
        x="test_time_second",
        px=1000,
    )
    time, voltage = curve(found, "test_time_second", "voltage_volt")
    return [Curve(time / HOUR, voltage)]


def of_cycles(column: str, factor: float) -> Take:
    """Return what takes a column of the cycles, times a factor."""

    def take(station: Station, detail: RunDetail, _picked: CycleSet) -> list[Curve]:
        rows = _cycles(station, detail, column)
        number = rows["cycle_count"]
        return [Curve(number, rows[column] * factor, cycles=number)]

    return take


def rates(station: Station, detail: RunDetail, _picked: CycleSet) -> list[Curve]:
    """Return the capacity of every cycle against the number of its rate's block."""
    rows = _cycles(station, detail, "cycle_discharging_capacity_ah", "rate_ampere")
    rate = np.abs(rows["rate_ampere"])
    known = np.isfinite(rate) & (rate > 0)
    if not known.any():
        raise LacksError("no rates")
    rate, number = rate[known], rows["cycle_count"][known]
    changes = np.abs(np.diff(rate)) > SAME_RATE * np.maximum(rate[1:], rate[:-1])
    block = np.concatenate([[1.0], 1.0 + np.cumsum(changes)])
    capacity = rows["cycle_discharging_capacity_ah"][known] * 1e3
    return [Curve(block, capacity, cycles=number)]


def charge(station: Station, detail: RunDetail, picked: CycleSet) -> list[Curve]:
    """Return voltage against capacity, one curve a cycle, its halves apart."""
    return [
        _joined(cycle, [(np.abs(loop.x) * 1e3, loop.y) for loop in loops])
        for cycle, loops in _loops(station, detail, picked).items()
    ]


def differential(station: Station, detail: RunDetail, picked: CycleSet) -> list[Curve]:
    """Return dQ/dV against voltage, one curve a cycle, its halves apart."""
    curves = []
    for cycle, loops in _loops(station, detail, picked).items():
        parts = []
        for loop in loops:
            try:
                found = differential_capacity(loop.y, HOUR * loop.x, step=GRID)
            except ValueError:
                continue
            parts.append((found.voltage, found.value * 1e3 / HOUR))
        if parts:
            curves.append(_joined(cycle, parts))
    if not curves:
        raise LacksError(f"too few rows for dQ/dV in cycle {picked}")
    return curves


def spectra(of: Callable[[Array], Array], over: Callable[[Array], Array]) -> Take:
    """Return a recipe's curves: ``of`` the impedance against ``over`` of it.

    ``over`` is given rows of frequency (real) and impedance (complex).
    """

    def take(station: Station, detail: RunDetail, picked: CycleSet) -> list[Curve]:
        _need(detail, "eis")
        rows = fetch(station, detail.summary.run, "eis", EIS_COLUMNS)
        number = np.asarray(rows["spectrum_id"]) + 1
        z = rows["real_impedance_ohm"] + 1j * rows["imaginary_impedance_ohm"]
        both = np.stack([rows["frequency_hertz"], z])
        curves = [
            Curve(over(both[:, own]), of(z[own]), f"spectrum {one}")
            for one in picked.numbers()
            if (own := number == one).any()
        ]
        if not curves:
            raise LacksError(f"no spectrum {picked}")
        return curves

    return take


def diffusivity(station: Station, detail: RunDetail, _picked: CycleSet) -> list[Curve]:
    """Return the diffusivity that the run found, without flagged pulses."""
    found = station.results(detail.summary.run).get("diffusivity")
    table = found.table if found is not None else None
    if not table or "diffusivity_m2_per_s" not in table:
        raise LacksError("no diffusivity")
    columns: Mapping[str, Array] = {
        name: np.array(values) for name, values in table.items()
    }
    holds = columns["valid"] > 0
    flagged = int((~holds).sum())
    values = np.where(holds, columns["diffusivity_m2_per_s"], np.nan)
    note = f"{flagged} of {len(holds)} pulses flagged, not shown" if flagged else ""
    return [Curve(columns["composition"], values, note=note)]


def iv(station: Station, detail: RunDetail, _picked: CycleSet) -> list[Curve]:
    """Return current against voltage of all sweeps."""
    _need(detail, "iv")
    names = ("voltage_volt", "current_ampere")
    rows = fetch(station, detail.summary.run, "iv", names, pixels=1000)
    return [Curve(rows[names[0]], rows[names[1]])]


def _need(detail: RunDetail, stream: str) -> None:
    if stream not in {s.name for s in detail.streams if s.rows}:
        raise LacksError("no such rows")


def _cycles(station: Station, detail: RunDetail, *names: str) -> dict[str, Array]:
    _need(detail, "cycles")
    wanted = ("cycle_count", *names)
    rows = fetch(station, detail.summary.run, "cycles", wanted, pixels=4000)
    return {name: np.asarray(rows[name], float) for name in wanted}


def _loops(
    station: Station, detail: RunDetail, picked: CycleSet
) -> dict[int, list[Loop]]:
    """Return the half cycles of the picked cycles that the run has."""
    _need(detail, "timeseries")
    run = detail.summary.run
    spans = cycle_spans(every_step(station, run))
    found = {}
    for cycle in picked.numbers():
        if cycle in spans:
            rows = fetch(
                station, run, "timeseries", SERIES_COLUMNS, spans[cycle], CYCLE_PIXELS
            )
            loops = half_cycles(rows)
            if loops:
                found[cycle] = loops
    if not found:
        raise LacksError(f"no cycle {picked}")
    return found


def _joined(cycle: int, parts: list[tuple[Array, Array]]) -> Curve:
    """Return the halves of a cycle as one curve, apart by NaN."""
    gap = np.array([np.nan])
    x = np.concatenate([part for x, _ in parts for part in (x, gap)])
    y = np.concatenate([part for _, y in parts for part in (y, gap)])
    return Curve(x, y, f"cycle {cycle}")
