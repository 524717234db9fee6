"""The window's only way to the station: asks in worker threads, answers by signal.

The state is pulled by a timer and replaced whole, so that a lost answer costs nothing.
Callbacks run in the window's thread, and not at all once their owner is gone. STOP has
a thread of its own, ahead of everything else.
"""

import logging
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from PyQt6 import sip
from PyQt6.QtCore import QObject, QTimer, pyqtSignal, pyqtSlot

from gui.link.link_state import LinkStatus, LinkWatch
from gui.link.workers import Workers
from labctl.api.client import StationClient
from labctl.api.models import State
from labctl.clock import stopwatch
from labctl.errors import LabctlError

log = logging.getLogger(__name__)
T = TypeVar("T")

POLL_MS = 250
PATIENCE, NO_PATIENCE = 3.0, 0.5
"""s to wait for questions that are on their way when the window closes."""
Connect = Callable[[], StationClient]


class Lane(StrEnum):
    """What may take many seconds, each kind behind a thread of its own."""

    FORECAST = "forecast"
    FIGURES = "figures"
    REPORT = "report"


class Link(QObject):
    """Asks a station and tells the window."""

    state_changed = pyqtSignal(object)
    """A `State`; replaces the last one."""
    status_changed = pyqtSignal(object)
    """A `LinkStatus`."""
    _landed = pyqtSignal(object)

    def __init__(self, connect: Connect, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connect = connect
        self._station: StationClient | None = None
        self._watch = LinkWatch()
        self._sequence = -1
        self._boot = ""
        self._polling = False
        self._asked: dict[str, int] = {}
        self._busy: set[str] = set()
        self._count = 0
        self._shown: LinkStatus | None = None
        self.state: State | None = None
        """The last one."""
        self._poller = Workers("poll", 1)
        self._askers = Workers("ask", 3)
        self._lanes = {lane: Workers(f"ask-{lane}", 1) for lane in Lane}
        self._stopper = Workers("stop", 1)
        self._landed.connect(self._run_landed)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def status(self) -> LinkStatus:
        """How the link stands."""
        return self._watch.status(stopwatch())

    def start(self) -> None:
        """Begin to poll."""
        self._timer.start()
        self._poll()

    def close(self) -> None:
        """End; nothing at the station changes. A STOP that was asked still goes out."""
        self._timer.stop()
        station = self._station
        self._stopper.close(PATIENCE, drop=False)
        for workers in (self._poller, self._askers):
            workers.close(PATIENCE)
        for workers in self._lanes.values():
            workers.close(NO_PATIENCE)
        if station is not None:
            station.close()

    def ask(
        self,
        owner: QObject,
        act: Callable[[StationClient], T],
        done: Callable[[T], None],
        failed: Callable[[str], None] | None = None,
        key: str = "",
        *,
        lane: Lane | None = None,
    ) -> None:
        """Ask in a worker thread; call back in this one.

        Parameters
        ----------
        owner
            Nothing is called once it is deleted.
        act
            What to ask; blocks.
        done, failed
            Take the answer, or why there is none in words.
        key
            An answer is dropped if the same key was asked again since.
        lane
            The answer may take many seconds: it goes one after another with its like,
            and nothing quick waits behind it.
        """
        self._count += 1
        ticket = self._count
        if key:
            self._asked[key] = ticket
            self._busy.add(key)

        def finish(answer: Any, why: str) -> None:
            if key:
                if self._asked.get(key) != ticket:
                    return
                self._busy.discard(key)
            if sip.isdeleted(owner):
                return
            if why:
                (failed or _log_failure)(why)
            else:
                done(answer)

        def job() -> None:
            if key and self._asked.get(key) != ticket:
                return  # asked anew while this waited
            answer, why = _try(self._station, act)
            self._land(lambda: finish(answer, why))

        (self._lanes[lane] if lane else self._askers).put(job)

    def is_asking(self, key: str) -> bool:
        """Whether an answer to this key is on its way."""
        return key in self._busy

    def stop_all(self, reason: str = "") -> None:
        """Stop everything; also by the STOP file, should nobody answer."""
        data = self.state.station.data if self.state else ""

        def job() -> None:
            _, why = _try(self._station, lambda station: station.stop_all(reason))
            if why and data:
                try:
                    Path(data, "STOP").touch()
                except OSError:
                    log.exception("the STOP file could not be made")

        self._stopper.put(job)

    def _poll(self) -> None:
        now = stopwatch()
        self._tell_status()
        if self._polling or not self._watch.may_try(now):
            return
        self._polling = True

        def job() -> None:
            answer: State | None = None
            why = ""
            try:
                if self._station is None:
                    self._station = self._connect()
                answer = self._station.state()
            except Exception as error:  # noqa: BLE001  (whatever it is, try again)
                why = f"{error}" or type(error).__name__
                self._station = None
            self._land(lambda: self._take(answer, why))

        self._poller.put(job)

    def _take(self, answer: State | None, why: str) -> None:
        self._polling = False
        if answer is None:
            self._watch.failed(stopwatch(), why)
            self._tell_status()
            return
        self._watch.answered(stopwatch())
        self.state = answer
        boot = answer.station.boot
        self._tell_status()
        if answer.sequence != self._sequence or boot != self._boot:
            self._sequence, self._boot = answer.sequence, boot
            self.state_changed.emit(answer)

    def _tell_status(self) -> None:
        status = self.status
        coarse = LinkStatus(status.answering, float(int(status.silent)), status.why)
        if coarse != self._shown:
            self._shown = coarse
            self.status_changed.emit(coarse)

    def _land(self, act: Callable[[], None]) -> None:
        """Have something done in the window's thread; called from workers."""
        if not sip.isdeleted(self):
            self._landed.emit(act)

    @pyqtSlot(object)
    def _run_landed(self, act: Callable[[], None]) -> None:
        act()


def _try(
    station: StationClient | None, act: Callable[[StationClient], Any]
) -> tuple[Any, str]:
    if station is None:
        return None, "the station does not answer"
    try:
        return act(station), ""
    except LabctlError as error:
        return None, str(error)
    except Exception as error:
        log.exception("the station was asked in vain")
        return None, f"{type(error).__name__}: {error}"


def _log_failure(why: str) -> None:
    log.warning("%s", why)
