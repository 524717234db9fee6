"""The curves of one run that a recipe compares, from all its rows.

What a run lacks is said with `LacksError`, and the run is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.cells.cycles_of_rows import cycles_of_rows
from labctl.analysis.cells.cycling import COULOMB_PER_MAH, Cycles
from labctl.data import Array, Result
from labctl.figures import comparisons as by
from labctl.figures.cycle_set import CycleSet
from labctl.figures.cycling import (
    NEEDED,
    HalfCycleCurve,
    curves_of,
    differential_series,
)
from labctl.figures.spectra import Shown, spectra_of_rows
from labctl.sample import Sample

HOUR = 3600.0
SAME_RATE = 0.02
"""Cycles whose currents differ by less than this part run at one rate."""


class LacksError(Exception):
    """A run has not got what a recipe needs; says what."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedRun:
    """A run as far as a comparison needs it."""

    run: str
    """Its id."""
    protocol: str
    title: str
    sample: Sample
    simulated: bool
    tables: Mapping[str, Mapping[str, Array]]
    """Columns by stream, of streams that have rows."""
    results: Mapping[str, Result]


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
    reason: str = ""
    """Why it is suspect; empty when good."""


Take = Callable[[ComparedRun, CycleSet], list[Curve]]


def curves_of_run(run: ComparedRun, recipe: str, picked: CycleSet) -> list[Curve]:
    """Return the curves of a run for the recipe of that title.

    ``picked`` are the cycles or spectra that are shown. LacksError: it has none.
    """
    return _TAKES[recipe](run, picked)


def _voltage(run: ComparedRun, _picked: CycleSet) -> list[Curve]:
    rows = _rows(run, "timeseries")
    return [Curve(rows["test_time_second"] / HOUR, rows["voltage_volt"])]


def _capacity(run: ComparedRun, _picked: CycleSet) -> list[Curve]:
    number, capacity, _ = _complete(run)
    return [Curve(number, capacity, cycles=number)]


def _efficiency(run: ComparedRun, _picked: CycleSet) -> list[Curve]:
    number, _, efficiency = _complete(run)
    return [Curve(number, efficiency, cycles=number)]


def _rates(run: ComparedRun, _picked: CycleSet) -> list[Curve]:
    """Return the capacity of every cycle against the number of its rate's block."""
    recorded = _rows(run, "cycles")
    if "rate_ampere" not in recorded:
        raise LacksError("no rates")
    number, capacity, _ = _complete(run)
    at = dict(
        zip(recorded["cycle_count"], np.abs(recorded["rate_ampere"]), strict=True)
    )
    rate = np.array([at.get(one, np.nan) for one in number])
    known = np.isfinite(rate) & (rate > 0)
    if not known.any():
        raise LacksError("no rates")
    rate, number, capacity = rate[known], number[known], capacity[known]
    changes = np.abs(np.diff(rate)) > SAME_RATE * np.maximum(rate[1:], rate[:-1])
    block = np.concatenate([[1.0], 1.0 + np.cumsum(changes)])
    return [Curve(block, capacity, cycles=number)]


def _charge(run: ComparedRun, picked: CycleSet) -> list[Curve]:
    """Return voltage against capacity, one curve a cycle, its halves apart."""
    return [
        _joined(
            cycle, [(np.abs(c.charge) / COULOMB_PER_MAH, c.voltage) for c in halves]
        )
        for cycle, halves in _halves(run, picked).items()
    ]


def _differential(run: ComparedRun, picked: CycleSet) -> list[Curve]:
    """Return dQ/dV against voltage, one curve a cycle, its halves apart."""
    curves = []
    for cycle, halves in _halves(run, picked).items():
        series = [
            differential_series(half, half.word, 1 / COULOMB_PER_MAH, None, "")
            for half in halves
        ]
        reasons = [f"{s.name}: {s.reason}" for s in series if s.reason]
        curves.append(_joined(cycle, [(s.x, s.y) for s in series], "; ".join(reasons)))
    return curves


def _nyquist(run: ComparedRun, picked: CycleSet) -> list[Curve]:
    return [
        Curve(one.impedance.real, -one.impedance.imag, one.name)
        for one in _spectra(run, picked)
    ]


