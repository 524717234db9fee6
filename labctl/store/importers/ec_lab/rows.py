"""Turn the lines below the titles into numbers: fast, and exact about what is wrong.

NumPy's own parser reads blocks of lines. A block that it refuses (an empty cell, a
line cut short) is read cell by cell, so that a complaint names its line.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.ec_lab import dates

BLOCK = 1 << 24
"""Bytes that are parsed at once."""
_NUMBER = re.compile(rb"[+-]?(?:\d+(?:([.,])\d*)?|([.,])\d+)(?:[eE][+-]?\d+)?")
_NOTHING = re.compile(
    rb"(?:XXX|[+-]?(?:nan|inf|infinity)|[+-]?1[.,]#\w*)?", re.IGNORECASE
)
"""What EC-Lab, and Windows, write where there is no number."""


@dataclass(slots=True)
class Rows:
    """What the lines of a file held."""

    values: Array
    """Shape (n, columns), Fortran order."""
    dated: dict[int, list[str]] = field(default_factory=dict)
    """Column -> its cells, where they are dates; its numbers are NaN."""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """The lines below the titles, inside the file's bytes."""

    data: bytes
    """The whole file, with LF line ends."""
    start: int
    """Where the first row begins."""
    first_line: int
    """Number of its line."""

    def line_of(self, at: int) -> int:
        """Return the number of the line at an offset."""
        return self.first_line + self.data.count(b"\n", self.start, at)

    def line_before(self, end: int) -> tuple[int, bytes]:
        """Return the last line before an offset, and where it begins."""
        at = max(self.data.rfind(b"\n", self.start, end) + 1, self.start)
        return at, self.data[at:end]

    def end_of_text(self) -> int:
        """Return the offset behind the last row that is not blank."""
        end = len(self.data)
        while end > self.start and self.data[end - 1] in b"\n \x00":
            end -= 1
        return end

    def blocks(self, end: int) -> Iterator[tuple[int, bytes]]:
        """Go through blocks of whole lines, up to an offset."""
        at = self.start
        while at < end:
            stop = self.data.rfind(b"\n", at, min(at + BLOCK, end)) + 1
            if stop <= at or at + BLOCK >= end:
                stop = self.data.find(b"\n", min(at + BLOCK, end) - 1, end) + 1 or end
            yield at, self.data[at:stop]
            at = stop


@dataclass(frozen=True, slots=True)
class Titles:
    """What the line of titles says of the rows."""

    count: int
    tab: bool = False
    """Whether a tab stands behind the last title."""


def read_rows(path: Path, body: Body, titles: Titles) -> Rows:
    """Read all rows. StoreError: a line is not like the others.

    The columns are as many as the rows have: fewer than titles if all rows agree.
    """
    at, end = body.start, body.end_of_text()
    first = b""
    while at < end and not first.strip():
        stop = body.data.find(b"\n", at, end) + 1 or end
        first, at = body.data[at:stop].rstrip(b"\n"), stop
    tab = first.endswith(b"\t") and (
        titles.tab or len(first.split(b"\t")) > titles.count
    )
    end, remarks = _whole(path, body, titles, tab=tab)
    if at > end or not first.strip():
        return Rows(np.empty((0, titles.count), order="F"), remarks=remarks)
    count = len(_cells(first, tab=tab))
    if count > titles.count:
        line = body.line_of(at) - 1
        raise StoreError(
            f"{path}:{line}: {count} columns, the title line has {titles.count}; "
            "export the file again in EC-Lab"
        )
    dated = {
        k: list[str]()
        for k, cell in enumerate(_cells(first, tab=tab))
        if dates.is_date(_text(cell))
    }
    lines = body.data.count(b"\n", body.start, end) + 1
    table = np.empty((lines, count), order="F")
    reader = _Reader(path, body, count, titles.count, tab, dated)
    n = 0
    for at, block in body.blocks(end):
        part = reader.block(block, at)
        table[n : n + len(part)] = part
        n += len(part)
    return Rows(table[:n], reader.dated, remarks)


def _cells(line: bytes, *, tab: bool) -> list[bytes]:
    """Return the cells of a line; ``tab``: there is one behind the last cell too."""
    cells = line.split(b"\t")
    if tab and not cells[-1].strip():
        cells.pop()
    return cells


def _text(cell: bytes) -> str:
    return cell.decode("latin-1").strip()


def _whole(
    path: Path, body: Body, titles: Titles, *, tab: bool
) -> tuple[int, tuple[str, ...]]:
    """Return where whole lines end; the last may be cut short by a crash, a full disk.

    A remark says so. Cut short: fewer cells than the line above, or the file ends in
    the midst of its last number.
    """
    end = body.end_of_text()
    at, last = body.line_before(end)
    _, before = body.line_before(at - 1) if at > body.start else (at, b"")
    tail = body.data[end:]
    ended = tail.lstrip(b" ").startswith(b"\n")
    cells = _cells(last, tab=tab)
    cut = b"\x00" in last
    if before.strip():
        above = _cells(before, tab=tab)
        cut = cut or len(cells) < len(above)
        if not ended and not cut:
            cut = tab and not last.endswith(b"\t")
            cut = cut or _is_shorter(cells[-1], above[-1])
    elif not ended and last.strip():
        cut = cut or len(cells) < titles.count
    if not cut and b"\x00" not in tail:
        return end, ()
    kept = at if cut else end
    line = body.line_of(at) + (0 if cut else 1)
    return kept, (f"{path.name}:{line}: the last line was cut short and left out",)


