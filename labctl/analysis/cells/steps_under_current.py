"""Where in its rows each step had its last current."""

from typing import NamedTuple

import numpy as np

from labctl.analysis.row_blocks import Table, blocks

STEP, TECHNIQUE = "step_count", "technique_index"


class StepUnderCurrent(NamedTuple):
    """Rows of one step, which stand together; -1 where it had no current."""

    technique: int
    """Number of the technique, in its upload, of the step's last row."""
    first: int
    """First row under current."""
    last: int
    """Last row under current."""
    last_technique: int
    """Number of the technique of that row."""


def steps_under_current(table: Table, rest: float) -> dict[int, StepUnderCurrent]:
    """Return the steps of a time series by their count.

    ``rest``: |current| in A up to which a row is at rest.
    """
    found: dict[int, StepUnderCurrent] = {}
    for first, rows in blocks(table, (STEP, TECHNIQUE, "current_ampere")):
        step = np.asarray(rows[STEP])
        index = rows.get(TECHNIQUE, step)
        driven = np.flatnonzero(np.abs(rows["current_ampere"]) > rest)
        starts = np.append(0, np.flatnonzero(np.diff(step)) + 1)
        ends = np.append(starts[1:], len(step))
        a, b = (np.searchsorted(driven, edge) for edge in (starts, ends))
        for count, end, begin, behind in zip(
            step[starts].tolist(), ends, a, b, strict=True
        ):
            before = found.get(count, StepUnderCurrent(-1, -1, -1, -1))
            here = before._replace(technique=int(index[end - 1]))
            if behind > begin:
                last = driven[behind - 1]
                here = here._replace(
                    first=before.first
                    if before.first >= 0
                    else first + int(driven[begin]),
                    last=first + int(last),
                    last_technique=int(index[last]),
                )
            found[count] = here
    return found
