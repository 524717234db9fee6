"""What a channel may have driven after the last row, while no host was there.

A channel without a memory of its own, or one that was given another program, has lost
the rows between a host's death and the moment when it was stopped. What passed then is
in no sum. Little of it is a remark beside the gap; more, or nobody knows how much,
makes the run's results suspect (`ROWS_LOST`).
"""

import math
from dataclasses import dataclass

from labctl.data import Event, Level
from labctl.roles.potentiostat import ROWS_LOST

NEGLIGIBLE = 5e-4
"""Of the largest charge that a step has passed so far, or of half of what the step in
flight may pass: a sixth of what two instruments may differ in the same efficiency."""
SHORT = 10.0
"""s; only for so long what a step may pass, which is a guess, counts beside what has
passed: a guard takes less."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """The time between a channel's last row and its stop."""

    since: float
    """Test time of its last row, or of its start where it has none, s."""
    until: float
    """Test time at which it surely stood still, s; the guard's word, or now."""
    current: float
    """Largest |current| of its rows, A; NaN: there is none."""
    charge: float
    """Largest |charge| of a step of the run so far, C."""

    def event(self, planned: float = 0.0) -> Event | None:
        """Return what must be said; None: nothing passed that no row holds.

        ``planned``: |charge| that the step in flight passes at most, C; it may have
        only begun.
        """
        seconds = self.until - self.since
        passed = seconds * self.current if seconds > 0.0 else 0.0
        if passed == 0.0:
            return None
        text = f"up to {seconds:.1f} s before the stop are in no row"
        if math.isfinite(passed):
            text += f"; up to {passed:.2g} C passed in them"
        whole = max(self.charge, planned / 2.0 if seconds <= SHORT else 0.0)
        if passed <= NEGLIGIBLE * whole:
            return Event(Level.INFO, "gap", f"{text}, which is negligible")
        return Event(Level.WARNING, ROWS_LOST, f"{text}, and no sum holds that")
