"""What one run has on the bench, as the guard keeps it.

Rule for whoever edits: the standard library only.
"""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from labctl.service.guard.lines import Claimed, InstrumentPlan

MOST_CLAIMS = 8
"""Of one channel that are kept; the last one is what runs, or was about to."""


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The instruments of a run, and what it started on them."""

    run: str
    instruments: Sequence[InstrumentPlan]
    claims: Mapping[str, Sequence[Claimed]] = field(default_factory=dict)
    """Channel -> what the run started there, the last one last."""
    host_is_lost: bool = True
    """False: the run itself asks; then nothing finishes by itself."""

    def with_claim(self, claim: Claimed) -> "RunPlan":
        """Return it with one claim more."""
        kept = (*self.claims.get(claim.channel, ()), claim)[-MOST_CLAIMS:]
        return replace(self, claims={**self.claims, claim.channel: kept})


def complain() -> None:
    """Print the traceback, if there is anybody left to read it."""
    try:
        traceback.print_exc()
    except (OSError, ValueError):
        return  # a full disk or a closed stderr never stops the safing
