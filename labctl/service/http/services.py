"""Everything that the routes of the API talk to, and how it lives and ends."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from labctl.api.models import StationInfo
from labctl.engine.states import Wish
from labctl.service.bench.background import BackgroundLoops
from labctl.service.bench.bench import StationBench
from labctl.service.bench.forecasts import Expectations
from labctl.service.bench.stop_all import StopAll
from labctl.service.http.audit import Audit
from labctl.service.http.health import HealthWatch
from labctl.service.http.state import StateFeed, StateMaker
from labctl.service.records.worker_process import Aside

log = logging.getLogger(__name__)

LAST_WORDS = 60.0
"""s that runs have to end in good order when the process is told to go."""


@dataclass(slots=True)
class Services:
    """The parts of a station's process."""

    bench: StationBench
    boot: str
    audit: Audit
    stop_all: StopAll = field(init=False)
    background: BackgroundLoops = field(init=False)
    health: HealthWatch = field(init=False)
    maker: StateMaker = field(init=False)
    expectations: Expectations = field(init=False)
    archive: Aside = field(default_factory=lambda: Aside("archive", nice=5))
    """A person waits for what it reads."""
    analysis: Aside = field(default_factory=lambda: Aside("analysis"))
    """Reads files like the archive, where a question may take many seconds."""
    preview: Aside = field(default_factory=lambda: Aside("forecast"))
    leave: threading.Event = field(default_factory=threading.Event)
    """Set when the process shall end."""
    _feed: StateFeed | None = None

    def __post_init__(self) -> None:
        self.stop_all = StopAll(self.bench)
        self.background = BackgroundLoops(self.bench, self.stop_all)
        self.health = HealthWatch(self.bench, self.background)
        self.maker = StateMaker(self.bench, self.stop_all, self.health, self.boot)
        self.expectations = Expectations(self.bench)

    @property
    def feed(self) -> StateFeed:
        """The state; there while the application runs."""
        if self._feed is None:
            raise RuntimeError("the application does not run")
        return self._feed

    @property
    def station(self) -> StationInfo:
        """The bench as a whole."""
        return self.maker.station

    @contextlib.asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """Run everything; at the end stop every run in good order."""
        self.bench.recover()
        self._feed = StateFeed(self.maker)
        self.bench.changed = self._feed.touch
        fresh = asyncio.create_task(self._feed.keep_fresh())
        self.background.start()
        self.expectations.start()
        try:
            yield
        finally:
            await asyncio.to_thread(self._end)
            fresh.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await fresh

    def _end(self) -> None:
        for run in self.bench.live:
            run.ask(Wish.STOP, "the station's process ends")
        for run in self.bench.live:
            if not run.join(LAST_WORDS):
                log.error("%s did not end", run.about.run)
                run.give_up(f"{run.about.run} did not end within {LAST_WORDS:g} s")
        self.background.stop()
        self.expectations.stop()
        self.archive.close()
        self.analysis.close()
        self.preview.close()
        self.bench.close()
        self.audit.close()
