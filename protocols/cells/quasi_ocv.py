"""Both branches at a current so small that the voltage is nearly the equilibrium's."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import numpy as np

from labctl.analysis.cells.efficiency import capacity_of
from labctl.analysis.label import labelled
from labctl.analysis.meter import DRIFT_OF_ZERO, reading
from labctl.analysis.uncertainty import Measured, rectangular
from labctl.columns import CYCLES, TIMESERIES
from labctl.data import Array, Result, Stream
from labctl.errors import Place
from labctl.figures.cycling import (
    REST,
    HalfCycleCurve,
    capacity_unit,
    curves_of,
    differential_figure,
)
from labctl.figures.figure import Figure, Series
from labctl.protocol import Parameters, Plan, RecordedRun
from labctl.quantities import Magnitude, Rate
from labctl.sample import Sample
from labctl.sources import Source
from labctl.verdicts.cycling import SLOW_BRANCHES
from protocols.cells.cell_protocol import CellParameters, CellProtocol
from protocols.cells.cycling_results import (
    CyclesOfRun,
    cell_accuracy,
    cycled,
    ends_of,
    formation_results,
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
        return _branches(run, _slow(run, self._cycle))

    @property
    def _cycle(self) -> int:
        return self.parameters.formation_cycles + 1

    def results(self, run: RecordedRun) -> Mapping[str, Result]:
        """Return the hysteresis with both branches as a table; capacities."""
        formation = formation_results(run, self.parameters.formation_cycles)
        return {**slow_cycle_results(run, self._cycle), **formation}

    def figures(self, run: RecordedRun) -> Sequence[Figure]:
        """Both branches and their mean against state; dQ/dV."""
        return slow_cycle_figures(run, self._cycle, str(self.parameters.rate))


def slow_cycle_results(run: RecordedRun, cycle: int) -> Mapping[str, Result]:
    """Return the hysteresis with both branches as a table; both capacities."""
    sample, slow = run.sample, _slow(run, cycle)
    curves = _branches(run, slow)
    if len(curves) != 2:  # noqa: PLR2004 - both branches
        reason = "the slow cycle was not completed"
        return {"voltage_hysteresis": slow.absent(reason, "V")}
    opening, closing = (_on_grid(curve) for curve in curves)
    # Both against lithium (or charge) in the cell: the way back is counted down.
    back = closing[::-1]
    table = {
        "state": tuple(map(float, GRID)),
        "opening_volt": tuple(map(float, opening)),
        "closing_volt": tuple(map(float, back)),
        "mean_volt": tuple(map(float, (opening + back) / 2)),
    }
    first, used = sample.first_step, np.array([0])
    mass = labelled(sample, "active_mass")
    ends = ends_of(run, cycle)
    return {
        "voltage_hysteresis": slow.given(_hysteresis(run, curves), used, table),
        **{
            f"{word}_capacity": slow.given(
                capacity_of(
                    slow.cycles,
                    0,
                    closing=word is first.other,
                    mass=mass,
                    errors=slow.errors,
                    end=ends.get(word.sign),
                ),
                used,
            )
            for word in (first, first.other)
        },
    }


def slow_cycle_figures(run: RecordedRun, cycle: int, rate: str) -> tuple[Figure, ...]:
    """Both branches and their mean against state; dQ/dV."""
    curves = _branches(run, _slow(run, cycle))
    if len(curves) != 2:  # noqa: PLR2004 - both branches
        return ()
    opening, closing = (_on_grid(curve) for curve in curves)
    back = closing[::-1]
    first = run.sample.first_step
    figure = Figure(
        "quasi_ocv",
        f"Voltage at {rate}",
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
    title = f"Differential capacity at {rate}"
    return (figure, dataclasses.replace(slow, name="slow_dq_dv", title=title))


def _slow(run: RecordedRun, cycle: int) -> CyclesOfRun:
    return cycled(run).only({cycle}, run)


def _branches(run: RecordedRun, slow: CyclesOfRun) -> tuple[HalfCycleCurve, ...]:
    if not slow.cycles.complete.any():
        return ()
    return tuple(curves_of(run.table("timeseries"), slow.cycles.number.tolist()))


def _on_grid(curve: HalfCycleCurve) -> Array:
    part = np.abs(curve.charge) / abs(curve.charge[-1])
    found: Array = np.interp(GRID, part, curve.voltage)
    return found


def _hysteresis(run: RecordedRun, curves: Sequence[HalfCycleCurve]) -> Measured:
    """Return the mean gap between both branches, away from both ends.

    One voltmeter reads both: its zero cancels but for its drift. Which points of the
    branches belong together is known as well as both ways of laying them over each
    other agree: each by its own charge, or both by the charge since they turned. The
    current, small as it is, opens the gap by some of what the voltage jumps when it
    stops.
    """
    opening, closing = (_on_grid(curve) for curve in curves)
    back = closing[::-1]
    passed = [abs(float(curve.charge[-1])) for curve in curves]
    gap, shifted = np.abs(opening - back), np.abs(opening - _since_turn(curves))
    accuracy = cell_accuracy(run)
    meter = accuracy.voltage if accuracy else None
    largest = float(np.max(np.abs([opening, closing])))
    upper, lower = (
        reading("voltage", float(np.mean(v[MIDDLE])), "V", meter, largest=largest)
        for v in (opening, back)
    )
    zero = reading("voltage", 0.0, "V", meter, largest=largest).uncertainty
    agree = float(np.nanmean(shifted[MIDDLE]) - np.mean(gap[MIDDLE]))
    found = (upper - lower) if upper.value >= lower.value else (lower - upper)
    found = dataclasses.replace(found, value=float(np.mean(gap[MIDDLE])), unit="V")
    found = found.with_part(
        Source("voltage zero drift", assumed=True), DRIFT_OF_ZERO * zero
    )
    found = found.with_part("branches laid over each other", rectangular(agree))
    jump = _mean_jump(run, curves[0].cycle)
    found = found.with_part("polarisation at this current", rectangular(jump))
    unlike = abs(passed[0] - passed[1]) / max(passed)
    return found.suspect(*SLOW_BRANCHES.at_most(unlike))


def _mean_jump(run: RecordedRun, cycle: int) -> float:
    """Return by how much the voltage jumps in V when the currents of a cycle stop.

    NaN without rests: then nobody knows.
    """
    rows = run.table("timeseries")
    own = np.flatnonzero(rows["cycle_count"] == cycle)
    current, volts = np.nan_to_num(rows["current_ampere"][own]), rows["voltage_volt"]
    flows = np.abs(current) > REST * np.abs(current).max()
    stops = np.flatnonzero(flows[:-1] & ~flows[1:])
    if not len(stops):
        return np.nan
    return float(np.mean(np.abs(volts[own[stops + 1]] - volts[own[stops]])))


def _since_turn(curves: Sequence[HalfCycleCurve]) -> Array:
    """Return the closing branch on the opening one's grid, by charge since the turn.

    NaN where the closing branch passed less than that.
    """
    opening, closing = curves
    left = np.abs(opening.charge[-1]) * (1 - GRID)
    passed = np.abs(closing.charge)
    found: Array = np.interp(left, passed, closing.voltage, right=np.nan)
    return found
