"""End conditions that an instrument's firmware cannot test, evaluated for every row.

Rows are taken as they come, in blocks of any length: what a block says of its rows is
what each of them would have said alone.
"""

import functools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from labctl import columns
from labctl.clock import EVERY_LOOK, Quiet
from labctl.data import Array, Batch
from labctl.steps.outlook import Trend, half_way
from labctl.steps.voltage_rate import VoltageRate
from labctl.techniques import TEMPERATURE, Comparison, Condition, ConditionQuantity

SINCE_BEGINNING = frozenset(
    {
        ConditionQuantity.CHARGE,
        ConditionQuantity.ENERGY,
        ConditionQuantity.VOLTAGE_CHANGE,
    }
)
"""What can be told only by who saw a technique from its first row."""
SUMS = frozenset({ConditionQuantity.CHARGE, ConditionQuantity.ENERGY})
"""What a reading does not tell by itself."""
VOLTAGE, CURRENT = columns.VOLTAGE.name, columns.CURRENT.name
_PLAIN = {
    ConditionQuantity.VOLTAGE: VOLTAGE,
    ConditionQuantity.CURRENT: CURRENT,
    ConditionQuantity.TEMPERATURE: TEMPERATURE,
}
"""What stands in a row as it is."""


class HostTests:
    """Tests of one upload."""

    def __init__(
        self, conditions: Sequence[tuple[int, Condition]], *, attached: bool = False
    ) -> None:
        """Take (technique, condition); ``attached``: its first rows were not seen."""
        self._unseen = attached
        self.conditions = tuple(conditions)
        self._watches_temperature = any(
            condition.quantity is ConditionQuantity.TEMPERATURE
            for _, condition in conditions
        )
        self._technique = -1
        self._begin(())

    def watch(self, technique: int) -> bool:
        """Tell whether a condition may end ``technique``."""
        return any(at == technique for at, _ in self.conditions)

    def lacks_beginning(self, technique: int) -> bool:
        """Tell whether a test of ``technique`` needs rows that were never seen."""
        return self._unseen and any(
            at == technique and condition.quantity in SINCE_BEGINNING
            for at, condition in self.conditions
        )

    @property
    def watches_temperature(self) -> bool:
        """Whether a technique may end at a temperature."""
        return self._watches_temperature

    def warm(self, technique: int, celsius: float) -> tuple[int, Condition] | None:
        """Return the condition of ``technique`` that a thermometer's reading meets.

        Between two rows too: a sample may be hot long before the next one.
        """
        for at, condition in self.conditions:
            if (
                at == technique
                and condition.quantity is ConditionQuantity.TEMPERATURE
                and condition.holds(celsius)
            ):
                return at, condition
        return None

    def first_met(self, batch: Batch) -> tuple[int, Condition] | None:
        """Return the first condition that a row of ``batch`` meets, and of whom.

        Rows whose instrument measures no temperature meet none by it; see `warm`. Rows
        behind the one that meets a condition are not looked at.
        """
        if not self.conditions or not len(batch):
            return None
        for technique, rows in _by_technique(batch):
            if technique != self._technique:
                self._unseen = self._unseen and self._technique < 0
                self._technique = technique
                self._begin([c for at, c in self.conditions if at == technique])
            met = self._first_of(rows)
            if met is not None:
                return technique, met
        return None

    def quiet(self, now: float) -> Quiet:
        """Return what is to be expected as long as no condition is met.

        ``now``: the instrument's time in s; NaN where it did not say.
        """
        each = (self._quiet_of(condition, now) for condition in self._here)
        return functools.reduce(Quiet.both, each, Quiet(math.inf))

    def _begin(self, here: Sequence[Condition]) -> None:
        """Begin with a technique that these conditions may end."""
        self._here = tuple(here)
        quantities = {condition.quantity for condition in here}
        self._rate = (
            VoltageRate() if ConditionQuantity.VOLTAGE_RATE in quantities else None
        )
        self._last: tuple[float, float, float] | None = None
        """Time, voltage and current of the last row."""
        self._first_voltage = math.nan
        self._charge = self._energy = 0.0
        self._trends = {quantity: Trend() for quantity in quantities & SUMS}

    def _first_of(self, rows: Batch) -> Condition | None:
        """Take rows of one technique; return the first condition that is met."""
        if not self._here:
            return None
        readings, time = self._read(rows), rows.columns[columns.INSTRUMENT_TIME.name]
        for quantity in self._trends.keys() & readings.keys():
            self._trends[quantity].take(time, readings[quantity])
        firsts = [
            (_first_row(condition, readings[condition.quantity]), k)
            for k, condition in enumerate(self._here)
            if condition.quantity in readings
        ]
        row, place = min(firsts, default=(len(rows), 0))
        return self._here[place] if row < len(rows) else None

    def _read(self, rows: Batch) -> dict[ConditionQuantity, Array]:
        """Return what each row says of every quantity that is tested."""
        time = rows.columns[columns.INSTRUMENT_TIME.name]
        voltage, current = rows.columns[VOLTAGE], rows.columns[CURRENT]
        if self._last is None:
            self._first_voltage = float(voltage[0])
            self._last = (float(time[0]), float(voltage[0]), float(current[0]))
        t0, v0, i0 = self._last
        dt, power = np.diff(time, prepend=t0), voltage * current
        charge = _summed(self._charge, 0.5 * (_shifted(current, i0) + current) * dt)
        energy = _summed(self._energy, 0.5 * (_shifted(power, v0 * i0) + power) * dt)
        self._charge, self._energy = float(charge[-1]), float(energy[-1])
        self._last = (float(time[-1]), float(voltage[-1]), float(current[-1]))
        found = {
            ConditionQuantity.ABSOLUTE_CURRENT: np.abs(current),
            ConditionQuantity.CHARGE: np.abs(charge),
            ConditionQuantity.ENERGY: np.abs(energy),
            ConditionQuantity.VOLTAGE_CHANGE: np.abs(voltage - self._first_voltage),
        }
        if self._rate is not None:
            found[ConditionQuantity.VOLTAGE_RATE] = self._rate.take(time, voltage)
        for quantity, name in _PLAIN.items():
            if name in rows.columns:
                found[quantity] = rows.columns[name]
        return found

    def _quiet_of(self, condition: Condition, now: float) -> Quiet:
        """Return what is to be expected as long as one condition is not met."""
        if self._last is None:
            return EVERY_LOOK
        quantity, x = condition.quantity, condition.value
        row, voltage, current = self._last
        first = self._first_voltage
        if quantity in SUMS:
            alike = {VOLTAGE: _alike(voltage), CURRENT: _alike(current)}
            soonest = row + self._trends[quantity].soonest(x) - now
            return EVERY_LOOK if math.isnan(soonest) else Quiet(soonest, alike)
        announced = {
            ConditionQuantity.VOLTAGE: (VOLTAGE, voltage, [x]),
            ConditionQuantity.VOLTAGE_CHANGE: (
                VOLTAGE,
                voltage,
                [first - x, first + x],
            ),
            ConditionQuantity.CURRENT: (CURRENT, current, [x]),
            ConditionQuantity.ABSOLUTE_CURRENT: (CURRENT, current, [-x, x]),
        }.get(quantity)
        if announced is not None:
            column, value, bounds = announced
            return Quiet(math.inf, {column: half_way(value, bounds)})
        # A temperature is nothing that a channel foresees; a voltage may stand still
        # at once, on one converter's step.
        return EVERY_LOOK


