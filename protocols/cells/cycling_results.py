"""What a cycling run says about a cell, worked out of its recorded rows."""

from collections.abc import Collection, Mapping

import numpy as np

from labctl.analysis.cells.cycles_of_rows import cycles_of_rows, only
from labctl.analysis.cells.cycling import (
    COULOMB_PER_MAH,
    Cycles,
    initial_coulombic_efficiency,
)
from labctl.analysis.cells.retention import retention
from labctl.analysis.uncertainty import Measured
from labctl.data import Result
from labctl.protocol import RecordedRun
from labctl.sample import FirstStep, Sample
from labctl.verdicts.cycling import PLAUSIBLE_EFFICIENCY

CHARGE_UNCERTAINTY = 2e-4
"""Relative, of one half cycle: end point within half a row, timing (k = 1)."""
CURRENT_UNCERTAINTY = 4e-4
"""Relative gain of the channel, 0.004 % of range at a tenth of it (VMP3, k = 1)."""


def cycles_of(run: RecordedRun, last: int | None = None) -> Cycles:
    """Return the cycles of a run; see `cycles_of_rows`."""
    return cycles_of_rows(run.table("timeseries"), run.sample, last)


def cycling_results(
    run: RecordedRun, *, formation_cycles: int, apart: Collection[int] = ()
) -> Mapping[str, Result]:
    """Return ICE, first capacities, retention and the table by cycle.

    ``apart``: numbers of the cycles that are not part of the ageing (check-ups).
    """
    cycles = cycles_of(run)
    if not cycles.complete.any():
        reason = "no cycle was completed"
        return {"initial_coulombic_efficiency": Result.absent("%", reason)}
    ageing = only(cycles, set(cycles.number.tolist()) - set(apart))
    return {
        **first_cycle_results(cycles, run.sample),
        "coulombic_efficiency": efficiency_result(ageing, formation_cycles),
        "capacity_retention": retention_result(ageing, formation_cycles, run.sample),
    }


def formation_results(run: RecordedRun, formation_cycles: int) -> Mapping[str, Result]:
    """Return ICE and first capacities where formation ran; nothing where not."""
    if not formation_cycles:
        return {}
    cycles = only(cycles_of(run, last=formation_cycles), range(1, formation_cycles + 1))
    if not cycles.complete.any():
        reason = "no formation cycle was completed"
        return {"initial_coulombic_efficiency": Result.absent("%", reason)}
    return first_cycle_results(cycles, run.sample)


def first_cycle_results(cycles: Cycles, sample: Sample) -> Mapping[str, Result]:
    """Return ICE and both capacities of the first complete cycle."""
    first = initial_coulombic_efficiency(cycles, charge_uncertainty=CHARGE_UNCERTAINTY)
    percent = first * 100.0
    opening, closing = _words(sample)
    at = int(np.flatnonzero(cycles.complete)[0])
    return {
        "initial_coulombic_efficiency": result(
            percent.suspect(*PLAUSIBLE_EFFICIENCY.between(percent.value)), "%"
        ),
        f"first_{opening}_capacity": specific(float(cycles.first[at]), sample),
        f"first_{closing}_capacity": specific(float(cycles.second[at]), sample),
    }


def result(estimate: Measured, unit: str) -> Result:
    """Return a number as a result in ``unit``; see `Measured.to_result`."""
    if estimate.is_absent and estimate.valid:
        estimate = estimate.suspect("no value")
    return estimate.with_unit(unit).to_result()


def specific(charge: float, sample: Sample) -> Result:
    """Return a charge in C as mAh/g with the budget of mass and current."""
    if sample.active_mass is None:
        return Result.absent("mAh/g", f"sample {sample.name} has no active mass")
    value = charge / COULOMB_PER_MAH / (1e3 * sample.active_mass)
    mass = (sample.active_mass_uncertainty or 0.0) / sample.active_mass
    budget = {
        "active mass": value * mass,
        "current": value * CURRENT_UNCERTAINTY,
        "end point": value * CHARGE_UNCERTAINTY,
    }
    spread = float(np.sqrt(sum(x * x for x in budget.values())))
    return Result(value, "mAh/g", spread, budget=budget)


def efficiency_result(cycles: Cycles, formation_cycles: int) -> Result:
    """Return the mean CE after formation, with CE and capacity by cycle."""
    done = np.flatnonzero(cycles.complete)
    percent = 100.0 * cycles.coulombic_efficiency[done]
    table = {
        "cycle": tuple(map(float, cycles.number[done])),
        "coulombic_efficiency_percent": tuple(map(float, percent)),
        "energy_efficiency_percent": tuple(
            map(float, 100.0 * cycles.energy_efficiency[done])
        ),
    }
    later = percent[formation_cycles:]
    if not len(later):
        spread = float(percent[-1]) * np.sqrt(2) * CHARGE_UNCERTAINTY
        return Result(float(percent[-1]), "%", float(spread), table=table)
    spread = float(np.mean(later)) * np.sqrt(2.0 / len(later)) * CHARGE_UNCERTAINTY
    return Result(float(np.mean(later)), "%", float(spread), table=table)


def retention_result(cycles: Cycles, formation_cycles: int, sample: Sample) -> Result:
    """Return what is left after the last cycle, against the first after formation."""
    try:
        left = retention(
            cycles,
            formation_cycles=formation_cycles,
            charge_uncertainty=CHARGE_UNCERTAINTY,
        )
    except ValueError as error:
        return Result.absent("%", str(error))
    done = np.flatnonzero(cycles.complete)
    table = {
        "cycle": tuple(map(float, cycles.number[done])),
        "capacity_retention_percent": tuple(map(float, 100.0 * left.retention[done])),
        "capacity_mah": tuple(map(float, cycles.second[done] / COULOMB_PER_MAH)),
    }
    if sample.active_mass is not None:
        grams = 1e3 * sample.active_mass
        table["capacity_mah_per_g"] = tuple(
            map(float, cycles.second[done] / COULOMB_PER_MAH / grams)
        )
    last = left.last * 100.0
    return Result(last.value, "%", last.uncertainty, table=table)


def _words(sample: Sample) -> tuple[str, str]:
    first: FirstStep = sample.first_step
    return str(first), str(first.other)
