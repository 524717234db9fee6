"""One run in its own thread, and what the rest of the process may know of it.

The run's thread is left alone: it writes its journal, and whoever wants its rows reads
them from there. So nothing that a client asks can delay a reading.
"""

import logging
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from labctl import plugins
from labctl.api.answers import ForecastOut
from labctl.api.models import ByHand, RunSummary
from labctl.api.run_summary import headline, unsafe_channels
from labctl.api.station_files import replace_text
from labctl.clock import Clock, SystemClock, stopwatch
from labctl.engine.control import Control
from labctl.engine.situation import Ended, Situation
from labctl.engine.states import LIVE, RunState, Wish
from labctl.errors import LabctlError
from labctl.service.bench.punctuality import Punctuality
from labctl.service.bench.row_feed import RowFeed
from labctl.session.run import Finished, Observers
from labctl.steps.asking import Ask

log = logging.getLogger(__name__)

FORECAST = "forecast.json"
"""File beside a run's journal: what it was expected to come to."""
PATIENCE = 10.0
"""s without a commit, while rows come, before it is called trouble."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a run before its first reading."""

    run: str
    protocol: str
    title: str
    sample: str
    channels: dict[str, str]
    """Role -> channel."""
    kind: str
    """Of the sample: ``half_cell``, ``film`` …"""
    simulated: bool
    operator: str
    started_unix: float = 0.0


