"""Read text in columns: encoding, separator and decimal mark from the file itself.

Nothing is supposed: a file whose commas may be decimal marks or thousands is refused,
as is a title twice, a line with too many cells, a cell that is no number. Long files
are read in blocks of lines.

    text = TextFile.read(path, "cp1252")
    sheet = text.sheet(TITLES, needs=("voltage_volt",))
    table = sheet.take()
"""

import codecs
import contextlib
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.cells import Place, numbers_of
from labctl.store.importers.foreign import ForeignColumn
from labctl.store.importers.titles import (
    Kind,
    Quantity,
    Titles,
    factor_of,
    quantity_of,
    words_of,
)

BLOCK = 2_000
"""Lines that are taken apart at once; more do not stay in a processor's cache."""
LOOK_FOR_TITLES = 400
"""First lines among which the titles stand."""
SEPARATORS = ("\t", ";", ",")
SPACES = " "
"""Any number of spaces, for formats that pad their columns."""
NO_DOUBT = frozenset({Kind.TIME, Kind.CLOCK, Kind.CURRENT, Kind.VOLTAGE, Kind.CHARGE})
"""Quantities of which two columns are refused; of others neither is taken."""
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COMMA = re.compile(r"^[+-]?(\d*),(\d+)(?:[eE][+-]?\d+)?$")
CUT = "the last line was cut short; it was left out"
NO_END = "the last line has no end: its last number may be cut short"
THOUSAND = 3
"""Digits of a group of thousands."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file's lines."""

    path: Path
    lines: Sequence[str]
    encoding: str
    ended: bool = True
    """Whether its last line has an end."""

    @classmethod
    def read(cls, path: Path, fallback: str) -> "TextFile":
        """Read it: by its byte order mark, as UTF-8, as ``fallback``, else as Latin-1.

        In the last one words may be garbled (a Korean comment), numbers not.
        StoreError: it cannot be read, or is no text.
        """
        try:
            data = path.read_bytes()
        except OSError as e:
            raise StoreError(f"{path}: cannot be read: {e.strerror or e}") from e
        for mark, encoding in BOMS:
            if data.startswith(mark):
                try:
                    return cls._of(path, data[len(mark) :].decode(encoding), encoding)
                except UnicodeDecodeError as e:
                    raise StoreError(
                        f"{path}: not a text in {encoding}: {e.reason} at byte "
                        f"{e.start}; copy it again"
                    ) from e
        for encoding in ("utf-8", fallback):
            with contextlib.suppress(UnicodeDecodeError):
                return cls._of(path, data.decode(encoding), encoding)
        return cls._of(path, data.decode("latin-1"), "latin-1")

    @classmethod
    def _of(cls, path: Path, text: str, encoding: str) -> "TextFile":
        if "\0" in text:
            raise StoreError(f"{path}: not a text: it has bytes of 0; export it as CSV")
        # not splitlines(): that also splits at letters inside of a cell
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        ended = not lines[-1].strip()
        while lines and not lines[-1].strip():
            lines.pop()
        return cls(path, lines, encoding, ended)

    def sheet(
        self,
        known: Titles,
        needs: Sequence[str],
        separators: Sequence[str] = SEPARATORS,
    ) -> "Sheet":
        """Return the table whose titles name all of ``needs``.

        ``needs``: names of quantities; ``a|b``: one of the two. StoreError: no line
        has such titles, or a title is there twice.
        """
        best: Sequence[str] = ()
        for at, line in enumerate(islice(self.lines, LOOK_FOR_TITLES)):
            for separator in separators:
                titles = _cells(line, separator)
                names = {each.name for t in titles if (each := quantity_of(t, known))}
                if all(names & set(need.split("|")) for need in needs):
                    return Sheet.of(self, at, separator, titles, known, needs)
                best = max(best, sorted(names), key=len)
        lacking = [need for need in needs if not set(best) & set(need.split("|"))]
        raise StoreError(
            f"{self.path}: no line has the titles of {', '.join(needs)}; "
            + (f"of {', '.join(lacking)} there is none" if best else "it has no titles")
            + "; export it again with these columns"
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """The columns that were taken from a sheet."""

    columns: Mapping[str, ForeignColumn]
    """Numbers, by the name of their quantity, in labctl's units."""
    words: Mapping[str, Sequence[str]]
    """Texts, by the name of their quantity."""
    untaken: tuple[str, ...]
    """Titles that nothing takes."""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of text cells below its titles."""

    path: Path
    head: Sequence[str]
    """Lines above the titles."""
    titles: Sequence[str]
    takes: Mapping[int, tuple[Quantity, float]]
    """Position of a column -> what it is, and the factor to labctl's unit."""
    lines: Sequence[str]
    """All lines of the file."""
    first: int
    """Position of the first line of cells."""
    separator: str
    ended: bool
    """Whether the file's last line has an end."""
    remarks: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        text: TextFile,
        at: int,
        separator: str,
        titles: Sequence[str],
        known: Titles,
        needs: Sequence[str],
    ) -> "Sheet":
        """Return the table whose titles are in line ``at``. StoreError."""
        where = f"{text.path}:{at + 1}"
        takes, remarks = takes_of(where, titles, known, needs)
        return cls(
            text.path,
            text.lines[:at],
            titles,
            takes,
            text.lines,
            at + 1,
            separator,
            text.ended,
            remarks,
        )

    def take(self) -> Taken:
        """Read every column that is known. StoreError names the line."""
        numbers: dict[int, list[Array]] = {at: [] for at in self.takes}
        words: dict[int, list[str]] = {
            at: [] for at, (q, _) in self.takes.items() if q.kind is Kind.WORDS
        }
        comma = self._decimal_comma()
        for lines, rows in self._blocks():
            columns = list(zip(*rows, strict=True))
            for at, (quantity, factor) in self.takes.items():
                if quantity.kind is Kind.WORDS:
                    words[at].extend(map(str.strip, columns[at]))
                    continue
                place = Place(self.path, lines, self.titles[at])
                values = numbers_of(place, columns[at], quantity, comma)
                numbers[at].append(factor * values)
        if not any(numbers.values()):
            raise StoreError(f"{self.path}: there is no row below the titles")
        if not self.ended and CUT not in self.remarks:
            self.remarks.append(NO_END)
        named = {
            q.name: ForeignColumn(np.concatenate(numbers[at]), self.titles[at].strip())
            for at, (q, _) in self.takes.items()
            if q.kind is not Kind.WORDS
        }
        said = {self.takes[at][0].name: cells for at, cells in words.items()}
        return Taken(named, said, untaken(self.titles, self.takes), (*self.remarks,))

    def _blocks(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """Yield blocks of lines: their numbers, from 1, and their cells."""
        for first in range(self.first, len(self.lines), BLOCK):
            end = min(first + BLOCK, len(self.lines))
            rows = [
                (number, row)
                for number, row in self._rows(first, end)
                if self._fits(number, row)
            ]
            if rows:
                yield [number for number, _ in rows], [row for _, row in rows]

    def _rows(self, first: int, end: int) -> Iterator[tuple[int, list[str]]]:
        lines = (self.lines[at] for at in range(first, end))
        if self.separator == SPACES:
            rows = [line.split() for line in lines]
        elif any('"' in self.lines[at] for at in range(first, end)):
            try:
                rows = list(csv.reader(lines, delimiter=self.separator, strict=True))
            except csv.Error as e:
                raise StoreError(f"{self.path}:{first + 1}: {e}") from e
        else:
            rows = [line.split(self.separator) for line in lines]
        yield from enumerate(rows, start=first + 1)

    def _fits(self, number: int, row: list[str]) -> bool:
        """Bring a line's cells to the number of titles; False: the line is empty."""
        wanted = len(self.titles)
        if len(row) == wanted and row[0]:
            return True
        while len(row) > wanted and not row[-1].strip():
            row.pop()
        if not any(cell.strip() for cell in row):
            return False
        if len(row) == wanted:
            return True
        if number == len(self.lines) and len(row) < wanted:
            self.remarks.append(CUT)
            return False
        raise StoreError(
            f"{self.path}:{number}: {len(row)} cells, the titles are {wanted}"
        )

    def _decimal_comma(self) -> bool:
        """Whether the comma is the decimal mark. StoreError: that is not sure."""
        below = islice(self.lines, self.first, None)
        if self.separator == "," or not any("," in line for line in below):
            return False
        numeric = [at for at, (q, _) in self.takes.items() if q.kind is not Kind.WORDS]
        points = commas = sure = False
        for _, rows in self._blocks():
            for row in rows:
                for at in numeric:
                    cell = row[at]
                    if "," not in cell:
                        points = points or "." in cell
                        continue
                    commas = True
                    points = points or "." in cell
                    if match := _COMMA.match(cell.strip()):
                        whole, behind = match[1], match[2]
                        sure = sure or (
                            len(behind) != THOUSAND
                            or len(whole) > THOUSAND
                            or whole.startswith("0")
                            or not whole
                        )
                    elif ":" in cell:
                        sure = True  # 0:00:01,5
        if commas and (points or not sure):
            raise StoreError(
                f"{self.path}: its commas may be decimal marks or stand between "
                "thousands; export it with a decimal point and no thousands"
            )
        return commas


def takes_of(
    where: str, titles: Sequence[str], known: Titles, needs: Sequence[str]
) -> tuple[dict[int, tuple[Quantity, float]], list[str]]:
    """Return which columns are taken (position -> quantity, factor), and remarks.

    A column whose unit is not known is not taken, and that is said. StoreError: it is
    one of ``needs``, or two columns are one quantity.
    """
    needed = {name for need in needs for name in need.split("|")}
    remarks: list[str] = []
    takes: dict[int, tuple[Quantity, float]] = {}
    found = {
        at: each
        for at, title in enumerate(titles)
        if (each := quantity_of(title, known)) is not None
    }
    for at, quantity in found.items():
        title = titles[at]
        same = [titles[k].strip() for k, q in found.items() if q.name == quantity.name]
        if len(same) > 1 and quantity.kind in NO_DOUBT:
            said = " and ".join(map(repr, same))
            raise StoreError(
                f"{where}: {said} are both {quantity.name}; export one of them"
            )
        if len(same) > 1:
            remarks.append(f"{title.strip()} is not taken: there are {len(same)}")
            continue
        unit = words_of(title)[1]
        factor = factor_of(quantity, unit)
        if factor is None:
            said = f"has the unknown unit {unit}" if unit else "does not say its unit"
            if quantity.name in needed:
                raise StoreError(
                    f"{where}: {title.strip()!r} {said}; export it with a unit such "
                    "as A, V, Ah, s"
                )
            remarks.append(f"{title.strip()} is not taken: it {said}")
            continue
        takes[at] = (quantity, factor)
    return takes, remarks


def untaken(titles: Sequence[str], takes: Mapping[int, object]) -> tuple[str, ...]:
    """Return the titles that no quantity takes."""
    return tuple(
        title.strip()
        for at, title in enumerate(titles)
        if at not in takes and title.strip()
    )


def _cells(line: str, separator: str) -> list[str]:
    if separator == SPACES:
        return line.split()
    try:
        cells = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []
    while cells and not cells[-1].strip():
        cells.pop()
    return cells
