"""What an earlier step set up and later ones are measured in: a chamber's temperature.

It is an output like any other, so a stop, a hold, a skip or a crash makes it safe. The
run then goes on only once it is restored; what went on in an instrument meanwhile is
not what was planned.
"""

import math
from dataclasses import dataclass

from labctl.data import EndReason, Event, Level, Outcome
from labctl.protocol import Bench, Rows, Step
from labctl.waits import in_passing

LOOK_EVERY = 60.0
"""s between two looks whether somebody changed it; a chamber's air takes minutes."""
DISTURBED = "disturbed"
"""Code of the event that says so."""


@dataclass(slots=True)
class Standing:
    """The last step that `stands`, and whether it was disturbed since."""

    step: Step | None = None
    is_disturbed: bool = False
    """Whether everything was made safe since, in this life of the run or before it."""
    _due: float = -math.inf
    """When it is looked at next, s of the run's clock."""
    _said: str = ""
    """What it was found to be at the last look; empty: as it was left."""

    def ended(self, step: Step, outcome: Outcome) -> None:
        """Note a step that ended; one that was skipped left nothing behind."""
        if step.stands:
            self.step = None if outcome.reason is EndReason.SKIPPED else step
            self._due, self._said = -math.inf, ""

    def needs_restoring(self, before: Step) -> bool:
        """Tell whether it has to be brought back ``before`` a step goes on."""
        wanted = before.uses_bench and not before.stands
        return wanted and self.is_disturbed and self.step is not None

    def still_stands(self, bench: Bench) -> bool:
        """Tell whether what is measured now is measured in it."""
        return self.step is None or self.step.still_stands(bench)

    def look(self, during: Step, bench: Bench) -> Event | None:
        """Say once, ``during`` a step that is measured in it, that it was changed.

        What was measured stays; that it was measured in something else is told.
        """
        now = bench.clock.now()
        if self.step is None or during.stands or not during.uses_bench:
            return None
        if self.is_disturbed or now < self._due:
            return None
        self._due = now + LOOK_EVERY
        with in_passing():
            found = self.step.disturbance(bench)
        said, self._said = self._said, found
        if bool(found) is bool(said):
            return None
        text = found or f"what was changed is as it was after {self.step.label!r} again"
        return Event(Level.WARNING if found else Level.INFO, DISTURBED, text)

    def restore(self, bench: Bench) -> Rows:
        """Bring it back; see `Step.restore`."""
        assert self.step is not None  # noqa: S101  (`needs_restoring` said so)
        ending = yield from self.step.restore(bench)
        self.is_disturbed = False
        return ending