class LiveRun:
    """A run that goes on in this process, or went on in it."""

    def __init__(
        self,
        about: About,
        folder: Path,
        act: Callable[[Observers], Finished],
        clock: Clock,
        changed: Callable[[], None],
        *,
        doubt: Callable[[str, str], None] = lambda _channel, _why: None,
        leave: Callable[["LiveRun"], None] = lambda _run: None,
        live_view: bool = True,
    ) -> None:
        """Prepare a run; nothing happens before `start`.

        ``act`` is the whole run. ``doubt`` is told, as soon as it is known, each
        channel that may still be on, and why; ``leave`` is called once the run has
        ended, to give its channels back.
        """
        self.about = about
        self.folder = folder
        self.control = Control()
        self.clock = clock
        self.started_unix = clock.unix()
        self.ended_unix: float | None = None
        self.safe_unix: float | None = None
        """Wall clock at which every output was safe; None while one may be on."""
        self.unsafe: Mapping[str, str] = {}
        """Role -> why its output may still be on. Nothing that happens later takes a
        word of it back but a read-back or a person: `cleared`."""
        self.may_be_on = False
        """Whether something was, or could have been, switched on and nobody has said
        yet what came of it."""
        self.expected_duration: float | None = None
        self.feed = RowFeed(about.run, folder)
        self.finished: Finished | None = None
        self.asked: Wish | None = None
        """What was asked for and has not happened yet."""
        self.leave = leave
        self._forecast: ForecastOut | None = None
        self._doubt = doubt
        self._live_view = live_view
        self._act = act
        self._changed = changed
        self._state = RunState.STARTING
        self._reason = ""
        self._situation: Situation | None = None
        self._step_unix = 0.0
        """When its step began, wall clock."""
        self._wall = SystemClock()
        self._punctuality = Punctuality()
        self._thread = threading.Thread(target=self._go, name=about.run, daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for its end at most ``seconds``; return whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def state(self) -> RunState:
        """Where it stands."""
        return self._state

    @property
    def is_live(self) -> bool:
        """Whether it still has its instruments."""
        return self._state in LIVE

    @property
    def is_by_hand(self) -> bool:
        """Whether its steps come from a person."""
        return _is_by_hand(self.about.protocol)

    @property
    def slowest_poll(self) -> float:
        """Longest time between two polls of late, s of the wall; 0 once it ended."""
        return self._punctuality.slowest(stopwatch()) if self.is_live else 0.0

    @property
    def unsafe_channels(self) -> dict[str, str]:
        """Channel -> why it may still be on; empty: all are safe, or it goes on."""
        return unsafe_channels(self.unsafe, self.about.channels)

    def expect(self, forecast: ForecastOut) -> None:
        """Keep what the run should come to, beside its rows once there are any.

        A short run is forecast sooner than its instruments are open.
        """
        self.expected_duration = forecast.duration
        self._forecast = forecast
        self._keep_forecast()

    def cleared(self, channel: str) -> None:
        """Take note that a channel was read back as off, or that a person vouches."""
        left = {
            role: why
            for role, why in self.unsafe.items()
            if self.about.channels.get(role, role) != channel
        }
        if len(left) == len(self.unsafe):
            return
        self.unsafe = left
        if not left:
            self.safe_unix = self._wall.unix()
        self._changed()

    def give_up(self, why: str) -> None:
        """Take every output as on: nobody waits any longer for the run to say."""
        self._is_unsafe(dict.fromkeys(self.about.channels, why))
        self._changed()

    def ask(self, wish: Wish, reason: str) -> None:
        """Ask to skip, hold, resume or stop; refuses nothing: a stop always counts."""
        if wish is Wish.SKIP:
            self.control.skip(reason)
        elif wish is Wish.HOLD:
            self.control.hold(reason)
        elif wish is Wish.RESUME:
            self.control.release()
        else:
            self.control.stop(reason)
        self.asked = None if wish is Wish.RESUME else wish
        self._changed()

    def summary(self) -> RunSummary:
        """Return what a tile shows."""
        seen, about = self._situation, self.about
        last = dict(seen.last) if seen else {}
        last.update(self.feed.last(last))
        return RunSummary(
            run=about.run,
            protocol=about.protocol,
            title=about.title,
            sample=about.sample,
            channels=about.channels,
            state=self._state,
            reason=self._reason,
            asked=self.asked or "" if self.is_live else "",
            step_count=seen.step_count if seen else 0,
            step_label=seen.step.label if seen else "",
            technique=_technique(seen),
            cycle=seen.step.cycle if seen else 0,
            test_time=seen.test_time if seen else 0.0,
            rows=seen.rows if seen else 0,
            last=dict(last),
            started_unix=self.started_unix,
            ended_unix=self.ended_unix,
            expected_duration=self.expected_duration,
            simulated=about.simulated,
            operator=about.operator,
            trouble=self._trouble(),
            slowest_poll=self.slowest_poll,
            longest_gap=seen.longest_gap if seen else 0.0,
            unsafe=self.unsafe_channels,
            headline=self.headline(),
            by_hand=self._by_hand(),
            only_watches=seen is not None and seen.step.only_watches,
        )

    def headline(self) -> str:
        """Return the first result in words."""
        if self.finished is None:
            return ""
        return headline(self.finished.results)

    def _by_hand(self) -> ByHand | None:
        """Say what its person finds; None if it has none, or has ended."""
        person, seen = self.control.person, self._situation
        starts = self._state is RunState.STARTING and self.is_by_hand
        if not (person.is_heard or starts):
            return None
        step = None if seen is None else seen.step
        if not isinstance(step, Ask) or self._state is RunState.HOLD:  # all is off
            return ByHand(who=person.who, asks=False, holds=False, left_alone_unix=None)
        touched = max(person.touched_unix, self._step_unix)
        alone = touched + step.patience
        return ByHand(
            who=person.who, asks=True, holds=step.holds, left_alone_unix=alone
        )

    def _trouble(self) -> str:
        """Say if rows have been waiting for the disk."""
        seen = self._situation
        if seen is None or self._state is not RunState.RUNNING:
            return ""
        waiting = seen.rows - self.feed.rows
        quiet = stopwatch() - self.feed.changed
        if waiting <= 0 or quiet < PATIENCE:
            return ""
        return f"{waiting} rows wait for the disk since {quiet:.0f} s; is it full?"

    def _go(self) -> None:
        observers = Observers(
            self.control,
            watch=self._watch,
            started=self._started,
            ended=self._ended,
            live_view=self._live_view,
        )
        try:
            self.finished = self._act(observers)
            state, reason = self.finished.status, self.finished.text
        except LabctlError as error:
            state, reason = RunState.FAILED, str(error)
        except BaseException as error:
            log.exception("%s failed by a defect", self.about.run)
            state, reason = RunState.FAILED, f"{type(error).__name__}: {error}"
        if self.may_be_on:  # it drove, and never came to say that it is off
            self.give_up(f"its run ended without a word about it ({reason})")
        self.control.person.leave()
        self._let_go()
        self.ended_unix = self.clock.unix()
        self._reason = reason
        self._state = state
        self._changed()

    def _watch(self, situation: Situation) -> None:
        self._punctuality.came_round(stopwatch())
        before, self._situation = self._situation, situation
        self._state = situation.state
        if before is None or before.state != situation.state:
            self._reason = (
                self.control.reason if situation.state is RunState.HOLD else ""
            )
        if before is None or before.step_count != situation.step_count:
            self._step_unix = self._wall.unix()
            self.asked = None if self.asked is Wish.SKIP else self.asked
        if situation.state is RunState.HOLD and self.asked is Wish.HOLD:
            self.asked = None

    def _started(self, _folder: Path) -> None:
        self.may_be_on = True
        self._keep_forecast()

    def _keep_forecast(self) -> None:
        if self._forecast is None or not self.folder.is_dir():
            return
        try:
            replace_text(self.folder / FORECAST, self._forecast.model_dump_json())
        except OSError as error:
            log.info("no forecast of %s: %s", self.about.run, error)

    def _ended(self, ended: Ended) -> None:
        if ended.unsafe:
            self._is_unsafe(ended.unsafe)
        else:
            self.unsafe, self.may_be_on = {}, False
            self.safe_unix = self._wall.unix()
        self._reason = ended.text
        self._state = RunState.ENDING
        self._changed()

    def _is_unsafe(self, unsafe: Mapping[str, str]) -> None:
        self.unsafe = {**unsafe, **self.unsafe}  # what was known first stays
        self.may_be_on = False
        for channel, why in self.unsafe_channels.items():
            self._doubt(channel, why)

    def _let_go(self) -> None:
        try:
            self.leave(self)
        except Exception:
            log.exception("%s could not give its channels back", self.about.run)


@cache
def _is_by_hand(protocol: str) -> bool:
    """Tell whether the steps of a protocol's runs come from a person."""
    return bool(plugins.protocol(protocol).requests)


def _technique(seen: Situation | None) -> str:
    """Return the technique in flight, by the name of its class."""
    techniques = getattr(seen.step, "techniques", ()) if seen else ()
    if not seen or not techniques:
        return type(seen.step).__name__ if seen else ""
    at = seen.last.get("technique_index", 0.0)
    index = int(at) if math.isfinite(at) else 0
    return type(techniques[max(0, min(index, len(techniques) - 1))]).__name__
