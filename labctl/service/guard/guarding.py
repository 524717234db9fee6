"""The runner's side of the guard: arm it, give beats, and never be without one.

A guard that dies or does not answer is replaced at once, and everything is armed anew
with what each run has started, before anybody else notices. If none can be had, every
run hears so, and holds.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labctl.clock import stopwatch
from labctl.errors import InstrumentError
from labctl.service.guard.child import Child
from labctl.service.guard.lines import (
    ARM_WITHIN,
    PROMISE,
    Answer,
    Arm,
    Armed,
    Beat,
    Claimed,
    Disarm,
    Frozen,
    InstrumentPlan,
    Safed,
    SafeNow,
    Said,
)
from labctl.service.guard.run_plan import MOST_CLAIMS

log = logging.getLogger(__name__)

BEAT_EVERY = 0.5
"""s between two beats of a run at least, unless it promises otherwise."""
SHORTER = 5.0
"""s by which a promise must shrink to be told at once."""
PING_EVERY = 1.0
SILENT = 10.0
"""s without an answer after which a guard counts as dead."""
TRIES = 3
"""Guards that are started one after the other before the runs are told."""
TRY_AGAIN = 10.0
"""s between two further tries."""


@dataclass(frozen=True, slots=True)
class Hears:
    """What the owner of a run is told; from a thread of the guard's, so be quick."""

    frozen: Callable[[Frozen], None] = lambda _frozen: None
    """Its loop was silent for too long, and it is being made safe."""
    safed: Callable[[Safed], None] = lambda _safed: None
    """What became of its channels."""
    replaced: Callable[[str], None] = lambda _why: None
    """Another guard stands in for one that was lost."""
    missing: Callable[[str], None] = lambda _why: None
    """No guard stands and none can be had."""


@dataclass(slots=True)
class _Guarded:
    """One run as the guard shall know it."""

    plan: tuple[InstrumentPlan, ...]
    hears: Hears
    claims: dict[str, list[Claimed]] = field(default_factory=dict)
    answer: Armed | None = None
    beat: float = float("-inf")
    """When the last beat went out."""
    until: float = float("-inf")
    """When it must be heard again."""
    waits_for: str = ""
    asked: str = ""
    """Why it was asked to make it safe; empty: it goes on."""

    @property
    def channels(self) -> set[str]:
        """What it has."""
        return {channel.channel for each in self.plan for channel in each.channels}


