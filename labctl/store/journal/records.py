"""What the journal hands back beside rows: steps, events, status."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labctl.data import Batch, Event
from labctl.step_records import StepRecord

UNSAFE = "unsafe"
"""Key, in the status's fields, of the roles whose outputs may still be on, and why."""

__all__ = ["EventRecord", "Status", "StepRecord", "StoredBatch"]


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event with its two times."""

    event: Event
    test_time: float
    """s since the run began."""
    unix: float
    """UTC epoch seconds."""
    number: int
    """1 for the first event of the run."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where the run stands; written in the same transaction as its rows."""

    state: str
    """``running``, ``hold``, … or how it ended."""
    reason: str = ""
    """Why, in words; empty if that goes without saying."""
    test_time: float = 0.0
    """s."""
    unix: float = 0.0
    """UTC epoch seconds of the last change."""
    step_count: int = 0
    cycle_count: int = 0
    label: str = ""
    """What is going on: the step's label."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """What else a display or a resume wants; plain JSON."""
    finished: bool = False
    sequence: int = 0
    """Number of the last commit."""

    @property
    def unsafe(self) -> dict[str, str]:
        """Role -> why its output may still be on; empty: none was left on.

        Nobody knew of it when files of before 0.1.0 were written: theirs is empty.
        """
        return {str(k): str(v) for k, v in self.fields.get(UNSAFE, {}).items()}


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """Rows as they lie in the journal."""

    batch: Batch
    first_row: int
    """Number of its first row in its stream; 0 is the first of the run."""
    sequence: int
    """Number of the commit that made it durable."""
