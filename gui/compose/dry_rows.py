"""A forecast as the list of what would be done: step, when, for how long."""

from collections.abc import Mapping
from dataclasses import dataclass

from gui.look.si_text import lasting, value_text, words
from labctl.api.answers import Checked, ForecastOut
from labctl.columns import CURRENT, VOLTAGE

LIMITED = (VOLTAGE, CURRENT)
"""Whose limits are said."""


@dataclass(frozen=True, slots=True)
class DryRow:
    """One step as the twins went through it."""

    number: int
    label: str
    begins: str
    """Test time."""
    lasts: str


def dry_rows(found: ForecastOut) -> list[DryRow]:
    """Return the steps, the first one first."""
    return [
        DryRow(
            k,
            step.label,
            "at once" if step.began <= 0 else lasting(step.began),
            "–" if step.ended is None else lasting(step.ended - step.began),
        )
        for k, step in enumerate(found.plan, start=1)
    ]


def dry_text(found: ForecastOut, checked: Checked | None) -> str:
    """Say what is done first, within which limits, and what the list leaves out."""
    said = []
    if checked is not None and checked.ok:
        channels = ", ".join(f"{words(r)} on {s}" for r, s in checked.channels.items())
        said.append(f"Checked: {channels}." if channels else "Checked.")
        bounds = _limits(checked.limits)
        if bounds:
            said.append(f"Stopped outside {bounds}.")
    if found.plan:
        first = found.plan[0]
        long = "" if first.ended is None else f", {lasting(first.ended - first.began)}"
        said.append(f"First: {first.label}{long}.")
    left = found.steps - len(found.plan)
    if left > 0:
        said.append(f"{left} more steps are not listed.")
    return " ".join(said)


def _limits(limits: Mapping[str, tuple[float | None, float | None]]) -> str:
    parts = []
    for column in LIMITED:
        low, high = limits.get(column.name, (None, None))
        if low is not None and high is not None:
            ends = (value_text(end, column.unit, 3) for end in (low, high))
            parts.append(" … ".join(ends))
    return " and ".join(parts)
