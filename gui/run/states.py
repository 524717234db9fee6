"""From the station's state to tiles: what every channel does, in words and numbers.

Channels that one run uses together (a Hall bench has five) are one tile, at the place
of its first channel. A run that has ended stays on its channels until another one
starts there.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gui.look.colours import StateLook
from gui.look.si_text import clock_text, lasting, signed_text, value_text
from gui.run.doubts import doubts_of, word_of
from labctl.api.models import Channel, RunSummary, State
from labctl.api.states import RunState
from labctl.columns import unit_of

COMPACT_ABOVE = 16
"""More busy tiles than that become rows of one line."""
SHOWN_QUANTITIES: tuple[tuple[str, str, bool], ...] = (
    ("voltage_volt", "V", False),
    ("field_tesla", "T", True),
    ("frequency_hertz", "Hz", False),
    ("current_ampere", "A", True),
    ("source_ampere", "A", True),
    ("surface_temperature_celsius", "°C", False),
    ("ambient_temperature_celsius", "°C", False),
)
"""Column, unit, whether its sign is always written; the first two found are shown."""
WORDS = {
    "ConstantCurrent": "CC",
    "ConstantVoltage": "CV hold",
    "ConstantPower": "CP",
    "OpenCircuit": "rest",
    "VoltageSweep": "sweep",
    "Spectrum": "EIS",
    "SweepSource": "I–V",
    "HoldSource": "hold",
    "SetField": "field",
    "ReleaseField": "field off",
    "ReadFilm": "Hall",
    "ReadFilmByDelta": "Hall",
    "RunDelta": "delta",
    "CheckBench": "check",
    "CheckChannel": "check",
    "CheckTemperature": "check",
    "RampSupply": "field",
    "RecordRow": "reading",
    "SetTemperature": "temperature",
    "WatchRecord": "watched",
}
_SWEEPS = frozenset(
    {
        *("VoltageSweep", "Spectrum", "SweepSource"),
        *("ReadFilm", "ReadFilmByDelta", "RunDelta"),
    }
)
_HOLDS = frozenset({"ConstantVoltage", "HoldSource", "SetField", "ReleaseField"})
_ENDED = frozenset({RunState.COMPLETED, RunState.STOPPED, RunState.DISCARDED})
_BAD = frozenset({RunState.LIMIT, RunState.FAILED, RunState.INTERRUPTED})
STILL = 1e-12
"""A; below that nothing flows, whatever the technique is called."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile, ready to be painted or spoken."""

    channel: str
    """``vsp300/1``; the first one where a run has several."""
    more_channels: int
    run: str
    """Run it stands for; empty if none."""
    sample: str
    look: StateLook
    word: str
    """State in words: ``CC``, ``rest``, ``HELD: …``, ``finished 06:12``."""
    primary: str
    """The large number: ``3.4127 V``."""
    secondary: str
    """The number below it: ``+0.5003 mA``."""
    detail: str
    """Cycle and step: ``cycle 41 · delithiation at C/2``."""
    progress: float | None
    """0 … 1; None while nobody knows."""
    left: str
    """Time left in words; empty when unknown."""
    needs_you: bool
    live: bool
    simulated: bool

    @property
    def key(self) -> str:
        """What the tile is told apart by."""
        return self.channel

    @property
    def is_free(self) -> bool:
        """Whether a run can start here."""
        return self.look is StateLook.FREE

    @property
    def spoken(self) -> str:
        """The tile for a screen reader."""
        parts = [self.channel, self.sample, self.word, self.primary, self.secondary]
        if self.left:
            parts.append(f"{self.left} left")
        if self.needs_you:
            parts.append("needs you")
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each; the header says it in one line."""

    running: int
    needs_you: int
    ended: int
    free: int

    def __str__(self) -> str:
        parts = [
            f"{self.running} running",
            f"{self.needs_you} need you" if self.needs_you > 1 else "",
            "1 needs you" if self.needs_you == 1 else "",
            f"{self.ended} ended" if self.ended else "",
            f"{self.free} free",
        ]
        return " · ".join(part for part in parts if part)


def tiles_of(state: State) -> list[Tile]:
    """Return the tiles of a state, in the order of its channels."""
    alarms = {event.run for event in state.attention if event.run}
    shown: dict[str, RunSummary] = {}
    runs = [on_the_wall(run, state) for run in state.runs]
    for channel in state.channels:
        run = _run_of(channel, runs)
        if run is not None:
            shown[channel.name] = run
    tiles, done = [], set[str]()
    doubts = {doubt.channel: doubt.why for doubt in doubts_of(state)}
    for channel in state.channels:
        run = shown.get(channel.name)
        if run is None:
            tiles.append(_empty(channel))
            continue
        if run.run in done:
            continue
        done.add(run.run)
        channels = [channel for channel, other in shown.items() if other.run == run.run]
        tile = tile_of(run, channel.name, len(channels) - 1, run.run in alarms)
        on = [doubts[channel] for channel in channels if channel in doubts]
        tiles.append(_alarmed(tile, on) if on else tile)
    return tiles


def on_the_wall(run: RunSummary, state: State) -> RunSummary:
    """Return a run with its end by the wall's clock; a simulated bench has its own."""
    if run.ended_unix is None or state.station.speed == 1:
        return run
    ago = (state.clock_unix - run.ended_unix) / state.station.speed
    return run.model_copy(update={"ended_unix": state.unix - ago})