def _is_shorter(last: bytes, before: bytes) -> bool:
    """Tell whether the last number lacks digits that the one above it has."""
    return len(last.strip(b" +-")) < len(before.strip(b" +-"))


def _with_empty_cells(block: bytes) -> bytes:
    """Write NaN into empty cells, wherever they are in their lines."""
    block = block.replace(b"\t\t", b"\tnan\t").replace(b"\t\t", b"\tnan\t")
    return block.replace(b"\t\n", b"\tnan\n").replace(b"\n\t", b"\nnan\t")


@dataclass(slots=True)
class _Reader:
    path: Path
    body: Body
    count: int
    titles: int
    tab: bool
    dated: dict[int, list[str]]
    mark: bytes = b""
    """Decimal mark of the file; empty as long as none was seen."""

    def block(self, block: bytes, at: int) -> Array:
        """Return the numbers of a block of lines that begins there. StoreError."""
        try:
            return self._fast(block)
        except ValueError:
            line = self.body.line_of(at)
            rows = [
                self._slow(text, line + k)
                for k, text in enumerate(block.split(b"\n"))
                if text.strip()
            ]
            return np.array(rows, dtype=np.float64).reshape(-1, self.count)

    def _fast(self, block: bytes) -> Array:
        found: dict[int, list[str]] = {}
        if self.dated:
            block, found = self._without_dates(block)
        marks = {mark for mark in (b",", b".") if mark in block}
        if b"_" in block or len(marks | ({self.mark} - {b""})) > 1:
            raise ValueError
        if marks:
            self.mark = next(iter(marks))
        if self.mark == b",":
            block = block.replace(b",", b".")
        if self.tab:
            block = block.replace(b"\t\n", b"\n").removesuffix(b"\t")
        if b"XXX" in block:
            block = block.replace(b"XXX", b"nan")
        if b"\t\t" in block or b"\t\n" in block or b"\n\t" in block:
            block = _with_empty_cells(block)
        if not block.strip():
            return np.empty((0, self.count))
        out = np.loadtxt(io.BytesIO(block), delimiter="\t", comments=None, ndmin=2)
        if out.shape[1] != self.count:
            raise ValueError
        out[np.isinf(out)] = np.nan
        for column, cells in found.items():
            self.dated[column] += cells
        return out

    def _without_dates(self, block: bytes) -> tuple[bytes, dict[int, list[str]]]:
        """Return a block with NaN for its dates, and these. ValueError: not all are."""
        most = max(self.dated) + 1
        rows = [line.split(b"\t", most) for line in block.split(b"\n") if line.strip()]
        found: dict[int, list[str]] = {}
        for column in self.dated:
            if any(len(cells) <= column for cells in rows):
                raise ValueError
            found[column] = [_text(cells[column]) for cells in rows]
            if not dates.are_dates(found[column]):
                raise ValueError
            for cells in rows:
                cells[column] = b"nan"
        return b"".join(b"\t".join(cells) + b"\n" for cells in rows), found

    def _slow(self, text: bytes, line: int) -> list[float]:
        cells = _cells(text, tab=self.tab)
        if len(cells) == self.count + 1 and not cells[-1].strip():
            cells.pop()
        if len(cells) != self.count:
            raise StoreError(
                f"{self.path}:{line}: {len(cells)} columns, {self._expected(line)}; "
                "export the file again in EC-Lab"
            )
        return [self._number(k, cell, line) for k, cell in enumerate(cells)]

    def _expected(self, line: int) -> str:
        if self.count == self.titles:
            return f"the title line has {self.titles}"
        return f"the lines above {line} have {self.count}, the title line {self.titles}"

    def _number(self, column: int, cell: bytes, line: int) -> float:
        text = cell.strip()
        if column in self.dated:
            if not dates.is_date(_text(cell)):
                raise StoreError(f"{self.path}:{line}: {_text(cell)!r} is not a date")
            self.dated[column].append(_text(cell))
            return float("nan")
        match = _NUMBER.fullmatch(text)
        if match is None:
            if _NOTHING.fullmatch(text):
                return float("nan")
            raise StoreError(f"{self.path}:{line}: {_text(cell)!r} is not a number")
        mark = match[1] or match[2]
        if mark:
            self.mark = self.mark or mark
            if mark != self.mark:
                raise StoreError(
                    f"{self.path}:{line}: {_text(cell)!r} has another decimal mark "
                    f"than the numbers above, {self.mark.decode()!r}; thousands are "
                    "not guessed: export the file again with one decimal mark"
                )
        return float(text.replace(b",", b"."))
