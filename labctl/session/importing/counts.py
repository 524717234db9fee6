"""What an instrument counted itself becomes one signed net charge that never resets.

Order: a net charge; charging and discharging; charge since each half cycle, cycle or
step began; charge of each interval. The first that a file has is taken.
"""

from collections.abc import Callable

import numpy as np

from labctl.session.importing.merged_rows import Floats, MergedRows, filled
from labctl.store.imported_from import ColumnOrigin, Origin

Counted = tuple[Floats, ColumnOrigin, tuple[str, ...]]
"""Net charge at each merged row, A h; what it is from; what a person should know."""


def counted(rows: MergedRows) -> Counted | None:
    """Return the instrument's own count; None: the file has none."""
    for count in (
        _net,
        _test_scoped,
        _by_half_cycle,
        _by_cycle,
        _by_step,
        _by_interval,
    ):
        found = count(rows)
        if found is not None:
            return found
    return None


def _net(rows: MergedRows) -> Counted | None:
    net = rows.column("net_capacity_ah")
    return None if net is None else (net, rows.as_found("net_capacity_ah"), ())


def _test_scoped(rows: MergedRows) -> Counted | None:
    names = "charging_capacity_ah", "discharging_capacity_ah"
    net = _signed(rows, *names, filled)
    if net is None:
        return None
    rule = "net-from-charge-and-discharge"
    return net, ColumnOrigin(Origin.DERIVED, rows.title(*names), rule), ()


def _by_half_cycle(rows: MergedRows) -> Counted | None:
    name = "half_cycle_capacity_ah"
    own = rows.column(name)
    if own is None:
        return None
    net = np.cumsum(_increments(own, rows.column("half_cycle")))
    rule = "net-from-half-cycle-charges"
    return net, ColumnOrigin(Origin.DERIVED, rows.title(name), rule), ()


def _by_cycle(rows: MergedRows) -> Counted | None:
    names = "cycle_charging_capacity_ah", "cycle_discharging_capacity_ah"
    scope = rows.column("cycle_count")
    net = _signed(rows, *names, lambda v: np.cumsum(_increments(v, scope)))
    if net is None:
        return None
    rule = "net-from-cycle-capacities"
    return net, ColumnOrigin(Origin.DERIVED, rows.title(*names), rule), ()


def _by_step(rows: MergedRows) -> Counted | None:
    scope = rows.column("step_count")
    scope = rows.column("step_id") if scope is None else scope
    rule = "net-from-step-capacities"
    name = "step_net_capacity_ah"
    own = rows.column(name)
    if own is not None:
        net = np.cumsum(_increments(own, scope))
        return net, ColumnOrigin(Origin.DERIVED, rows.title(name), rule), ()
    names = "step_charging_capacity_ah", "step_discharging_capacity_ah"
    both = _signed(rows, *names, lambda v: np.cumsum(_increments(v, scope)))
    if both is None:
        return None
    return both, ColumnOrigin(Origin.DERIVED, rows.title(*names), rule), ()


def _by_interval(rows: MergedRows) -> Counted | None:
    name = "interval_charge_ah"
    own = rows.column(name)
    if own is None:
        return None
    remarks: tuple[str, ...] = ()
    if missing := int(np.isnan(own).sum()):
        remarks = (f"{missing} rows have no {rows.title(name)}: they add no charge",)
    net = np.cumsum(np.nan_to_num(own))
    rule = "net-from-interval-charges"
    return net, ColumnOrigin(Origin.DERIVED, rows.title(name), rule), remarks


def _signed(
    rows: MergedRows, plus: str, minus: str, total: Callable[[Floats], Floats]
) -> Floats | None:
    """Return what was charged less what was discharged; None: one is absent."""
    charging, discharging = rows.column(plus), rows.column(minus)
    if charging is None or discharging is None:
        return None
    return np.asarray(total(np.abs(charging)) - total(np.abs(discharging)))


def _increments(values: Floats, scope: Floats | None) -> Floats:
    """Return what a count that begins again with every ``scope`` gained, row by row."""
    there = filled(values)
    gained = np.diff(there, prepend=0.0)
    if scope is not None:
        again = np.diff(filled(scope), prepend=filled(scope)[:1]) != 0
    else:  # it fell to less than half, or changed sign: it began again
        before = np.concatenate((there[:1], there[:-1]))
        again = (np.abs(there) < 0.5 * np.abs(before)) | (there * before < 0)
    gained[again] = there[again]
    return gained