def counts_of(tiles: Iterable[Tile], waiting: int) -> Counts:
    """Return the header's counts; ``waiting`` events ask for a person."""
    listed = list(tiles)
    return Counts(
        running=sum(tile.live for tile in listed),
        needs_you=waiting,
        ended=sum(bool(tile.run) and not tile.live for tile in listed),
        free=sum(tile.is_free for tile in listed),
    )


def tile_of(run: RunSummary, channel: str, more: int, alarmed: bool) -> Tile:
    """Return the tile of one run."""
    look, word = look_of(run)
    primary, secondary = readings(run.last)
    live = run.ended_unix is None and run.state not in _BAD
    share, left = _progress(run) if live else (None, "")
    if not live:
        secondary = run.headline or secondary
    elif run.state is RunState.HOLD:
        secondary = "before the hold"  # its current no longer flows
    return Tile(
        channel=channel,
        more_channels=more,
        run=run.run,
        sample=run.sample,
        look=look,
        word=word,
        primary=primary,
        secondary=secondary,
        detail=_detail(run),
        progress=share,
        left=left,
        needs_you=alarmed
        or bool(run.unsafe)
        or run.state in _BAD
        or run.state is RunState.HOLD,
        live=live,
        simulated=run.simulated,
    )


def look_of(run: RunSummary) -> tuple[StateLook, str]:
    """Return the shape of a run's state and its word."""
    if run.unsafe:
        channels = ", ".join(run.unsafe)
        return (
            StateLook.NEEDS_YOU,
            f"LEFT ON: {channels}: {'; '.join(run.unsafe.values())}",
        )
    return _look_of_safe(run)


def _look_of_safe(run: RunSummary) -> tuple[StateLook, str]:
    state = run.state
    if run.asked == "stop" and run.ended_unix is None:
        return StateLook.NEEDS_YOU, "stopping …"
    if state is RunState.HOLD:
        return StateLook.NEEDS_YOU, _because("held", run.reason)
    if state in _BAD:
        word = "limit" if state is RunState.LIMIT else str(state)
        return StateLook.NEEDS_YOU, _because(word, run.reason)
    if state in _ENDED:
        word = "finished" if state is RunState.COMPLETED else str(state)
        at = ""
        if run.ended_unix and not math.isnan(run.started_unix):
            at = f" {clock_text(run.ended_unix)}"
        return StateLook.FINISHED, word + at
    if state in {RunState.STARTING, RunState.ENDING}:
        return StateLook.REST, f"{state} …"
    return _running(run)


