"""Ask a channel, before anything flows, whether it can do the whole plan.

What only the instrument knows (its largest current, whether it has an impedance
board) would else be refused days later, at the step that needs it.
"""

import dataclasses
import math
from dataclasses import dataclass

from labctl.errors import Complaint, Place, RefusedError
from labctl.fingerprint import UNTOLD
from labctl.limits import exceeds
from labctl.protocol import Bench, Ending, Rows, Step
from labctl.quantities import format_si
from labctl.roles.potentiostat import PotentiostatLimits


@dataclass(frozen=True, kw_only=True)
class CheckChannel(Step):
    """Compare a plan's demands with a channel's abilities; nothing is switched on.

    RefusedError carries every demand that cannot be met.
    """

    role: str = "cell"
    current: float = 0.0
    """Largest |current| of the plan, A, a sine on top of it included."""
    current_of: str = "rate"
    """The parameter that a person would change, as a plan spells it."""
    current_at: Place = dataclasses.field(default=("rate",), metadata=UNTOLD)
    """Where that is."""
    impedance: bool = False
    """Whether spectra will be asked for."""

    def execute(self, bench: Bench) -> Rows:
        """See `Step.execute`."""
        complaints = self.beyond(bench)
        if complaints:
            raise RefusedError(complaints)
        yield None
        return Ending()

    def beyond(self, bench: Bench) -> list[Complaint]:
        """See `Step.beyond`."""
        channel = bench.role(self.role, PotentiostatLimits)
        complaints = []
        most = channel.max_current  # NaN: nobody knows
        if not math.isnan(most) and exceeds(self.current, most):
            complaints.append(
                Complaint(
                    ("parameters", *self.current_at),
                    f"{format_si(self.current, 'A', 3)} is beyond the channel that "
                    f"plays {self.role}, which holds {format_si(most, 'A', 3)}.",
                    f"Lower it, or choose another channel with --role {self.role}=….",
                    value=self.current,
                    limit=most,
                    unit="A",
                )
            )
        if self.impedance and not channel.measures_impedance:
            complaints.append(
                Complaint(
                    ("channels", self.role),
                    "the channel has no impedance board, and the plan asks for "
                    "spectra.",
                    f"Choose one that has with --role {self.role}=….",
                )
            )
        return complaints
