"""Efficiencies and capacities of cycles as numbers with what they inherit.

A constant error I₀ of the ammeter's zero moves a coulombic efficiency by
I₀ (t₁/Q₁ + t₂/Q₂) of itself, 2 I₀/I for equal currents, in every cycle alike: the mean
over cycles is wrong by the same.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.cycle_errors import CycleErrors, cycle_errors
from labctl.analysis.cells.cycle_scatter import with_scatter
from labctl.analysis.cells.cycling import COULOMB_PER_MAH, Cycles
from labctl.analysis.uncertainty import Measured
from labctl.verdicts.condition import Doubts
from labctl.verdicts.cycling import (
    FIRST_CYCLE,
    PLAUSIBLE_CAPACITY,
    PLAUSIBLE_EFFICIENCY,
    PLAUSIBLE_ENERGY,
    PLAUSIBLE_MEAN,
)

Floats = NDArray[np.float64]

NONE_WHOLE = "no cycle was completed"
GRAM = 1e3
"""g per kg."""


def initial_coulombic_efficiency(
    cycles: Cycles, errors: CycleErrors | None = None
) -> Measured:
    """Return the coulombic efficiency of the first complete cycle in %."""
    known = np.flatnonzero(cycles.complete)
    if not len(known):
        return Measured.absent(NONE_WHOLE, "%")
    at = int(known[0])
    percent = efficiency_of(cycles, at, errors or cycle_errors(cycles))
    return percent.suspect(
        *PLAUSIBLE_EFFICIENCY.between(percent.value), *is_first(cycles, at)
    )


def is_first(cycles: Cycles, at: int) -> Doubts:
    """Return a doubt unless the cycle at this place is the first that was begun."""
    if cycles.goes_on:
        return FIRST_CYCLE.met(
            False, "the rows begin within a test: the cell's first may be elsewhere"
        )
    return FIRST_CYCLE.met(
        not (cycles.number[:at] > 0).any(),
        f"the first cycle is not complete; cycle {cycles.number[at]} was used",
    )


def efficiency_of(cycles: Cycles, at: int, errors: CycleErrors) -> Measured:
    """Return the coulombic efficiency of the cycle at this place, in %."""
    chosen = np.zeros(len(cycles))
    chosen[at] = 1.0
    return _mean_efficiency(cycles, chosen, errors)


def mean_efficiency(
    cycles: Cycles, used: NDArray[np.int64], errors: CycleErrors | None = None
) -> Measured:
    """Return the mean coulombic efficiency of the cycles at these places, in %.

    Suspect where a cycle is not plausible, or the mean gives back more than was taken.
    """
    if not len(used):
        return Measured.absent(NONE_WHOLE, "%")
    chosen = np.zeros(len(cycles))
    chosen[used] = 1 / len(used)
    found = _mean_efficiency(cycles, chosen, errors or cycle_errors(cycles))
    each = 100 * cycles.coulombic_efficiency[used]
    found = with_scatter(found, each)
    worst = each[np.argmax(np.abs(each - 50.0))]
    return found.suspect(
        *PLAUSIBLE_EFFICIENCY.between(float(worst)),
        *PLAUSIBLE_MEAN.at_most(found.value, 100.0 + found.expanded()),
    )


def _mean_efficiency(cycles: Cycles, share: Floats, errors: CycleErrors) -> Measured:
    """Return Σ share · Q₂/Q₁ in %."""
    used = share != 0
    first, second = cycles.first[used], cycles.second[used]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = second / first
        on_first, on_second = np.zeros(len(cycles)), np.zeros(len(cycles))
        on_first[used] = -100 * share[used] * ratio / first
        on_second[used] = 100 * share[used] / first
    value = float(100 * np.sum(share[used] * ratio))
    return errors.measured(value, "%", first=on_first, second=on_second)


def energy_efficiency(
    cycles: Cycles,
    used: NDArray[np.int64],
    errors: CycleErrors | None = None,
    *,
    voltage_zero: Measured,
) -> Measured:
    """Return the mean energy given over energy taken, in %.

    ``voltage_zero``: zero error of the voltmeter, value 0 in V. Its gain cancels.
    """
    if not len(used):
        return Measured.absent(NONE_WHOLE, "%")
    errors = errors or cycle_errors(cycles)
    percent = 100 * cycles.energy_efficiency
    down = cycles.opening < 0
    share = np.zeros(len(cycles))
    share[used] = 1 / len(used)
    with np.errstate(divide="ignore", invalid="ignore"):
        # an error of a charge is one of its energy, relatively; sign by its direction
        first = np.where(down, percent, -percent) / cycles.first * share
        second = np.where(down, -percent, percent) / cycles.second * share
        lever = percent * (
            1 / cycles.mean_discharge_voltage - 1 / cycles.mean_charge_voltage
        )
    found = errors.measured(
        float(np.mean(percent[used])),
        "%",
        first=np.where(share > 0, first, 0.0),
        second=np.where(share > 0, second, 0.0),
    )
    found = (found + voltage_zero * float(np.mean(lever[used]))).with_unit("%")
    found = with_scatter(found, percent[used])
    return found.suspect(*PLAUSIBLE_ENERGY.at_most(found.value, 100 + found.expanded()))


def capacity_of(
    cycles: Cycles,
    at: int,
    *,
    closing: bool,
    mass: Measured,
    errors: CycleErrors,
    end: Measured | None = None,
) -> Measured:
    """Return the charge of one half of a cycle in mAh/g.

    ``mass`` in kg; ``end``: what the voltmeter leaves unknown of its end, value 0 in C.
    """
    chosen = np.zeros(len(cycles))
    chosen[at] = 1.0
    charges = cycles.second if closing else cycles.first
    weights = {"second" if closing else "first": chosen}
    charge = errors.measured(float(charges[at]), "C", **weights)
    charge = charge if end is None else charge + end
    return specific_capacity(charge, mass)


def specific_capacity(charge: Measured, mass: Measured) -> Measured:
    """Return a charge in C over a mass in kg in mAh/g."""
    if mass.is_absent:
        return replace(mass, unit="mAh/g")
    found = (charge / mass).with_unit("mAh/g", 1 / (COULOMB_PER_MAH * GRAM))
    return found.suspect(*PLAUSIBLE_CAPACITY.at_most(abs(found.value)))
