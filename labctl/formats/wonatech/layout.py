"""Find out of a ``.wrd`` file's head what it is of, and how its rows are packed.

Two forms are known, both seen in files only (WonATech publishes no description):

- 1.x: two BinaryFormatter streams, ``DataFileHeader`` (instrument, schedule) and
  ``DataHeader`` (a list of columns with their .NET types); rows follow at once.
- Smart Interface 2.13: one stream, ``DataHeaderBase``, whose ``HeaderData`` is a
  deflated stream ``DataHeaderValues``; rows begin at ``HeaderSize`` and have the
  128 bytes of `SIF_213`, the last 12 of them unknown. No list of columns says so.

Times are .NET ticks (100 ns); a date counts them from 0001-01-01, its two top bits
say whether that is UTC (1) or the PC's clock (2).
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from labctl.formats.wonatech.nrbf import Graph, Value, read_stream
from labctl.formats.wonatech.primitives import NrbfError
from labctl.formats.wonatech.rows import Cell, RowColumn, RowLayout

HEAD: Final = 8 << 20
"""Bytes of a file in which its head ends; seen: 21 kB and 7 kB."""
INFLATED: Final = 16 << 20
"""Bytes a deflated head may become; seen: about 40 kB."""
TICKS: Final = 10_000_000
"""Per second."""

_CELLS = {
    "System.Byte": Cell.INT8,
    "System.Int16": Cell.INT16,
    "System.Int32": Cell.INT32,
    "System.Int64": Cell.INT64,
    "System.Single": Cell.FLOAT,
    "System.Double": Cell.DOUBLE,
    "System.String": Cell.TEXT,
}
_NUMBERS = (
    "VOLTAGE",
    "CURRENT",
    "CHARGE Q",
    "DISCHARGE Q",
    "CHARGE E",
    "DISCHARGE E",
    "AUX. VOLTAGE",
    "TEMPERATURE",
    "OCP",
)
SIF_213: Final = RowLayout(
    (
        RowColumn("CHANNEL", Cell.INT32),
        *(RowColumn(f"{each} TIME", Cell.INT64) for each in ("TEST", "STEP", "CYCLE")),
        RowColumn("STEP INDEX", Cell.INT32),
        RowColumn("TOTAL STEP", Cell.INT32),
        RowColumn("CYCLE INDEX", Cell.INT32),
        RowColumn("RUN STATUS", Cell.INT8),
        RowColumn("SUB STATUS", Cell.INT8),
        RowColumn("CELL STATUS", Cell.INT8),
        RowColumn("CONTROL STATUS", Cell.INT8),
        *(RowColumn(each, Cell.DOUBLE) for each in _NUMBERS),
    ),
    unknown=12,
)


class LayoutError(ValueError):
    """A head that is not one of the known forms."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the rows."""

    graph: Graph
    """The stream with instrument and schedule."""
    rows: RowLayout
    begin: int
    """Position of the first row."""
    units: dict[str, str]
    """Column → unit, where the file says one."""
    coulomb: bool | None
    """Charges are in C (true) or in A·h; None: the head does not say it."""
    count: int | None
    """Rows the head speaks of; None: it does not (while recording, and often after)."""
    ended: bool
    """Whether the head says when the test ended; it does not while it is recorded."""
    started: datetime | None
    """UTC if the file says so, else naive: the clock of the PC."""

    def text(self, name: str) -> str:
        """Return what the head says under a name; empty: nothing."""
        value = self.graph.member(self.graph.root, name)
        return value.strip() if isinstance(value, str) else ""

    def member(self, *names: str) -> Value:
        """Return what stands under names inside each other; None: nothing."""
        value = self.graph.root
        for name in names:
            value = self.graph.member(value, name)
        return value


