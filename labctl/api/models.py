"""What the station's process says: its state, replaced whole, and its lists.

Rules for whoever edits, of every answer and request:

- A field may be added to an answer, with a default for stations that do not say it;
  clients ignore what they do not know. Also to a request, where the default is what was
  done before; what is left at its default is not sent, for a station refuses a word in
  a request that it does not know.
- A field that is renamed, taken away or given another meaning, and a new word of a
  closed choice, make a new `API_VERSION`, an entry in the table of
  `labctl.api.versions`, and recorded answers in ``tests/data/api-v<n>``, which nobody
  changes afterwards.
- Times are UTC epoch seconds; what is not finite is null.
"""

from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field

from labctl.data import Level
from labctl.described import Described
from labctl.engine.states import RunState
from labctl.json_numbers import MaybeNumber, Number

API_VERSION = 2


class Answer(Described):
    """Base of what a station says; what a client does not know of it, it ignores."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ChannelState(StrEnum):
    """What a channel is busy with."""

    FREE = "free"
    BUSY = "busy"
    """A run has it."""
    DOUBTFUL = "doubtful"
    """Nobody has it, but it is not known to be off; see `Channel.doubt`."""


class StationInfo(Answer):
    """The bench as a whole."""

    name: str
    simulated: bool
    speed: float
    """How much faster than the wall its clock runs; 1 for a real bench."""
    version: str
    """Of labctl."""
    api_version: int = API_VERSION
    pid: int
    boot: str
    """Random; another one after every start of the process."""
    started_unix: float
    """Of the process, wall clock."""
    data: str
    """Folder of its runs."""
    operator: str


class Finding(Answer):
    """One thing about the station's health."""

    name: str
    """``disk``, ``clock``, ``instruments``, ``polls``, ``journal``, ``guard``."""
    ok: bool
    what: str
    cure: str = ""
    """Empty when all is well."""


class Health(Answer):
    """Whether the bench can be trusted for another night."""

    ok: bool
    disk_free: int
    """Bytes left where runs are written."""
    findings: list[Finding]


class Channel(Answer):
    """One channel that a run can take."""

    name: str
    """``vsp300/1``."""
    instrument: str
    roles: list[str]
    """Roles that the configuration lets it play."""
    state: ChannelState
    run: str
    """Run that has it; empty if none."""
    held: bool
    """Nothing from the queue is started here."""
    held_because: str
    queued: int
    """Entries of the queue that wait for this channel."""
    doubt: str = ""
    """Why it may still be on; it is lent to nobody until it is cleared. Empty: it is
    known to be off, or in use."""


class ByHand(Answer):
    """Where a run stands whose steps come from a person."""

    who: str
    """Who drives it; empty: nobody asked for anything yet."""
    asks: bool
    """It waits for a request; else it does one."""
    holds: bool
    """Something is on while it waits."""
    left_alone_unix: float | None
    """When, unless somebody touches it, what is on is made safe or, with nothing on,
    the run ends; wall clock. None while a request is done."""


class RunSummary(Answer):
    """A run, as a tile or a line of a list shows it."""

    run: str
    """Its id; the name of its folder."""
    protocol: str
    title: str
    sample: str
    channels: dict[str, str]
    """Role -> channel."""
    state: RunState
    reason: str
    """Why it is on hold or has ended, in words."""
    asked: str
    """What was asked for and has not happened yet: ``skip``, ``hold``, ``stop``."""
    step_count: int
    step_label: str
    technique: str
    """``ConstantCurrent``, ``OpenCircuit``, …; empty where a step has none."""
    cycle: int
    test_time: float
    """s since it began, of its own clock."""
    rows: int
    last: dict[str, MaybeNumber]
    """The last row: column -> value."""
    started_unix: Number
    """NaN: nobody knows (another program's file need not say)."""
    ended_unix: float | None
    """None while it goes on; of an import without a date when it was imported."""
    expected_duration: float | None
    """s of test time as forecast; None while nobody knows."""
    simulated: bool
    operator: str
    uuid: str = ""
    """RFC 4122; empty: a run of an older labctl, or not known yet."""
    trouble: str
    """What keeps its rows off the disk; empty when all is well."""
    slowest_poll: float = 0.0
    """Longest time between two looks at its instruments of late, s of the wall; 0
    where none goes on."""
    longest_gap: float = 0.0
    """Longest time between two looks at wishes and limits so far, s of the run's
    clock; 0 where nobody measured it."""
    unsafe: dict[str, str] = Field(default_factory=dict)
    """Channel -> why its output may still be on; empty: none may. Of a run of this
    process a channel is taken out once it is cleared; of an older one it is what its
    file says of the end."""
    headline: str = ""
    """Its first result in words; empty before the end."""
    by_hand: ByHand | None = None
    """None: its plan decides what comes next, or it has ended."""
    only_watches: bool = False
    """It reads along what another program drives: nothing asked of it changes that."""


class QueueEntry(Answer):
    """A run that waits for its channels."""

    entry: str
    order: dict[str, Any]
    """As it was given; see `OrderIn`."""
    protocol: str
    sample: str
    channels: dict[str, str]
    """Chosen channels; a role without one takes the first that is free."""
    ready: bool
    """A person said that the sample is connected."""
    hold: bool
    waits_for: str
    """Why it has not started, in words."""
    added_by: str
    added_unix: float


class StationEvent(Answer):
    """Something that a person would tell a colleague."""

    number: int
    level: Level
    code: str
    text: str
    run: str
    """Run that it concerns; empty for the station."""
    first_unix: float
    last_unix: float
    count: int
    """How often it happened."""
    needs_you: bool
    """Waits for an acknowledgement."""
    acknowledged_by: str
    acknowledged_unix: float | None


class StopLine(Answer):
    """What STOP ALL came to on one run or one hand-driven channel."""

    run: str
    channels: list[str]
    asked_unix: float
    confirmed_unix: float | None
    """When every output was made safe; None while it is not."""
    confirmed: bool
    measured: dict[str, MaybeNumber]
    """Read back after the stop: ``{"vsp300/1 A": 0.0}``; empty if nothing can."""
    text: str
    unsafe: dict[str, str] = Field(default_factory=dict)
    """Channel -> why its output may still be on."""


class StopReport(Answer):
    """The last STOP ALL."""

    asked_unix: float
    by: str
    reason: str
    lines: list[StopLine]
    done: bool
    """Every line is confirmed."""


class State(Answer):
    """Everything that a display needs, whole; a later one replaces it."""

    sequence: int
    """Grows by one with every change."""
    unix: float
    """Wall clock of the answer's making."""
    clock_unix: float
    """The bench's own clock; differs on a simulated bench."""
    station: StationInfo
    health: Health
    channels: list[Channel]
    runs: list[RunSummary]
    """Live, interrupted, and those that ended since the process started."""
    queue: list[QueueEntry]
    """In the order in which they start."""
    attention: list[StationEvent]
    """Events that wait for an acknowledgement, the latest first."""
    last_event: int
    """Number of the latest event."""
    stop: StopReport | None
    """None if there was no STOP ALL since the process started."""
