"""When a technique writes a row, and what is in it: its rules by time, ΔE and ΔI."""

import math
from collections.abc import Callable

from drivers.twins.biologic.memory import Row
from drivers.twins.biologic.techniques import LoadedTechnique
from drivers.twins.world.kernel.rows import is_due, is_overdue, next_step, until


class Recorder:
    """Remembers the last row of one technique in flight."""

    def __init__(
        self,
        rules: LoadedTechnique,
        write: Callable[[Row], None],
        start: float,
        voltage: float,
        charge: float,
    ) -> None:
        self.rules = rules
        self.by_change = min(rules.every_volt, rules.every_ampere) < math.inf
        """Whether ΔE or ΔI makes rows."""
        self._write, self._start, self._start_charge = write, start, charge
        self._time, self._voltage, self._current = start, voltage, 0.0
        self._charge = charge

    def due_in(self, longest: float = math.inf) -> float:
        """Return when the next row by time is due, at most ``longest`` s after one."""
        return self._time + min(self.rules.every_s, longest)

    def is_due(self, time: float, voltage: float, current: float) -> bool:
        """Tell whether a row must be written now."""
        rules = self.rules
        return is_due(
            time - self._time,
            voltage - self._voltage,
            current - self._current,
            rules.every_s,
            rules.every_volt,
            rules.every_ampere,
        )

    def is_overdue(self, voltage: float, current: float) -> bool:
        """Tell whether rows by ΔE or ΔI were missed on the way here."""
        moved, changed = voltage - self._voltage, current - self._current
        return is_overdue(
            moved, changed, self.rules.every_volt, self.rules.every_ampere
        )

    def next_step(
        self, before: tuple[float, float], now: tuple[float, float], dt: float
    ) -> float:
        """Return how long to go until the next row by ΔE or ΔI is to be expected, s.

        ``before`` and ``now``: V and A, ``dt`` s apart.
        """
        rules = self.rules
        stepped, switched = abs(now[0] - before[0]), abs(now[1] - before[1])
        return next_step(
            until(rules.every_volt, now[0] - self._voltage, stepped, dt),
            until(rules.every_ampere, now[1] - self._current, switched, dt),
            dt,
        )

    @property
    def last(self) -> tuple[float, float, float]:
        """Time in s, V and A of the last row."""
        return self._time, self._voltage, self._current

    def begin(self, time: float, voltage: float, current: float, charge: float) -> None:
        """Let the next row reach back to here; none is written."""
        self._time, self._voltage, self._current = time, voltage, current
        self._charge = charge

    def record(
        self,
        time: float,
        voltage: float,
        current: float,
        charge: float,
        cycle: int,
        control: float,
    ) -> None:
        """Write a row; s of the world's clock, V, A, C of the cell, V or A."""
        mean = current
        if self.rules.averaged and time > self._time:
            mean = (charge - self._charge) / (time - self._time)
        self.begin(time, voltage, current, charge)
        passed, moved = time - self._start, charge - self._start_charge
        self._write((passed, voltage, mean, float(cycle), moved, control))

    def made_of(
        self,
        moments: list[tuple[float, float, float]],
        current: float,
        cycle: int,
        control: float | None,
    ) -> list[Row]:
        """Return the rows that `record` would write at these moments of a cell.

        ``moments``: s, V and C of each; ``control``: None for the voltage.
        """
        if moments:
            time, voltage, charge = moments[-1]
            self.begin(time, voltage, current, charge)
        start, first, of = self._start, self._start_charge, float(cycle)
        return [
            (t - start, v, current, of, q - first, v if control is None else control)
            for t, v, q in moments
        ]
