"""The charge of an imported run: the instrument's own count, before any integral.

Rows of impedance carry charge too: they are merged in time, so that none is lost
between two rows of the time series.
"""

from dataclasses import dataclass

import numpy as np

from labctl.session.importing.counts import Counted, counted
from labctl.session.importing.integral import MEAN, are_no_counts, integrated
from labctl.session.importing.merged_rows import Floats, MergedRows, filled
from labctl.store.imported_from import ABSENT, ColumnOrigin, Origin
from labctl.store.importers.foreign import ForeignFile


@dataclass(frozen=True, slots=True)
class Charges:
    """Charge at the rows of both tables, A h."""

    timeseries: Floats | None = None
    """Net charge, signed, at each row; None: nothing says it."""
    eis: Floats | None = None
    interval: Floats | None = None
    """Charge that the instrument counted since the row before, impedance rows between
    included; None: the file has neither a count of its own nor mean currents."""
    origin: ColumnOrigin = ABSENT
    """Of the net charge."""
    interval_origin: ColumnOrigin = ABSENT
    remarks: tuple[str, ...] = ()


def charges_of(file: ForeignFile) -> Charges:
    """Return the charge of a file's rows."""
    rows = MergedRows.of(file)
    own = counted(rows)
    if own is not None:
        return _handed_out(rows, own, own=True)
    found = integrated(rows)
    return Charges() if found is None else _handed_out(rows, found, own=False)


def _handed_out(rows: MergedRows, found: Counted, *, own: bool) -> Charges:
    """Hand a net charge over all rows out to the two tables.

    ``own``: the instrument counted it.
    """
    net, origin, remarks = found
    at = np.empty(len(net))
    at[rows.order] = net
    n = rows.series.rows
    interval, of_interval = None, ABSENT
    if own and n:
        interval, of_interval = _of_intervals(rows, net, origin)
    elif n and origin.rule == MEAN and not are_no_counts(rows):  # means are counts
        interval = _shared_out(rows, np.diff(net, prepend=0.0))
        of_interval = origin
    return Charges(
        at[:n] if n else None,
        at[n:] if rows.eis.rows else None,
        interval,
        origin,
        of_interval,
        remarks,
    )


def _of_intervals(
    rows: MergedRows, net: Floats, origin: ColumnOrigin
) -> tuple[Floats, ColumnOrigin]:
    """Return the charge of each time-series row's interval, A h."""
    name = "interval_charge_ah"
    dq = rows.column(name)
    if dq is not None and not rows.eis.rows:
        return dq, rows.as_found(name)
    rule = "charge-between-rows"
    if dq is not None and np.isfinite(dq).all():
        title = rows.title(name)
        return _shared_out(rows, dq), ColumnOrigin(Origin.DERIVED, title, rule)
    passed = np.diff(filled(net), prepend=0.0)
    passed[0] = _first(net)
    return _shared_out(rows, passed), ColumnOrigin(Origin.DERIVED, origin.title, rule)


def _shared_out(rows: MergedRows, passed: Floats) -> Floats:
    """Return the charge of each time-series row of that of all rows, A h.

    Impedance rows between give theirs to the row behind them; to the one before
    them where only that is of their half cycle.
    """
    n = rows.series.rows
    is_series = rows.order < n
    at = np.cumsum(is_series) - 1  # the row before, or the row itself
    to = np.where(is_series, at, at + 1)
    half = rows.column("half_cycle")
    if half is not None:
        halves = half[is_series]
        of_before = halves[np.maximum(at, 0)] == half
        of_behind = halves[np.minimum(to, n - 1)] == half
        to = np.where(~is_series & of_before & ~of_behind, at, to)
    to = np.clip(to, 0, n - 1)
    return np.bincount(to, passed, minlength=n).astype(np.float64)


def _first(net: Floats) -> float:
    """Return the charge of the interval that ends at the first row, A h.

    A count that began long before (a file that goes on with a test) is none.
    """
    known = net[np.isfinite(net)]
    if len(known) < 2 or not np.isfinite(net[0]):  # noqa: PLR2004
        return 0.0
    return float(net[0]) if abs(net[0]) <= 2 * abs(known[1] - net[0]) else 0.0
