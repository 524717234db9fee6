"""Read workbooks (``.xlsx``, ``.xls``) of Arbin and Neware.

Arbin's rows are in sheets called ``Channel_1-008_1``, ``Channel_1-008_2``, …, which go
on one another; Neware's in ``record`` (older: ``Detail_…``). Other sheets have other
titles and are left out.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from labctl.errors import OperatorError, StoreError
from labctl.store.importers import arbin, neware_text
from labctl.store.importers.delimited import Taken, TextFile
from labctl.store.importers.foreign import ForeignColumn, ForeignFile
from labctl.store.importers.titles import Titles

INSTALL = "pip install 'labctl-bench[excel]'"
_CHANNEL = re.compile(r"^(?P<channel>channel.*?)(?:_(?P<part>\d+))?$", re.IGNORECASE)
EARLY = 1904
"""A date before this year is a time: workbooks count days from the end of 1899."""
LEAP_BUG = datetime(1900, 3, 1)  # noqa: DTZ001  (workbooks have no zone)
"""From here on workbooks count a day that never was."""

Grid = Sequence[Sequence[Any]]


def read(path: Path) -> ForeignFile:
    """Read a workbook. OperatorError: the package for it is missing. StoreError."""
    sheets = dict(_sheets(path))
    channels = _channels(path, list(sheets))
    if channels:
        taken = _joined(path, sheets, channels, arbin.TITLES, arbin.NEEDS)
        return arbin.as_foreign(path, taken, ())
    records = [
        name
        for name, grid in sheets.items()
        if _has(path, grid, neware_text.TITLES, neware_text.NEEDS)
    ]
    if not records:
        raise StoreError(
            f"{path}: no sheet holds rows of Arbin (`Channel_…`) or Neware (`record`); "
            f"it has {', '.join(sheets) or 'no sheet'}; export the record layer"
        )
    taken = _joined(path, sheets, records, neware_text.TITLES, neware_text.NEEDS)
    return neware_text.as_foreign(path, taken, ())


def _sheets(path: Path) -> Iterator[tuple[str, Grid]]:
    try:
        from python_calamine import CalamineWorkbook  # noqa: PLC0415  (an extra)
    except ImportError as e:
        raise OperatorError(
            f"{path}: to read workbooks labctl needs python-calamine: {INSTALL}"
        ) from e
    try:
        book = CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            yield name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except Exception as e:
        raise StoreError(f"{path}: not a workbook that can be read: {e}") from e


def _channels(path: Path, names: Sequence[str]) -> list[str]:
    """Return Arbin's sheets in order. StoreError: they are of several channels."""
    found = [(m, name) for name in names if (m := _CHANNEL.match(name))]
    found = [(m, name) for m, name in found if "chart" not in name.lower()]
    channels = sorted({m["channel"] for m, _ in found})
    if len(channels) > 1:
        raise StoreError(
            f"{path}: it holds {len(channels)} channels ({', '.join(channels)}); "
            "export each into a file of its own"
        )
    return [name for _, name in sorted(found, key=lambda f: int(f[0]["part"] or 0))]


def _has(path: Path, grid: Grid, known: Titles, needs: Sequence[str]) -> bool:
    try:
        _text(path, "", grid[:50]).sheet(known, needs)
    except StoreError:
        return False
    return True


def _joined(
    path: Path,
    sheets: dict[str, Grid],
    names: Sequence[str],
    known: Titles,
    needs: Sequence[str],
) -> Taken:
    """Return the rows of sheets one behind the other. StoreError."""
    parts = [
        _text(path, name, sheets[name]).sheet(known, needs).take() for name in names
    ]
    first = parts[0]
    for name, part in zip(names, parts, strict=True):
        if part.columns.keys() != first.columns.keys():
            raise StoreError(
                f"{path}: the sheets {names[0]} and {name} have different columns"
            )
    columns = {
        key: ForeignColumn(
            np.concatenate([part.columns[key].values for part in parts]), column.title
        )
        for key, column in first.columns.items()
    }
    words = {
        key: [text for part in parts for text in part.words[key]] for key in first.words
    }
    return Taken(columns, words, first.untaken, first.remarks)


def _text(path: Path, name: str, grid: Grid) -> TextFile:
    """Return a sheet as lines of CSV, numbers to the last bit."""
    lines = []
    for row in grid:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([_cell(value) for value in row])
        lines.append(line.getvalue())
    place = path / f"[{name}]" if name else path
    return TextFile(place, lines, "utf-8")


def _cell(value: Any) -> str:
    if isinstance(value, float | int) and not isinstance(value, bool):
        return repr(float(value)) if float(value) % 1 else str(int(value))
    if isinstance(value, datetime) and value.year < EARLY:
        bug = timedelta(days=1) if value >= LEAP_BUG else timedelta(0)
        return _duration(value - datetime(1899, 12, 31) + bug)  # noqa: DTZ001
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, time | date):
        return value.isoformat()
    return str(value).replace("\n", " ").replace("\r", " ")


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fine = f"{value.microseconds:06d}"
    return f"{value.days}d {hours}:{minutes:02d}:{seconds:02d}.{fine}"
