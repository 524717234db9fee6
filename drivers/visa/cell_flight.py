"""One technique on a source meter, from its first reading to its end: pure arithmetic.

The host keeps the time. At every look a reading is tested, summed up and, where a rule
says so, recorded; then the next look is chosen: at an end or a row that is due, and
soon enough before anything that the last two readings head for, never later than twice
the interval before.
"""

import math
from dataclasses import dataclass

from drivers.visa.cell_checks import BY_HOST
from drivers.visa.cell_program import CellProgram
from drivers.visa.cell_stairs import length_of, stair
from drivers.visa.cell_terminals import TerminalReading
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    Loop,
    Spectrum,
    Technique,
    VoltageSweep,
)

LONGEST_LOOK = 60.0
"""s between two looks, however slowly everything goes."""
APPROACH = 0.5
"""Of the way to whatever ends or records: it is looked at again there."""
GROWTH = 2.0
"""Of one interval over the one before."""
ARRIVED = 2e-3
"""V; so near to the level, and no longer limited, a driven current has come there."""
STEADY = 4e-3
"""Of the voltage: a power follows it in such steps."""
ON_TIME = 1e-3
"""s; an end so near is there."""


@dataclass(frozen=True, slots=True)
class CellRow:
    """One reading, placed."""

    time: float
    """s since the upload was started, by the instrument's time."""
    voltage: float
    current: float
    technique: int
    late: float
    """s after it was due, by the host's time."""


