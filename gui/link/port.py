"""What the window asks of a station; the HTTP client is one, tests bring another.

Every call blocks and is made from a worker thread. LabctlError: refused, in words.
LinkError, one of these: nobody answers.
"""

import typing
from collections.abc import Mapping, Sequence
from typing import Any

from labctl.api.answers import (
    Accepted,
    Checked,
    ForecastOut,
    InstrumentOut,
    ManualOut,
    ProtocolOut,
    Queued,
    RunDetail,
    RunEvent,
    RunList,
    SampleOut,
    Started,
    StepOut,
)
from labctl.api.comparison import Asked, Grouping, Overlay
from labctl.api.figures import RunFigures
from labctl.api.models import State, StationEvent
from labctl.api.requests import ManualIn, OrderIn
from labctl.api.run_search import RunOrder
from labctl.data import Columns, Result


class Station(typing.Protocol):
    """A station's process, as far as the window needs it."""

    def state(self, since: int = -1, wait: float = 0.0) -> State:
        """Return the state; with ``since``, wait for another one."""
        ...

    def protocols(self) -> list[ProtocolOut]:
        """Return the protocols that can be run."""
        ...

    def samples(self) -> list[SampleOut]:
        """Return the samples that can be measured."""
        ...

    def instruments(self) -> list[InstrumentOut]:
        """Return the instruments of the bench."""
        ...

    def check(self, order: OrderIn) -> Checked:
        """Check an order; nothing is opened."""
        ...

    def forecast(self, order: OrderIn, deadline: float = 20.0) -> ForecastOut:
        """Run an order on twins in virtual time; seconds."""
        ...

    def start(self, order: OrderIn) -> Started:
        """Start a run."""
        ...

    def enqueue(self, order: OrderIn, *, ready: bool = False) -> Queued:
        """Let an order wait."""
        ...

    def change_queue(
        self,
        entry: str,
        *,
        ready: bool | None = None,
        hold: bool | None = None,
        position: int | None = None,
    ) -> Accepted:
        """Change a waiting order."""
        ...

    def unqueue(self, entry: str) -> Accepted:
        """Take an order out of the queue."""
        ...

    def hold_channel(self, channel: str, reason: str = "") -> Accepted:
        """Let nothing from the queue start on a channel."""
        ...

    def clear_channel(
        self, channel: str, *, by_hand: bool = False, reason: str = ""
    ) -> Accepted:
        """Let a channel that may still be on be made safe, or vouch that it is off."""
        ...

    def release_channel(self, channel: str) -> Accepted:
        """Let orders start on a channel again."""
        ...

    def hold(self, run: str, reason: str = "") -> Accepted:
        """Hold a run: circuit open."""
        ...

    def resume(self, run: str, reason: str = "") -> Accepted:
        """Go on with a held or an interrupted run."""
        ...

    def skip(self, run: str, reason: str = "") -> Accepted:
        """End the step in flight."""
        ...

    def stop(self, run: str, reason: str = "") -> Accepted:
        """End a run in good order."""
        ...

    def finish(self, run: str, reason: str = "") -> Accepted:
        """Seal an interrupted run as it is."""
        ...

    def discard(self, run: str, reason: str = "") -> Accepted:
        """Mark an interrupted run as not to be used."""
        ...

    def stop_all(self, reason: str = "") -> Accepted:
        """Stop everything, now."""
        ...

    def events(self, after: int = -1, limit: int = 200) -> list[StationEvent]:
        """Return the station's events."""
        ...

    def acknowledge(self, number: int, by: str) -> StationEvent:
        """Say that a person has seen an event."""
        ...

    def runs(
        self,
        search: str = "",
        limit: int = 100,
        offset: int = 0,
        order: RunOrder = RunOrder.STARTED,
        *,
        ascending: bool = False,
    ) -> RunList:
        """Return a page of the runs that a search keeps, sorted."""
        ...

    def run(self, run: str) -> RunDetail:
        """Return everything about a run but its rows."""
        ...

    def steps(self, run: str, after: int = 0, limit: int = 500) -> list[StepOut]:
        """Return the steps of a run."""
        ...

    def run_events(self, run: str, after: int = 0, limit: int = 500) -> list[RunEvent]:
        """Return the events of a run."""
        ...

    def results(self, run: str) -> dict[str, Result]:
        """Return the results of a run."""
        ...

    def expected(self, run: str) -> ForecastOut | None:
        """Return what a run was expected to come to; None if nobody knows yet."""
        ...

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
        ...

    def figures(self, run: str) -> RunFigures:
        """Return what its protocol draws of a run; may take many seconds."""
        ...

    def report(self, run: str) -> str:
        """Return the HTML page of a run."""
        ...

    def compare(
        self,
        runs: Sequence[str],
        by: Grouping = Grouping.SAMPLE,
        words: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> str:
        """Return the HTML page that compares several runs."""
        ...

    def overlay(self, asked: Asked) -> Overlay:
        """Return runs laid over each other, and their results averaged."""
        ...

    def keep_sample(self, name: str, label: Mapping[str, Any]) -> SampleOut:
        """Keep the label of a sample."""
        ...

    def open_instrument(self, name: str) -> Accepted:
        """Connect an instrument and ask who it is."""
        ...

    def by_hand(self, act: ManualIn) -> ManualOut:
        """Do one thing by hand."""
        ...

    def hands_off(self, channel: str) -> Accepted:
        """Make a hand-driven channel safe and give it back."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
