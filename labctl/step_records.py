"""Steps and claims as the journal tells them: what began, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labctl.data import Outcome


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step that began, and how it ended, as the journal tells it."""

    step_count: int
    payload: Mapping[str, Any]
    """`Step.payload` with the step's digest."""
    began: float
    """Test time in s."""
    ended: float | None = None
    """Test time in s; None while the step goes on or was cut short by a crash."""
    outcome: Outcome | None = None
    """None as long as ``ended`` is."""
    first_rows: Mapping[str, int] = field(default_factory=dict)
    """Stream -> number of its first row that belongs to this step."""

    @property
    def label(self) -> str:
        """What the operator read."""
        return str(self.payload.get("label", ""))


@dataclass(frozen=True, slots=True)
class ClaimRecord:
    """A claim as the journal tells it."""

    step_count: int
    role: str
    channel: str
    """``vsp300/1``."""
    token: Mapping[str, Any]
    test_time: float
    """s; when it was made."""
    unix: float
    """UTC epoch seconds; when it was made."""
    digest: str
    """Of what remained of the step when it was made (`Step.digest`)."""
    done: Mapping[str, float] = field(default_factory=dict)
    """`Progress` of the step when it was made, by field; empty: it began."""
