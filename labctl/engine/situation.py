"""How a run stands, how it ended, and what an interrupted one left behind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from labctl.data import EndReason, Outcome
from labctl.engine.ledger import StepTotals
from labctl.engine.states import RunState
from labctl.engine.unseen import Unseen
from labctl.protocol import ClaimRecord, Step, StepRecord


@dataclass(frozen=True, slots=True)
class Situation:
    """What a watcher of the run is told, at most once a poll."""

    state: RunState
    """``running`` or ``hold``."""
    step_count: int
    step: Step
    test_time: float
    """s."""
    last: Mapping[str, float]
    """The last row of any stream."""
    rows: int
    """Rows of the whole run."""
    before: tuple[Step, Outcome] | None = None
    """The last step on the bench that ended, and how; None before the first."""
    reason: str = ""
    """Who asked for the hold, and why; empty while it runs."""
    longest_gap: float = 0.0
    """Longest time between two looks at wishes and limits, s of the run's clock."""


@dataclass(slots=True)
class Recorded:
    """What an interrupted run left in its journal."""

    steps: dict[int, StepRecord] = field(default_factory=dict)
    """Executed steps by count; one without outcome was in flight."""
    totals: StepTotals | None = None
    """Sums of the step in flight, rebuilt from its rows."""
    net_charge: float = 0.0
    test_time: float = 0.0
    """Test time at which the run goes on, s."""
    rows: int = 0
    left: float = 0.0
    """UTC epoch seconds of the last word of the process that died."""
    claims: Mapping[str, ClaimRecord] = field(default_factory=dict)
    """Role -> what the step in flight started last and did not see the end of."""
    attached: StepTotals | None = None
    """Sums of the step in flight for going on with what it started, as if nothing had
    happened; None: nothing was started."""
    seen: Mapping[str, float] = field(default_factory=dict)
    """Stream -> instrument's time of its last row since then, s."""
    unseen: Unseen | None = None
    """What it may have driven behind the last row; None: nothing was started."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the whole run ended."""

    reason: EndReason
    text: str = ""
    error: BaseException | None = None
    unsafe: Mapping[str, str] = field(default_factory=dict)
    """Role -> why its output may be on; empty: everything was made safe."""


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who is told of a run while it goes on; each call must return at once."""

    seen: Callable[[Situation], None] = lambda _situation: None
    """After every poll and while on hold."""
    waiting: Callable[[str, float], None] = lambda _what, _seconds: None
    """Before anything that may block: what for, and s of wall time at most."""
    working: Callable[[], None] = lambda: None
    """After it."""
    claimed: Callable[[ClaimRecord], None] = lambda _record: None
    """When a claim is durable, before what it names is started."""
