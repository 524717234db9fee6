"""What a defect of the window does: it is shown once, logged, and costs no run.

Without a hook, PyQt aborts the process on an exception in a slot; importing pyqtgraph
turns that off without a word. Both are replaced by this.
"""

import faulthandler
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType

from labctl.clock import stopwatch

log = logging.getLogger(__name__)

QUIET = 60.0
"""s during which the same fault is not told again."""


class Faults:
    """Takes exceptions that nobody caught."""

    def __init__(self, tell: Callable[[str], None] | None = None) -> None:
        self.tell = tell
        """Shows a line and a traceback to the person; called in any thread."""
        self._told: dict[str, float] = {}

    def install(self) -> None:
        """Become the hook of this process, for all threads."""
        sys.excepthook = self.take
        threading.excepthook = self._in_thread
        if not faulthandler.is_enabled() and sys.stderr is not None:
            faulthandler.enable()

    def take(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """Log it; tell it unless it was told a moment ago."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        now = stopwatch()
        last = self._told.get(text)
        if last is not None and now - last < QUIET:
            return
        self._told[text] = now
        log.error("a defect of the window:\n%s", text)
        if self.tell is not None:
            self.tell(text)

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self.take(args.exc_type, args.exc_value, args.exc_traceback)
