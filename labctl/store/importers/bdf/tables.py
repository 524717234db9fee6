"""The tables in which Battery Data Format files come: CSV, Parquet, Arrow, JSON.

Parquet and Arrow need pyarrow, an extra; nothing else does.
"""

import importlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.plain_csv import PlainTable, read_bytes, read_plain

STREAMS = ("timeseries", "eis")
"""Of labctl's own, the streams that are a cell's rows."""


def read_table(path: Path) -> PlainTable:
    """Read a table of any kind. StoreError."""
    name = path.name.lower().removesuffix(".gz")
    if name.endswith((".parquet", ".feather", ".arrow")):
        return _arrow(path)
    if name.endswith((".json", ".ndjson", ".jsonl")):
        return _json(path)
    return read_plain(path)


def _arrow(path: Path) -> PlainTable:
    try:
        parquet: Any = importlib.import_module("pyarrow.parquet")
        feather: Any = importlib.import_module("pyarrow.feather")
        arrow: Any = importlib.import_module("pyarrow")
    except ImportError as e:
        raise StoreError(
            f"{path}: reading it needs pyarrow, which is not installed: "
            "pip install 'labctl-bench[parquet]', or export the file as CSV"
        ) from e
    try:
        named = path.name.lower().endswith(".parquet")
        table = (parquet if named else feather).read_table(path)
        names: list[str] = table.column_names
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as e:
        raise StoreError(
            f"{path}: is no table of Arrow or Parquet, or is damaged: {e}"
        ) from e
    check_stream(path, table.schema.metadata or {})
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise StoreError(f"{path}: a title stands twice: {', '.join(twice)}")
    columns: dict[str, Array] = {}
    texts = {}
    for name in names:
        column = table.column(name)
        number = arrow.types.is_integer(column.type) or arrow.types.is_floating(
            column.type
        )
        if number:
            cast = column.cast(arrow.float64(), safe=False)
            columns[name] = cast.to_numpy(zero_copy_only=False).astype(np.float64)
        else:
            texts[name] = f": a column of {column.type}"
    simulated = _said(table.schema.metadata or {}).get("simulated") is True
    return PlainTable(columns, texts, simulated=simulated)


def check_stream(path: Path, about: Mapping[bytes, bytes]) -> None:
    """Refuse one of labctl's own exports that holds no cell's rows. StoreError."""
    stream = _said(about).get("stream", "timeseries")
    if stream not in STREAMS:
        raise StoreError(
            f"{path}: holds the stream {stream} of a labctl run; of labctl's exports "
            f"{' and '.join(STREAMS)} are imported"
        )


def _said(about: Mapping[bytes, bytes]) -> Mapping[str, Any]:
    """Return what labctl said of a table of its own; empty of another's."""
    try:
        said = json.loads(about.get(b"labctl", b"{}"))
    except ValueError:
        return {}
    return said if isinstance(said, Mapping) else {}


def _json(path: Path) -> PlainTable:
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise StoreError(f"{path}: is not UTF-8") from e
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return _records(path, _lines(path, text))
    if isinstance(whole, Mapping) and all(isinstance(v, list) for v in whole.values()):
        sizes = {len(values) for values in whole.values()}
        if len(sizes) > 1:
            raise StoreError(f"{path}: its columns have {sorted(sizes)} rows")
        return _columns({str(title): values for title, values in whole.items()})
    return _records(path, whole if isinstance(whole, list) else [whole])


def _lines(path: Path, text: str) -> Sequence[Any]:
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except (ValueError, RecursionError) as e:
                raise StoreError(f"{path}:{number}: is no row of JSON: {e}") from e
    return rows


def _records(path: Path, rows: Sequence[Any]) -> PlainTable:
    titles: dict[str, None] = {}
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise StoreError(f"{path}: row {number} is no object of title and value")
        titles.update(dict.fromkeys(row))
    return _columns({title: [row.get(title) for row in rows] for title in titles})


def _columns(lists: Mapping[str, Sequence[Any]]) -> PlainTable:
    columns, texts = {}, {}
    for title, values in lists.items():
        words = (x for x in values if x is not None and type(x) not in (int, float))
        if (word := next(words, None)) is not None:
            texts[title] = f": {str(word)[:40]!r}"
        else:
            columns[title] = np.array(list(map(_float, values)), dtype=np.float64)
    return PlainTable(columns, texts)


def _float(value: float | None) -> float:
    """Return a number of JSON; NaN: null, or whole and beyond what a double holds."""
    try:
        return math.nan if value is None else float(value)
    except OverflowError:
        return math.nan
