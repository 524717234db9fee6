"""What a cycling run says about a cell, worked out of its recorded rows."""

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from labctl.analysis.cells.completeness import Cut, Ended
from labctl.analysis.cells.cycle_errors import CycleErrors, cycle_errors
from labctl.analysis.cells.cycles_of_rows import cycles_of_rows, only
from labctl.analysis.cells.cycling import COULOMB_PER_MAH, Cycles, Ints
from labctl.analysis.cells.efficiency import (
    capacity_of,
    energy_efficiency,
    initial_coulombic_efficiency,
    is_first,
    mean_efficiency,
)
from labctl.analysis.cells.end_voltage import charge_per_volt
from labctl.analysis.cells.retention import Retention, ageing_cycles, retention
from labctl.analysis.label import labelled
from labctl.analysis.meter import reading
from labctl.analysis.row_blocks import gathered, largest_size
from labctl.analysis.uncertainty import Measured
from labctl.data import Array, Result
from labctl.figures.cycling import NEEDED, curves_of
from labctl.protocol import RecordedRun
from labctl.roles.channel_accuracy import ChannelAccuracy
from labctl.sample import Sample, SampleKind
from labctl.steps.ended import ended_steps
from labctl.verdicts.condition import Doubts
from labctl.verdicts.cycling import (
    COMPLETE,
    LIMIT_REACHED,
    NO_PULSE,
    OWN_CHARGE,
    PAIRING,
)

MOST_NAMED = 3
"""Cycles that were left out, named in a reason."""
COVERAGE = 2.0
"""Standard uncertainties that a result's uncertainty is."""
GRAM = 1e3
"""g per kg."""
Table = dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class CyclesOfRun:
    """Cycles of a run with what is not known of their charges."""

    cycles: Cycles
    errors: CycleErrors
    sample: Sample
    to_limits: bool = True
    """Whether every half cycle was meant to end at its limit; else some may have been
    meant to end by their time."""

    def only(self, numbers: Collection[int], run: RecordedRun) -> "CyclesOfRun":
        """Return some of its cycles."""
        some = _with_errors(only(self.cycles, numbers), run)
        return dataclasses.replace(some, to_limits=self.to_limits)

    def given(self, number: Measured, used: Ints, table: Table | None = None) -> Result:
        """Return a number made of the cycles at the places ``used`` as a result.

        Its reason names the cycles that were left out, which costs it nothing.
        """
        doubts = (
            *self._ends_known(used),
            *self._to_limits(used),
            *self._paired(),
            *self._no_pulses(used),
            *self._counted(used),
        )
        found = number if number.is_absent else number.suspect(*doubts)
        result = found.to_result()
        reason = "; ".join(filter(None, (result.reason, self.left_out())))
        return dataclasses.replace(result, reason=reason, table=table)

    def absent(self, reason: str, unit: str = "%") -> Result:
        """Return the result that says why there is no number, and what was cut."""
        said = "; ".join(filter(None, (reason, self.left_out())))
        return Measured.absent(COMPLETE.met(False, said)[0], unit).to_result()

    def left_out(self) -> str:
        """Say which cycles were cut; empty: none."""
        cycles = self.cycles
        out = np.flatnonzero((cycles.cut | cycles.after_cut) & (cycles.number > 0))
        if not len(out):
            return ""
        said = [self._why(int(at)) for at in out[:MOST_NAMED]]
        more = [f"{len(out) - MOST_NAMED} more"] if len(out) > MOST_NAMED else []
        return f"left out: {', '.join(said + more)}"

    def _why(self, at: int) -> str:
        first, cycles = self.sample.first_step, self.cycles
        name = f"cycle {cycles.number[at]}"
        for word, how in (
            (first, cycles.first_cut[at]),
            (first.other, cycles.second_cut[at]),
        ):
            if how >= Cut.STOPPED:
                return f"{name} ({word} {Cut(how).words})"
        return f"{name} (begins where a cut one ended)"

    def _ends_known(self, used: Ints) -> Doubts:
        ends = np.maximum(self.cycles.first_cut[used], self.cycles.second_cut[used])
        unknown = self.cycles.number[used][ends == Cut.UNKNOWN]
        return COMPLETE.met(
            not len(unknown),
            f"nobody recorded whether cycle {unknown[:1].sum()} is whole",
        )

    def _to_limits(self, used: Ints) -> Doubts:
        cycles = self.cycles
        timed = np.maximum(cycles.first_cut, cycles.second_cut) == Cut.TIMED
        by_design = not self.to_limits and timed[cycles.complete].all()
        late = cycles.number[used][timed[used]]
        return LIMIT_REACHED.met(
            by_design or not len(late),
            f"cycle {late[:1].sum()}: {Cut.TIMED.words}",
        )

    def _no_pulses(self, used: Ints) -> Doubts:
        unsure = self.cycles.number[used][self.cycles.perhaps_pulses[used]]
        return NO_PULSE.met(
            not len(unsure), f"cycle {unsure[:1].sum()} may be a pulse and no cycle"
        )

    def _counted(self, used: Ints) -> Doubts:
        """Doubt a count of the instrument that its own currents cannot have passed."""
        cycles, errors = self.cycles, self.errors
        for charge, by_current, spread in (
            (cycles.first, cycles.first_by_current, errors.of_each(first=1.0)),
            (cycles.second, cycles.second_by_current, errors.of_each(second=1.0)),
        ):
            apart = np.abs(charge - by_current)[used]
            far = np.flatnonzero(apart > COVERAGE * spread[used])
            if len(far):
                at = used[far[0]]
                counted, passed = charge[at], by_current[at]
                text = (
                    f"cycle {cycles.number[at]}: "
                    f"{counted / COULOMB_PER_MAH:.5g} mAh are counted, the currents "
                    f"that its rows keep passed {passed / COULOMB_PER_MAH:.5g} mAh"
                )
                return OWN_CHARGE.met(False, text)
        return ()

    def _paired(self) -> Doubts:
        known = np.flatnonzero(self.cycles.complete)
        if not len(known):
            return ()
        return PAIRING.between(100 * float(self.cycles.coulombic_efficiency[known[0]]))


