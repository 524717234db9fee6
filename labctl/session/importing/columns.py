"""The columns of a run's streams from those of another program's file.

Every column of a stream is in the file, derived by a named rule, or absent: then each
row is missing (NaN, or -1). Columns that only some files have stand behind the usual
ones.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labctl.columns import EIS, FURTHER, TIMESERIES
from labctl.data import Array, Column, Stream
from labctl.errors import StoreError
from labctl.session.importing.charges import Charges
from labctl.session.importing.steps import ImportedSteps
from labctl.store.imported_from import ABSENT, ColumnOrigin, Origin, Start
from labctl.store.importers.foreign import ForeignFile, ForeignTable

WHOLE = ("_count", "_id", "_code", "_index", "half_cycle")
"""How the names of columns end that hold whole numbers."""
UNITS = {
    "_volt": "V",
    "_ampere": "A",
    "_ohm": "ohm",
    "_ah": "A*h",
    "_wh": "W*h",
    "_celsius": "degC",
    "_second": "s",
    "_hertz": "Hz",
    "_degree": "deg",
    "_watt": "W",
    "_coulomb": "C",
    "_farad": "F",
    "_percent": "%",
    "_pa": "Pa",
}
"""How the name of a column ends -> its unit in the run file."""
_WRITTEN = {"A*h": "Ah", "W*h": "Wh", "degC": "degC"}
_KNOWN = {each.name: each for s in (TIMESERIES, EIS) for each in (*s.columns, *FURTHER)}
SOURCE_STEP = "source_step_count"
"""The file's own count of steps: `step_count` is that of the run's steps."""


@dataclass(frozen=True, slots=True)
class ImportedStream:
    """One stream of the run: what it holds, and where that is from."""

    stream: Stream
    columns: Mapping[str, Array]
    origins: Mapping[str, ColumnOrigin]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(next(iter(self.columns.values())))


def streams_of(
    file: ForeignFile, start: Start, charges: Charges, steps: ImportedSteps
) -> tuple[ImportedStream, ImportedStream]:
    """Return the time series and the impedance of a file as the run's streams."""
    series, eis = _Filling(file.timeseries), _Filling(file.eis)
    for filling, numbers in ((series, steps.timeseries), (eis, steps.eis)):
        filling.clocks(start)
        filling.derive("step_count", numbers, "", "steps-from-rows")
    _charges(series, eis, charges, steps)
    time = file.timeseries.numbers("test_time_second")
    if time is not None and "step_time_second" not in file.timeseries:
        title = file.timeseries["test_time_second"].title
        rule = "time-since-step-began"
        series.derive("step_time_second", time - steps.began, title, rule)
    if "imaginary_impedance_ohm" in file.eis:
        column = file.eis["imaginary_impedance_ohm"]
        eis.derive(
            "minus_imaginary_impedance_ohm", -column.values, column.title, "sign-turned"
        )
    return series.into(TIMESERIES), eis.into(EIS)


def _charges(
    series: "_Filling", eis: "_Filling", charges: Charges, steps: ImportedSteps
) -> None:
    if charges.timeseries is not None:
        net = charges.timeseries
        series.put("net_capacity_ah", net, charges.origin)
        if "step_net_capacity_ah" not in series.table:
            began = np.where(steps.before >= 0, net[steps.before], 0.0)
            title, rule = charges.origin.title, "net-since-step-began"
            series.derive("step_net_capacity_ah", net - began, title, rule)
    if charges.eis is not None and np.isfinite(charges.eis).any():
        eis.put("net_capacity_ah", charges.eis, charges.origin)
    if charges.interval is not None:
        series.put("interval_charge_ah", charges.interval, charges.interval_origin)


class _Filling:
    """The columns of one stream while they are put together."""

    def __init__(self, table: ForeignTable) -> None:
        self.table = table
        self._columns: dict[str, Array] = {}
        self._origins: dict[str, ColumnOrigin] = {}
        for name, column in table.items():
            rule = column.rule
            origin = Origin.DERIVED if rule else Origin.FILE
            own = SOURCE_STEP if name == "step_count" else name
            self.put(own, column.values, ColumnOrigin(origin, column.title, rule))

    def put(self, name: str, values: Array, origin: ColumnOrigin) -> None:
        self._columns[name] = values
        self._origins[name] = origin

    def derive(self, name: str, values: Array, title: str, rule: str) -> None:
        self.put(name, values, ColumnOrigin(Origin.DERIVED, title, rule))

    def clocks(self, start: Start) -> None:
        """Put the clocks that the file does not have."""
        if "test_time_second" not in self.table:
            return
        time = self.table["test_time_second"]
        values, title = time.values, time.title
        if "instrument_time_second" not in self.table:
            self.derive("instrument_time_second", values, title, "same-as-test-time")
        if "unix_time_second" not in self.table and np.isfinite(start.unix):
            unix = start.unix + values
            self.derive("unix_time_second", unix, title, "start-plus-test-time")

    def into(self, usual: Stream) -> ImportedStream:
        """Return the stream: the usual columns, then what else the file has."""
        names = {column.name for column in usual.columns}
        more = [column_of(name) for name in self._columns if name not in names]
        stream = usual.with_columns(*more)
        return ImportedStream(
            stream,
            {column.name: self._values(column) for column in stream.columns},
            {
                column.name: self._origins.get(column.name, ABSENT)
                for column in stream.columns
            },
        )

    def _values(self, column: Column) -> Array:
        found = self._columns.get(column.name)
        if column.dtype == "f8":
            if found is None:
                return np.full(self.table.rows, np.nan)
            return np.ascontiguousarray(found, dtype=np.float64)
        if found is None:
            return np.full(self.table.rows, -1, dtype=np.int64)
        return np.nan_to_num(found, nan=-1.0).astype(np.int64)


def column_of(name: str) -> Column:
    """Return how a column of this name is written. StoreError: its unit is not told."""
    if name in _KNOWN:
        return _KNOWN[name]
    words = name
    unit, dtype = "", "f8"
    if name.endswith(WHOLE):
        dtype = "i8"
    else:
        ending = next((each for each in UNITS if name.endswith(each)), "")
        if not ending:
            raise StoreError(f"column {name}: its name does not end with its unit")
        unit, words = UNITS[ending], name.removesuffix(ending)
    title = words.replace("_", " ").title()
    return Column(name, unit, f"{title} / {_WRITTEN.get(unit, unit) or '1'}", dtype)
