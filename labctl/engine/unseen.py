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
MOMENT = 2.0
"""s; where the first row of a run is not there yet, and nothing says what would flow, a
loss so short is that of a start."""
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
    """Largest |current| of the step's rows, else of the run's, A; NaN: no row."""
    charge: float
    """Largest |charge| of a step of the run so far, C."""

    def event(self, planned: float = 0.0, duration: float = 0.0) -> Event | None:
        """Return what must be said; None: nothing passed that no row holds.

        ``planned``: |charge| that the step in flight passes at most, C, in
        ``duration``, s; it may have only begun.
        """
        seconds = self.until - self.since
        current = self.current
        if math.isnan(current) and planned and duration:
            current = planned / duration
        passed = seconds * current if seconds > 0.0 else 0.0
        if passed == 0.0:
            return None
        text = f"up to {seconds:.1f} s before the stop are in no row"
        if math.isfinite(passed):
            text += f"; up to {passed:.2g} C passed in them"
        whole = max(self.charge, planned / 2.0 if seconds <= SHORT else 0.0)
        if math.isnan(passed) and seconds <= MOMENT:
            return Event(Level.INFO, "gap", f"{text}, as it had just been started")
        if passed <= NEGLIGIBLE * whole:
            return Event(Level.INFO, "gap", f"{text}, which is negligible")
        return Event(Level.WARNING, ROWS_LOST, f"{text}, and no sum holds that")
