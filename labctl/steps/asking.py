"""Ask a person what comes next, and look at what they left on meanwhile.

A step that asks ends with condition `ASKED` and the request in the outcome, or with
`NOBODY` once its patience is out. Either way the output is off at its end: what holds
on is another step, which the plan yields. Time that a person has is time of the wall,
whatever clock the run has.
"""

import abc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from labctl.clock import POLL_PERIOD, Clock
from labctl.data import Batch, EndReason, Event, Level
from labctl.person import KEEP, PERSON, Person, Request
from labctl.protocol import Bench, Ending, Item, Rows, Step

ASKED, NOBODY = "asked", "nobody"
"""Conditions that end it."""
PATIENCE = 30.0
"""s of the wall without a touch before what is on is made safe."""
HOLDS = "holds"
"""Value of the outcome: 1 if anything was on to the end, 0 if not."""
KEPT = "kept"
"""Stream of the readings that a person kept."""
LOOK = 0.2
"""s of the wall between two looks at whether somebody asks."""


def of_the_wall(clock: Clock, seconds: float) -> float:
    """Return how long ``seconds`` of the wall are in s of a clock."""
    return seconds * clock.poll_period(0.0) / POLL_PERIOD


class Panel(abc.ABC):
    """What a person looks at while they are asked."""

    def begin(self) -> Iterator[Item]:
        """Prepare, and switch on what is held; yield between two messages."""
        yield from ()

    @abc.abstractmethod
    def look(self) -> Iterator[Batch | None]:
        """Yield a row for what there is to be read now; none if nothing is."""

    def end(self) -> None:  # noqa: B027  (many hold nothing)
        """Switch off what is held."""

    def values(self) -> Mapping[str, float]:
        """Return what the outcome tells: the meters' standard errors."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Ask(Step, abc.ABC):
    """Wait for a request, a row a look, until the patience is out."""

    asks: ClassVar[bool] = True

    patience: float = PATIENCE
    """s of the wall without a touch."""
    every: float = 1.0
    """s of the wall between two rows."""

    @property
    @abc.abstractmethod
    def holds(self) -> bool:
        """Whether anything is on meanwhile."""

    @abc.abstractmethod
    def panel(self, bench: Bench) -> Panel:
        """Return what there is to be seen; nothing is switched on yet."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        person = bench.role(PERSON, Person)
        clock, panel = bench.clock, self.panel(bench)
        yield None  # whoever watches the run sees the step, however short
        yield from panel.begin()
        touched, due, touches = clock.now(), clock.now(), person.touches
        reason = NOBODY
        request: Request | None = None
        while clock.now() - touched < of_the_wall(clock, self.patience):
            if person.touches != touches:
                touches, touched = person.touches, clock.now()
            request = person.take()
            if request is not None and request.kind == KEEP:
                yield from _kept(panel, request)
            elif request is not None:
                reason = ASKED
                break
            if clock.now() >= due:
                yield from panel.look()
                due = clock.now() + of_the_wall(clock, self.every)
            clock.sleep(of_the_wall(clock, LOOK), person.arrived)
            yield None
        panel.end()
        if reason == NOBODY:
            what = "made safe" if self.holds else "given back"
            text = f"{what}: nobody touched it for {self.patience:g} s"
            yield Event(Level.WARNING, NOBODY, text)
        asked = request.to_json() if reason == ASKED and request else {}
        values = {**panel.values(), HOLDS: float(self.holds)}
        return Ending(EndReason.CONDITION, reason, values, asked)


def _kept(panel: Panel, request: Request) -> Iterator[Item]:
    """Read afresh, and put the row where it is kept, too."""
    count = 0
    for batch in panel.look():
        yield batch
        if batch is not None:
            count += len(batch)
            yield replace(batch, stream=KEPT)
    said = "a reading was kept" if count else "nothing was kept: nothing can be read"
    note = str(request.values.get("note") or "")
    level = Level.INFO if count else Level.WARNING
    yield Event(level, KEEP, said + (f" ({note})" if note else ""))
