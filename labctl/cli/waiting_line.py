"""What a person sees while long work is done: a bar, or a line a minute."""

import contextlib
import sys
from collections.abc import Callable
from typing import Any

from labctl.cli.progress import LINE_EVERY
from labctl.clock import stopwatch

SOON = 2.0
"""s of work after which a bar appears: who waits less need not read."""


class WaitingLine:
    """A bar on a terminal from `SOON` on; a line every `LINE_EVERY` elsewhere."""

    def __init__(self, clock: Callable[[], float] = stopwatch) -> None:
        self._clock = clock
        self._began = self._said = clock()
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, what: str, number: int, of: int) -> None:
        """Show that a part of the work is begun; see `labctl.work_told.Listener`."""
        now, text = self._clock(), f"{what} {number} of {of}"
        with contextlib.suppress(OSError, ValueError):  # whoever looked is gone
            if sys.stderr.isatty():
                if now - self._began > SOON:
                    self._draw(text, number - 1, of)
            elif now - self._said > LINE_EVERY:
                self._said = now
                sys.stderr.write(text + "\n")

    def _draw(self, text: str, done: int, of: int) -> None:
        if self._bar is None:
            from rich.console import Console  # noqa: PLC0415  (start-up time)
            from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

            self._bar = Progress(
                BarColumn(20),
                TextColumn("{task.description}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(text)
        self._bar.update(self._task, description=text, completed=done, total=of)

    def end(self) -> None:
        """Take the bar away; before the next part it begins anew."""
        bar, self._bar = self._bar, None
        self._began = self._said = self._clock()
        if bar is not None:
            with contextlib.suppress(OSError, ValueError):
                bar.stop()
