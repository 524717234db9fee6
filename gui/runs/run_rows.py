"""Runs as lines of the list: a word for the state, and why in full."""

from gui.look.colours import StateLook
from gui.run.states import look_of
from labctl.api.models import RunSummary
from labctl.api.states import LIVE, RunState

_THIN = "\N{NARROW NO-BREAK SPACE}"
_WORDS = {
    RunState.HOLD: "held",
    RunState.COMPLETED: "finished",
    RunState.LIMIT: "limit",
}


def state_word(run: RunSummary) -> str:
    """Return the state in a word or two: ``finished``, ``running: CV hold``."""
    if run.state is RunState.RUNNING and not run.asked:
        return f"running: {look_of(run)[1]}" if run.technique else "running"
    if run.asked and run.state in LIVE:
        return look_of(run)[1]
    return _WORDS.get(run.state, str(run.state))


def shape_of(run: RunSummary) -> StateLook | None:
    """Return the state's shape; None while nobody said what a running run does."""
    silent = run.state is RunState.RUNNING and not run.technique
    return None if silent else look_of(run)[0]


def count_text(loaded: int, total: int, search: str) -> str:
    """Say how many runs there are and how many of them are in the list."""
    if not total:
        return (
            "No run matches."
            if search.strip()
            else "Finished and running measurements appear here."
        )
    of = "found" if search.strip() else ("run" if total == 1 else "runs")
    if loaded < total:
        return f"{grouped(loaded)} of {grouped(total)} {of}"
    return f"{grouped(total)} {of}"


def ticked_text(ticked: int, hidden: int) -> str:
    """Say how many runs are ticked, and how many of them the search hides."""
    if not ticked:
        return "Tick runs with Space to compare them."
    return f"{ticked} ticked" + (f", {hidden} not in this list" if hidden else "")


def grouped(count: int) -> str:
    """Write a count with thin gaps: ``12 345``."""
    return f"{count:,}".replace(",", _THIN)
