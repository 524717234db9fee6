"""Go on with what a step started before its process died, if it still runs."""

import typing
from collections.abc import Mapping

from labctl import columns
from labctl.data import EndReason, Level
from labctl.engine.recorder import Recorder, StepInFlight
from labctl.engine.safing import MakesSafe
from labctl.engine.situation import Recorded
from labctl.engine.states import Wish
from labctl.protocol import Bench, Ending, Progress, Rows
from labctl.waits import to_the_end

OUTLIVED = 60.0
"""s after the last word of a dead host from which on its guard has left a technique to
finish; it stops what it stops within a few."""
Outputs = Mapping[str, MakesSafe]


def attach(
    flight: StepInFlight,
    recorded: Recorded,
    bench: Bench,
    recorder: Recorder,
    outs: Outputs,
    *,
    stands: bool = True,
) -> Rows | None:
    """Return the rows of what still runs; None: the step has to be executed.

    ``stands``: what it is measured in (`Step.stands`) is as it was left.

    The sums of the step in flight then go on as if nothing had happened; rows come out
    of the channel's memory in the run's time. What cannot be gone on with is stopped.
    """
    if recorded.attached is None:
        return None
    claims = recorded.claims.values()
    done = [Progress(**claim.done) for claim in claims if claim.done]  # type: ignore[arg-type]
    rest = flight.step.remaining(done[0]) if done else flight.step
    if any(claim.digest != rest.digest() for claim in claims):
        _end_claimed(recorded, recorder, outs, "what remains is another step")
        _say_unseen(flight, recorded, recorder)
        return None
    if not stands:
        _end_claimed(recorded, recorder, outs, "what it is measured in did not stand")
        _say_unseen(flight, recorded, recorder)
        return None
    with to_the_end():  # half attached, it could neither go on nor be left
        rows = rest.go_on(bench, recorded.claims)
    if rows is not None:
        flight.rest, flight.totals = rest, recorded.attached
        flight.done = done[0] if done else None
        text = "the instrument went on alone; attached to it"
        recorder.say(Level.INFO, "attached", text)
    else:
        _say_unseen(flight, recorded, recorder)
    return rows


def was_cut(
    flight: StepInFlight, ending: Ending, wish: Wish | None, left: float
) -> bool:
    """Tell whether what was attached to had been stopped, not come to its end.

    Its guard stops it soon after the host died, at ``left`` (UTC epoch seconds); what
    outlived the host by far was left to finish.
    """
    if wish is not None or ending.reason is EndReason.CONDITION:
        return False
    if ending.reason is EndReason.STOPPED:
        return True
    last = flight.totals.last.get(columns.UNIX_TIME.name, left)
    return not last - left > OUTLIVED


def _say_unseen(flight: StepInFlight, recorded: Recorded, recorder: Recorder) -> None:
    """Say what passed behind the last row, and is lost with the channel's memory."""
    if recorded.unseen is None:
        return
    planned = flight.step.assumed()
    event = recorded.unseen.event(abs(planned.charge), planned.duration)
    if event is not None:
        recorder.tell(event)


def _end_claimed(
    recorded: Recorded, recorder: Recorder, outs: Outputs, why: str
) -> None:
    """Stop what the step started and cannot go on with; nobody else may."""
    for role, claim in recorded.claims.items():
        player: typing.Any = outs.get(role)
        if not hasattr(player, "recognise"):
            continue
        with to_the_end():
            ours = player.recognise(claim.token, claim.unix)
            if ours:
                player.make_safe()
        if ours:
            text = f"{role} was stopped: {why}; what its memory held is given up"
            recorder.say(Level.WARNING, "attached", text)
