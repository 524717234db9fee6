"""What delta readings at several currents say together."""

import math
from collections.abc import Sequence

from labctl.analysis.conduction.reversal import delta_mode_resistance
from labctl.analysis.uncertainty import Measured, mean
from labctl.columns import DELTA
from labctl.protocol import RecordedRun
from labctl.verdicts import conduction
from protocols.conduction.conduction_readings import accuracy_of, steps_of


def delta_resistance(run: RecordedRun, currents: Sequence[float]) -> Measured:
    """Return the mean resistance over the currents; they must agree."""
    table = run.table(DELTA.name)
    found = []
    for record in steps_of(run, "RunDelta"):
        mask = table["step_count"] == record.step_count
        accuracy = accuracy_of(run, [record])
        if accuracy is None or not mask.any():
            continue
        current = float(table["source_ampere"][mask][0])
        limited = bool((table["in_compliance"][mask] > 0).any())
        voltage = table["voltage_volt"][mask]
        if limited:
            continue
        found.append(delta_mode_resistance(voltage, current, accuracy))
    if not found:
        taken = "out of compliance" if len(table["step_count"]) else "at all"
        return Measured.absent(f"no delta readings {taken}", "ohm")
    resistance = mean(found).with_unit("ohm")
    values = [r.value for r in found]
    middle = abs(resistance.value)
    apart = (max(values) - min(values)) / middle if middle else math.nan
    return resistance.suspect(
        *conduction.COMPLETE.met(
            len(found) == len(currents),
            f"{len(found)} of {len(currents)} currents used",
        ),
        *conduction.CURRENTS_AGREE.at_most(100 * apart),
    )
