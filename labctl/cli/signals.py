"""What Ctrl-C and its kin do to a run in the foreground: two meanings, never a third.

The first asks for the orderly end. A second within 5 s breaks off what the run waits
for, so that everything is made safe at once. Once it is, neither does anything: the
results and the file are on their way, and seconds away.
"""

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING

from labctl.cli.output import say
from labctl.clock import stopwatch

if TYPE_CHECKING:
    from labctl.engine.control import Control
    from labctl.engine.situation import Ended

SECOND_PRESS = 5.0
"""s within which a second Ctrl-C means: off, now."""
NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class StopOnSignals:
    """Handles the signals from its making on, for one run."""

    def __init__(self, control: "Control") -> None:
        self._control = control
        self._first = float("-inf")
        self._at_once = False
        self._safe = False
        for name in NAMES:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._hear)

    def over(self, _ended: "Ended") -> None:
        """Hear that every output is safe (or as safe as it will be)."""
        self._safe = True

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        name, now = signal.Signals(number).name, stopwatch()
        if self._safe:
            say(f"{name}: the run has ended; its file is being sealed")
        elif now - self._first >= SECOND_PRESS:
            self._first = now
            # A handler interrupts whatever holds the lock that asking needs.
            threading.Thread(
                target=self._control.stop, args=(f"stopped by {name}",), daemon=True
            ).start()
            say(f"{name}: ending safely; once more within 5 s switches off at once")
        elif self._control.is_making_safe:
            say(f"{name}: outputs are being switched off already")
        elif not self._at_once:
            self._at_once = True
            say(f"{name}: switching off at once")
            raise KeyboardInterrupt
