"""What runner and guard tell each other: one JSON object a line, typed on both sides.

The runner says `Arm`, `Beat`, `Claimed`, `SafeNow`, `Disarm`, `Ping` on the guard's
standard input; the guard answers `Armed`, `Frozen`, `Safed`, `Alive` on its standard
output. When its input ends, the runner is gone.

Rule for whoever edits: the standard library only, both processes import this.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

ARM_WITHIN = 30.0
"""s in which a guard must have imported and found everything; nothing is on before."""
PROMISE = 10.0
"""s for which a run that works may be silent; its loop comes round every 0.5 s, and a
driver's own ladder of retries says so when it takes longer."""


class OnHostLoss(StrEnum):
    """What becomes of a channel whose runner is gone."""

    OFF = "off"
    FINISH_TECHNIQUE = "finish_technique"
    """A technique whose limits stand in the instrument's firmware goes on."""


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """One channel to make safe."""

    channel: str
    """``k2636b/a``, ``k6221``."""
    stage: int
    """`labctl.roles.safing_order.Stage`, as far as it is known before it is open."""
    on_host_loss: OnHostLoss = OnHostLoss.OFF

    @property
    def name(self) -> str:
        """What follows the slash; empty if nothing does."""
        return self.channel.partition("/")[2]


@dataclass(frozen=True, slots=True)
class InstrumentPlan:
    """One instrument to open, and its channels that a run has."""

    name: str
    driver: str
    address: str
    options: Mapping[str, Any]
    channels: tuple[ChannelPlan, ...]


@dataclass(frozen=True, slots=True)
class Arm:
    """Name what must be made safe if this process dies; before anything is on."""

    run: str
    pid: int
    """Whom to end if every run of the process is frozen."""
    plan: tuple[InstrumentPlan, ...]


@dataclass(frozen=True, slots=True)
class Beat:
    """Say that a run goes on."""

    run: str
    seconds: float
    """For how long it may be silent from now."""
    waits_for: str = ""
    """What for; empty: it works."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Name what a run is about to start on a channel."""

    run: str
    channel: str
    token: Mapping[str, Any]
    """See `labctl.roles.potentiostat.Loaded.token`."""
    started_unix: float
    counted: float = field(default=0.0, compare=False)
    """s of `labctl.clock.stopwatch`, the same for all processes of this machine, when
    it was made: the wall clock may be set meanwhile. 0: nobody counted."""


@dataclass(frozen=True, slots=True)
class SafeNow:
    """Make a run's outputs safe at once: it ended, and they may be on."""

    run: str
    why: str


@dataclass(frozen=True, slots=True)
class Disarm:
    """Say that every output of a run is safe."""

    run: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask whether the guard lives."""


@dataclass(frozen=True, slots=True)
class Armed:
    """Everything that making a run safe needs is imported and found."""

    run: str
    problems: tuple[str, ...] = ()
    """What could not be made safe, and why; empty: go on."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """One run missed its deadline while others of its process did not."""

    run: str
    seconds: float
    """Since it was last heard."""
    waits_for: str = ""
    """What it said it waits for."""


class ChannelSafety(StrEnum):
    """What is known of a channel after it was to be made safe."""

    SAFE = "safe"
    """Read back."""
    UNKNOWN = "unknown"
    """It may be on."""
    LEFT = "left"
    """Not touched, for a reason."""


@dataclass(frozen=True, slots=True)
class ChannelEnd:
    """What became of one channel."""

    state: ChannelSafety
    why: str = ""


@dataclass(frozen=True, slots=True)
class Safed:
    """A run's outputs were made safe, as far as they could be."""

    run: str
    outputs: Mapping[str, ChannelEnd]
    """By channel."""
    why: str
    seconds: float

    @property
    def unknown(self) -> dict[str, str]:
        """Channels that may be on, and why."""
        ends = self.outputs.items()
        return {
            channel: e.why for channel, e in ends if e.state is ChannelSafety.UNKNOWN
        }


@dataclass(frozen=True, slots=True)
class Alive:
    """The answer to `Ping`."""


Said = Arm | Beat | Claimed | SafeNow | Disarm | Ping
Answer = Armed | Frozen | Safed | Alive


def encode(message: Said | Answer) -> bytes:
    """Return a message as a line."""
    kind = type(message).__name__
    return json.dumps({"kind": kind, **dataclasses.asdict(message)}).encode() + b"\n"


def heard(line: bytes) -> Said:
    """Return what the runner said. ValueError: this is no line of it."""
    fields = _fields(line)
    kind = fields.pop("kind")
    if kind == "Arm":
        fields["plan"] = tuple(_instrument(each) for each in fields["plan"])
    said: Said = _made(_SAID, kind, fields)
    return said


def answered(line: bytes) -> Answer:
    """Return what the guard answered. ValueError: this is no line of it."""
    fields = _fields(line)
    kind = fields.pop("kind")
    if kind == "Armed":
        fields["problems"] = tuple(fields["problems"])
    elif kind == "Safed":
        fields["outputs"] = {
            channel: ChannelEnd(ChannelSafety(end["state"]), end["why"])
            for channel, end in fields["outputs"].items()
        }
    answer: Answer = _made(_ANSWERS, kind, fields)
    return answer


_SAID: Mapping[str, type[Said]] = {
    each.__name__: each for each in (Arm, Beat, Claimed, SafeNow, Disarm, Ping)
}
_ANSWERS: Mapping[str, type[Answer]] = {
    each.__name__: each for each in (Armed, Frozen, Safed, Alive)
}


def _fields(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:  # half a line: its writer died
        raise ValueError(f"not a line of the guard's: {line[:80]!r}") from error
    if not isinstance(fields, dict) or "kind" not in fields:
        raise ValueError(f"not a line of the guard's: {line[:80]!r}")
    return fields


def _made(kinds: Mapping[str, Any], kind: str, fields: dict[str, Any]) -> Any:
    try:
        return kinds[kind](**fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a line of the guard's: {kind} {fields}") from error


def _instrument(fields: dict[str, Any]) -> InstrumentPlan:
    channels = tuple(
        ChannelPlan(each["channel"], each["stage"], OnHostLoss(each["on_host_loss"]))
        for each in fields["channels"]
    )
    return InstrumentPlan(**{**fields, "channels": channels})
