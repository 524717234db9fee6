"""Read CSV as labctl and the Battery Data Format write it: UTF-8, comma, full stop.

Nothing is guessed: RFC 4180 quotes, one line of titles, the same number of cells in
every row. An empty cell is NaN; a column that holds anything else is text.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.delimited import NO_END

LARGEST: Final = 4 << 30
"""Bytes that a compressed file may become."""
_GAP = re.compile(rb"(?<=,)(?=[,\n])|(?<=\n)(?=,)|(?<=,)\Z")


@dataclass(frozen=True, slots=True)
class PlainTable:
    """Columns of a table as they stand, by title."""

    columns: Mapping[str, Array]
    """Numbers, shape (n,), float64."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Titles of columns that hold words, and the first of them: ``:7: 'CC_CHG'``."""
    remarks: tuple[str, ...] = ()
    simulated: bool = False
    """Whether the table says itself that a model made its rows."""


def read_plain(path: Path) -> PlainTable:
    """Read a ``.csv`` or ``.csv.gz`` file. StoreError: it names the line."""
    data = read_bytes(path)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    begin = data.find(b"\n") + 1
    try:
        head = data[:begin].decode("utf-8-sig") if begin else data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise StoreError(f"{path}:1: the titles are not UTF-8; save it so") from e
    titles = [title.strip() for title in next(csv.reader([head]), [])]
    twice = {title for title in titles if titles.count(title) > 1}
    if not any(titles):
        raise StoreError(f"{path}:1: there are no titles; the file is empty")
    if twice:
        raise StoreError(f"{path}:1: a title stands twice: {', '.join(sorted(twice))}")
    body = data[begin:] if begin else b""
    if not body.strip():
        raise StoreError(f"{path}: the file has no row of data")
    remarks = []
    if not body.endswith(b"\n"):
        remarks.append(NO_END)
    if b'"' not in body:
        try:
            values = np.loadtxt(
                io.BytesIO(_GAP.sub(b"nan", body)),
                delimiter=",",
                comments=None,
                ndmin=2,
                encoding="utf-8",
            )
        except ValueError:
            pass  # words, or a row of another length: cell by cell, to say where
        else:
            if values.shape[1] == len(titles):
                return PlainTable(
                    {title: values[:, k] for k, title in enumerate(titles)},
                    remarks=tuple(remarks),
                )
    return _cell_by_cell(path, titles, body, remarks)


def read_bytes(path: Path) -> bytes:
    """Return what a file holds, unpacked where its name ends in ``.gz``. StoreError."""
    try:
        if not path.name.lower().endswith(".gz"):
            return path.read_bytes()
        with gzip.open(path) as file:
            data = file.read(LARGEST + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as e:
        raise StoreError(f"{path}: cannot be unpacked ({e}); copy it again") from e
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e.strerror or e}") from e
    if len(data) > LARGEST:
        raise StoreError(f"{path}: becomes more than {LARGEST} bytes; unpack it first")
    return data


def _cell_by_cell(
    path: Path, titles: Sequence[str], body: bytes, remarks: list[str]
) -> PlainTable:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as e:
        raise StoreError(f"{path}: byte {e.start} of the rows is not UTF-8") from e
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(reader.line_num + 1)
                if len(row) != len(titles):
                    break
        broken = bool(rows) and len(rows[-1]) != len(titles)
        last = broken and next(reader, None) is None
    except csv.Error as e:
        raise StoreError(f"{path}:{reader.line_num + 1}: {e}") from e
    if broken:
        if not (last and len(rows[-1]) < len(titles)):
            raise StoreError(
                f"{path}:{lines[-1]}: {len(rows[-1])} cells, there are {len(titles)} "
                "titles: correct the line, or export the file again"
            )
        rows.pop()
        remarks = ["the last line was cut short and is left out"]
    columns: dict[str, Array] = {}
    texts = {}
    for k, title in enumerate(titles):
        values = np.full(len(rows), np.nan)
        for at, row in enumerate(rows):
            try:
                values[at] = float(row[k].strip().replace("_", "x") or "nan")
            except ValueError:
                texts[title] = f":{lines[at]}: {row[k][:40]!r}"
                break
        else:
            columns[title] = values
    return PlainTable(columns, texts, tuple(remarks))
