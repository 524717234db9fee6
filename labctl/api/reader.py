"""Look at a station: its state, its lists, its runs; nothing here has an effect."""

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from labctl.api.answers import (
    AuditLine,
    ForecastOut,
    InstrumentOut,
    Pong,
    ProtocolOut,
    RunDetail,
    RunEvent,
    RunList,
    SampleOut,
    StepOut,
)
from labctl.api.comparison import Asked, Grouping, Overlay
from labctl.api.figures import RunFigures
from labctl.api.models import API_VERSION, QueueEntry, State, StationEvent
from labctl.api.run_search import RunOrder
from labctl.api.station_files import Address
from labctl.api.transport import SLOW, TIMEOUT, Transport
from labctl.api.versions import say_if_newer
from labctl.data import Columns, Result
from labctl.errors import OperatorError

SLOW_EACH = 5.0
"""s more for each run that is compared."""


def in_this_process() -> Address:
    """Return the address of a simulated station that is asked without a wire."""
    return Address(
        os.getpid(), 0.0, "testserver", 80, "http", "", API_VERSION, "", True, ""
    )


class StationReader:
    """What a station tells whoever may look; one may be used by several threads.

    ``http`` is any httpx client, also one that calls an application in this process;
    it carries the token. LinkError: no answer. Others: as the station raised them.
    """

    def __init__(self, http: httpx.Client, address: Address | None = None) -> None:
        self.address = address or in_this_process()
        self._wire = Transport(http, self.address.api_version)
        say_if_newer(self.address.api_version)

    def ping(self) -> Pong:
        """Return who answers, and what the token allows."""
        return self._wire.get("/ping", Pong)

    def state(self, since: int = -1, wait: float = 0.0) -> State:
        """Return the whole state; wait up to ``wait`` s for another than ``since``."""
        asked = {"since": since, "wait": wait}
        return self._wire.get("/state", State, asked, timeout=TIMEOUT + wait)

    def protocols(self) -> list[ProtocolOut]:
        """Return the measurement protocols and their forms."""
        return self._wire.get("/protocols", list[ProtocolOut])

    def samples(self) -> list[SampleOut]:
        """Return the samples that can be measured."""
        return self._wire.get("/samples", list[SampleOut])

    def instruments(self) -> list[InstrumentOut]:
        """Return the instruments as far as they are known."""
        return self._wire.get("/instruments", list[InstrumentOut])

    def runs(
        self,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
        order: RunOrder = RunOrder.STARTED,
        *,
        ascending: bool = False,
    ) -> RunList:
        """Return a page of the runs on the disk that match every word, sorted."""
        asked: dict[str, Any] = {"search": search, "limit": limit, "offset": offset}
        asked |= {"order": str(order), "ascending": ascending}
        return self._wire.get("/runs", RunList, asked, timeout=SLOW)

    def run(self, run: str) -> RunDetail:
        """Return everything about a run but its rows."""
        return self._wire.get(f"/runs/{run}", RunDetail, timeout=SLOW)

    def steps(self, run: str, after: int = 0, limit: int = 500) -> list[StepOut]:
        """Return the steps after one."""
        asked = {"after": after, "limit": limit}
        return self._wire.get(f"/runs/{run}/steps", list[StepOut], asked, timeout=SLOW)

    def run_events(self, run: str, after: int = 0, limit: int = 500) -> list[RunEvent]:
        """Return a run's own events after one."""
        asked = {"after": after, "limit": limit}
        return self._wire.get(
            f"/runs/{run}/events", list[RunEvent], asked, timeout=SLOW
        )

    def results(self, run: str) -> dict[str, Result]:
        """Return the results as they stand."""
        return self._wire.get(f"/runs/{run}/results", dict[str, Result], timeout=SLOW)

    def expected(self, run: str) -> ForecastOut | None:
        """Return what a run was expected to come to; None if nobody knows yet."""
        try:
            return self._wire.get(f"/runs/{run}/forecast", ForecastOut)
        except OperatorError:
            return None

    def rows(
        self, run: str, stream: str, after: int = 0, limit: int = 10_000
    ) -> Columns:
        """Return rows from number ``after`` on; go on with `Columns.next_row`."""
        asked = {"stream": stream, "after": after, "limit": limit}
        return self._wire.columns(f"/runs/{run}/rows", asked)

    def window(
        self,
        run: str,
        stream: str,
        y: Sequence[str],
        *,
        x: str = "test_time_second",
        begin: float | None = None,
        end: float | None = None,
        px: int = 800,
    ) -> Columns:
        """Return what lies between two test times (s), thinned for ``px`` pixels."""
        asked: dict[str, Any] = {"stream": stream, "y": ",".join(y), "x": x, "px": px}
        if begin is not None:
            asked["from"] = begin
        if end is not None:
            asked["to"] = end
        return self._wire.columns(f"/runs/{run}/window", asked)

    def figures(self, run: str) -> RunFigures:
        """Return what its protocol draws of a run; may take as long as a report."""
        return self._wire.get(f"/runs/{run}/figures", RunFigures, timeout=2 * SLOW)

    def report(self, run: str) -> str:
        """Return the self-contained HTML page of a run."""
        return self._wire.text(f"/runs/{run}/report", timeout=2 * SLOW)

    def compare(
        self,
        runs: Sequence[str],
        by: Grouping = Grouping.SAMPLE,
        words: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> str:
        """Return the HTML page that compares several runs, 40 at most."""
        asked = {
            "run": list(runs),
            "by": str(by),
            "words": list(words),
            "without": list(without),
        }
        timeout = SLOW + len(runs) * SLOW_EACH
        return self._wire.text("/report", asked=asked, timeout=timeout)

    def overlay(self, asked: Asked) -> Overlay:
        """Return runs laid over each other and averaged, `MOST_RUNS` at most."""
        query = {
            "run": list(asked.runs),
            "recipe": asked.recipe,
            "how": str(asked.how),
            "picked": str(asked.picked),
            "without": sorted(asked.without_runs),
            "without_cycles": str(asked.without_cycles),
            "mean": asked.mean,
            "by": str(asked.by),
            "words": list(asked.words),
        }
        timeout = SLOW + len(asked.runs) * SLOW_EACH
        return self._wire.get("/compare", Overlay, query, timeout=timeout)

    def queue(self) -> list[QueueEntry]:
        """Return what waits, in the order in which it starts."""
        return self._wire.get("/queue", list[QueueEntry])

    def events(self, after: int = -1, limit: int = 200) -> list[StationEvent]:
        """Return the station's events after one; -1 gives the latest ones."""
        return self._wire.get(
            "/events", list[StationEvent], {"after": after, "limit": limit}
        )

    def audit(self, after: int = 0) -> list[AuditLine]:
        """Return who did what."""
        return self._wire.get("/audit", list[AuditLine], {"after": after})

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
