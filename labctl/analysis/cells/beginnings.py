"""Where the rows of another program's file begin: with the test, or within it.

An export may leave out a test's first rows, and a file may go on where another ended.
The file's own counters say so, or its first row does: a current flows in it, long after
test time 0.
"""

from collections.abc import Mapping
from enum import IntEnum

import numpy as np

from labctl.analysis.cells.half_cycles import REST_FRACTION
from labctl.data import Array

COLUMN = "beginning_code"
"""Column in which imported rows carry their `Beginning`, the same in every row."""
LEAST = 1e-3
"""Part of what the net charge spans, and of an interval, that may be its rounding."""
LATE = 1.5
"""Times the first interval after test time 0 that a test's first row may stand."""
SECOND_PER_HOUR = 3600.0
FIRST = 1
"""Programs count their cycles and half cycles from 0 or from 1."""


class Beginning(IntEnum):
    """How the rows of a file begin."""

    WHOLE = 0
    """With the test, as far as anything says."""
    LATER = 1
    """Within a test, but with a half cycle that has all its rows."""
    UNKNOWN = 2
    """Under current, after test time 0: rows may be missing before."""
    MISSING = 3
    """Within a half cycle whose first rows are not there."""


def beginning_of(table: Mapping[str, Array]) -> Beginning:
    """Return how the rows of a file begin; the time series with the file's counters."""
    time = np.asarray(table["test_time_second"])
    current = np.asarray(table["current_ampere"])
    if len(time) < 2 or not np.isfinite(current).any():  # noqa: PLR2004
        return Beginning.WHOLE
    largest = float(np.nanmax(np.abs(current)))
    flow = float(current[0] if np.isfinite(current[0]) else np.nan_to_num(current[1]))
    driven = abs(flow) > REST_FRACTION * largest
    inner = Beginning.MISSING if driven else Beginning.LATER
    began, passed = _charge_before(table)
    if began:
        return inner
    usual = float(time[1] - time[0])
    own = table.get("step_time_second")
    since = float(np.asarray(own)[0]) if own is not None else np.nan
    if driven and since > LATE * usual:
        return Beginning.MISSING
    half, cycle = _first(table, "half_cycle"), _first(table, "cycle_count")
    if max(half, cycle) > FIRST:
        return Beginning.LATER
    stepped = 0 < since <= LATE * usual  # 0: it may be counted from the first row
    late = float(time[0]) > LATE * usual and half < 0 and not stepped
    uncounted = not passed and time[0] <= LATE * usual
    uncounted &= abs(flow) * float(time[0]) / SECOND_PER_HOUR > LEAST * _span(table)
    return Beginning.UNKNOWN if driven and (late or uncounted) else Beginning.WHOLE


def _first(table: Mapping[str, Array], name: str) -> int:
    column = table.get(name)
    return -1 if column is None else int(np.asarray(column)[0])


def _charge_before(table: Mapping[str, Array]) -> tuple[bool, bool]:
    """Return whether charge was counted before the first row's interval, and in it."""
    interval, net = table.get("interval_charge_ah"), table.get("net_capacity_ah")
    if interval is None or net is None:
        return False, False
    own, count = float(np.nan_to_num(interval[0])), float(net[0])
    if not np.isfinite(count):
        return False, bool(own)
    return abs(count - own) > LEAST * _span(table), bool(own)


def _span(table: Mapping[str, Array]) -> float:
    """Return what the net charge spans, A h."""
    net = np.asarray(table.get("net_capacity_ah", np.empty(0)))
    known = net[np.isfinite(net)]
    return float(np.ptp(known)) if len(known) else 0.0
