"""The first step of plans on cells, which asks nothing any more.

What a plan needs is worked out from all of its steps (`Step.needs`) and compared before
the first. This one stays, as it was, because the runs of before have it: they are gone
on with by replaying their steps, number by number.
"""

from dataclasses import dataclass

from labctl.protocol import Bench, Ending, Rows, Step


@dataclass(frozen=True, kw_only=True)
class CheckChannel(Step):
    """Ends at once; its fields are what runs of before were fingerprinted by."""

    role: str = "cell"
    current: float = 0.0
    """Largest |current| of the plan, A, a sine on top of it included."""
    current_of: str = "rate"
    """The parameter that a person would change, as a plan spells it."""
    impedance: bool = False
    """Whether spectra will be asked for."""

    def execute(self, bench: Bench) -> Rows:  # noqa: ARG002
        """See `Step.execute`."""
        yield None
        return Ending()
