"""Which runs keep the promises they gave; the one place that says frozen.

A run is frozen when it said nothing for longer than it said it might, and for no other
reason. One run of several: the process lives, that run alone is made safe. All of them:
the process is stopped, deadlocked or starved, and is ended.
"""

from dataclasses import dataclass

GRACE = 2.0
"""s that the other runs of a process get to say that it lives, when one is late."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a run said last."""

    heard: float
    until: float
    """When it must have said something else."""
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class SilenceVerdict:
    """What follows from a look at the clock."""

    frozen: tuple[str, ...] = ()
    """Runs to make safe."""
    process: bool = False
    """Whether the process is to be ended first: no run of it is left that lives."""


class Deadlines:
    """The promises of the runs of one process; times are s of any one clock."""

    def __init__(self) -> None:
        self._promises: dict[str, Promise] = {}

    def hear(self, run: str, now: float, seconds: float, waits_for: str = "") -> None:
        """Take a promise; it counts from ``now`` and stands for any given before."""
        self._promises[run] = Promise(now, now + seconds, waits_for)

    def forget(self, run: str) -> Promise | None:
        """Expect nothing more of a run; return what it said last."""
        return self._promises.pop(run, None)

    def excuse(self, seconds: float) -> None:
        """Let everybody be late by ``seconds`` more: the guard itself was held up."""
        self._promises = {
            run: Promise(each.heard, each.until + seconds, each.waits_for)
            for run, each in self._promises.items()
        }

    def next_look(self, now: float) -> float | None:
        """Return when to call `look` next; None while nothing was promised."""
        looks = (
            each.until if each.until >= now else each.until + GRACE
            for each in self._promises.values()
        )
        return min(looks, default=None)

    def look(self, now: float) -> SilenceVerdict:
        """Return who is frozen now; those are to be forgotten by whoever acts on it."""
        late = {run for run, each in self._promises.items() if each.until < now}
        if not late:
            return SilenceVerdict()
        if len(late) == len(self._promises):
            return SilenceVerdict(tuple(sorted(late)), process=True)
        last = max(each.heard for each in self._promises.values())
        decided = [
            run
            for run in sorted(late)
            if last > (until := self._promises[run].until) or now > until + GRACE
        ]
        return SilenceVerdict(tuple(decided))
