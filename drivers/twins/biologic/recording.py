"""When a technique writes a row, and what is in it: its rules by time, ΔE and ΔI."""

import math
from collections.abc import Callable

from drivers.twins.biologic.memory import Row
from drivers.twins.biologic.techniques import LoadedTechnique

TOLERANCE = 1e-7
"""s; two moments closer than this are one."""
AIM = 1.1
"""A step aims that far past the next row: one that falls short costs another step."""
FINEST = 1e-3
"""s; recording by ΔE or ΔI is not resolved below this."""


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
        return (
            time - self._time >= rules.every_s - TOLERANCE
            or abs(voltage - self._voltage) >= rules.every_volt * (1.0 - 1e-9)
            or abs(current - self._current) >= rules.every_ampere
        )

    def is_overdue(self, voltage: float, current: float) -> bool:
        """Tell whether rows by ΔE or ΔI were missed on the way here."""
        return (
            abs(voltage - self._voltage) > 2.0 * self.rules.every_volt
            or abs(current - self._current) > 2.0 * self.rules.every_ampere
        )

    def next_step(
        self, before: tuple[float, float], now: tuple[float, float], dt: float
    ) -> float:
        """Return how long to go until the next row by ΔE or ΔI is to be expected, s.

        ``before`` and ``now``: V and A, ``dt`` s apart.
        """
        expected, rules = math.inf, self.rules
        last = (self._voltage, self._current)
        for k, rule in ((0, rules.every_volt), (1, rules.every_ampere)):
            moved = abs(now[k] - before[k])
            if rule < math.inf and moved > 0.0:
                left = rule - abs(now[k] - last[k])
                expected = min(expected, AIM * left * dt / moved)
        return max(min(2.0 * dt, expected), FINEST)

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