def readings(last: Mapping[str, float | None]) -> tuple[str, str]:
    """Return the large and the small number of a row."""
    found = [
        signed_text(last[name], unit) if signed else value_text(last[name], unit, 5)
        for name, unit, signed in SHOWN_QUANTITIES
        if last.get(name) is not None
    ]
    first, second = [*found, "", ""][:2]
    return first, second


def filtered(tiles: Sequence[Tile], text: str) -> list[Tile]:
    """Return the tiles that contain every word of a text."""
    wanted = text.lower().split()
    return [t for t in tiles if all(w in f"{t.spoken} {t.run}".lower() for w in wanted)]


def envelope_text(
    last: Mapping[str, float | None],
    envelope: Mapping[str, tuple[float | None, float | None]],
    limit: str = "stop",
) -> str:
    """Say how far the nearest limit is: ``1.08 V below the stop at 4.2 V``.

    ``limit`` is what happens there.
    """
    nearest: tuple[float, str] | None = None
    for column, bounds in envelope.items():
        value = last.get(column)
        if value is None:
            continue
        unit = unit_of(column)
        low, high = bounds
        for bound, side in zip(bounds, ("above", "below"), strict=True):
            if bound is None:
                continue
            far = abs(bound - value)
            # of the window, not of the stop itself: one near 0 V is soon reached
            width = abs(bound) if low is None or high is None else high - low
            share = far / (width or 1.0)
            text = (
                f"{value_text(far, unit, 3)} {side} the {limit} at "
                f"{value_text(bound, unit, 3)}"
            )
            if nearest is None or share < nearest[0]:
                nearest = (share, text)
    return nearest[1] if nearest else ""


def _run_of(channel: Channel, runs: Sequence[RunSummary]) -> RunSummary | None:
    if channel.run:
        return next((run for run in runs if run.run == channel.run), None)
    using = [run for run in runs if channel.name in run.channels.values()]
    return max(using, key=lambda run: run.started_unix, default=None)


def _empty(channel: Channel) -> Tile:
    word = "free"
    if channel.held:
        word = f"held for the queue: {channel.held_because}"
    detail = f"{channel.queued} queued" if channel.queued else ""
    tile = Tile(
        channel=channel.name,
        more_channels=0,
        run="",
        sample="",
        look=StateLook.FREE,
        word=word,
        primary="",
        secondary="",
        detail=detail,
        progress=None,
        left="",
        needs_you=False,
        live=False,
        simulated=False,
    )
    return _alarmed(tile, [channel.doubt]) if channel.doubt else tile


def _alarmed(tile: Tile, doubts: Sequence[str]) -> Tile:
    """Return the tile of what may still be on, whatever else is so."""
    return replace(tile, look=StateLook.NEEDS_YOU, word=word_of(doubts), needs_you=True)


def _running(run: RunSummary) -> tuple[StateLook, str]:
    if run.by_hand is not None and run.by_hand.asks:
        look = StateLook.HOLD if run.by_hand.holds else StateLook.REST
        return look, "by hand"
    word = WORDS.get(run.technique, run.technique)
    current = run.last.get("current_ampere") or 0.0
    if run.technique in _SWEEPS:
        return StateLook.SWEEP, word
    if run.technique in _HOLDS:
        return StateLook.HOLD, word
    if run.technique == "OpenCircuit" or abs(current) < STILL:
        return StateLook.REST, word or "rest"
    return (StateLook.CHARGING if current > 0 else StateLook.DISCHARGING), word


def _because(word: str, reason: str) -> str:
    return f"{word.upper()}: {reason}" if reason else word.upper()


def _progress(run: RunSummary) -> tuple[float | None, str]:
    expected = run.expected_duration
    if not expected or expected <= 0:
        return None, ""
    left = expected - run.test_time
    share = min(max(run.test_time / expected, 0.0), 1.0)
    return share, lasting(left) if left > 0 else "any moment"


def _detail(run: RunSummary) -> str:
    cycle = f"cycle {run.cycle}" if run.cycle else ""
    label = "" if run.step_label == WORDS.get(run.technique) else run.step_label
    return " · ".join(part for part in (cycle, label) if part)
