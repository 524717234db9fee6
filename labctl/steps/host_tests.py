"""End conditions that an instrument's firmware cannot test, evaluated row by row."""

import math
from collections import deque
from collections.abc import Sequence

import numpy as np

from labctl import columns
from labctl.data import Array, Batch
from labctl.techniques import TEMPERATURE, Condition, ConditionQuantity

RATE_ROWS = 5
"""dV/dt is the slope through at least that many rows …"""
RATE_SPAN = 600.0
"""… and through all of the last ten minutes (s), so that noise ends no rest."""
SINCE_BEGINNING = frozenset(
    {
        ConditionQuantity.CHARGE,
        ConditionQuantity.ENERGY,
        ConditionQuantity.VOLTAGE_CHANGE,
    }
)
"""What can be told only by who saw a technique from its first row."""


class HostTests:
    """Tests of one upload."""

    def __init__(
        self, conditions: Sequence[tuple[int, Condition]], *, attached: bool = False
    ) -> None:
        """Take (technique, condition); ``attached``: its first rows were not seen."""
        self._unseen = attached
        self.conditions = tuple(conditions)
        self._watches_rate = any(
            condition.quantity is ConditionQuantity.VOLTAGE_RATE
            for _, condition in conditions
        )
        self._watches_temperature = any(
            condition.quantity is ConditionQuantity.TEMPERATURE
            for _, condition in conditions
        )
        self._technique = -1
        self._charge = 0.0
        self._energy = 0.0
        self._first_voltage = math.nan
        self._rows: deque[tuple[float, float, float]] = deque()

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

        Rows whose instrument measures no temperature meet none by it; see `warm`.
        """
        if not self.conditions:
            return None
        time = batch.columns[columns.INSTRUMENT_TIME.name]
        voltage = batch.columns[columns.VOLTAGE.name]
        current = batch.columns[columns.CURRENT.name]
        index = batch.columns[columns.TECHNIQUE_INDEX.name]
        temperature: Array | None = batch.columns.get(TEMPERATURE)
        for row in range(len(batch)):
            degree = math.nan if temperature is None else float(temperature[row])
            met = self._row(
                int(index[row]),
                (float(time[row]), float(voltage[row]), float(current[row])),
                degree,
            )
            if met is not None:
                return met
        return None

    def _row(
        self, technique: int, row: tuple[float, float, float], temperature: float
    ) -> tuple[int, Condition] | None:
        if technique != self._technique:
            self._unseen = self._unseen and self._technique < 0
            self._technique, self._rows = technique, deque()
            self._charge = self._energy = 0.0
            self._first_voltage = row[1]
        if self._rows:
            t0, v0, i0 = self._rows[-1]
            dt = row[0] - t0
            self._charge += 0.5 * (i0 + row[2]) * dt
            self._energy += 0.5 * (v0 * i0 + row[1] * row[2]) * dt
        self._keep(row)
        readings = {
            ConditionQuantity.VOLTAGE: row[1],
            ConditionQuantity.CURRENT: row[2],
            ConditionQuantity.ABSOLUTE_CURRENT: abs(row[2]),
            ConditionQuantity.CHARGE: abs(self._charge),
            ConditionQuantity.ENERGY: abs(self._energy),
            ConditionQuantity.VOLTAGE_CHANGE: abs(row[1] - self._first_voltage),
            ConditionQuantity.VOLTAGE_RATE: self._rate()
            if self._watches_rate
            else math.nan,
            ConditionQuantity.TEMPERATURE: temperature,
        }
        for at, condition in self.conditions:
            if at == technique and condition.holds(readings[condition.quantity]):
                return at, condition
        return None

    def _keep(self, row: tuple[float, float, float]) -> None:
        """Add a row; let go of those that dV/dt no longer looks at."""
        rows = self._rows
        rows.append(row)
        least = RATE_ROWS if self._watches_rate else 1
        while len(rows) > least and (
            not self._watches_rate or rows[0][0] < row[0] - RATE_SPAN
        ):
            rows.popleft()

    def _rate(self) -> float:
        """Return |dV/dt| in V/s; NaN before there are enough rows."""
        if len(self._rows) < RATE_ROWS:
            return math.nan
        times = np.array([row[0] for row in self._rows])
        volts = np.array([row[1] for row in self._rows])
        times -= times.mean()
        spread = float(times @ times)
        return abs(float(times @ volts)) / spread if spread > 0 else math.nan
