"""The cycles of a run as a table: capacities, efficiencies, energies by cycle.

Worked out of the rows by the same functions as results and figures, so that a run that
goes on, an imported one and one of an older labctl have them too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.cycle_errors import CycleErrors, cycle_errors
from labctl.analysis.cells.cycles_of_rows import cycles_of_rows
from labctl.analysis.cells.cycling import COULOMB_PER_MAH, Cycles
from labctl.analysis.label import labelled
from labctl.columns import CYCLE_COUNT
from labctl.data import Array, Column
from labctl.figures.cycling import NEEDED
from labctl.notebook.table import Table, table_of
from labctl.protocol import StepRecord
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import Sample
from labctl.steps.ended import ended_steps

JOULE_PER_MWH = 3.6
GRAM = 1e3
"""g per kg."""
TITLE = "Capacities, efficiencies and energies of every cycle"
CHARGES = (
    CYCLE_COUNT,
    Column("complete", "", "Complete / 1", "i8"),
    Column("discharge_capacity_mah", "mA*h", "Discharge Capacity / mAh"),
    Column("discharge_capacity_uncertainty_mah", "mA*h", "Discharge Capacity u / mAh"),
    Column("charge_capacity_mah", "mA*h", "Charge Capacity / mAh"),
    Column("charge_capacity_uncertainty_mah", "mA*h", "Charge Capacity u / mAh"),
    Column("coulombic_efficiency_percent", "%", "Coulombic Efficiency / %"),
    Column(
        "coulombic_efficiency_uncertainty_percent", "%", "Coulombic Efficiency u / %"
    ),
    Column("discharge_energy_mwh", "mW*h", "Discharge Energy / mWh"),
    Column("charge_energy_mwh", "mW*h", "Charge Energy / mWh"),
    Column("energy_efficiency_percent", "%", "Energy Efficiency / %"),
    Column("mean_discharge_voltage_volt", "V", "Mean Discharge Voltage / V"),
    Column("mean_charge_voltage_volt", "V", "Mean Charge Voltage / V"),
    Column("largest_discharge_current_ampere", "A", "Largest Discharge Current / A"),
    Column("largest_charge_current_ampere", "A", "Largest Charge Current / A"),
)
"""Of every run; each uncertainty is a standard one."""
SPECIFIC = (
    Column("discharge_capacity_mah_g", "mA*h/g", "Discharge Capacity / mAh/g"),
    Column(
        "discharge_capacity_uncertainty_mah_g", "mA*h/g", "Discharge Capacity u / mAh/g"
    ),
    Column("charge_capacity_mah_g", "mA*h/g", "Charge Capacity / mAh/g"),
    Column("charge_capacity_uncertainty_mah_g", "mA*h/g", "Charge Capacity u / mAh/g"),
)
"""Where the label states the active mass, whose uncertainty is in it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Sides:
    """Standard uncertainties of the charges of each cycle in C."""

    discharge: Floats
    charge: Floats


def cycles_table(
    rows: Mapping[str, Array],
    sample: Sample,
    steps: Iterable[StepRecord],
    accuracy: ChannelAccuracy | None,
) -> Table:
    """Return one row a cycle; none where the rows count no cycles.

    ``complete`` is 1 where both half cycles are there and ended as they were meant to;
    only those are good for an efficiency.
    """
    if not rows.keys() >= NEEDED or not len(rows["test_time_second"]):
        return table_of("cycles", CHARGES, _nothing(CHARGES), TITLE)
    cycles = cycles_of_rows(rows, sample, ended=ended_steps(steps))
    errors = cycle_errors(
        cycles,
        accuracy.current if accuracy else None,
        instrument=accuracy.instrument if accuracy else "",
    )
    sides = _sides(cycles, errors)
    columns = CHARGES if sample.active_mass is None else CHARGES + SPECIFIC
    values = {**_charges(cycles, errors, sides), **_specific(cycles, sides, sample)}
    return table_of("cycles", columns, {c.name: values[c.name] for c in columns}, TITLE)


def _charges(cycles: Cycles, errors: CycleErrors, sides: _Sides) -> dict[str, Array]:
    ratio = 100 * cycles.coulombic_efficiency
    with np.errstate(divide="ignore", invalid="ignore"):
        by_first, by_second = -ratio / cycles.first, 100 / cycles.first
    spread = errors.of_each(first=_finite(by_first), second=_finite(by_second))
    columns = (
        cycles.number,
        cycles.complete.astype(np.int64),
        cycles.discharge / COULOMB_PER_MAH,
        sides.discharge / COULOMB_PER_MAH,
        cycles.charge / COULOMB_PER_MAH,
        sides.charge / COULOMB_PER_MAH,
        ratio,
        np.where(np.isfinite(ratio), spread, np.nan),
        cycles.discharge_energy / JOULE_PER_MWH,
        cycles.charge_energy / JOULE_PER_MWH,
        100 * cycles.energy_efficiency,
        cycles.mean_discharge_voltage,
        cycles.mean_charge_voltage,
        cycles.discharge_largest,
        cycles.charge_largest,
    )
    return {c.name: values for c, values in zip(CHARGES, columns, strict=True)}


def _specific(cycles: Cycles, sides: _Sides, sample: Sample) -> dict[str, Array]:
    if sample.active_mass is None:
        return {}
    relative = labelled(sample, "active_mass").relative
    per = 1 / (COULOMB_PER_MAH * GRAM * sample.active_mass)

    def with_mass(charge: Floats, spread: Floats) -> Floats:
        return per * np.hypot(spread, relative * charge)

    columns = (
        cycles.discharge * per,
        with_mass(cycles.discharge, sides.discharge),
        cycles.charge * per,
        with_mass(cycles.charge, sides.charge),
    )
    return {c.name: values for c, values in zip(SPECIFIC, columns, strict=True)}


def _sides(cycles: Cycles, errors: CycleErrors) -> _Sides:
    first = np.where(np.isfinite(cycles.first), errors.of_each(first=1.0), np.nan)
    second = np.where(np.isfinite(cycles.second), errors.of_each(second=1.0), np.nan)
    down = cycles.opening < 0
    return _Sides(np.where(down, first, second), np.where(down, second, first))


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0.0)


def _nothing(columns: Iterable[Column]) -> dict[str, Array]:
    return {column.name: np.empty(0, column.dtype) for column in columns}
