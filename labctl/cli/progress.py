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

    def __init__(self, duration: float) -> None:
        self._duration = duration
        """Estimated test time in s; NaN if nobody knows."""
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
        left = self._left(situation.test_time, elapsed)
        if left is not None:
            parts.append(f"{format_duration(left)} left")
        return " · ".join(parts)

    def _left(self, test_time: float, elapsed: float) -> float | None:
        """Return the wall time that is left, s."""
        if not math.isfinite(self._duration) or test_time <= 0:
            return None
        return max(self._duration - test_time, 0.0) * elapsed / test_time