def _modulus(run: ComparedRun, picked: CycleSet) -> list[Curve]:
    return [
        Curve(one.frequency, np.abs(one.impedance), one.name)
        for one in _spectra(run, picked)
    ]


def _phase(run: ComparedRun, picked: CycleSet) -> list[Curve]:
    return [
        Curve(one.frequency, -np.degrees(np.angle(one.impedance)), one.name)
        for one in _spectra(run, picked)
    ]


def _diffusivity(run: ComparedRun, _picked: CycleSet) -> list[Curve]:
    """Return the diffusivity that the run found, without flagged pulses."""
    found = run.results.get("diffusivity")
    table = found.table if found is not None else None
    if not table or "diffusivity_m2_per_s" not in table:
        raise LacksError("no diffusivity")
    columns = {name: np.array(values, float) for name, values in table.items()}
    holds = columns["valid"] > 0
    flagged = int((~holds).sum())
    values = np.where(holds, columns["diffusivity_m2_per_s"], np.nan)
    note = f"{flagged} of {len(holds)} pulses flagged, not shown" if flagged else ""
    return [Curve(columns["composition"], values, note=note)]


def _sweep(run: ComparedRun, _picked: CycleSet) -> list[Curve]:
    """Return current against voltage of all sweeps."""
    rows = _rows(run, "iv")
    return [Curve(rows["voltage_volt"], rows["current_ampere"])]


_TAKES: Mapping[str, Take] = {
    by.VOLTAGE.title: _voltage,
    by.CAPACITY.title: _capacity,
    by.EFFICIENCY.title: _efficiency,
    by.RATES.title: _rates,
    by.CHARGE.title: _charge,
    by.DIFFERENTIAL.title: _differential,
    by.NYQUIST.title: _nyquist,
    by.MODULUS.title: _modulus,
    by.PHASE.title: _phase,
    by.DIFFUSIVITY.title: _diffusivity,
    by.SWEEP.title: _sweep,
}


def _rows(run: ComparedRun, stream: str) -> Mapping[str, Array]:
    if stream not in run.tables:
        raise LacksError("no such rows")
    return run.tables[stream]


def _complete(run: ComparedRun) -> tuple[Array, Array, Array]:
    """Return number, discharge capacity in mAh and CE in % of whole cycles."""
    rows = _rows(run, "timeseries")
    if not rows.keys() >= NEEDED:
        raise LacksError("no cycles")
    found: Cycles = cycles_of_rows(rows, run.sample)
    whole = found.complete
    if not whole.any():
        raise LacksError("no whole cycle")
    return (
        found.number[whole].astype(float),
        found.discharge[whole] / COULOMB_PER_MAH,
        100.0 * found.coulombic_efficiency[whole],
    )


def _halves(run: ComparedRun, picked: CycleSet) -> dict[int, list[HalfCycleCurve]]:
    """Return the half cycles of the picked cycles that the run has."""
    rows = _rows(run, "timeseries")
    found: dict[int, list[HalfCycleCurve]] = {}
    if rows.keys() >= NEEDED:
        for half in curves_of(rows, picked.numbers()):
            found.setdefault(half.cycle, []).append(half)
    if not found:
        raise LacksError(f"no cycle {picked}")
    return found


def _spectra(run: ComparedRun, picked: CycleSet) -> list[Shown]:
    wanted = {f"spectrum {one}" for one in picked.numbers()}
    found = [one for one in spectra_of_rows(_rows(run, "eis")) if one.name in wanted]
    if not found:
        raise LacksError(f"no spectrum {picked}")
    return found


def _joined(
    cycle: int, parts: Sequence[tuple[Array, Array]], reason: str = ""
) -> Curve:
    """Return the halves of a cycle as one curve, apart by NaN."""
    gap = np.array([np.nan])
    x = np.concatenate([part for x, _ in parts for part in (x, gap)])
    y = np.concatenate([part for _, y in parts for part in (y, gap)])
    return Curve(x, y, f"cycle {cycle}", reason=reason)