def read_head(buffer: bytes) -> Head:
    """Read the head of a file from its first bytes. LayoutError."""
    try:
        first = read_stream(buffer)
        kind = _class_of(first)
        if kind == "DataHeaderBase":
            return _enveloped(first, len(buffer))
        if kind != "DataFileHeader":
            raise LayoutError(f"its first object is a {kind or 'nothing'}, unknown")
        return _declared(first, read_stream(buffer, first.end))
    except NrbfError as e:
        raise LayoutError(f"its head is damaged or not complete ({e})") from e


def _class_of(graph: Graph) -> str:
    return getattr(graph.follow(graph.root), "name", "").rsplit(".", 1)[-1]


def _declared(head: Graph, data: Graph) -> Head:
    if _class_of(data) != "DataHeader":
        raise LayoutError(f"its second object is a {_class_of(data)}, unknown")
    columns, units = [], {}
    for each in data.items(data.member(data.root, "ColumnList")):
        name, unit = data.member(each, "Name"), data.member(each, "Unit")
        if not isinstance(name, str):
            raise LayoutError("one of its columns has no name")
        kind = data.member(each, "DataType")
        kind = kind if isinstance(kind, str) else data.member(kind, "Data")
        kind = kind.split(",", 1)[0] if isinstance(kind, str) else kind
        if not isinstance(kind, str) or kind not in _CELLS:
            raise LayoutError(f"its column {name} is a {kind!r}, whose size is unknown")
        name = name.strip().upper()
        columns.append(RowColumn(name, _CELLS[kind]))
        if isinstance(unit, str) and unit.strip():
            units[name] = unit.strip()
    try:
        rows = RowLayout(tuple(columns))
    except ValueError as e:
        raise LayoutError(str(e)) from e
    said = (data.member(data.root, name) for name in ("DataCount", "EndTime"))
    return _head(head, rows, data.end, units, *said)


def _enveloped(envelope: Graph, length: int) -> Head:
    begin = envelope.member(envelope.root, "HeaderSize")
    packed = next(
        (
            found
            for name in ("HeaderData", "DataHeaderValues")
            if (found := envelope.member(envelope.root, name)) is not None
        ),
        None,
    )
    if not isinstance(begin, int) or not envelope.end <= begin <= length:
        raise LayoutError(f"its rows should begin at byte {begin!r}, outside of it")
    if not isinstance(packed, bytes):
        raise LayoutError("its envelope is empty")
    inner = read_stream(_inflated(packed))
    if _class_of(inner) != "DataHeaderValues":
        raise LayoutError(f"its envelope holds a {_class_of(inner)}, unknown")
    said = (inner.member(inner.root, name) for name in ("DataCount", "EndTime"))
    return _head(inner, SIF_213, begin, {}, *said)


def _inflated(packed: bytes) -> bytes:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflate.decompress(packed, INFLATED)
    except zlib.error as e:
        raise LayoutError(f"its envelope cannot be inflated ({e})") from e
    if inflate.unconsumed_tail:
        raise LayoutError(f"its envelope becomes more than {INFLATED} bytes")
    return data


def _head(
    graph: Graph,
    rows: RowLayout,
    begin: int,
    units: dict[str, str],
    count: Value,
    end: Value,
) -> Head:
    coulomb = graph.member(graph.root, "UnitCoulomb")
    return Head(
        graph,
        rows,
        begin,
        units,
        coulomb if isinstance(coulomb, bool) else None,
        count if isinstance(count, int) and count > 0 else None,
        _date(end) is not None and end != -1,
        _date(graph.member(graph.root, "StartTime")),
    )


def _date(value: Value) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    moment = moment_of(value & ((1 << 62) - 1))
    if moment is not None and value >> 62 == 1:
        return moment.replace(tzinfo=UTC)
    return moment


def moment_of(ticks: int) -> datetime | None:
    """Return the date of ticks since the year 1; None: there is none."""
    if ticks <= 0:
        return None
    try:
        return datetime(1, 1, 1) + timedelta(microseconds=ticks // 10)  # noqa: DTZ001
    except OverflowError:
        return None
