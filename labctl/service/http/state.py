"""The state of the whole bench as one answer, made once for all who ask."""

import asyncio
import logging
import os
from importlib.metadata import version

from labctl.api.models import (
    Channel,
    ChannelState,
    Health,
    RunSummary,
    State,
    StationInfo,
)
from labctl.api.run_search import began
from labctl.clock import SystemClock, stopwatch
from labctl.service.bench.bench import StationBench
from labctl.service.bench.stop_all import StopAll
from labctl.service.http.health import HealthWatch

log = logging.getLogger(__name__)

REFRESH = 0.25
"""s between two states while something goes on; a command makes one at once."""
HEALTH_EVERY = 2.0
"""s between two looks at disk and clock."""
LONGEST_WAIT = 20.0
"""s that a client may wait for another state."""


class StateMaker:
    """Puts the state together from what the bench knows."""

    def __init__(
        self, bench: StationBench, stop_all: StopAll, health: HealthWatch, boot: str
    ) -> None:
        self._bench, self._stop_all, self._health = bench, stop_all, health
        self._clock = SystemClock()
        self._looked = -HEALTH_EVERY
        self._healthy: Health = health.look()
        speed = bench.speed if bench.simulated and bench.speed else 1.0
        self._station = StationInfo(
            name=bench.config.station.name,
            simulated=bench.simulated,
            speed=speed,
            version=version("labctl-bench"),
            pid=os.getpid(),
            boot=boot,
            started_unix=self._clock.unix(),
            data=str(bench.files.data),
            operator=bench.config.station.operator,
        )

    @property
    def station(self) -> StationInfo:
        """The bench as a whole."""
        return self._station

    def make(self, sequence: int) -> State:
        """Return the state of this moment."""
        if stopwatch() - self._looked > HEALTH_EVERY:
            self._healthy, self._looked = self._health.look(), stopwatch()
        bench = self._bench
        lent = bench.equipment.station.lent()
        waiting = set(bench.interrupted)  # one that could not go on waits again
        runs = [r.summary() for r in bench.runs if r.about.run not in waiting]
        runs += bench.interrupted.values()
        return State(
            sequence=sequence,
            unix=self._clock.unix(),
            clock_unix=bench.clock.unix(),
            station=self._station,
            health=self._healthy,
            channels=self._channels(lent),
            runs=_latest(runs),
            queue=bench.queue.shown(lent, bench.equipment.station.doubts()),
            attention=bench.events.attention(),
            last_event=bench.events.last,
            stop=self._stop_all.report(),
        )

    def _channels(self, lent: dict[str, str]) -> list[Channel]:
        bench = self._bench
        held, doubts = bench.queue.held, bench.equipment.station.doubts()
        waiting = [
            channel
            for e in bench.queue.entries
            for channel in e.order.channels.values()
        ]
        channels = []
        for channel, roles in bench.channels().items():
            holder = lent.get(channel, "")
            doubt = "" if holder else doubts.get(channel, "")
            state = ChannelState.BUSY if holder else ChannelState.FREE
            state = ChannelState.DOUBTFUL if doubt else state
            channels.append(
                Channel(
                    name=channel,
                    instrument=channel.partition("/")[0],
                    roles=roles,
                    state=state,
                    run=holder,
                    held=channel in held,
                    held_because=held.get(channel, ""),
                    queued=waiting.count(channel),
                    doubt=doubt,
                )
            )
        return channels


def _latest(runs: list[RunSummary]) -> list[RunSummary]:
    return sorted(runs, key=lambda run: began(run.started_unix), reverse=True)


class StateFeed:
    """Hands the latest state out, and lets clients wait for the next one."""

    def __init__(self, maker: StateMaker) -> None:
        self._maker = maker
        self._sequence = 0
        self._core = b""
        self._text = b""
        self._news = asyncio.Event()
        self._dirty = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.refresh()

    @property
    def sequence(self) -> int:
        """Number of the state that is handed out."""
        return self._sequence

    def touch(self) -> None:
        """Say, from any thread, that there is something new."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._dirty.set)

    def refresh(self) -> int:
        """Make the state now; return its number."""
        state = self._maker.make(self._sequence + 1)
        core = state.model_dump_json(exclude={"sequence", "unix", "clock_unix"})
        encoded = core.encode()
        if encoded != self._core:
            self._core = encoded
            self._sequence = state.sequence
            self._text = state.model_dump_json().encode()
            self._news.set()
            self._news = asyncio.Event()
        return self._sequence

    async def keep_fresh(self) -> None:
        """Make states until cancelled.

        Not by `wait_for`: that of Python 3.11 loses a cancellation that comes together
        with a change, and the station's process would never end.
        """
        while True:
            try:
                async with asyncio.timeout(REFRESH):
                    await self._dirty.wait()
                await asyncio.sleep(0.02)  # let a burst of changes become one state
            except TimeoutError:
                pass
            self._dirty.clear()
            try:
                self.refresh()
            except Exception:
                log.exception("the state could not be made")

    async def get(self, since: int, wait: float) -> bytes:
        """Return the state as JSON; wait for another one than ``since``.

        What was done before the question is in the answer.
        """
        if self._dirty.is_set():
            self._dirty.clear()
            self.refresh()
        news = self._news
        if since == self._sequence and wait > 0:
            try:
                await asyncio.wait_for(news.wait(), min(wait, LONGEST_WAIT))
            except TimeoutError:
                self._text = self._maker.make(self._sequence).model_dump_json().encode()
        return self._text
