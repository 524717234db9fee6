"""The states of a run, and what each wish does in each of them: one table.

Engine, station, command line and window look here and nowhere else; a test walks every
state and every wish against all of them. The table says what may be; when a wish is
granted the loop decides: at the next look at the wishes, a poll away at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from labctl.errors import OperatorError


class RunState(StrEnum):
    """Where a run stands."""

    STARTING = "starting"
    """Instruments are being opened."""
    RUNNING = "running"
    HOLD = "hold"
    """Circuit open, waiting for a person."""
    ENDING = "ending"
    """Outputs are safe; results and file are being written."""
    COMPLETED = "completed"
    STOPPED = "stopped"
    """By a person."""
    LIMIT = "limit"
    """The safety envelope was left."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """Its process died: resume, finish or discard it."""
    DISCARDED = "discarded"


class Wish(StrEnum):
    """What a person, a signal or a watcher may ask of a run."""

    SKIP = "skip"
    """End the step in flight and go on with the next."""
    HOLD = "hold"
    """Open the circuit and wait."""
    RESUME = "resume"
    """Go on with what remains, after a hold or in another process."""
    STOP = "stop"
    """End the run: everything safe, results from what there is, file sealed."""
    AMEND = "amend"
    """Other parameters for the steps that have not begun."""
    REQUEST = "request"
    """One step more of a run by hand."""
    FINISH = "finish"
    """Work out and seal what a dead process left."""
    DISCARD = "discard"
    """Mark what a dead process left as not to be used."""


class WishRefusal(StrEnum):
    """Why a wish is not granted; reads on after the run's name."""

    NOT_HELD = "is not on hold"
    HELD = "is on hold; resume it first"
    NOT_YET = "is only starting"
    ENDING = "is ending; nothing can be asked of it"
    GOES_ON = "is not an interrupted run: it goes on"
    CUT_SHORT = "was cut short: resume, finish or discard it"
    ENDED = "has ended; it does not go on"
    DISCARDED = "was discarded; start a new run"


Answer: TypeAlias = RunState | WishRefusal
"""What comes of a wish: another state, or why it is refused."""


@dataclass(frozen=True, slots=True)
class StateRules:
    """What is so of a run in one state."""

    wishes: Mapping[Wish, Answer]
    """Every wish -> the state that comes of it, or why it is refused."""
    has_instruments: bool = False
    """Whether its channels are lent to it."""
    may_be_on: bool = False
    """Whether an output is on, or may be for all that is known; one that could not be
    made safe is a field of the run beside its state."""
    is_over: bool = False
    """Whether only another process, asked by a person, may take it up again."""
    is_bad: bool = False
    """Whether what is queued behind it waits for a person."""
    exit_code: int = 1
    """What the shell is told at its end."""


def _all(otherwise: WishRefusal, **granted: Answer) -> Mapping[Wish, Answer]:
    """Return an answer for every wish: ``otherwise`` where no other is given."""
    given = {Wish(name): answer for name, answer in granted.items()}
    return MappingProxyType({wish: given.get(wish, otherwise) for wish in Wish})


_S, _R = RunState, WishRefusal

TABLE: Mapping[RunState, StateRules] = MappingProxyType(
    {
        _S.STARTING: StateRules(
            _all(
                _R.GOES_ON,
                skip=_S.RUNNING,
                hold=_S.HOLD,
                resume=_R.NOT_HELD,
                stop=_S.ENDING,
                amend=_R.NOT_YET,
                request=_S.RUNNING,
            ),
            has_instruments=True,
        ),
        _S.RUNNING: StateRules(
            _all(
                _R.GOES_ON,
                skip=_S.RUNNING,
                hold=_S.HOLD,
                resume=_R.NOT_HELD,
                stop=_S.ENDING,
                amend=_S.RUNNING,
                request=_S.RUNNING,
            ),
            has_instruments=True,
            may_be_on=True,
        ),
        _S.HOLD: StateRules(
            _all(
                _R.GOES_ON,
                skip=_R.HELD,
                hold=_S.HOLD,
                resume=_S.RUNNING,
                stop=_S.ENDING,
                amend=_S.HOLD,
                request=_R.HELD,
            ),
            has_instruments=True,
        ),
        _S.ENDING: StateRules(_all(_R.ENDING, stop=_S.ENDING), has_instruments=True),
        _S.COMPLETED: StateRules(
            # resumed if there is more to do since it was amended
            _all(_R.ENDED, resume=_S.STARTING, amend=_S.COMPLETED),
            is_over=True,
            exit_code=0,
        ),
        _S.STOPPED: StateRules(
            _all(_R.ENDED, resume=_S.STARTING, amend=_S.STOPPED),
            is_over=True,
            is_bad=True,
            exit_code=6,
        ),
        _S.LIMIT: StateRules(
            _all(_R.ENDED, resume=_S.STARTING, amend=_S.LIMIT),
            is_over=True,
            is_bad=True,
            exit_code=5,
        ),
        _S.FAILED: StateRules(
            _all(_R.ENDED, resume=_S.STARTING, amend=_S.FAILED),
            is_over=True,
            is_bad=True,
        ),
        _S.INTERRUPTED: StateRules(
            _all(
                _R.CUT_SHORT,
                resume=_S.STARTING,
                amend=_S.INTERRUPTED,
                finish=_S.STOPPED,
                discard=_S.DISCARDED,
            ),
            may_be_on=True,
        ),
        _S.DISCARDED: StateRules(_all(_R.DISCARDED), is_over=True),
    }
)
"""State -> what is so of it."""

LIVE = frozenset(state for state in RunState if TABLE[state].has_instruments)
"""The states in which a run has its instruments."""
OVER = frozenset(state for state in RunState if TABLE[state].is_over)


def refusal(
    state: RunState, wish: Wish, asked: Wish | None = None
) -> WishRefusal | None:
    """Return why a run refuses a wish; None: it may be asked.

    ``asked`` was asked for and has not happened yet: a hold may be taken back.
    """
    if wish is Wish.RESUME and asked is Wish.HOLD and state in LIVE - {_S.ENDING}:
        return None
    answer = TABLE[state].wishes[wish]
    return answer if isinstance(answer, WishRefusal) else None


def require(run: str, state: RunState, wish: Wish, asked: Wish | None = None) -> None:
    """Raise OperatorError if a run in ``state`` refuses ``wish``."""
    why = refusal(state, wish, asked)
    if why is not None:
        raise OperatorError(f"{run} {why}")


def stored_state(said: str, *, finished: bool, is_written: bool) -> RunState:
    """Return the state of a run whose journal says ``said``.

    One without an end that nobody writes was interrupted. An end that this labctl does
    not know counts as a failure.
    """
    if finished:
        return RunState(said) if said in set(RunState) else RunState.FAILED
    if not is_written:
        return RunState.INTERRUPTED
    return RunState.HOLD if said == RunState.HOLD else RunState.RUNNING
