"""What a person sees while a run goes on: one line, on stderr."""

import contextlib
import math
import sys
from collections.abc import Mapping
from typing import Any, Self

from labctl.clock import stopwatch
from labctl.engine.situation import Situation
from labctl.engine.states import RunState
from labctl.quantities import format_duration, format_si

REDRAW_EVERY = 0.1
"""s, on a terminal."""
LINE_EVERY = 60.0
"""s, elsewhere."""


class ProgressLine:
    """A bar on a terminal, a line a minute elsewhere."""

    def __init__(
        self,
        duration: float = math.nan,
        cycles: int = 0,
        active_mass: float | None = None,
    ) -> None:
        self._duration = duration
        """Estimated test time in s; NaN if nobody knows."""
        self._cycles = cycles
        """Cycles planned; 0 if nobody knows."""
        self._cycle = (0, 0.0, 0.0)
        """Cycle in flight, when it began, and how long the one before took, s."""
        self._latest = LatestHalfCycle(active_mass)
        self._started = stopwatch()
        self._drawn = -math.inf
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415  (start-up time)
            from rich.progress import BarColumn, TextColumn  # noqa: PLC0415
            from rich.progress import Progress as Bar  # noqa: PLC0415

            self._bar = Bar(
                BarColumn(20),
                TextColumn("{task.description}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            total = self._duration if math.isfinite(self._duration) else None
            self._task = self._bar.add_task("starting", total=total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            with contextlib.suppress(OSError, ValueError):
                self._bar.stop()

    def __call__(self, situation: Situation) -> None:
        """Show where the run stands; cheap enough for every poll."""
        now = stopwatch()
        self._cycles_left(situation)
        self._latest.hear(situation)
        if now - self._drawn < (REDRAW_EVERY if self._bar else LINE_EVERY):
            return
        first = math.isinf(self._drawn)
        self._drawn = now
        text = self._text(situation, now - self._started)
        with contextlib.suppress(OSError, ValueError):  # whoever looked is gone
            if self._bar is not None:
                self._bar.update(
                    self._task, completed=situation.test_time, description=text
                )
            elif not first:
                sys.stderr.write(text + "\n")

    def _text(self, situation: Situation, elapsed: float) -> str:
        parts = [situation.step.label]
        if situation.state is RunState.HOLD:
            return f"ON HOLD, outputs off: {situation.reason or 'asked for'}"
        if situation.step.cycle:
            parts.insert(0, f"cycle {situation.step.cycle}")
        for column, unit in (("voltage_volt", "V"), ("current_ampere", "A")):
            value = situation.last.get(column, math.nan)
            if math.isfinite(value):
                parts.append(format_si(value, unit))
        if self._latest.text:
            parts.append(self._latest.text)
        parts.append(f"{format_duration(situation.test_time)} in")
        left = self._left(situation, elapsed)
        if left is not None:
            parts.append(f"{format_duration(left)} left")
        return " · ".join(parts)

    def _left(self, situation: Situation, elapsed: float) -> float | None:
        """Return the wall time that is left, s; None if nobody knows."""
        test_time = situation.test_time
        left = self._cycles_left(situation)
        if left is None and self._duration > test_time:
            left = self._duration - test_time
        if left is None or test_time <= 0:
            return None
        return left * elapsed / test_time

    def _cycles_left(self, situation: Situation) -> float | None:
        """Return the test time that the remaining cycles take, s."""
        number, began, took = self._cycle
        now = situation.test_time
        if situation.step.cycle > number:
            took = (now - began) / (situation.step.cycle - number) if number else 0.0
            number, began = situation.step.cycle, now
            self._cycle = (number, began, took)
        if not self._cycles or took <= 0.0:
            return None
        return max((self._cycles - number + 1) * took - (now - began), 0.0)


class LatestHalfCycle:
    """What the last half cycle moved, and after the second half its efficiency."""

    def __init__(self, active_mass: float | None) -> None:
        self._mass = active_mass
        self._seen: object = None
        self._charges: dict[int, float] = {}
        self.text = ""
        """``delithiation 3080.1 mAh/g, CE 87.40 %``; empty before the first."""

    def hear(self, situation: Situation) -> None:
        """Look whether another step has ended."""
        if situation.before is self._seen or situation.before is None:
            return
        self._seen = situation.before
        step, outcome = situation.before
        half = step.half_cycle
        if half < 0:
            return
        old = self._charges
        self._charges = {k: old[k] for k in (half - 1, half) if k in old}
        self._charges[half] = self._charges.get(half, 0.0) + outcome.charge
        word = step.label.partition(" at ")[0]
        self.text = f"{word} {half_cycle_text(half, self._charges, self._mass)}"


def half_cycle_text(
    half: int, charges: Mapping[int, float], active_mass: float | None
) -> str:
    """Return ``3080.1 mAh/g, CE 87.40 %``; mAh where the mass (kg) is not known.

    ``charges``: half cycle -> C; even ones open a cycle, odd ones close it.
    """
    charge = abs(charges[half])
    if active_mass is None:
        text = f"{charge / 3.6:.4g} mAh"
    else:
        text = f"{charge / 3.6 / (1e3 * active_mass):.1f} mAh/g"
    opening = abs(charges.get(half - 1, 0.0))
    if half % 2 and opening > 0.0:
        text += f", CE {100.0 * charge / opening:.2f} %"
    return text
