"""What a front panel shows: large digits, and the last few minutes of them."""

import math
from collections import deque
from collections.abc import Mapping

import numpy as np

from gui.look.si_text import NOTHING, signed_text, value_text
from labctl.data import Array

DIGITS = 5
LASTING = 180.0
"""s that a strip chart shows."""


def digits(value: float | None, unit: str) -> str:
    """Write a reading with its sign and five digits; ``–`` while there is none."""
    if value is None or not math.isfinite(value):
        return f"{NOTHING} {unit}"
    return signed_text(value, unit, DIGITS)


def resistance(voltage: float | None, current: float | None) -> float | None:
    """Return V/I in Ω; None unless both were read and neither is zero."""
    if voltage is None or current is None or not voltage or not current:
        return None
    found = voltage / current
    return found if math.isfinite(found) else None


def resistance_text(voltage: float | None, current: float | None) -> str:
    """Write V/I; ``–`` when it means nothing."""
    found = resistance(voltage, current)
    return f"{NOTHING} Ω" if found is None else value_text(found, "Ω", DIGITS)


def output_text(set_points: Mapping[str, float]) -> str:
    """Say whether an output is on, and at what."""
    told = [value_text(v, name.rpartition(" ")[2]) for name, v in set_points.items()]
    return f"output ON at {', '.join(told)}" if told else "output off"


class Strip:
    """The last few minutes of some quantities."""

    def __init__(self, *names: str, lasting: float = LASTING) -> None:
        self._names = names
        self._lasting = lasting
        self._rows: deque[tuple[float, ...]] = deque()

    def add(self, now: float, values: Mapping[str, float | None]) -> None:
        """Add what was read at ``now`` in s; what is missing breaks the line."""
        found = (values.get(name) for name in self._names)
        self._rows.append((now, *(math.nan if v is None else v for v in found)))
        while self._rows[0][0] < now - self._lasting:
            self._rows.popleft()

    def clear(self) -> None:
        """Forget everything."""
        self._rows.clear()

    def curve(self, name: str) -> tuple[Array, Array]:
        """Return time before the newest reading in s (≤ 0), and the values."""
        rows = np.array(self._rows, float).reshape(-1, len(self._names) + 1)
        last = rows[-1, 0] if len(rows) else 0.0
        return rows[:, 0] - last, rows[:, 1 + self._names.index(name)]
