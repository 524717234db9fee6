"""What an earlier step set up and later ones are measured in: a chamber's temperature.

It is an output like any other, so a stop, a hold, a skip or a crash makes it safe. The
run then goes on only once it is restored; what went on in an instrument meanwhile is
not what was planned.
"""

from dataclasses import dataclass

from labctl.data import EndReason, Outcome
from labctl.protocol import Bench, Rows, Step


@dataclass(slots=True)
class Standing:
    """The last step that `stands`, and whether it was disturbed since."""

    step: Step | None = None
    is_disturbed: bool = False
    """Whether everything was made safe since, in this life of the run or before it."""

    def ended(self, step: Step, outcome: Outcome) -> None:
        """Note a step that ended; one that was skipped left nothing behind."""
        if step.stands:
            self.step = None if outcome.reason is EndReason.SKIPPED else step

    def needs_restoring(self, before: Step) -> bool:
        """Tell whether it has to be brought back ``before`` a step goes on."""
        wanted = before.uses_bench and not before.stands
        return wanted and self.is_disturbed and self.step is not None

    def still_stands(self, bench: Bench) -> bool:
        """Tell whether what is measured now is measured in it."""
        return self.step is None or self.step.still_stands(bench)

    def restore(self, bench: Bench) -> Rows:
        """Bring it back; see `Step.restore`."""
        assert self.step is not None  # noqa: S101  (`needs_restoring` said so)
        ending = yield from self.step.restore(bench)
        self.is_disturbed = False
        return ending
