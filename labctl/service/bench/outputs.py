"""Which outputs are known to be off: doubts, the guard's word, what runs read back."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from labctl.api.station_files import StationFiles
from labctl.clock import SystemClock
from labctl.data import Level
from labctl.errors import OwnershipError
from labctl.service.bench.doubts import Doubts, still_on
from labctl.service.bench.events import EventBook
from labctl.service.bench.live_run import About, LiveRun
from labctl.service.guard.guarding import Guarding
from labctl.service.guard.lines import ChannelEnd, ChannelSafety, Safed
from labctl.service.guard.observing import Told, guarded
from labctl.service.guard.planning import plan_of
from labctl.service.guard.safed_file import reports
from labctl.session.run import Finished, Observers
from labctl.station import Station
from labctl.store.folder import list_runs

log = logging.getLogger(__name__)


class Outputs:
    """The outputs of a station as its process knows them, and their guard."""

    def __init__(
        self,
        station: Station,
        files: StationFiles,
        events: EventBook,
        runs: Callable[[], Iterable[LiveRun]],
        changed: Callable[[], None],
    ) -> None:
        """Join the parts; ``runs`` returns this process's, ``changed`` is called."""
        self._station = station
        self._files = files
        self._events = events
        self._runs = runs
        self._changed = changed
        self._doubts = Doubts(station, files.doubts_file)
        self._lock = threading.Lock()
        self._guarding: Guarding | None = None
        self._safed: dict[str, tuple[Safed, float]] = {}
        """Run -> what the guard said of its channels, and when (epoch s)."""
        self._wall = SystemClock()

    @property
    def guard_missing(self) -> str:
        """Why no guard stands although outputs may be on; empty: one does."""
        return "" if self._guarding is None else self._guarding.missing

    def recover(self) -> None:
        """Take what a dead process and its guard left."""
        if self._doubts.were_lost:
            text = (
                "it is not known which outputs were left on: look at every instrument"
            )
            self._events.tell(Level.ALARM, "unsafe", text)
        runs = list_runs(self._files.data)
        self._hear_reports([self._files.folder, *(run.path for run in runs)])

    def close(self) -> None:
        """End the guard."""
        if self._guarding is not None:
            # what a person cleared meanwhile may be somebody else's by now
            self._guarding.forget_all_but(set(self._station.doubts()))
            self._guarding.close()

    def doubt(self, channel: str, why: str) -> None:
        """Lend a channel to nobody until it is known to be off."""
        self._doubts.doubt(channel, why)
        self._changed()

    def clear(self, channel: str, *, by_hand: bool, who: str, reason: str = "") -> None:
        """Make a doubtful channel safe and read it back; ``by_hand``: a person vouches.

        InstrumentError: it is still not known to be off. BusyError: a run has it.
        OperatorError: nobody doubts it.
        """
        self._doubts.clear(channel, by_hand=by_hand)
        self._note_off(channel)
        how = "vouches that it is off" if by_hand else "had it made safe and read back"
        text = f"{channel}: {who} {how}" + (f" ({reason})" if reason else "")
        log.warning("%s", text)
        self._events.tell(Level.WARNING, "cleared", text)
        self._changed()

    def heard_safe(self, run: str, channels: Mapping[str, ChannelEnd]) -> None:
        """Take the guard's word about the channels of a run."""
        for channel, end in channels.items():
            if end.state is ChannelSafety.UNKNOWN:
                self.doubt(channel, end.why)
                text = f"the guard: {still_on(channel, end.why)}"
                self._events.tell(Level.ALARM, "unsafe", text, run)
            elif end.state is ChannelSafety.SAFE:
                with contextlib.suppress(OwnershipError):  # who has it will say
                    if self._doubts.settle(channel):
                        self._note_off(channel)
                        text = f"{channel} was made safe after all"
                        self._events.tell(Level.WARNING, "cleared", text, run)
        self._changed()

    def hear_guard(self) -> None:
        """Take what a guard has written of late.

        That of a process which died just now may still be at work.
        """
        self._hear_reports([self._files.folder])

    def _hear_reports(self, folders: list[Path]) -> None:
        for report in reports(folders):
            news = {
                channel: word
                for channel, word in report.channels.items()
                if self._doubts.is_news(channel, report.unix)
            }
            if news:
                self.heard_safe(report.run, news)

    def _note_off(self, channel: str) -> None:
        for run in self._runs():
            run.cleared(channel)

    def guarded(
        self, about: About, act: Callable[[Observers], Finished]
    ) -> Callable[[Observers], Finished]:
        """Guard a run on real instruments."""
        station = self._station
        told = Told(
            lambda level, text: self._events.tell(level, "guard", text, about.run),
            self.take_from_guard,
        )

        def kept(observers: Observers) -> Finished:
            return act(
                guarded(
                    observers,
                    lambda: plan_of(station.setups, about.channels, station.players),
                    lambda _folder: self._guard(),
                    told,
                )
            )

        return kept

    def give_back(self, run: LiveRun) -> None:
        """Give a run's channels back; what it read back as off is doubted no more."""
        self._station.give_back(run.about.run)
        off = set(run.about.channels.values()) if run.safe_unix is not None else set()
        word = self._safed.pop(run.about.run, None)
        if word is not None:
            safed, unix = word
            ends = safed.outputs.items()
            off |= {
                channel
                for channel, end in ends
                if end.state is ChannelSafety.SAFE
                and self._doubts.is_news(channel, unix)
            }
        self.heard_safe(
            run.about.run, dict.fromkeys(off, ChannelEnd(ChannelSafety.SAFE))
        )

    def _guard(self) -> Guarding:
        """Return the one guard of this process; it sees to its own replacement."""
        with self._lock:
            if self._guarding is None:
                self._guarding = Guarding(self._files.folder)
            return self._guarding

    def take_from_guard(self, safed: Safed) -> None:
        """Take the guard's word about a run that is not quite over.

        It is quicker than the run, which has its channels until its file is sealed: so
        again when they are given back.
        """
        self._safed[safed.run] = safed, self._wall.unix()
        self.heard_safe(safed.run, safed.outputs)
