"""What the station's process looks after by itself, in threads of its own.

One follows the journals, thins their rows and tells the guard that this process lives;
one looks for the STOP file and starts what waits; one talks to instruments that people
left on, or that were stopped. An error in any of them is told and the loop goes on.
"""

import contextlib
import logging
import threading
import weakref
from collections.abc import Callable

from labctl.clock import SystemClock
from labctl.data import Level
from labctl.service.bench.bench import StationBench
from labctl.service.bench.live_run import LiveRun
from labctl.service.bench.stop_all import StopAll

log = logging.getLogger(__name__)

FOLLOW_EVERY = 0.2
"""s between two looks at the journals."""
TALK_EVERY = 0.2
"""s between two looks at what was left on or stopped."""
LOOK_EVERY = 0.1
"""s between two looks for the STOP file and at the queue."""


class BackgroundLoops:
    """Runs the loops until told to stop."""

    def __init__(self, bench: StationBench, stop_all: StopAll) -> None:
        self._bench = bench
        self._stop_all = stop_all
        self._clock = SystemClock()
        self._gone = threading.Event()
        self._followed = weakref.WeakSet[LiveRun]()
        self._noted = weakref.WeakSet[LiveRun]()
        self._threads = [
            threading.Thread(target=self._loop, args=(act, period), daemon=True)
            for act, period in (
                (self._follow, FOLLOW_EVERY),
                (self._look, LOOK_EVERY),
                (self._talk, TALK_EVERY),
            )
        ]
        self.beat = self._clock.now()
        """When the loop that looks for the STOP file last came round."""

    def start(self) -> None:
        """Begin all loops."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all loops and wait for them."""
        self._gone.set()
        for thread in self._threads:
            thread.join(10.0)

    @property
    def silence(self) -> float:
        """Time since the loop that looks for the STOP file came round, s."""
        return self._clock.now() - self.beat

    def _loop(self, act: Callable[[], None], period: float) -> None:
        told = ""
        while not self._gone.wait(period):
            try:
                act()
            except Exception as error:
                log.exception("the background stumbled")
                text = f"{type(error).__name__}: {error}"
                if text != told:
                    self._bench.events.tell(Level.WARNING, "background", text)
                told = text

    def _follow(self) -> None:
        moved = False
        for run in self._bench.runs:
            if run in self._followed:
                continue
            live = run.is_live
            moved |= run.feed.follow(self._bench.events)
            if not live:
                run.feed.close()
                self._followed.add(run)
                self._bench.forget_old()
        if moved:
            self._bench.changed()

    def _look(self) -> None:
        self.beat = self._clock.now()
        bench = self._bench
        if bench.files.stop_file.exists():
            self._stop_all.ask("the file STOP", "")
            with contextlib.suppress(OSError):
                bench.files.stop_file.unlink()
        for run in bench.runs:
            if not run.is_live and run not in self._noted:
                self._noted.add(run)
                self._ended(run)
        bench.start_waiting()

    def _talk(self) -> None:
        self._stop_all.look()
        self._bench.outputs.hear_guard()

    def _ended(self, run: LiveRun) -> None:
        self._bench.note_end(run)
        self._bench.changed()
