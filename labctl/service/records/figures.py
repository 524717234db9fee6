"""The figures of a run, worked out of all its rows for whoever looks at it.

That may take many seconds, so it is done in a worker process of its own, and of a run
that goes on no more often than costs a tenth of a core, however many look at it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from labctl.api.figures import RunFigures
from labctl.clock import stopwatch
from labctl.figures.bounded import bounded
from labctl.service.records.archive import opened
from labctl.session.run_figures import figures_of

MOST = 16
"""Runs whose figures are kept in memory."""
SHARE = 10.0
"""So many times as long as it took, an answer stands although rows have come."""


@dataclass(frozen=True, slots=True)
class _Known:
    sequence: int
    """Of the journal, when it was worked out."""
    finished: bool
    answer: RunFigures
    until: float
    """Stopwatch before which it is not worked out again."""


_known: OrderedDict[str, _Known] = OrderedDict()


def figures(folder: Path) -> RunFigures:
    """Return every figure of a run, finished or not.

    The last answer stands while nothing was written, and for `SHARE` times as long as
    it took; the end of the run is seen at once.
    """
    with opened(folder) as file:
        status, began = file.status, stopwatch()
        known = _known.get(str(folder))
        if known is not None and known.finished == status.finished:
            young = not known.finished and began < known.until
            if young or known.sequence == status.sequence:
                return known.answer
        rows = sum(file.rows.values())
        found = figures_of(file)
    seconds = stopwatch() - began
    answer = RunFigures(
        figures=list(bounded(found.figures)), rows=rows, why=found.why, seconds=seconds
    )
    until = began + (1 + SHARE) * seconds
    _known[str(folder)] = _Known(status.sequence, status.finished, answer, until)
    _known.move_to_end(str(folder))
    while len(_known) > MOST:
        _known.popitem(last=False)
    return answer
