"""What each step of a composed test passed, and what is not known of it."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labctl.analysis.cells.cycle_errors import TIMING
from labctl.analysis.cells.cycling import COULOMB_PER_MAH
from labctl.analysis.cells.running_time import running_time
from labctl.analysis.meter import ChargeErrors, charge_errors
from labctl.columns import CURRENT_RANGE
from labctl.data import Result
from labctl.protocol import RecordedRun
from labctl.sources import Source
from protocols.cells.cycling_results import cell_accuracy


def charge_passed(run: RecordedRun) -> Result:
    """Return the net charge, with a row a step."""
    done = [r for r in run.steps if r.outcome is not None and r.outcome.rows]
    if not done:
        return Result.absent("mAh", "no step was completed")
    table = {
        "step": tuple(float(r.step_count) for r in done),
        "duration_second": tuple(r.outcome.duration for r in done if r.outcome),
        "charge_mah": tuple(r.outcome.charge / 3.6 for r in done if r.outcome),
        "energy_mwh": tuple(r.outcome.energy / 3.6 for r in done if r.outcome),
        "end_voltage_volt": tuple(
            r.outcome.last.get("voltage_volt", float("nan")) for r in done if r.outcome
        ),
    }
    net = sum(table["charge_mah"])
    errors = _charge_errors(run, [r.step_count for r in done])
    share = np.full(len(errors.charge), 1 / COULOMB_PER_MAH)
    found = errors.measured(net, share, "mAh")
    timing = TIMING * math.hypot(*table["charge_mah"])
    found = found.with_part(Source.fresh("end of step", net, timing), timing)
    return replace(found.to_result(), table=table)


def _charge_errors(run: RecordedRun, steps: Sequence[int]) -> ChargeErrors:
    """Return what the ammeter leaves unknown of the charge of each of these steps."""
    rows, stated = run.table("timeseries"), cell_accuracy(run)
    place = np.searchsorted(steps, rows["step_count"])
    place = np.minimum(place, len(steps) - 1)
    group = np.where(np.array(steps)[place] == rows["step_count"], place, -1)
    return charge_errors(
        running_time(rows),
        rows["current_ampere"],
        group,
        accuracy=stated.current if stated else None,
        codes=rows.get(CURRENT_RANGE.name),
        instrument=stated.instrument if stated else "",
    )
