"""STOP ALL: asked, confirmed, measured zero; the same from a button, a key or a file.

Asking costs a few microseconds a run and waits for nothing. A run is confirmed when
its engine has made every output safe; then what still flows is read back. This is a
stop by software: a hardware emergency stop is another thing and must exist beside it.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from labctl.api.models import StopLine, StopReport
from labctl.clock import SystemClock
from labctl.data import Level
from labctl.engine.states import Wish
from labctl.errors import LabctlError
from labctl.service.bench.bench import StationBench
from labctl.service.bench.live_run import LiveRun
from labctl.service.bench.players import read_back

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Line:
    run: LiveRun
    asked: float
    measured: dict[str, float | None] = field(default_factory=dict)
    looked: bool = False


class StopAll:
    """Stops everything on a bench and remembers what came of it."""

    def __init__(self, bench: StationBench) -> None:
        self._bench = bench
        self._clock = SystemClock()
        self._lines: list[_Line] = []
        self._asked: tuple[float, str, str] | None = None
        self._lock = threading.Lock()

    def ask(self, by: str, reason: str) -> None:
        """Ask every run to stop, and hold the queue."""
        now = self._clock.unix()
        runs = self._bench.live
        text = f"STOP ALL by {by}" + (f": {reason}" if reason else "")
        for run in runs:
            run.ask(Wish.STOP, text)
        with self._lock:
            known = {line.run.about.run for line in self._lines if line.run.is_live}
            keep = [line for line in self._lines if line.run.about.run in known]
            self._lines = keep + [
                _Line(run, now) for run in runs if run.about.run not in known
            ]
            self._asked = (now, by, reason)
        threading.Thread(target=self._rest, args=(text,), daemon=True).start()

    def look(self) -> None:
        """Read back what flows where a run was made safe since the last look."""
        with self._lock:
            fresh = [n for n in self._lines if n.run.safe_unix and not n.looked]
        for line in fresh:
            for channel in line.run.about.channels.values():
                for name, value in self._read(channel).items():
                    line.measured[f"{channel} {name}"] = value
            line.looked = True
        if fresh:
            self._bench.changed()

    def report(self) -> StopReport | None:
        """Return what came of the last STOP ALL; None if there was none."""
        with self._lock:
            if self._asked is None:
                return None
            at, by, reason = self._asked
            lines = [_shown(line) for line in self._lines]
        done = all(line.confirmed for line in lines)
        return StopReport(asked_unix=at, by=by, reason=reason, lines=lines, done=done)

    def _rest(self, text: str) -> None:
        """Do what takes longer than a stop may wait."""
        try:
            self._bench.queue.hold_channels(self._bench.channels(), text)
        except (LabctlError, OSError) as error:  # it keeps nothing switched on
            wrong = f"the queue is not held, mark its orders not ready: {error}"
            self._bench.events.tell(Level.ALARM, "stop", wrong)
        self._bench.events.tell(Level.WARNING, "stop", text)
        self._bench.changed()

    def _read(self, channel: str) -> dict[str, float | None]:
        instrument, _, name = channel.partition("/")
        try:
            player = self._bench.equipment.station.players(instrument)[name]
            return dict(read_back(player))
        except Exception as error:  # noqa: BLE001  (the stop itself is done)
            log.warning("%s could not be read back: %s", channel, error)
            return {}


def _shown(line: _Line) -> StopLine:
    """Say what came of one run; from fields alone, never from words."""
    run = line.run
    unsafe = run.unsafe_channels
    never_on = not run.is_live and not run.may_be_on
    confirmed = not unsafe and (run.safe_unix is not None or never_on)
    text = "every output was made safe" if confirmed else "asked"
    return StopLine(
        run=run.about.run,
        channels=list(run.about.channels.values()),
        asked_unix=line.asked,
        confirmed_unix=run.safe_unix if confirmed else None,
        confirmed=confirmed,
        measured=line.measured,
        text=_unsafe_text(unsafe) or text,
        unsafe=unsafe,
    )


def _unsafe_text(unsafe: Mapping[str, str]) -> str:
    """Return ``vsp300/1 may still be on: no answer``; empty if nothing may."""
    return "; ".join(
        f"{channel} may still be on: {why}" for channel, why in unsafe.items()
    )
