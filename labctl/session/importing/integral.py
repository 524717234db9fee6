"""The charge of a file that counted none: its current over time, by a named rule.

A current that is a mean belongs to the interval that ends at its row; one that was
sampled makes a trapezoid. A hole between two steps is rows that another file holds:
nothing is counted across it.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.interval_charge import ONE_LEVEL, SPIKE
from labctl.session.importing.counts import Counted
from labctl.session.importing.merged_rows import Floats, MergedRows, filled
from labctl.store.imported_from import ColumnOrigin, Origin

Bools = NDArray[np.bool_]

REST_FRACTION = 1e-3
"""Below this part of the largest current a row is a rest: it passes no charge."""
HOLE = 3.0
"""Times the longest interval of the steps before and behind that an interval between
two steps must last to be a hole: rows that another file holds."""
LONG = 10.0
"""Times the usual interval of a stretch under current, and …"""
SHARE = 0.05
"""… part of that stretch, above which an interval within it may be rows left out."""
MEAN = "charge-from-mean-current"
SECOND_PER_HOUR = 3600.0
BOUNDARIES = ("step_id", "step_count", "half_cycle", "driving_code")
"""Columns whose change begins another step."""


def integrated(rows: MergedRows) -> Counted | None:
    """Return the integral of the current; None: there is no current."""
    time, current = rows.column("test_time_second"), rows.column("current_ampere")
    if time is None or current is None or not np.isfinite(current).any():
        return None
    if not rows.series.rows:
        return None  # the mean currents of a spectrum alone are no charge
    title = rows.title("current_ampere")
    remarks = []
    if missing := int(np.isnan(current).sum()):
        remarks.append(f"{missing} rows have no {title}: they add no charge")
    step, holes = _without_holes(rows, time)
    if len(holes):
        lost = float(np.sum(holes))
        remarks.append(
            f"{len(holes)} holes between steps, {lost:.6g} s in all: rows that another "
            "file holds; no charge is counted there"
        )
    i = np.nan_to_num(current)
    if rows.is_mean("current_ampere"):
        charge, rule = i * step, MEAN
    else:
        charge, rule = _sampled(rows, i) * step, "charge-from-sampled-current"
    net = np.cumsum(charge) / SECOND_PER_HOUR
    return net, ColumnOrigin(Origin.DERIVED, title, rule), tuple(remarks)


def are_no_counts(rows: MergedRows) -> bool:
    """Return whether mean currents say less than a count: a hole, or a lone spike.

    The mean of a long interval may be that of its last part only, and a current that
    only one row has may be the ammeter's switch of range.
    """
    time, current = rows.column("test_time_second"), rows.column("current_ampere")
    if time is None or current is None or len(time) < 2:  # noqa: PLR2004
        return False
    i = np.nan_to_num(current)
    way = np.where(np.abs(i) > REST_FRACTION * np.abs(i).max(), np.sign(i), 0.0)
    begins = _begins(rows, len(time))
    begins[1:] |= np.diff(way) != 0
    step = np.diff(time, prepend=time[:1])
    edges = np.append(np.flatnonzero(begins | (np.arange(len(time)) == 0)), len(time))
    for a, b in itertools.pairwise(edges.tolist()):
        inside = step[a + 1 : b]
        if not way[a] or len(inside) < 3:  # noqa: PLR2004 - few rows are no hole
            continue
        if _has_spike(np.abs(i[a:b])):
            return True
        limit = max(LONG * float(np.median(inside)), SHARE * float(inside.sum()))
        if inside.max() > limit:
            return True
    return False


def _has_spike(size: Floats) -> bool:
    """Return whether one row stands far above those beside it, which are alike."""
    before, own, behind = size[:-2], size[1:-1], size[2:]
    level = np.abs(before - behind) <= ONE_LEVEL * before
    return bool((level & (own > SPIKE * np.maximum(before, behind))).any())


def _sampled(rows: MergedRows, i: Floats) -> Floats:
    """Return the current of each interval, of currents sampled at the rows.

    Where a current begins, by a step, a reversal or after a rest, the interval flows at
    the new current; a rest passes none.
    """
    size = np.abs(i)
    active = size > REST_FRACTION * size.max(initial=0.0)
    flow = i.copy()
    flow[1:] = 0.5 * (i[1:] + i[:-1])
    begins = _begins(rows, len(i))
    begins[1:] |= (active[1:] & ~active[:-1]) | (i[1:] * i[:-1] < 0)
    flow[begins] = i[begins]
    return np.where(active, flow, 0.0)


def _begins(rows: MergedRows, n: int) -> Bools:
    """Return where the file itself says that another step began."""
    begins = np.zeros(n, dtype=bool)
    for name in BOUNDARIES:
        column = rows.column(name)
        if column is not None:
            begins[1:] |= np.diff(filled(column)) != 0
    return begins


def _without_holes(rows: MergedRows, time: Floats) -> tuple[Floats, Floats]:
    """Return the time of each interval, s, and how long each hole lasted."""
    step = np.diff(time, prepend=time[:1])
    begins = np.flatnonzero(_begins(rows, len(time)))
    own = rows.column("step_time_second")
    holes = []
    for k, longest in zip(begins, _longest_beside(step, begins), strict=True):
        since = np.nan if own is None else own[k]
        if np.isfinite(since) and since < step[k]:
            lost = step[k] - since
        elif np.isnan(since) and step[k] > HOLE * longest > 0:
            lost = step[k]
        else:
            continue
        step[k] -= lost
        if lost > longest:  # else it is the way from one step to the next
            holes.append(lost)
    return step, np.array(holes)


def _longest_beside(step: Floats, begins: NDArray[np.intp]) -> Iterator[float]:
    """Yield the longest interval inside the two steps that meet at each beginning."""
    inside = step.copy()
    inside[begins] = 0.0
    inside[:1] = 0.0
    edges = np.concatenate(([0], begins))
    largest = np.maximum.reduceat(inside, edges) if len(step) else np.empty(0)
    for at in range(len(begins)):
        yield float(max(largest[at], largest[at + 1]))