def cycles_of(run: RecordedRun, last: int | None = None) -> Cycles:
    """Return the cycles of a run; see `cycles_of_rows`."""
    return cycles_of_rows(run.table("timeseries"), run.sample, last, ended_of(run))


def ended_of(run: RecordedRun) -> Ended:
    """Return how the steps of a run ended; nothing of another program's file."""
    return ended_steps(run.steps)


def cycled(run: RecordedRun, last: int | None = None) -> CyclesOfRun:
    """Return the cycles of a run with their errors."""
    return _with_errors(cycles_of(run, last), run)


def cell_accuracy(run: RecordedRun) -> ChannelAccuracy | None:
    """Return what the channel on the cell states; None: nothing is known."""
    return run.accuracy("cell")


def _with_errors(cycles: Cycles, run: RecordedRun) -> CyclesOfRun:
    stated = cell_accuracy(run)
    errors = cycle_errors(
        cycles,
        stated.current if stated else None,
        instrument=stated.instrument if stated else "",
    )
    return CyclesOfRun(cycles, errors, run.sample)


def cycling_results(
    run: RecordedRun,
    *,
    formation_cycles: int,
    apart: Collection[int] = (),
    to_limits: bool = True,
    of: CyclesOfRun | None = None,
) -> Mapping[str, Result]:
    """Return ICE, first capacities, retention and the table by cycle.

    ``apart``: numbers of the cycles that are not part of the ageing (check-ups).
    ``to_limits``: see `CyclesOfRun.to_limits`. ``of``: what `cycled` gave already.
    """
    whole = dataclasses.replace(of or cycled(run), to_limits=to_limits)
    if not whole.cycles.complete.any():
        reason = "no cycle was completed"
        return {"initial_coulombic_efficiency": whole.absent(reason)}
    ageing = whole
    if apart:
        ageing = whole.only(set(whole.cycles.number.tolist()) - set(apart), run)
    return {
        **first_cycle_results(whole, run),
        "coulombic_efficiency": efficiency_result(ageing, formation_cycles),
        "capacity_retention": retention_result(ageing, formation_cycles),
        **energy_results(run, ageing, formation_cycles),
    }


def formation_results(run: RecordedRun, formation_cycles: int) -> Mapping[str, Result]:
    """Return ICE and first capacities where formation ran; nothing where not."""
    if not formation_cycles:
        return {}
    formed = cycled(run, formation_cycles).only(range(1, formation_cycles + 1), run)
    if not formed.cycles.complete.any():
        reason = "no formation cycle was completed"
        return {"initial_coulombic_efficiency": formed.absent(reason)}
    return first_cycle_results(formed, run)


def ends_of(run: RecordedRun, cycle: int) -> Mapping[int, Measured]:
    """Return what the voltmeter leaves unknown of a cycle's two ends, 0 in C.

    By direction; none where the rows do not tell how steep the end is.
    """
    stated, rows = cell_accuracy(run), run.table("timeseries")
    found: dict[int, Measured] = {}
    if not rows.keys() >= NEEDED:
        return found
    own = gathered(
        rows,
        [*NEEDED, *({"net_capacity_ah"} & rows.keys())],
        lambda block: block["cycle_count"] == cycle,
    )
    for curve in curves_of(own, [cycle]):
        steep = charge_per_volt(curve.voltage, curve.charge)
        if not np.isfinite(steep):
            continue
        volts = reading(
            "voltage",
            float(curve.voltage[-1]),
            "V",
            stated.voltage if stated else None,
            largest=float(np.max(np.abs(curve.voltage))),
            instrument=stated.instrument if stated else "",
        )
        found[1 if curve.charge[-1] > 0 else -1] = (volts - volts.value) * steep
    return found


