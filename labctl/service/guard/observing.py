"""Join a run to its guard: what the loop tells its observers becomes lines."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from labctl.clock import stopwatch
from labctl.data import Event, Level
from labctl.engine.control import Control
from labctl.engine.situation import Ended, Situation
from labctl.protocol import ClaimRecord
from labctl.service.guard.guarding import Guarding, Hears
from labctl.service.guard.lines import (
    Claimed,
    Frozen,
    InstrumentPlan,
    Safed,
)
from labctl.session.run import Observers
from labctl.waits import tell

log = logging.getLogger(__name__)

MARGIN = 5.0
"""s that a wait may take longer than announced, on a machine under load."""
WHO = "the guard"
"""Who holds a run that nobody guards."""
CODE = "guard"


def _unheard(_level: Level, _text: str) -> None:
    return


def _forgotten(_safed: Safed) -> None:
    return


@dataclass(frozen=True, slots=True)
class Told:
    """Who else is told; from any thread."""

    say: Callable[[Level, str], None] = _unheard
    """What a run's own journal cannot say, because the run stands still or is over."""
    safed: Callable[[Safed], None] = _forgotten
    """What became of its channels."""


def guarded(
    observers: Observers,
    plan: Callable[[], tuple[InstrumentPlan, ...]],
    guarding_of: Callable[[Path], Guarding] = Guarding,
    told: Told | None = None,
) -> Observers:
    """Return observers that arm before the first step, beat, claim, and disarm.

    ``plan`` is asked when the instruments are open; ``guarding_of`` is given the run's
    folder and is, by default, a guard of the run's own.
    """
    run = _Run(observers, plan, guarding_of, told or Told())
    return replace(
        observers,
        started=run.started,
        watch=run.seen,
        ended=run.ended,
        waiting=run.waiting,
        working=run.working,
        claimed=run.claimed,
    )


@dataclass(slots=True)
class _Run:
    observers: Observers
    plan: Callable[[], tuple[InstrumentPlan, ...]]
    guarding_of: Callable[[Path], Guarding]
    told: Told
    name: str = ""
    guarding: Guarding | None = None
    waits: list[tuple[str, float]] = field(default_factory=list)
    """What the loop waits for, the innermost last, and until when (stopwatch)."""
    news: list[Event] = field(default_factory=list)
    """For the journal, as soon as the loop comes round."""

    @property
    def control(self) -> Control:
        return self.observers.control

    def started(self, folder: Path) -> None:
        self.name = folder.name
        self.guarding = self.guarding_of(folder)
        hears = Hears(self.frozen, self.safed, self.replaced, self.missing)
        self.guarding.arm(self.name, self.plan(), hears)
        if self.observers.started is not None:
            self.observers.started(folder)

    def seen(self, situation: Situation) -> None:
        self._beat()
        guarding = self.guarding
        if guarding is not None and guarding.missing:
            self.missing(guarding.missing)
        while self.news:
            tell(self.news.pop(0))
        if self.observers.watch is not None:
            self.observers.watch(situation)

    def waiting(self, what: str, seconds: float) -> None:
        self.waits.append((what, stopwatch() + seconds + MARGIN))
        self._beat()
        if self.observers.waiting is not None:
            self.observers.waiting(what, seconds)

    def working(self) -> None:
        if self.waits:
            self.waits.pop()
        self._beat()
        if self.observers.working is not None:
            self.observers.working()

    def claimed(self, record: ClaimRecord) -> None:
        if self.guarding is not None:
            self.guarding.claim(
                Claimed(
                    self.name,
                    record.channel,
                    dict(record.token),
                    record.unix,
                    stopwatch(),
                )
            )
        if self.observers.claimed is not None:
            self.observers.claimed(record)

    def ended(self, how: Ended) -> None:
        if self.guarding is not None:
            if how.unsafe:
                why = "; ".join(f"{role}: {why}" for role, why in how.unsafe.items())
                self.guarding.safe_now(self.name, why)
            else:
                self.guarding.disarm(self.name)
        if self.observers.ended is not None:
            self.observers.ended(how)

    def _beat(self) -> None:
        if self.guarding is None:
            return
        what, until = max(self.waits, key=lambda wait: wait[1], default=("", 0.0))
        self.guarding.beat(self.name, until - stopwatch(), what)

    # ---- from a thread of the guard's

    def frozen(self, frozen: Frozen) -> None:
        doing = f"waiting for {frozen.waits_for}" if frozen.waits_for else "working"
        text = (
            f"{self.name}: its loop was silent for {frozen.seconds:.0f} s while {doing}"
            "; the guard makes its outputs safe"
        )
        self.control.stop(text)
        self._alarm(text)

    def safed(self, safed: Safed) -> None:
        if safed.unknown:
            words = [
                f"{channel} may be on: {why}" for channel, why in safed.unknown.items()
            ]
            self._alarm(f"{self.name}: the guard could not help: {'; '.join(words)}")
        else:
            text = f"{self.name}: the guard made its outputs safe"
            log.warning(text)
            self.told.say(Level.WARNING, text)
        self.told.safed(safed)

    def replaced(self, why: str) -> None:
        self.news.append(Event(Level.WARNING, CODE, why))

    def missing(self, why: str) -> None:
        if not self.control.holds(WHO):
            text = f"no guard: {why}"
            self.control.hold(text, WHO)
            self.news.append(Event(Level.ALARM, CODE, f"on hold, {text}"))

    def _alarm(self, text: str) -> None:
        log.error(text)
        self.news.append(Event(Level.ALARM, CODE, text))
        self.told.say(Level.ALARM, text)
