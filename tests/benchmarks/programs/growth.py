"""Whether a recorder gets slower as it grows: its last rows against the thousandth.

Processor time of batches of 100: a disk's moods are not the recorder's.
"""

import statistics
import time
from collections.abc import Callable

from rows_to_record import Column, batches
from spent import tell

SIZE = 100
SKIPPED = 10
"""Batches: the first thousand rows."""
PART = 50
"""One in so many batches is looked at, at either end; ten at the least."""


def tell_growth(add: Callable[[dict[str, Column]], None], points: int) -> None:
    """Record so many rows and tell the ratio."""
    costs = []
    for columns in batches(SIZE, points):
        began = time.process_time()
        add(columns)
        costs.append((time.process_time() - began) / SIZE)
    part = max(len(costs) // PART, 10)
    first = statistics.median(costs[SKIPPED : SKIPPED + part])
    last = statistics.median(costs[-part:])
    tell(ratio=last / first, first_us=1e6 * first, last_us=1e6 * last)