class TechniqueFlight:
    """The technique in flight."""

    def __init__(
        self,
        program: CellProgram,
        index: int,
        begun: float,
    ) -> None:
        """Begin at ``begun`` (s of the host)."""
        technique: Technique = program.techniques[index]
        if isinstance(technique, Loop | Spectrum):
            raise TypeError(f"{technique.kind} does not fly")
        self.technique, self.index, self.begun = technique, index, begun
        self.charge = self.energy = 0.0
        """C and J passed so far, with their signs."""
        self._program = program
        self._level = program.towards(technique)
        self._shortest = program.reach.shortest_look
        self._interval = self._shortest
        self._first: CellRow | None = None
        self._last: CellRow | None = None
        self._before: CellRow | None = None
        self._row: CellRow | None = None
        """The one that was recorded last."""
        self._row_charge = 0.0
        self._limited = True
        self._stands_beyond = False
        if isinstance(technique, VoltageSweep):
            self._end = begun + length_of(technique)
            self._stair = stair(technique, program.reach)[1]
        else:
            self._end = begun + technique.duration
            self._stair = math.inf

    def take(self, row: CellRow, reading: TerminalReading) -> bool:
        """Add a reading; tell whether it is to be recorded."""
        last = self._last
        if last is not None:
            dt = row.time - last.time
            self.charge += 0.5 * (last.current + row.current) * dt
            power = last.voltage * last.current + row.voltage * row.current
            self.energy += 0.5 * power * dt
        else:
            self._first = row
        self._before, self._last = last, row
        self._limited = reading.limited
        recorded = self._row
        if recorded is None or self._is_due(row, recorded):
            self.recorded(row)
            return True
        return False

    def recorded(self, row: CellRow) -> None:
        """Count the next row from here."""
        self._row, self._row_charge = row, self.charge

    def is_recorded(self) -> bool:
        """Tell whether the last reading was recorded."""
        return self._row is self._last

    def met(self) -> Condition | None:
        """Return the first condition that the last reading meets; None: none."""
        row = self._last
        if row is None:
            return None
        values = self._values(row)
        for condition in self.technique.until:
            if condition.quantity in BY_HOST:
                continue
            if condition.holds(values[condition.quantity]):
                return condition
            if self._ends_driving(condition) and (
                self._stands_beyond or self._has_arrived(row)
            ):
                return condition
        return None

    def is_over(self, now: float) -> bool:
        """Tell whether the time is up, or the current has nowhere to go any more."""
        return now >= self._end - ON_TIME

    def is_beyond(self, voltage: float) -> bool:
        """Tell whether a cell at ``voltage`` (V) stands beyond the cut-off.

        Held there, it would be driven the other way.
        """
        if self._level is None:
            return False
        beyond = voltage - self._level
        return beyond >= 0.0 if self._drives_up() else beyond <= 0.0

    def ends_at_once(self) -> bool:
        """End by the cut-off: the cell, at rest, stands beyond it.

        False: no condition of the technique's own says that it ends there.
        """
        self._stands_beyond = True
        return any(map(self._ends_driving, self.technique.until))

    def tail(self) -> CellRow | None:
        """Return the last reading if no row holds it; None: one does."""
        return None if self.is_recorded() else self._last

    def next_look(self, now: float, looked: float) -> float:
        """Return when to look again, s from ``now`` on.

        ``looked`` is when the last look began: readings take their time, and looks
        that are a tenth of a second apart begin a tenth of a second apart.
        """
        if isinstance(self.technique, VoltageSweep):
            passed = now - self.begun
            stairs = math.floor(passed / self._stair + 1e-6) + 1
            return max(min(stairs * self._stair, self._end - self.begun) - passed, 0.0)
        ahead = min(self._ahead(), GROWTH * self._interval, LONGEST_LOOK)
        self._interval = max(ahead, self._shortest)
        return max(min(looked + self._interval, self._end) - now, 0.0)

    # Within.

    def _drives_up(self) -> bool:
        technique = self.technique
        if isinstance(technique, ConstantCurrent):
            return technique.current > 0.0
        return isinstance(technique, ConstantPower) and technique.power > 0.0

    def _ends_driving(self, condition: Condition) -> bool:
        towards = Comparison.AT_LEAST if self._drives_up() else Comparison.AT_MOST
        return (
            self._level is not None
            and condition.quantity is ConditionQuantity.VOLTAGE
            and condition.comparison is towards
            and condition.value == self._level
        )

    def _has_arrived(self, row: CellRow) -> bool:
        """Tell whether the source holds the cut-off, not the current any more."""
        if self._level is None or self._limited:
            return False
        return abs(row.voltage - self._level) <= ARRIVED

    def _values(self, row: CellRow) -> dict[ConditionQuantity, float]:
        first = self._first or row
        return {
            ConditionQuantity.VOLTAGE: row.voltage,
            ConditionQuantity.CURRENT: row.current,
            ConditionQuantity.ABSOLUTE_CURRENT: abs(row.current),
            ConditionQuantity.CHARGE: abs(self.charge),
            ConditionQuantity.ENERGY: abs(self.energy),
            ConditionQuantity.VOLTAGE_CHANGE: abs(row.voltage - first.voltage),
        }

    def _is_due(self, row: CellRow, recorded: CellRow) -> bool:
        rule = self.technique.record
        if isinstance(self.technique, VoltageSweep) and rule.every_volt is not None:
            return True  # looks are its stairs, and those are as high as it says
        early = 0.5 * min(self._shortest, rule.every_s or math.inf)
        pairs = (
            (rule.every_s, row.time - recorded.time + early),
            (rule.every_volt, abs(row.voltage - recorded.voltage)),
            (rule.every_ampere, abs(row.current - recorded.current)),
            (rule.every_coulomb, abs(self.charge - self._row_charge)),
        )
        return any(step is not None and change >= step for step, change in pairs)

    def _ahead(self) -> float:
        """Return how far the nearest thing worth a look is, s; inf if nothing is."""
        row, before, recorded = self._last, self._before, self._row
        if row is None:
            return self._shortest
        rule = self.technique.record
        looks = [math.inf]
        if rule.every_s is not None and recorded is not None:
            looks.append(recorded.time + rule.every_s - row.time)
        if before is None or not row.time > before.time:
            return min(looks)
        values, earlier = self._values(row), self._values(before)
        dt = row.time - before.time
        # sums are known to this moment, and their rates exactly
        rates = {q: (values[q] - earlier[q]) / dt for q in values}
        rates[ConditionQuantity.CHARGE] = abs(row.current)
        rates[ConditionQuantity.ENERGY] = abs(row.current * row.voltage)
        for condition in self.technique.until:
            if condition.quantity not in BY_HOST:
                way = condition.value - values[condition.quantity]
                looks.append(_until(way, rates[condition.quantity]))
        if isinstance(self.technique, ConstantPower):
            slope = abs(rates[ConditionQuantity.VOLTAGE])
            looks.append(_until(STEADY * abs(row.voltage), slope))
        if recorded is not None:
            for step, rate, gone in (
                (
                    rule.every_volt,
                    rates[ConditionQuantity.VOLTAGE],
                    abs(row.voltage - recorded.voltage),
                ),
                (
                    rule.every_ampere,
                    rates[ConditionQuantity.CURRENT],
                    abs(row.current - recorded.current),
                ),
            ):
                if step is not None:
                    looks.append(_until(max(step - gone, 0.1 * step), abs(rate)))
        return min(looks)


def _until(way: float, rate: float) -> float:
    """Return s to a good part of ``way`` at ``rate``; inf where it leads away."""
    if rate == 0.0 or way == 0.0 or way * rate < 0.0:
        return math.inf
    return APPROACH * way / rate
