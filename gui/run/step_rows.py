"""The protocol as a table: done, now, planned."""

from collections.abc import Sequence
from dataclasses import dataclass

from gui.look.colours import StateLook
from gui.look.si_text import NOTHING, lasting, signed_text
from labctl.api.answers import ForecastOut, StepOut


@dataclass(frozen=True, slots=True)
class StepRow:
    """One line of the step list."""

    number: int
    state: str
    """``done``, ``now`` or ``planned``."""
    label: str
    cycle: str
    began: str
    lasted: str
    charge: str
    ended_by: str
    look: StateLook
    """Shape before the label; that of the present step says what goes on."""


MOST_PLANNED = 500


def step_rows(
    steps: Sequence[StepOut],
    forecast: ForecastOut | None,
    *,
    live: bool,
    now: StateLook = StateLook.HOLD,
) -> list[StepRow]:
    """Return executed steps, then what the forecast says is still to come.

    ``now`` is the shape of the present step: what its tile shows.
    """
    rows = [_executed(step, live=live, look=now) for step in steps]
    if forecast is None or not live:
        return rows
    for number, step in list(enumerate(forecast.plan, 1))[len(steps) :][:MOST_PLANNED]:
        ended = step.ended
        rows.append(
            StepRow(
                number=number,
                state="planned",
                label=step.label,
                cycle=str(step.cycle) if step.cycle else "",
                began=f"~{lasting(step.began)}",
                lasted=f"~{lasting(ended - step.began)}" if ended else NOTHING,
                charge="",
                ended_by="",
                look=StateLook.FREE,
            )
        )
    return rows


def _executed(step: StepOut, *, live: bool, look: StateLook) -> StepRow:
    now = step.ended is None
    lasted = step.duration
    if lasted is None and step.ended is not None:
        lasted = step.ended - step.began
    ended_by = step.condition.replace("_", " ") or step.reason
    return StepRow(
        number=step.step_count,
        state="now" if now and live else "done",
        label=step.label,
        cycle=str(step.cycle) if step.cycle else "",
        began=lasting(step.began) if step.began else "0",
        lasted=NOTHING if now else lasting(lasted),
        charge=signed_text(step.charge / 3600, "Ah") if step.charge else "",
        ended_by="" if now else ended_by,
        look=look if now and live else StateLook.FINISHED,
    )