def _alike(value: float) -> tuple[float, float]:
    """Return a range in which two factors make a product at most twice as large."""
    most = math.sqrt(2.0) * abs(value)
    return -most, most


def _first_row(condition: Condition, values: Array) -> int:
    """Return the first row of which a condition holds; else how many there are."""
    if condition.comparison is Comparison.AT_LEAST:
        holds = values >= condition.value
    else:
        holds = values <= condition.value
    return int(np.argmax(holds)) if holds.any() else len(values)


def _by_technique(batch: Batch) -> Iterator[tuple[int, Batch]]:
    """Return the rows of each technique, in their order."""
    index = batch.columns[columns.TECHNIQUE_INDEX.name]
    edges = np.flatnonzero(np.diff(index)) + 1
    if not len(edges):
        yield int(index[0]), batch
        return
    for a, b in zip((0, *edges.tolist()), (*edges.tolist(), len(index)), strict=True):
        part = {name: values[a:b] for name, values in batch.columns.items()}
        yield int(index[a]), Batch(batch.stream, part)


def _shifted(values: Array, before: float) -> Array:
    """Return the value before each one."""
    return np.concatenate(([before], values[:-1]))


def _summed(before: float, parts: Array) -> Array:
    """Return the sum up to each part, ``before`` included."""
    return np.cumsum(np.concatenate(([before], parts)))[1:]
