"""The rows of a channel: placed in the step, numbered, and their last ones kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl import columns
from labctl.data import Batch
from labctl.techniques import (
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    Loop,
    Spectrum,
    Technique,
    VoltageSweep,
)

VOLTAGE_SLACK = 0.003
"""V; a limit met in firmware may be recorded that far short of it."""
SHORT_OF_END = 1e-3
"""Of a duration; what an instrument's last row may lie before the technique's end."""
RELATIVE_SLACK = 0.03
"""Of the limit; the same for currents and charges."""


class SpectrumCounter:
    """Numbers spectra: a frequency that jumps back up begins a new one."""

    def __init__(self, first: int, techniques: Sequence[Technique] = ()) -> None:
        self._current = first - 1
        self._techniques = techniques
        self._last = -math.inf
        self._technique = -1

    def number(self, batch: Batch) -> Batch:
        """Return the batch with the number of each row's spectrum."""
        if batch.stream != columns.EIS.name:
            return batch
        out = np.empty(len(batch), dtype=np.int64)
        frequencies = batch.columns[columns.FREQUENCY.name]
        index = batch.columns.get(columns.TECHNIQUE_INDEX.name)
        for row, frequency in enumerate(frequencies):
            technique = self._technique if index is None else int(index[row])
            if self._technique < 0:  # attached to a later one than the first
                before = self._techniques[:technique]
                self._current += sum(isinstance(t, Spectrum) for t in before)
            if frequency > self._last * 1.0001 or technique != self._technique:
                self._current += 1
            self._last, self._technique = float(frequency), technique
            out[row] = self._current
        imaginary = batch.columns[columns.IMAGINARY_IMPEDANCE.name]
        return Batch(
            batch.stream,
            {
                **{
                    name: values
                    for name, values in batch.columns.items()
                    if name != columns.TECHNIQUE_INDEX.name
                },
                columns.SPECTRUM.name: out,
                columns.MINUS_IMAGINARY_IMPEDANCE.name: -imaginary,
            },
        )


@dataclass(slots=True)
class Tail:
    """The last row of one technique, and the charge that it passed."""

    time: float
    voltage: float
    current: float
    charge: float = 0.0
    first: float = 0.0
    """Instrument's time of the first row seen, s."""
    whole: bool = True
    """Whether all of its rows were seen; False where a process attached half way."""


class Tails:
    """The last row of every technique that has recorded any."""

    def __init__(self, *, attached: bool = False) -> None:
        self.rows: dict[int, Tail] = {}
        self._attached = attached

    def take(self, batch: Batch) -> None:
        """Keep the last rows of a batch."""
        index = batch.columns[columns.TECHNIQUE_INDEX.name]
        time = batch.columns[columns.INSTRUMENT_TIME.name]
        voltage = batch.columns[columns.VOLTAGE.name]
        current = batch.columns[columns.CURRENT.name]
        for technique in dict.fromkeys(index.tolist()):
            mine = index == technique
            t, i = time[mine], current[mine]
            before = self.rows.get(technique)
            if before is not None:
                t = np.concatenate(([before.time], t))
                i = np.concatenate(([before.current], i))
            passed = float(np.trapezoid(i, t)) + (before.charge if before else 0.0)
            whole = not self._attached or bool(self.rows and before is None)
            self.rows[technique] = Tail(
                float(t[-1]),
                float(voltage[mine][-1]),
                float(i[-1]),
                passed,
                float(time[mine][0]) if before is None else before.first,
                whole if before is None else before.whole,
            )

    def was_cut(self, techniques: Sequence[Technique]) -> bool:
        """Tell whether an upload surely did not come to its own end.

        What stood still when a process attached to it may have been stopped by the
        guard of the one before. False where it cannot be told.
        """
        if not self.rows or any(isinstance(t, Loop) for t in techniques):
            return False
        at = max(self.rows)
        technique, row = techniques[at], self.rows[at]
        if any(isinstance(t, Spectrum) for t in techniques[at:]):
            return False  # sines leave rows elsewhere
        if at < len(techniques) - 1:
            return True
        if isinstance(technique, Loop | Spectrum | VoltageSweep):
            return False
        unknown = math.nan if at else 0.0
        passed = row.time - (row.first if row.whole else unknown)
        return passed < (1.0 - SHORT_OF_END) * technique.duration - 1.0

    def met(self, techniques: Sequence[Technique]) -> str:
        """Return the condition met by the last technique that ran and had any."""
        for index in sorted(self.rows, reverse=True):
            technique = techniques[index]
            if isinstance(technique, Loop) or not technique.until:
                continue
            row = self.rows[index]
            return _met_at_end(technique.until, row) or _met_unseen(technique, row)
        return ""


def _met_at_end(conditions: Sequence[Condition], row: Tail) -> str:
    """Return the name of the first condition that a technique's last row satisfies."""
    for condition in conditions:
        relative = RELATIVE_SLACK * abs(condition.value)
        readings = {
            ConditionQuantity.VOLTAGE: (row.voltage, VOLTAGE_SLACK),
            ConditionQuantity.CURRENT: (row.current, relative),
            ConditionQuantity.ABSOLUTE_CURRENT: (abs(row.current), relative),
            ConditionQuantity.CHARGE: (abs(row.charge), relative),
        }
        x, slack = readings.get(condition.quantity, (math.nan, 0.0))
        if condition.holds(x, slack):
            return condition.name
    return ""


def _met_unseen(technique: Technique, row: Tail) -> str:
    """Return the charge that a constant current passed, if nothing else ended it.

    Not all of its rows were seen, so they cannot be added up; but firmware counts the
    charge as time, and that was shorter than the step's own.
    """
    if row.whole or not isinstance(technique, ConstantCurrent):
        return ""
    for condition in technique.until:
        by_charge = (
            condition.quantity is ConditionQuantity.CHARGE and technique.current != 0.0
        )
        if by_charge and condition.value / abs(technique.current) < technique.duration:
            return condition.name
    return ""
