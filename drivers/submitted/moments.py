"""Times of rows that another program keeps: each row has one of its own, in order.

Whoever attaches to a run reads its rows again, and the engine drops those that it has
by their time. A step begins at the moment at which the one before ended, so two rows
may state one time; they are told apart by the least step of a float.
"""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Moments:
    """Remembers the last row's time, s."""

    last: float = -math.inf

    def next(self, stated: float) -> float:
        """Return the time of the next row, for which ``stated`` s are told."""
        self.last = max(stated, math.nextafter(self.last, math.inf))
        return self.last
