"""The charge of an imported run: the instrument's own count, before any integral.

Order: a signed net charge; charging and discharging; charge since each half cycle,
cycle or step began; charge of each interval. Only a file without any of these has its
current integrated, by a rule that says so. Rows of impedance carry charge too: they
are merged in time, so that none is lost between two rows of the time series.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.store.imported_from import ABSENT, ColumnOrigin, Origin
from labctl.store.importers.foreign import ForeignFile, ForeignTable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

REST_FRACTION = 1e-3
"""Below this part of the largest current a row is a rest: it passes no charge."""
HOLE = 3.0
"""Times the longest interval of the steps before and behind that an interval between
two steps must last to be a hole: rows that another file holds."""
MEAN = "charge-from-mean-current"
SECOND_PER_HOUR = 3600.0
CHARGED = frozenset(
    {
        *("net_capacity_ah", "charging_capacity_ah", "half_cycle_capacity_ah"),
        *("cycle_charging_capacity_ah", "step_charging_capacity_ah"),
        *("step_net_capacity_ah", "interval_charge_ah", "current_ampere"),
    }
)
"""Columns of which impedance rows need one to have a part in the charge."""
BOUNDARIES = ("step_id", "step_count", "half_cycle", "driving_code")
"""Columns whose change begins another step."""


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
    rows = _Merged.of(file)
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
            return rows.charges(*found, own=True)
    integrated = _integrated(rows)
    return Charges() if integrated is None else rows.charges(*integrated, own=False)


@dataclass(frozen=True, slots=True)
class _Merged:
    """The rows of both tables in order of time."""

    series: ForeignTable
    eis: ForeignTable
    order: NDArray[np.intp]
    """Position in series + eis of each merged row."""

    @classmethod
    def of(cls, file: ForeignFile) -> "_Merged":
        series, eis = file.timeseries, file.eis
        if "test_time_second" not in eis or not eis.keys() & CHARGED:
            eis = ForeignTable({})
        time = [t["test_time_second"].values for t in (series, eis) if t.rows]
        both = np.concatenate(time) if time else np.empty(0)
        return cls(series, eis, np.argsort(both, kind="stable"))

    def column(self, name: str) -> Floats | None:
        """Return a column over all rows; NaN in a table that lacks it; None: absent."""
        if name not in self.series and name not in self.eis:
            return None
        parts = [
            found if (found := table.numbers(name)) is not None else _nan(table.rows)
            for table in (self.series, self.eis)
        ]
        return np.concatenate(parts)[self.order]

    def title(self, *names: str) -> str:
        """Return the titles in the file of these columns."""
        tables = (self.series, self.eis)
        found = [t[name].title for name in names for t in tables if name in t]
        return ", ".join(dict.fromkeys(found))

    def is_mean(self, name: str) -> bool:
        """Return whether a column's values are means of their intervals."""
        return any(name in t and t[name].is_mean for t in (self.series, self.eis))

    def as_found(self, name: str) -> ColumnOrigin:
        """Return the origin of a column that is taken as it is."""
        table = self.series if name in self.series else self.eis
        rule = table[name].rule
        return ColumnOrigin(
            Origin.DERIVED if rule else Origin.FILE, table[name].title, rule
        )

    def charges(
        self, net: Floats, origin: ColumnOrigin, remarks: tuple[str, ...], *, own: bool
    ) -> Charges:
        """Hand a net charge over all rows out to the two tables."""
        at = np.empty(len(net))
        at[self.order] = net
        n = self.series.rows
        interval, of_interval = None, ABSENT
        if own and n:
            interval, of_interval = self._counted(net, origin)
        elif n and origin.rule == MEAN:  # whoever gives means has counted
            interval = self._shared_out(np.diff(net, prepend=0.0))
            of_interval = origin
        return Charges(
            at[:n] if n else None,
            at[n:] if self.eis.rows else None,
            interval,
            origin,
            of_interval,
            remarks,
        )

    def _counted(
        self, net: Floats, origin: ColumnOrigin
    ) -> tuple[Floats, ColumnOrigin]:
        """Return the charge of each time-series row's interval, A h."""
        name = "interval_charge_ah"
        dq = self.column(name)
        if dq is not None and not self.eis.rows:
            return dq, self.as_found(name)
        rule = "charge-between-rows"
        if dq is not None and np.isfinite(dq).all():
            title = self.title(name)
            return self._shared_out(dq), ColumnOrigin(Origin.DERIVED, title, rule)
        passed = np.diff(_filled(net), prepend=0.0)
        passed[0] = self._first(net)
        return self._shared_out(passed), ColumnOrigin(
            Origin.DERIVED, origin.title, rule
        )

    def _shared_out(self, passed: Floats) -> Floats:
        """Return the charge of each time-series row of that of all rows, A h.

        Impedance rows between give theirs to the row behind them; to the one before
        them where only that is of their half cycle.
        """
        n = self.series.rows
        is_series = self.order < n
        at = np.cumsum(is_series) - 1  # the row before, or the row itself
        to = np.where(is_series, at, at + 1)
        half = self.column("half_cycle")
        if half is not None:
            halves = half[is_series]
            of_before = halves[np.maximum(at, 0)] == half
            of_behind = halves[np.minimum(to, n - 1)] == half
            to = np.where(~is_series & of_before & ~of_behind, at, to)
        to = np.clip(to, 0, n - 1)
        return np.bincount(to, passed, minlength=n).astype(np.float64)

    def _first(self, net: Floats) -> float:
        """Return the charge of the interval that ends at the first row, A h.

        A count that began long before (a file that goes on with a test) is none.
        """
        known = net[np.isfinite(net)]
        if len(known) < 2 or not np.isfinite(net[0]):  # noqa: PLR2004
            return 0.0
        return float(net[0]) if abs(net[0]) <= 2 * abs(known[1] - net[0]) else 0.0


