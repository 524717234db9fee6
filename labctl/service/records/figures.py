"""What is worked out of a run and may take many seconds: its protocol's figures.

Done in a worker process of its own, so that no list waits behind a titration.
"""

from collections import OrderedDict
from pathlib import Path

from labctl.api.drawings import FiguresOut, packed
from labctl.clock import stopwatch
from labctl.report.own_figures import own_figures
from labctl.service.records.archive import opened

MOST = 16
"""Runs whose figures are kept in memory."""
_known: OrderedDict[str, tuple[tuple[int, bool], FiguresOut]] = OrderedDict()


def figures(folder: Path) -> FiguresOut:
    """Return what the protocol draws of a run, finished or not.

    The last answer stands until the run has more rows, or has ended.
    """
    with opened(folder) as file:
        rows = sum(file.rows.values())
        state = (rows, file.status.finished)
        known = _known.get(str(folder))
        if known is not None and known[0] == state:
            return known[1]
        began = stopwatch()
        found = own_figures(file)
        answer = FiguresOut(
            figures=packed(found.figures),
            rows=rows,
            why=found.why,
            seconds=stopwatch() - began,
        )
    _known[str(folder)] = (state, answer)
    _known.move_to_end(str(folder))
    while len(_known) > MOST:
        _known.popitem(last=False)
    return answer
