"""From the station's state to a schedule: what every channel does until when.

All times are the wall's, epoch seconds; a simulated bench's own clock is converted by
its speed. A bar whose end nobody knows has the earliest possible one, and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gui.look.colours import StateLook
from gui.look.si_text import clock_text, date_text, lasting
from gui.run.doubts import STILL_ON
from gui.run.states import look_of
from labctl.api.models import Channel, QueueEntry, RunSummary, State
from labctl.api.states import LIVE, RunState

WEEK = 6 * 86400.0
"""s; within these a weekday says which day is meant."""


class Part(StrEnum):
    """What a bar stands for."""

    RUN = "run"
    ENDED = "ended"
    QUEUED = "queued"


@dataclass(frozen=True, slots=True)
class Bar:
    """A run or a waiting order on one channel."""

    part: Part
    key: str
    """Name of the run, or of the entry of the queue."""
    title: str
    look: StateLook
    begin: float
    end: float
    sure: bool
    """False: not before ``end``; nobody knows when."""
    words: str
    """For the line below the chart and for screen readers."""


@dataclass(frozen=True, slots=True)
class Row:
    """One channel."""

    channel: str
    bars: tuple[Bar, ...]
    free: float | None
    """When it becomes free; None if nobody knows."""
    words: str
    """``free Fri 02:30``."""
    needs_you: bool

    @property
    def spoken(self) -> str:
        """The row for a screen reader."""
        return f"{self.channel}, {self.words}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """All channels."""

    now: float
    rows: tuple[Row, ...]
    homeless: tuple[str, ...]
    """Orders that take the first free channel, whichever that is."""

    @property
    def words(self) -> str:
        """What is free and what comes next."""
        free = [row for row in self.rows if row.free is not None]
        at_once = sum(row.free is not None and row.free <= self.now for row in free)
        later = [row for row in free if row.free is not None and row.free > self.now]
        parts = [f"{at_once} free now"]
        if later:
            first = min(later, key=lambda row: row.free or 0.0)
            parts.append(f"next {first.channel}, {when(first.free or 0.0, self.now)}")
        if self.homeless:
            parts.append(f"for the first free channel: {', '.join(self.homeless)}")
        return " · ".join(parts)


def schedule_of(state: State, durations: Mapping[str, float | None]) -> Schedule:
    """Return the schedule of a bench.

    ``durations``: entry of the queue -> s of test time, as forecast; None or missing
    where nobody knows.
    """
    rows = {channel.name: _row(channel, state) for channel in state.channels}
    homeless = []
    for entry in state.queue:
        channels = [
            channel
            for channel in dict.fromkeys(entry.channels.values())
            if channel in rows
        ]
        if not channels:
            homeless.append(f"{entry.protocol} · {entry.sample}")
            continue
        bar = _queued(entry, [rows[channel] for channel in channels], state, durations)
        for channel in channels:
            rows[channel] = _behind(rows[channel], bar, state.unix)
    return Schedule(state.unix, tuple(rows.values()), tuple(homeless))


def when(unix: float, now: float) -> str:
    """Write a coming moment as briefly as it is clear: ``14:30``, ``Fri 02:30``."""
    date = date_text(unix)
    day, _, hour = date.rpartition(" ")
    if day == date_text(now).rpartition(" ")[0]:
        return hour
    return f"{day.split()[0]} {hour}" if unix - now < WEEK else date


def on_the_wall(unix: float, state: State) -> float:
    """Return a moment of the bench's clock by the wall's."""
    return state.unix - (state.clock_unix - unix) / state.station.speed


def _row(channel: Channel, state: State) -> Row:
    now = state.unix
    bars = tuple(
        _run_bar(run, state)
        for run in sorted(state.runs, key=lambda run: run.started_unix)
        if channel.name in run.channels.values()
    )
    taken = [bar for bar in bars if bar.part is Part.RUN]
    alarmed = {event.run for event in state.attention}
    needs_you = any(
        bar.look is StateLook.NEEDS_YOU or bar.key in alarmed for bar in bars[-1:]
    )
    if channel.doubt:
        words = f"{STILL_ON.lower()}: clear it first"
        return Row(channel.name, bars, None, words, needs_you=True)
    if not taken:
        words = "free now"
        if channel.held:
            words = "free now, held for the queue"
        elif bars and needs_you:
            words = f"free now, {bars[-1].title} needs you"
        return Row(channel.name, bars, now, words, needs_you)
    last = taken[-1]
    free = last.end if last.sure else None
    words = last.words.rpartition(": ")[2] if free is None else _free_at(last.end, now)
    return Row(channel.name, bars, free, words, needs_you)


def _run_bar(run: RunSummary, state: State) -> Bar:
    look, word = look_of(run)
    now = state.unix
    begin = on_the_wall(run.started_unix, state)
    title = run.sample
    spoken = f"{run.sample} · {run.protocol}"
    if run.state not in LIVE:
        end = now if run.ended_unix is None else on_the_wall(run.ended_unix, state)
        words = f"{spoken}: {word}"
        return Bar(Part.ENDED, run.run, title, look, begin, end, True, words)
    left = _left(run, state)
    if run.state is RunState.HOLD:
        more = f", {lasting(left)} left" if left else ""
        words, sure = f"held{more}", False
    elif run.state is RunState.ENDING or run.asked == "stop" or left == 0:
        words, sure = "any moment", False
    elif left is None:
        words, sure = "end unknown", False
    else:
        words, sure = _free_at(now + left, now), True
    end = now + (left or 0.0)
    return Bar(Part.RUN, run.run, title, look, begin, end, sure, f"{spoken}: {words}")


def _left(run: RunSummary, state: State) -> float | None:
    """Return s of the wall until a run should end; None if nobody knows."""
    if not run.expected_duration or run.expected_duration <= 0:
        return None
    return max(run.expected_duration - run.test_time, 0.0) / state.station.speed


def _queued(
    entry: QueueEntry,
    rows: Sequence[Row],
    state: State,
    durations: Mapping[str, float | None],
) -> Bar:
    """Return the bar of an order that waits for all of these channels."""
    known = [row.free for row in rows if row.free is not None]
    certain = len(known) == len(rows)
    ends = [bar.end for row in rows for bar in row.bars]
    begin = max([state.unix, *known, *([] if certain else ends)])
    duration = durations.get(entry.entry)
    length = (duration or 0.0) / state.station.speed
    ready = entry.ready and not entry.hold
    sure = certain and ready and duration is not None
    if entry.hold:
        why = "held in the queue"
    elif not entry.ready:
        why = "not marked ready"
    elif duration is None:
        why = "of unknown length"
    else:
        why = f"takes {lasting(length)}"
    title = f"{entry.sample} · {entry.protocol}"
    start = f"from {when(begin, state.unix)}" if certain else "start unknown"
    words = f"queued {title}: {start}, {why}"
    look = StateLook.NEEDS_YOU if entry.hold else StateLook.FREE
    end = begin + length
    return Bar(Part.QUEUED, entry.entry, entry.sample, look, begin, end, sure, words)


def _behind(row: Row, bar: Bar, now: float) -> Row:
    """Return a channel with an order behind what it does."""
    bars = (*row.bars, bar)
    queued = [b for b in bars if b.part is Part.QUEUED]
    if bar.sure:
        words = f"{_free_at(bar.end, now)}, after {len(queued)} queued"
        return replace(row, bars=bars, free=bar.end, words=words)
    before = row.words.partition(", then ")[0].partition(", after ")[0]
    open_ended = sum(not b.sure for b in queued)
    words = f"{before}, then {open_ended} queued"
    return replace(row, bars=bars, free=None, words=words)


def _free_at(unix: float, now: float) -> str:
    return f"free {when(unix, now)}" if unix > now else "free now"


def ticks(begin: float, end: float) -> list[tuple[float, str, bool]]:
    """Return (moment, label, whether a day begins) for an axis of wall time.

    Labels are hours for a day, noons for a few days, days beyond.
    """
    hours = (end - begin) / 3600
    every = next((step for most, step in _STEPS if hours <= most), 24)
    found = []
    minute = int(clock_text(begin)[3:])
    moment = begin - begin % 60 - minute * 60
    while moment <= end:
        hour = int(clock_text(moment)[:2])
        if hour == 0:
            found.append((moment, date_text(moment).rpartition(" ")[0], True))
        elif hour % every == 0:
            found.append((moment, clock_text(moment), False))
        moment += 3600
    return [tick for tick in found if tick[0] >= begin]


_STEPS = ((30, 3), (90, 6))
"""Hours of an axis up to which labels stand so many hours apart."""
