"""What a person sees while a run goes on: one line, on stderr."""

import math
import sys
from typing import Any, Self

from labctl.clock import stopwatch
from labctl.engine.run import Situation
from labctl.quantities import format_duration, format_si

REDRAW_EVERY = 0.1
"""s, on a terminal."""
LINE_EVERY = 60.0
"""s, elsewhere."""


class Progress:
    """A bar on a terminal, a line a minute elsewhere."""

    def __init__(self, duration: float = math.nan, cycles: int = 0) -> None:
        self._duration = duration
        """Estimated test time in s; NaN if nobody knows."""
        self._cycles = cycles
        """Cycles planned; 0 if nobody knows."""
        self._cycle = (0, 0.0, 0.0)
        """Cycle in flight, when it began, and how long the one before took, s."""
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
            self._bar.stop()

    def __call__(self, situation: Situation) -> None:
        """Show where the run stands; cheap enough for every poll."""
        now = stopwatch()
        self._cycles_left(situation)
        if now - self._drawn < (REDRAW_EVERY if self._bar else LINE_EVERY):
            return
        first = math.isinf(self._drawn)
        self._drawn = now
        text = self._text(situation, now - self._started)
        if self._bar is not None:
            self._bar.update(
                self._task, completed=situation.test_time, description=text
            )
        elif not first:
            sys.stderr.write(text + "\n")

    def _text(self, situation: Situation, elapsed: float) -> str:
        parts = [situation.step.label]
        if situation.state == "hold":
            parts.insert(0, "ON HOLD")
        if situation.step.cycle:
            parts.insert(0, f"cycle {situation.step.cycle}")
        for column, unit in (("voltage_volt", "V"), ("current_ampere", "A")):
            value = situation.last.get(column, math.nan)
            if math.isfinite(value):
                parts.append(format_si(value, unit))
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
