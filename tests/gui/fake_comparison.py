"""A station with cells of two materials, each with results of its own."""

import math

import numpy as np
from fake_station import (
    HOUR,
    NOW,
    FakeRun,
    FakeStation,
    Table,
    cell_table,
    cycle_table,
    eis_table,
    summary,
)

from labctl import columns
from labctl.api.states import RunState
from labctl.data import Result

MATERIALS = ("qms", "si")
CELLS = 5
CYCLES = 24
BLOCKS = 6
"""Rates, of four cycles each."""


def scale_of(material: str, cell: int) -> float:
    """Return what the capacities of a cell are multiplied by; cells count from 1."""
    return (1.0 if material == "qms" else 1.25) * (1 + 0.02 * (cell - 3))


def run_id(material: str, cell: int) -> str:
    """Return the id of a run."""
    return f"20260701-{cell:02d}0000-formation-cycling-{material}-{cell}a{cell}f"


def a_run(material: str, cell: int) -> FakeRun:
    """Return a finished run."""
    scale = scale_of(material, cell)
    per_cycle: Table = {n: v.copy() for n, v in cycle_table(CYCLES).items()}
    fade = (0.999 if material == "qms" else 0.985) ** np.arange(CYCLES)
    for name in ("cycle_discharging_capacity_ah", "cycle_charging_capacity_ah"):
        per_cycle[name] = per_cycle[name] * scale * fade
    step = np.arange(CYCLES) // (CYCLES // BLOCKS)
    per_cycle["rate_ampere"] = -1e-4 * 2.0**step
    series: Table = dict(cell_table(CYCLES, rows=40))
    faded = scale * fade[series["cycle_count"].astype(int) - 1]
    for name in ("step_net_capacity_ah", "net_capacity_ah", "current_ampere"):
        series[name] = series[name] * faded
    number = cell + (CELLS if material == "si" else 0)
    return FakeRun(
        summary(
            run_id(material, cell),
            f"{material}-{cell}",
            {"cell": f"vsp300/{cell}"},
            state=RunState.COMPLETED,
            title=f"Cycle life of {'QMS' if material == 'qms' else 'pure silicon'}",
            cycle=CYCLES,
            started_unix=NOW - number * 30 * HOUR,
            ended_unix=NOW - number * 20 * HOUR,
            test_time=float(series["test_time_second"][-1]),
            headline=f"capacity retention {97 - 3 * scale:.2f} %",
        ),
        {
            "timeseries": (columns.TIMESERIES, series),
            "cycles": (columns.CYCLES, per_cycle),
            "eis": (columns.EIS, eis_table()),
        },
    )


class ComparisonStation(FakeStation):
    """Ten finished runs, the latest first: qms-1 … qms-5, si-1 … si-5."""

    def __init__(self, scenario: str = "empty") -> None:
        super().__init__(scenario)
        for material in MATERIALS:
            for cell in range(1, CELLS + 1):
                self.add(a_run(material, cell))

    def results(self, run: str) -> dict[str, Result]:
        """Return an efficiency, a capacity, and what is not shared or no number."""
        if "a" not in run[-4:]:
            return super().results(run)
        self._answer()
        sample = self._known(run).summary.sample
        material, _, cell = sample.partition("-")
        scale = scale_of(material, int(cell))

        def number(value: float, unit: str) -> Result:
            return Result(value, unit)

        return {
            "initial_coulombic_efficiency": number(88.0 + 4 * scale, "%"),
            "first_discharge_capacity": number(2871.3 * scale, "mAh/g"),
            "capacity_retention": number(97.0 - 3 * scale, "%"),
            **({"only_here": number(1.0, "V")} if sample == "si-1" else {}),
            "diffusivity": Result(
                value=1e-15 * scale,
                unit="m²/s",
                table={
                    "composition": (0.2, 0.4, 0.6, 0.8),
                    "diffusivity_m2_per_s": (1e-15, 3e-15 * scale, 2e-15, math.nan),
                    "valid": (1.0, 1.0, 0.0, 1.0),
                },
            ),
        }
