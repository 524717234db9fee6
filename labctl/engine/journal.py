"""What the loop writes to."""

import threading
import typing
from collections.abc import Mapping

from labctl.data import Batch, Event, Outcome
from labctl.protocol import ClaimRecord
from labctl.store.header import RunHeader


class WritesJournal(typing.Protocol):
    """Its one body is `labctl.store.journal.journal`.

    Only `commit_durably` and `commit_claim` wait.
    """

    @property
    def trouble(self) -> str:
        """Why rows cannot be written; empty when all is well."""
        ...

    @property
    def waits_since(self) -> float | None:
        """How long rows have waited for the disk, s of wall time; None: none waits."""
        ...

    @property
    def lives_on_reserve(self) -> bool:
        """Whether the disk is full and room kept for the end is used already."""
        ...

    def append(self, batch: Batch) -> None:
        """Take rows."""
        ...

    def begin_step(
        self, step_count: int, payload: Mapping[str, typing.Any], test_time: float
    ) -> None:
        """Note that a step begins."""
        ...

    def end_step(self, step_count: int, outcome: Outcome, test_time: float) -> None:
        """Note how a step ended."""
        ...

    def claim(self, record: ClaimRecord) -> None:
        """Note what is about to be started."""
        ...

    def event(self, event: Event, test_time: float, unix: float) -> None:
        """Note what a person would tell a colleague."""
        ...

    def amend(self, header: RunHeader, unix: float) -> None:
        """Replace the header; the old one is kept."""
        ...

    def set_status(
        self,
        state: str,
        *,
        test_time: float,
        unix: float,
        step_count: int,
        cycle_count: int,
        label: str,
        fields: Mapping[str, typing.Any],
    ) -> None:
        """Say where the run stands."""
        ...

    def commit(self) -> int:
        """Have everything made durable; return the number of the last such commit."""
        ...

    def commit_durably(
        self, deadline: float, until: threading.Event | None = None
    ) -> bool:
        """Wait until everything is on the disk, ``deadline`` s of wall time at most.

        ``until`` ends the wait. Return whether it is.
        """
        ...

    def commit_claim(
        self, deadline: float, until: threading.Event | None = None
    ) -> bool:
        """Commit a claim as `commit_durably` does; return whether to start it.

        What is simulated, and comes back as of the last commit, need not wait.
        """
        ...
