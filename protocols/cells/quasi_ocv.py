"""Both branches at a current so small that the voltage is nearly the equilibrium's."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import numpy as np

from labctl.analysis.cells.cycles_of_rows import only
from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Array, Result, Stream
from labctl.errors import Place
from labctl.figures.cycling import (
    HalfCycleCurve,
    capacity_unit,
    curves_of,
    differential_figure,
)
from labctl.figures.figure import Figure, Series
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Magnitude, Rate
from labctl.sample import Sample
from protocols.cells.cell_protocol import CellParameters, CellProtocol
from protocols.cells.cycling_results import (
    cycles_of,
    formation_results,
    specific,
)
from protocols.cells.half_cycles import one_cycle

GRID = np.linspace(0.0, 1.0, 101)
"""Parts of the branch's own capacity at which both are compared."""
MIDDLE = slice(20, 81)
"""Grid points over which the mean hysteresis is taken: away from both steep ends."""


class QuasiOcvParameters(CellParameters):
    """How slowly."""

    rate: Magnitude = Rate(0.02, "C")
    """Current, both ways."""


class QuasiOcv(CellProtocol):
    """See the module."""

    name = "quasi-ocv"
    title = "Near-equilibrium voltage of both branches"
    view = "OCV"
    parameters_model = QuasiOcvParameters
    streams: ClassVar[tuple[Stream, ...]] = (TIMESERIES, CYCLES)
    parameters: QuasiOcvParameters

    def __init__(self, parameters: Parameters, sample: Sample) -> None:
        super().__init__(parameters, sample)
        assert isinstance(parameters, QuasiOcvParameters)  # noqa: S101
        self.parameters = parameters

    def rates(self) -> Iterable[tuple[Place, Rate]]:
        """Return the slow rate."""
        yield ("rate",), self.parameters.rate

    def duration(self) -> float:
        """Allow each half cycle the time that its rate promises."""
        p = self.parameters
        parts = (
            (p.formation_cycles, self.formation_window()),
            (1, self.window(p.rate)),
        )
        return sum(n * 2 * (3600.0 / w.rate + p.rest) for n, w in parts)

    def plan(self) -> Plan:
        """Yield formation, then one slow cycle."""
        p = self.parameters
        yield self.ability()
        yield from self.formation()
        yield from one_cycle(self.window(p.rate), self.sample, p.formation_cycles + 1)

    def branches(self, run: RecordedRun) -> tuple[HalfCycleCurve, ...]:
        """Return the slow cycle's two half cycles, opening first; empty if cut."""
        slow = only(cycles_of(run), {self.parameters.formation_cycles + 1})
        if not slow.complete.any():
            return ()
        return tuple(curves_of(run.table("timeseries"), slow.number.tolist()))

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the hysteresis with both branches as a table; capacities."""
        p, sample = self.parameters, run.sample
        formation = formation_results(run, p.formation_cycles)
        curves = self.branches(run)
        if len(curves) != 2:  # noqa: PLR2004 - both branches
            reason = "the slow cycle was not completed"
            return {"voltage_hysteresis": Result.absent("V", reason), **formation}
        opening, closing = (_on_grid(curve) for curve in curves)
        # Both against lithium (or charge) in the cell: the way back is counted down.
        back = closing[::-1]
        gap = np.abs(opening - back)
        spread = float(np.std(gap[MIDDLE]))
        table = {
            "state": tuple(map(float, GRID)),
            "opening_volt": tuple(map(float, opening)),
            "closing_volt": tuple(map(float, back)),
            "mean_volt": tuple(map(float, (opening + back) / 2)),
        }
        names = (str(sample.first_step), str(sample.first_step.other))
        return {
            "voltage_hysteresis": Result(
                float(np.mean(gap[MIDDLE])), "V", spread, table=table
            ),
            **{
                f"{name}_capacity": specific(abs(float(curve.charge[-1])), sample)
                for name, curve in zip(names, curves, strict=True)
            },
            **formation,
        }

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Both branches and their mean against state; dQ/dV."""
        curves = self.branches(run)
        if len(curves) != 2:  # noqa: PLR2004 - both branches
            return ()
        opening, closing = (_on_grid(curve) for curve in curves)
        back = closing[::-1]
        first = run.sample.first_step
        figure = Figure(
            "quasi_ocv",
            f"Voltage at {self.parameters.rate}",
            f"Part of the capacity, {first}",
            "Voltage / V",
            (
                Series(str(first), GRID, opening),
                Series(str(first.other), GRID, back),
                Series("mean", GRID, (opening + back) / 2),
            ),
            note="Each branch over its own capacity; the mean is no equilibrium where "
            "hysteresis is.",
        )
        slow = differential_figure(curves, capacity_unit(run.sample))
        title = f"Differential capacity at {self.parameters.rate}"
        return (figure, dataclasses.replace(slow, name="slow_dq_dv", title=title))


def _on_grid(curve: HalfCycleCurve) -> Array:
    part = np.abs(curve.charge) / abs(curve.charge[-1])
    found: Array = np.interp(GRID, part, curve.voltage)
    return found
