"""A bench, a journal and steps small enough to see the loop through them."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labctl.clock import VirtualClock
from labctl.columns import STAMP, VOLTAGE
from labctl.data import Batch, Event, Outcome, Stream
from labctl.engine.control import Control
from labctl.engine.ledger import Ledger
from labctl.engine.run import Engine
from labctl.engine.situation import Watchers
from labctl.limits import Envelope
from labctl.protocol import Bench, ClaimRecord, Ending, Progress, Rows, Step
from labctl.roles.safing_order import Stage
from labctl.store.header import RunHeader

READINGS = Stream("readings", (*STAMP, VOLTAGE))


@dataclass(frozen=True, kw_only=True)
class Count(Step):
    """Record ``count`` volts, one a second: 0, 1, 2 …"""

    count: int
    first: int = 0

    def execute(self, bench: Bench) -> Rows:
        for k in range(self.first, self.count):
            bench.clock.sleep(1.0)
            yield Batch.row("readings", {"voltage_volt": float(k)})
        return Ending(values={"counted": float(self.count - self.first)})

    def remaining(self, progress: Progress) -> "Count":
        return Count(label=self.label, count=self.count, first=int(progress.duration))


@dataclass(frozen=True, kw_only=True)
class Read(Step):
    """Record one given value."""

    value: float

    def execute(self, bench: Bench) -> Rows:
        bench.clock.sleep(1.0)
        yield Batch.row("readings", {"voltage_volt": self.value})
        yield Batch.row("readings", {"voltage_volt": 0.0})
        return Ending()


@dataclass
class MemoryJournal:
    """Keeps what it is told."""

    batches: list[Batch] = field(default_factory=list)
    began: list[int] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    payloads: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    claims: list[ClaimRecord] = field(default_factory=list)
    durable: bool = True
    """Whether the disk takes a claim."""
    trouble: str = ""
    waits_since: float | None = None
    lives_on_reserve: bool = False

    def append(self, batch: Batch) -> None:
        self.batches.append(batch)

    def begin_step(
        self, step_count: int, payload: Mapping[str, Any], test_time: float
    ) -> None:
        del test_time
        self.began.append(step_count)
        self.payloads[step_count] = payload

    def end_step(self, step_count: int, outcome: Outcome, test_time: float) -> None:
        del test_time
        self.outcomes[step_count] = outcome

    def event(self, event: Event, test_time: float, unix: float) -> None:
        del test_time, unix
        self.events.append(event)

    def set_status(self, state: str, **_: object) -> None:
        self.states.append(state)

    def claim(self, record: ClaimRecord) -> None:
        self.claims.append(record)

    def amend(self, header: RunHeader, unix: float) -> None:
        del header, unix

    def commit(self) -> int:
        return 0

    def commit_durably(
        self, deadline: float, until: threading.Event | None = None
    ) -> bool:
        del deadline, until
        return self.durable

    def commit_claim(
        self, deadline: float, until: threading.Event | None = None
    ) -> bool:
        del deadline, until
        return self.durable

    def volts(self) -> list[float]:
        return [float(v) for b in self.batches for v in b.columns["voltage_volt"]]


@dataclass
class Output:
    """An output that knows when it was made safe, or cannot be."""

    order: list[str]
    name: str
    broken: bool = False
    safing_stage: Stage = Stage.SOURCES

    def make_safe(self) -> None:
        self.order.append(self.name)
        if self.broken:
            raise OSError("the cable is out")


class OneClock:
    """A bench without instruments."""

    def __init__(self) -> None:
        self.clock = VirtualClock(epoch=0.0)
        self.envelope = Envelope({})

    def role(self, name: str, kind: type) -> Any:
        raise AssertionError(f"no {name} of {kind} is needed here")


def engine_of(
    journal: MemoryJournal,
    *,
    bounds: dict[str, tuple[float, float]] | None = None,
    outputs: Mapping[str, Output] | None = None,
    control: Control | None = None,
    watch: Any = None,
    watchers: Watchers | None = None,
    envelope: Envelope | None = None,
    **more: Any,
) -> Engine:
    return Engine(
        OneClock(),
        journal,
        Ledger((READINGS,)),
        envelope or Envelope(bounds or {}),
        outputs or {},
        control,
        watchers or (Watchers(watch) if watch else None),
        **more,
    )
