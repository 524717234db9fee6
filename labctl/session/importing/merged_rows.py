"""Rows of time series and impedance in order of time, so that no charge is lost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.store.imported_from import ColumnOrigin, Origin
from labctl.store.importers.foreign import ForeignFile, ForeignTable

Floats = NDArray[np.float64]

CHARGED = frozenset(
    {
        *("net_capacity_ah", "charging_capacity_ah", "half_cycle_capacity_ah"),
        *("cycle_charging_capacity_ah", "step_charging_capacity_ah"),
        *("step_net_capacity_ah", "interval_charge_ah", "current_ampere"),
    }
)
"""Columns of which impedance rows need one to have a part in the charge."""


@dataclass(frozen=True, slots=True)
class MergedRows:
    """The rows of both tables in order of time."""

    series: ForeignTable
    eis: ForeignTable
    order: NDArray[np.intp]
    """Position in series + eis of each merged row."""

    @classmethod
    def of(cls, file: ForeignFile) -> "MergedRows":
        """Merge the rows; impedance without a time or a charge stays out."""
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


def filled(values: Floats) -> Floats:
    """Return the values with the last number before each NaN; 0 before the first."""
    known = np.isfinite(values)
    if known.all():
        return values
    at = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.where(at >= 0, values[np.maximum(at, 0)], 0.0)


def _nan(rows: int) -> Floats:
    return np.full(rows, np.nan)
