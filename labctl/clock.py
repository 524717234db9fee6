"""The one place that touches the wall clock.

A run, its engine and its twins all take a `Clock`. Durations come from `now`, which
never jumps; `unix` is for stamping rows and may step with the host's clock.
"""

import math
import threading
import time
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Quiet:
    """What somebody who looks at an instrument expects of it."""

    seconds: float = 0.0
    """For so long nothing but more rows."""
    within: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Column -> between what readings, both ends included, in the column's unit."""

    def both(self, other: "Quiet") -> "Quiet":
        """Return what is expected where this and the other are."""
        within = dict(self.within)
        for name, (low, high) in other.within.items():
            mine = within.get(name, (-math.inf, math.inf))
            within[name] = (max(low, mine[0]), min(high, mine[1]))
        return Quiet(min(self.seconds, other.seconds), within)


EVERY_LOOK = Quiet()
"""Anything may happen at any moment."""


class Clock(typing.Protocol):
    """Time as a run sees it."""

    def now(self) -> float:
        """Return seconds since this clock was made; monotonic."""
        ...

    def unix(self) -> float:
        """Return UTC epoch seconds."""
        ...

    def sleep(self, seconds: float, until: threading.Event | None = None) -> None:
        """Let ``seconds`` of this clock pass; at once if zero or negative.

        ``until`` ends it early when it is set; where it is set already, no time passes.
        """
        ...

    def poll_period(self, rows_every: float) -> float:
        """Return how long to wait between two polls, in s of this clock.

        ``rows_every`` is the interval at which the instrument records rows.
        """
        ...

    def idle(
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,
        until: threading.Event | None = None,
    ) -> None:
        """Let time pass until the next look at an instrument that goes on by itself.

        That is ``period`` s, the time between two looks; ``until`` as in `sleep`.
        Virtual time may leave looks out where each connected instrument vouches that
        they would have shown nothing but what ``quiet`` expects.
        """
        ...


POLL_PERIOD = 0.5
"""Between two polls of an instrument, s of real time; the field uses 0.2 to 1."""

SAME_LOOK = 1e-6
"""Of the time between two looks: what rounding may put a moment behind a look."""


class SystemClock:
    """Real time."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def now(self) -> float:  # noqa: D102
        return time.monotonic() - self._start

    def unix(self) -> float:  # noqa: D102
        return time.time()

    def sleep(  # noqa: D102
        self, seconds: float, until: threading.Event | None = None
    ) -> None:
        _let_pass(seconds, until)

    def poll_period(self, rows_every: float) -> float:  # noqa: D102, ARG002
        return POLL_PERIOD

    def idle(  # noqa: D102
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,  # noqa: ARG002
        until: threading.Event | None = None,
    ) -> None:
        self.sleep(period, until)


class ScaledClock:
    """Time that passes ``speed`` times faster than the wall's."""

    def __init__(self, speed: float) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self.speed = speed
        self._start = time.monotonic()
        self._epoch = time.time()

    def now(self) -> float:  # noqa: D102
        return (time.monotonic() - self._start) * self.speed

    def unix(self) -> float:  # noqa: D102
        return self._epoch + self.now()

    def sleep(  # noqa: D102
        self, seconds: float, until: threading.Event | None = None
    ) -> None:
        _let_pass(seconds / self.speed, until)

    def poll_period(self, rows_every: float) -> float:  # noqa: D102, ARG002
        return POLL_PERIOD * self.speed

    def idle(  # noqa: D102
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,  # noqa: ARG002
        until: threading.Event | None = None,
    ) -> None:
        self.sleep(period, until)


class Foresees(typing.Protocol):
    """A simulated instrument that can tell what it would have told in between."""

    def go_on(self, to: float, within: Mapping[str, tuple[float, float]]) -> float:
        """Go on to ``to`` (s), no further than to the first news; return its time.

        News is what a look would find changed beside more rows: a program that ended,
        the next technique, an amplifier that is overloaded, a reading that is not
        ``within`` (see `Quiet`). Infinity: there is none.
        """
        ...


class VirtualClock:
    """Time that passes only when somebody sleeps; safe to share between threads."""

    ROWS_A_POLL = 8
    """A poll of a twin may bring that many rows: batches keep virtual time fast."""

    def __init__(self, epoch: float | None = None) -> None:
        self._lock = threading.Lock()
        self._now = 0.0
        self._epoch = time.time() if epoch is None else epoch
        self._foresee: dict[str, Foresees] = {}
        self._blind: set[str] = set()
        """Instruments that cannot tell whether they have news."""

    def attend(self, name: str, who: Foresees) -> None:
        """Let no look be left out at which the instrument ``name`` has news."""
        self._foresee[name] = who
        self._blind.discard(name)

    def connected(self, name: str) -> None:
        """Leave no look out from now on, unless the instrument ``name`` is attended."""
        if name not in self._foresee:
            self._blind.add(name)

    def now(self) -> float:  # noqa: D102
        return self._now

    def unix(self) -> float:  # noqa: D102
        return self._epoch + self._now

    def sleep(  # noqa: D102
        self, seconds: float, until: threading.Event | None = None
    ) -> None:
        if seconds > 0 and not (until is not None and until.is_set()):
            with self._lock:
                self._now += seconds

    def poll_period(self, rows_every: float) -> float:  # noqa: D102
        return max(POLL_PERIOD, self.ROWS_A_POLL * rows_every)

    def idle(  # noqa: D102
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,
        until: threading.Event | None = None,
    ) -> None:
        if until is not None and until.is_set():
            return
        self.sleep(period * self._looks_until_news(period, quiet), until)

    def _looks_until_news(self, period: float, quiet: Quiet) -> int:
        """Return which look is the first at which there may be something to see."""
        looks = int(quiet.seconds / period + SAME_LOOK) if period > 0.0 else 1
        if not self._foresee or self._blind or looks <= 1:
            return 1
        now = self._now
        end = now + looks * period
        for each in self._foresee.values():
            end = min(end, each.go_on(end, quiet.within))
        return max(1, math.ceil((end - now) / period - SAME_LOOK))


def _let_pass(seconds: float, until: threading.Event | None) -> None:
    if not seconds > 0:
        return
    if until is None:
        time.sleep(seconds)
    else:
        until.wait(seconds)


UNKNOWN_DATE = "date unknown"
"""What a person reads where a moment is NaN: another program's file may not say it."""


def iso(unix: float) -> str:
    """Return UTC epoch seconds as ISO 8601 text with offset, to the millisecond.

    NaN, a moment that nobody knows, is `UNKNOWN_DATE`.
    """
    if math.isnan(unix):
        return UNKNOWN_DATE
    return datetime.fromtimestamp(unix, UTC).isoformat(timespec="milliseconds")


def local(unix: float) -> str:
    """Return UTC epoch seconds as this machine's wall shows them, zone included.

    NaN is `UNKNOWN_DATE`; so it is in `dated`.
    """
    if math.isnan(unix):
        return UNKNOWN_DATE
    return datetime.fromtimestamp(unix, UTC).astimezone().strftime("%a %d %b %H:%M %Z")


def dated(unix: float) -> str:
    """Return the same with the year: ``2021-03-05 21:40 KST``, for what may be old."""
    if math.isnan(unix):
        return UNKNOWN_DATE
    return datetime.fromtimestamp(unix, UTC).astimezone().strftime("%Y-%m-%d %H:%M %Z")


def stopwatch() -> float:
    """Return a wall-clock counter for progress displays and benchmarks, s."""
    return time.perf_counter()