class Guarding:
    """Holds the guard's process; one for all runs of a process."""

    def __init__(self, folder: Path, promise: float = PROMISE) -> None:
        """Start a guard that writes into ``folder``.

        ``promise``: s for which a run that works may be silent.
        """
        self._folder = folder
        self._promise = promise
        self._runs: dict[str, _Guarded] = {}
        self._news = threading.Condition()
        """For the table of runs; never held while a guard is spoken to."""
        self._wake = threading.Event()
        self._closing = False
        self._missing = ""
        self._next_try = float("-inf")
        self._child: Child | None = None
        with contextlib.suppress(OSError):  # `_supervise` tries again, and tells
            self._child = self._started()
        self._keeper = threading.Thread(target=self._supervise, daemon=True)
        self._keeper.start()

    @property
    def missing(self) -> str:
        """Why no guard stands although runs need one; empty: one does."""
        return self._missing

    @property
    def pid(self) -> int:
        """The guard's process now; 0 if there is none."""
        child = self._child
        return 0 if child is None else child.pid

    def arm(
        self, run: str, plan: Sequence[InstrumentPlan], hears: Hears | None = None
    ) -> None:
        """Name what must be made safe if this process dies; wait until it can be.

        InstrumentError: it cannot, or no guard is there; nothing may be switched on.
        """
        mine = _Guarded(tuple(plan), hears or Hears())
        with self._news:
            stale = [
                other
                for other, each in self._runs.items()
                if each.asked and each.channels & mine.channels
            ]
            self._runs[run] = mine
        for other in stale:  # somebody saw to it that its channels are off
            self.disarm(other)
        self._say(_arm(run, mine))
        self._next_try = float("-inf")
        self._wake.set()
        with self._news:
            self._news.wait_for(lambda: mine.answer is not None, ARM_WITHIN)
            answer = mine.answer
        if answer is None or answer.problems:
            self.disarm(run)
            why = "; ".join(answer.problems) if answer else self._missing
            raise InstrumentError(
                "nothing is switched on, because the guard could not make it safe "
                f"again: {why or 'it does not answer'}; see guard.log beside the runs"
            )
        self.beat(run)

    def beat(self, run: str, seconds: float = 0.0, waits_for: str = "") -> None:
        """Say that a run goes on and may be silent for ``seconds``, `promise` at least.

        Sent at most every `BEAT_EVERY`, unless the promise changes.
        """
        mine, now = self._runs.get(run), stopwatch()
        if mine is None or mine.asked:
            return
        seconds = max(seconds, self._promise)
        changed = not -SHORTER < now + seconds - mine.until < BEAT_EVERY
        if now - mine.beat < BEAT_EVERY and not changed:
            return
        mine.beat, mine.until, mine.waits_for = now, now + seconds, waits_for
        self._say(Beat(run, seconds, waits_for))

    def claim(self, claimed: Claimed) -> None:
        """Tell what a run is about to start, so that only that is ever stopped."""
        with self._news:
            mine = self._runs.get(claimed.run)
            if mine is None:
                return
            kept = mine.claims.setdefault(claimed.channel, [])
            kept.append(claimed)
            del kept[:-MOST_CLAIMS]
        self._say(claimed)

    def safe_now(self, run: str, why: str) -> None:
        """Have a run made safe that ended with outputs which may be on."""
        mine = self._runs.get(run)
        if mine is not None:
            mine.asked = why
            self._say(SafeNow(run, why))

    def disarm(self, run: str) -> None:
        """Say that every output of a run is safe."""
        with self._news:
            self._runs.pop(run, None)
        self._say(Disarm(run))

    def kill(self) -> None:
        """End the guard at once, as if it had died; another one takes its place."""
        if self._child is not None:
            self._child.kill()

    def forget_all_but(self, channels: set[str]) -> None:
        """Disarm the ended runs that have none of ``channels``."""
        for run, mine in list(self._runs.items()):
            if mine.asked and not mine.channels & channels:
                self.disarm(run)

    def close(self) -> None:
        """End the guard; what is still armed is made safe by it."""
        self._closing = True
        self._wake.set()
        self._keeper.join(SILENT)
        if self._child is not None:
            self._child.close()

    # ---- what the guard answers

    def _hear(self, answer: Answer) -> None:
        with self._news:
            mine = self._runs.get(getattr(answer, "run", ""))
            if mine is not None and isinstance(answer, Armed):
                mine.answer = answer
                self._news.notify_all()
        if mine is None:
            return
        if isinstance(answer, Frozen):
            mine.asked = mine.asked or "it was silent"  # a successor makes it safe too
            mine.hears.frozen(answer)
        elif isinstance(answer, Safed):
            if mine.asked and not answer.unknown:
                with self._news:
                    self._runs.pop(answer.run, None)
            mine.hears.safed(answer)

    def _gone(self) -> None:
        self._wake.set()
        with self._news:
            self._news.notify_all()

    # ---- never be without one

    def _supervise(self) -> None:
        while not self._closing:
            self._wake.wait(PING_EVERY)
            self._wake.clear()
            try:
                self._look()
            except Exception:
                log.exception("the guard could not be looked after")

    def _look(self) -> None:
        child = self._child
        if child is not None and child.is_alive:
            if child.silence > SILENT:
                log.error("the guard does not answer and is replaced")
                child.kill()
                self._wake.set()
            else:
                child.ping()
            return
        if self._closing or not self._runs or stopwatch() < self._next_try:
            return
        lost, why = stopwatch(), ""
        for _ in range(TRIES):
            why = self._replace()
            if not why:
                self._stands(stopwatch() - lost)
                return
        self._next_try = stopwatch() + TRY_AGAIN
        log.error("no guard: %s", why)
        self._missing = why
        for mine in list(self._runs.values()):
            _tell(mine.hears.missing, why)

    def _replace(self) -> str:
        """Start another guard and arm everything; return why that did not work."""
        with self._news:
            for mine in self._runs.values():
                mine.answer = None
        try:
            child = self._child = self._started()
        except OSError as error:
            return f"it cannot be started: {error}"
        with self._news:
            runs = dict(self._runs)
        for run, mine in runs.items():
            child.say(*_anew(run, mine))
        with self._news:
            self._news.wait_for(
                lambda: (
                    not child.is_alive
                    or all(mine.answer is not None for mine in runs.values())
                ),
                ARM_WITHIN,
            )
            answers = {run: mine.answer for run, mine in runs.items()}
        if not child.is_alive:
            return "it ends as soon as it is started; see guard.log beside the runs"
        problems = [p for each in answers.values() if each for p in each.problems]
        if None in answers.values():
            problems.append(f"it is not ready within {ARM_WITHIN:g} s")
        if problems:
            child.kill()
            return "; ".join(problems)
        return ""

    def _stands(self, seconds: float) -> None:
        self._missing, self._next_try = "", float("-inf")
        why = f"the guard process was lost and replaced within {seconds:.1f} s"
        log.warning(why)
        for mine in list(self._runs.values()):
            _tell(mine.hears.replaced, why)

    def _started(self) -> Child:
        return Child(self._folder, self._hear, self._gone)

    def _say(self, message: Said) -> None:
        """Tell the guard; if it is not there, its successor is told everything."""
        child = self._child
        if child is None or not child.say(message):
            self._wake.set()


def _arm(run: str, mine: _Guarded) -> Arm:
    return Arm(run, os.getpid(), mine.plan)


def _anew(run: str, mine: _Guarded) -> list[Said]:
    """Return everything that a new guard must know of a run."""
    said: list[Said] = [_arm(run, mine)]
    said += [claim for kept in mine.claims.values() for claim in list(kept)]
    if mine.asked:
        said.append(SafeNow(run, mine.asked))
    elif (left := mine.until - stopwatch()) > PROMISE:
        said.append(Beat(run, left, mine.waits_for))
    return said


def _tell(hears: Callable[[str], None], why: str) -> None:
    try:
        hears(why)
    except Exception:
        log.exception("a run could not be told of its guard")