Counted = tuple[Floats, ColumnOrigin, tuple[str, ...]] | None


def _net(rows: _Merged) -> Counted:
    net = rows.column("net_capacity_ah")
    return None if net is None else (net, rows.as_found("net_capacity_ah"), ())


def _test_scoped(rows: _Merged) -> Counted:
    names = "charging_capacity_ah", "discharging_capacity_ah"
    net = _signed(rows, *names, _filled)
    if net is None:
        return None
    rule = "net-from-charge-and-discharge"
    return net, ColumnOrigin(Origin.DERIVED, rows.title(*names), rule), ()


def _by_half_cycle(rows: _Merged) -> Counted:
    name = "half_cycle_capacity_ah"
    own = rows.column(name)
    if own is None:
        return None
    net = np.cumsum(_increments(own, rows.column("half_cycle")))
    rule = "net-from-half-cycle-charges"
    return net, ColumnOrigin(Origin.DERIVED, rows.title(name), rule), ()


def _by_cycle(rows: _Merged) -> Counted:
    names = "cycle_charging_capacity_ah", "cycle_discharging_capacity_ah"
    scope = rows.column("cycle_count")
    net = _signed(rows, *names, lambda v: np.cumsum(_increments(v, scope)))
    if net is None:
        return None
    rule = "net-from-cycle-capacities"
    return net, ColumnOrigin(Origin.DERIVED, rows.title(*names), rule), ()


def _by_step(rows: _Merged) -> Counted:
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


def _by_interval(rows: _Merged) -> Counted:
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
    rows: _Merged, plus: str, minus: str, total: Callable[[Floats], Floats]
) -> Floats | None:
    """Return what was charged less what was discharged; None: one is absent."""
    charging, discharging = rows.column(plus), rows.column(minus)
    if charging is None or discharging is None:
        return None
    return np.asarray(total(np.abs(charging)) - total(np.abs(discharging)))


def _increments(values: Floats, scope: Floats | None) -> Floats:
    """Return what a count that begins again with every ``scope`` gained, row by row."""
    there = _filled(values)
    gained = np.diff(there, prepend=0.0)
    if scope is not None:
        again = np.diff(_filled(scope), prepend=_filled(scope)[:1]) != 0
    else:  # it fell to less than half, or changed sign: it began again
        before = np.concatenate((there[:1], there[:-1]))
        again = (np.abs(there) < 0.5 * np.abs(before)) | (there * before < 0)
    gained[again] = there[again]
    return gained


def _integrated(rows: _Merged) -> Counted:
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


def _sampled(rows: _Merged, i: Floats) -> Floats:
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


def _begins(rows: _Merged, n: int) -> Bools:
    """Return where the file itself says that another step began."""
    begins = np.zeros(n, dtype=bool)
    for name in BOUNDARIES:
        column = rows.column(name)
        if column is not None:
            begins[1:] |= np.diff(_filled(column)) != 0
    return begins


def _without_holes(rows: _Merged, time: Floats) -> tuple[Floats, Floats]:
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


def _filled(values: Floats) -> Floats:
    """Return the values with the last number before each NaN; 0 before the first."""
    known = np.isfinite(values)
    if known.all():
        return values
    at = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.where(at >= 0, values[np.maximum(at, 0)], 0.0)


def _nan(rows: int) -> Floats:
    return np.full(rows, np.nan)
