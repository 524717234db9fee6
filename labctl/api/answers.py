"""What single questions are answered with."""

from enum import StrEnum
from typing import Any

from pydantic import Field

from labctl.api.models import Answer, RunSummary
from labctl.data import Column, Level
from labctl.errors import Complaint
from labctl.figures.figure import Plot
from labctl.json_numbers import MaybeNumber, Number, Numbers

Bounds = tuple[MaybeNumber, MaybeNumber]
"""Least and greatest; None: open."""


class Problem(Answer):
    """Why a request was not done."""

    fault: str
    """Whose: config, operator, limit, instrument, store, access."""
    kind: str = ""
    """What it is, for programs: ``busy``, ``doubtful``, ``link`` …, see
    `labctl.api.error_kinds`; empty where the request itself was wrong."""
    message: str
    holders: dict[str, str] = Field(default_factory=dict)
    """Of ``busy``: channel -> who has it."""
    complaints: list[Complaint] = Field(default_factory=list)
    """Every complaint about an order, at once."""


class Accepted(Answer):
    """The request is taken; the state shows its effect."""

    sequence: int
    """State to wait for."""


class Started(Answer):
    """A run is on its way."""

    run: str
    channels: dict[str, str]
    warnings: list[str]


class Applies(StrEnum):
    """From when an amendment holds."""

    NEXT_STEP = "next_step"
    """The run goes on: at its next step."""
    RESUME = "resume"
    """The run stands still: once somebody resumes it."""
    NOT = "not"
    """It was only asked what would change."""


class Changed(Answer):
    """A parameter that changes."""

    old: Any
    new: Any


class Amended(Answer):
    """What an amendment comes to."""

    run: str
    parameters: dict[str, Changed]
    """As the journal keeps them: SI."""
    first_step: int
    """Number of the first step that may differ; those before stay as they are."""
    next_before: str
    """Label of that step as it was; empty: there was none, or one goes on first."""
    next_now: str
    duration_before: Number
    """s that the protocol states for the whole run; null: until a person ends it."""
    duration_now: Number
    limits_before: dict[str, Bounds]
    """Column -> bounds; None: open."""
    limits_now: dict[str, Bounds]
    warnings: list[str]
    applies: Applies


class Queued(Answer):
    """An order waits."""

    entry: str


class Checked(Answer):
    """What an order comes to before anything is driven."""

    ok: bool
    complaints: list[Complaint]
    warnings: list[str]
    """What will be missing from the results."""
    channels: dict[str, str]
    limits: dict[str, Bounds]
    """Column -> safety envelope; null is unbounded."""
    parameters: dict[str, Any]
    """As understood: SI, defaults filled in."""
    busy: dict[str, str] = Field(default_factory=dict)
    """Channel -> who has it now; until it is free the order can wait, not start."""
    doubtful: dict[str, str] = Field(default_factory=dict)
    """Channel -> why it may still be on; until it is cleared the order can only
    wait."""
    unknown: list[Complaint] = Field(default_factory=list)
    """What nobody could say: a channel that could not be asked what it can do. ``ok``
    then means that nothing is known to be wrong."""
    capabilities: dict[str, str] = Field(default_factory=dict)
    """Role -> what its channel can do, in words; ``*`` marks what is assumed of its
    model."""
    needs: dict[str, str] = Field(default_factory=dict)
    """Role -> what the plan asks of its channel, in words: ``holds a current, drives
    4.80 mA``."""


class PlannedStep(Answer):
    """One step as the twins went through it."""

    label: str
    cycle: int
    began: float
    """s of test time."""
    ended: float | None


class ForecastOut(Answer):
    """What an order comes to on twins."""

    status: str
    """How it ended there: ``completed``, ``limit`` …"""
    reason: str
    duration: float
    """s of test time."""
    end_unix: float
    """Were it started now."""
    steps: int
    rows: int
    file_bytes: int
    extremes: dict[str, tuple[float, float]]
    """Column -> smallest and largest reading."""
    curve: dict[str, Numbers]
    """Time, voltage and current, thinned; empty where the protocol records none."""
    plan: list[PlannedStep]
    """At most 2000 steps."""


class StreamOut(Answer):
    """A stream of a run, and how far it has come."""

    name: str
    title: str
    columns: list[Column]
    rows: int


class ProtocolOut(Answer):
    """A measurement protocol and its form."""

    name: str
    title: str
    sample_kinds: list[str]
    parameters: dict[str, Any]
    """JSON schema; fields with `quantity`, `unit` and `examples` take text."""
    presets: dict[str, dict[str, Any]]
    plots: list[Plot]
    series: dict[str, Any] = Field(default_factory=dict)
    """JSON schema of the parameters that make a run a series over temperatures; empty:
    it cannot be one, or no channel here plays a chamber."""
    requests: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """What a person may ask of its runs, each as a JSON schema; not empty: its runs are
    by hand."""


class SampleOut(Answer):
    """A sample that can be measured."""

    name: str
    kind: str
    title: str
    simulated: bool
    """Part of the simulated bench."""
    label: dict[str, Any]
    """As a person writes it."""


class ChannelOut(Answer):
    """One channel of an instrument."""

    channel: str
    plays: list[str]
    """Kinds of role: ``PotentiostatChannel``, ``SourceMeter`` …; empty if not open."""
    lent_to: str
    """Run that has it; empty if free."""
    doubt: str = ""
    """Why it may still be on; it is lent to nobody. Empty: it is known to be off, or
    in use."""
    bounds: dict[str, float] = Field(default_factory=dict)
    """Largest magnitudes by hand: ``voltage V``, ``current A``, ``compliance V``,
    ``least compliance V``, ``field T``; empty if not open."""


class InstrumentOut(Answer):
    """An instrument of the station."""

    name: str
    driver: str
    address: str
    open: bool
    identity: dict[str, str]
    """maker, model, serial, firmware; empty until it is opened."""
    error: str
    """Why it could not be opened; empty if it was, or was not tried."""
    channels: list[ChannelOut]


class RunDetail(Answer):
    """Everything about a run but its rows."""

    summary: RunSummary
    folder: str
    sample: dict[str, Any]
    parameters_given: dict[str, Any]
    parameters: dict[str, Any]
    instruments: dict[str, dict[str, Any]]
    versions: dict[str, str]
    streams: list[StreamOut]
    plots: list[Plot]
    envelope: dict[str, Bounds]
    view: str = ""
    """Word for the protocol's own figures; empty if it draws none of its own."""
    is_series: bool = False
    """Measured at several temperatures: laws against temperature are drawn, too."""


class RunList(Answer):
    """One page of runs, the latest first."""

    total: int
    runs: list[RunSummary]


class StepOut(Answer):
    """A step that began."""

    step_count: int
    label: str
    kind: str
    cycle: int
    began: float
    """s of test time."""
    ended: float | None
    """None while it goes on."""
    reason: str
    condition: str
    duration: MaybeNumber
    charge: MaybeNumber
    """C, net."""
    energy: MaybeNumber
    """J."""
    rows: int | None


class RunEvent(Answer):
    """An event of a run."""

    number: int
    level: Level
    code: str
    text: str
    test_time: float
    unix: float


class AuditLine(Answer):
    """One act, chained to the one before."""

    number: int
    unix: float
    who: str
    role: str
    client: str
    command: str
    given: dict[str, Any]
    result: str
    previous: str
    """SHA-256 of the line before."""
    digest: str
    """SHA-256 of this line without this field."""


class Pong(Answer):
    """The station's process is there."""

    station: str
    boot: str
    version: str
    role: str
    """What the token allows: view, operate or configure."""