def first_cycle_results(run: CyclesOfRun, rows: RecordedRun) -> Mapping[str, Result]:
    """Return ICE and both capacities of the first complete cycle."""
    first = np.flatnonzero(run.cycles.complete)[:1]
    ends = ends_of(rows, int(run.cycles.number[first[0]]))
    opening, closing = run.sample.first_step, run.sample.first_step.other
    mass = labelled(run.sample, "active_mass")
    capacities = {
        f"first_{word}_capacity": run.given(
            capacity_of(
                run.cycles,
                int(first[0]),
                closing=word is closing,
                mass=mass,
                errors=run.errors,
                end=ends.get(word.sign),
            ).suspect(*is_first(run.cycles, int(first[0]))),
            first,
        )
        for word in (opening, closing)
    }
    efficiency = initial_coulombic_efficiency(run.cycles, run.errors)
    return {
        "initial_coulombic_efficiency": run.given(efficiency, first),
        **capacities,
    }


def result(estimate: Measured, unit: str) -> Result:
    """Return a number as a result in ``unit``; see `Measured.to_result`."""
    return estimate.with_unit(unit).to_result()


def efficiency_result(
    run: CyclesOfRun, formation_cycles: int, apart: Collection[int] = ()
) -> Result:
    """Return the mean CE after formation, with CE and energy by cycle.

    ``apart``: numbers of cycles that do not count to the mean, if there are others.
    """
    cycles = run.cycles
    done = np.flatnonzero(cycles.complete)
    if not len(done):
        return run.absent("no cycle was completed")
    ratio = 100 * cycles.coulombic_efficiency[done]
    first, second = np.zeros(len(cycles)), np.zeros(len(cycles))
    first[done], second[done] = -ratio / cycles.first[done], 100 / cycles.first[done]
    spread = run.errors.of_each(first=first, second=second)[done]
    table = _columns(
        cycle=cycles.number[done],
        coulombic_efficiency_percent=ratio,
        coulombic_efficiency_uncertainty_percent=spread,
        energy_efficiency_percent=100 * cycles.energy_efficiency[done],
    )
    later = ageing_cycles(cycles, formation_cycles)
    counted = later[~np.isin(cycles.number[later], list(apart))]
    later = counted if len(counted) else later
    used = later if len(later) else done[-1:]
    return run.given(mean_efficiency(cycles, used, run.errors), used, table)


def energy_results(
    run: RecordedRun, ageing: CyclesOfRun, formation_cycles: int
) -> Mapping[str, Result]:
    """Return the mean energy efficiency of a full cell: a half cell stores none."""
    if run.sample.kind is not SampleKind.FULL_CELL:
        return {}
    stated, used = cell_accuracy(run), ageing_cycles(ageing.cycles, formation_cycles)
    zero = reading(
        "voltage",
        0.0,
        "V",
        stated.voltage if stated else None,
        largest=largest_size(run.table("timeseries"), "voltage_volt"),
        instrument=stated.instrument if stated else "",
    )
    found = energy_efficiency(ageing.cycles, used, ageing.errors, voltage_zero=zero)
    return {"energy_efficiency": ageing.given(found, used)}


def retention_of(
    run: CyclesOfRun, formation_cycles: int, end_of_life: float = 0.8
) -> Retention:
    """Return how the cell lasts. ValueError: no cycle after formation is complete."""
    return retention(
        run.cycles,
        formation_cycles=formation_cycles,
        end_of_life=end_of_life,
        errors=run.errors,
    )


def retention_result(run: CyclesOfRun, formation_cycles: int) -> Result:
    """Return what is left after the last cycle, against the first after formation."""
    try:
        left = retention_of(run, formation_cycles)
    except ValueError as error:
        return run.absent(str(error))
    cycles = run.cycles
    done = np.flatnonzero(cycles.complete)
    start = int(np.flatnonzero(cycles.number == left.reference_cycle)[0])
    second = np.zeros(len(cycles))
    second[done] = 100 / cycles.second[start]
    against = np.nan_to_num(-100 * left.retention / cycles.second[start])
    spread = run.errors.of_each(second=second, reference=(start, against))[done]
    spread[done == start] = 0.0  # it is the reference
    charge = cycles.second[done] / COULOMB_PER_MAH
    table = _columns(
        cycle=cycles.number[done],
        capacity_retention_percent=100 * left.retention[done],
        capacity_retention_uncertainty_percent=spread,
        capacity_mah=charge,
    )
    if run.sample.active_mass is not None:
        table |= _columns(capacity_mah_per_g=charge / (GRAM * run.sample.active_mass))
    used = np.array([start, done[-1]])
    return run.given(left.last, used, table)


def _columns(**columns: Array) -> Table:
    return {name: tuple(map(float, values)) for name, values in columns.items()}
