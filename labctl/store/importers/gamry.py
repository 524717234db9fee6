"""Read Gamry Framework's ``.DTA`` files: curves, open circuit, spectra.

Text, tabs: ``EXPLAIN``, settings as ``NAME<tab>TYPE<tab>value…``, and tables: a line
``CURVE<tab>TABLE<tab>rows``, a line of names and one of units (both begin with a tab),
then rows that begin with a tab. Numbers have a point or a comma by the locale of the
PC; the date too, so that 3/10/2019 is not told apart from 10/3/2019 and is handed on
as text. ``Zimag`` is signed (negative when capacitive).

Sign of the current: ``CONVENTION`` 1 is positive for anodic (oxidising, charging)
currents: seen in charge steps of Framework 6. A file that says another convention, or
has currents and says none, is refused.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.cells import Place, number, numbers_of
from labctl.store.importers.clock_text import date
from labctl.store.importers.delimited import NO_END
from labctl.store.importers.foreign import (
    EMPTY,
    ForeignColumn,
    ForeignFile,
    ForeignTable,
)
from labctl.store.importers.titles import Kind, Quantity

ANODIC: Final = "1"
"""Value of CONVENTION where anodic currents are positive."""
SQUARE_CENTIMETRE: Final = 1e-4

_SERIES: Mapping[str, str] = {
    "T": "test_time_second",
    "Vf": "voltage_volt",
    "Im": "current_ampere",
    "IERange": "current_range_code",
}
_EIS: Mapping[str, str] = {
    "Time": "test_time_second",
    "Freq": "frequency_hertz",
    "Zreal": "real_impedance_ohm",
    "Zimag": "imaginary_impedance_ohm",
    "Zmod": "absolute_impedance_ohm",
    "Zphz": "phase_degree",
    "Idc": "current_ampere",
    "Vdc": "voltage_volt",
}
_UNITS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("T", "Time"), ("s",)),
    **dict.fromkeys(("Vf", "Vdc", "Vm"), ("V", "V vs. Ref.")),
    **dict.fromkeys(("Im", "Idc"), ("A",)),
    **dict.fromkeys(("Zreal", "Zimag", "Zmod"), ("ohm",)),
    "Freq": ("Hz",),
    "Zphz": ("°", "deg"),
    "IERange": ("#",),
}
_CURVE = re.compile(r"CURVE\d*\Z")
_DIRECTIONS = {"PWR800_CHARGE": 1, "PWR800_DISCHARGE": -1}
"""Kind of test → sign that its current has throughout."""


@dataclass(slots=True)
class _Table:
    name: str
    line: int
    said: int | None
    """Rows that its first line speaks of."""
    titles: Sequence[str] = ()
    units: Sequence[str] = ()
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    """Number of the line, and its cells."""

    def column(self, path: Path, title: str) -> Array:
        """Return a column's numbers; NaN of an empty cell. StoreError: the line."""
        at = self.titles.index(title)
        place = Place(path, [line for line, _ in self.rows], title)
        cells = [cells[at] for _, cells in self.rows]
        return numbers_of(place, cells, Quantity(title, Kind.COUNT), comma=True)


def read(path: Path) -> ForeignFile:
    """Read a ``.DTA`` file. StoreError: it is none, or its currents have no sign."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e.strerror or e}") from e
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    lines = text.splitlines()
    if not lines or lines[0].strip() != "EXPLAIN":
        raise StoreError(f"{path}:1: expected `EXPLAIN`; not a Gamry .DTA file")
    settings, tables, remarks = _parts(path, lines)
    if tables and not remarks and not text.endswith(("\n", "\r")):
        remarks.append(NO_END)
    return _File(path, settings, tables).as_foreign(remarks)


def _parts(
    path: Path, lines: Sequence[str]
) -> tuple[Mapping[str, Sequence[str]], list[_Table], list[str]]:
    """Return the settings (name → cells), the tables, and what to remark."""
    settings: dict[str, Sequence[str]] = {}
    tables: list[_Table] = []
    remarks: list[str] = []
    table: _Table | None = None
    for at, line in enumerate(lines[1:], start=2):
        cells = [cell.strip() for cell in line.split("\t")]
        if not line.startswith("\t"):
            table = None
            if len(cells) > 1 and cells[1] == "TABLE":
                said = cells[2] if len(cells) > 2 else ""  # noqa: PLR2004
                table = _Table(cells[0], at, int(said) if said.isdecimal() else None)
                tables.append(table)
            elif cells[0]:
                settings.setdefault(cells[0], cells[1:])
        elif table is not None and line.strip():
            cells = cells[1:-1] if not cells[-1] else cells[1:]
            if at == len(lines) and table.units and len(cells) < len(table.titles):
                remarks.append("the last line was cut short and is left out")
            else:
                _take(path, at, table, cells)
    remarks += [
        f"{x.name} speaks of {x.said} rows, it holds {len(x.rows)}"
        for x in tables
        if x.said is not None and x.said != len(x.rows)
    ]
    return settings, tables, remarks


def _take(path: Path, number: int, table: _Table, cells: list[str]) -> None:
    if not table.titles:
        table.titles = cells
        if len(set(cells)) < len(cells):
            raise StoreError(f"{path}:{number}: a title stands twice: {cells}")
        return
    if not table.units:
        table.units = cells
        return
    if len(cells) != len(table.titles):
        raise StoreError(
            f"{path}:{number}: {len(cells)} cells, the table has "
            f"{len(table.titles)} titles: the file was cut short or edited; copy it "
            "again, or remove this line"
        )
    table.rows.append((number, cells))


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    settings: Mapping[str, Sequence[str]]
    tables: Sequence[_Table]

    def as_foreign(self, remarks: list[str]) -> ForeignFile:
        full = [x for x in self.tables if x.rows]
        spectra = [x for x in full if x.name.startswith("ZCURVE")]
        curves = [x for x in full if _CURVE.match(x.name)]
        if not curves and not spectra:
            curves = [x for x in full if x.name == "OCVCURVE"]
        if not curves and not spectra:
            names = ", ".join(x.name for x in self.tables) or "no table"
            raise StoreError(
                f"{self.path}: has no CURVE and no ZCURVE with rows (it has {names}); "
                "import the files of its single steps"
            )
        remarks += [
            f"{x.name} of {len(x.rows)} rows is not imported"
            for x in full
            if x not in curves and x not in spectra
        ]
        if "EXPERIMENTABORTED" in self.settings:
            remarks.append("the experiment was aborted")
        signed = self.check_sign(curves)
        if spectra and not signed:
            remarks.append(
                "the file does not say which currents are positive: the direct "
                "current of its spectra is left out"
            )
        taken = {**_SERIES, **_EIS}
        known = [*curves, *spectra]
        started, said = self.started()
        return ForeignFile(
            self.path,
            "Gamry Framework",
            self.series(curves),
            self.eis(spectra, signed=signed),
            technique=self.said("TAG"),
            started=started,
            started_said=said,
            settings=tuple("\t".join((k, *v)) for k, v in self.settings.items()),
            facts=dict(self.facts()),
            untaken=tuple(
                dict.fromkeys(t for x in known for t in x.titles if t not in taken)
            ),
            remarks=tuple(remarks),
        )

    def series(self, curves: Sequence[_Table]) -> ForeignTable:
        if not curves:
            return EMPTY
        columns = self.columns(curves, _SERIES)
        for name in ("test_time_second", "voltage_volt"):
            if name not in columns:
                titles = ", ".join(curves[0].titles)
                raise StoreError(f"{self.path}: its curve has no {name}, only {titles}")
        for one, other in pairwise(curves):
            if other.column(self.path, "T")[0] < one.column(self.path, "T")[-1]:
                raise StoreError(
                    f"{self.path}:{other.line}: {other.name} begins before "
                    f"{one.name} ends: its time counts from itself; import each "
                    "curve as a file of its own"
                )
        if len(curves) > 1:
            sizes = [len(x.rows) for x in curves]
            columns["cycle_count"] = ForeignColumn(
                np.repeat(np.arange(1.0, len(curves) + 1), sizes), "CURVE1, CURVE2, …"
            )
        return ForeignTable(columns)

    def eis(self, spectra: Sequence[_Table], *, signed: bool) -> ForeignTable:
        if not spectra:
            return EMPTY
        names = {k: v for k, v in _EIS.items() if signed or k != "Idc"}
        columns = self.columns(spectra, names)
        needed = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
        if missing := [name for name in needed if name not in columns]:
            raise StoreError(f"{self.path}: its ZCURVE has no {', '.join(missing)}")
        sizes = [len(x.rows) for x in spectra]
        columns["spectrum_id"] = ForeignColumn(
            np.repeat(np.arange(float(len(spectra))), sizes), "ZCURVE"
        )
        return ForeignTable(columns)

    def columns(
        self, tables: Sequence[_Table], names: Mapping[str, str]
    ) -> dict[str, ForeignColumn]:
        first = tables[0]
        for each in tables[1:]:
            if each.titles != first.titles or each.units != first.units:
                raise StoreError(
                    f"{self.path}:{each.line}: {each.name} has other columns than "
                    f"{first.name}; import them as files of their own"
                )
        found = {}
        for title, name in names.items():
            if title not in first.titles:
                continue
            units = dict(zip(first.titles, first.units, strict=False))
            # The sign of degrees is lost by some code pages.
            if units.get(title) not in _UNITS[title] and title != "Zphz":
                raise StoreError(
                    f"{self.path}:{first.line + 2}: {title} is in "
                    f"{units.get(title) or 'no unit'}, labctl knows "
                    f"{', '.join(_UNITS[title])}"
                )
            values = np.concatenate([each.column(self.path, title) for each in tables])
            found[name] = ForeignColumn(values, title)
        return found

    # ── what must be known ───────────────────────────────────────────────────

    def check_sign(self, curves: Sequence[_Table]) -> bool:
        """Return whether anodic currents are positive; StoreError if they are not."""
        convention = self.said("CONVENTION")
        if convention not in (ANODIC, ""):
            raise StoreError(
                f"{self.path}: CONVENTION is {convention}: currents are not positive "
                "when anodic; labctl knows 1 only: convert the file in Echem Analyst"
            )
        driven = [x for x in curves if "Im" in x.titles]
        if driven and not convention:
            raise StoreError(
                f"{self.path}: has currents and no line CONVENTION, so that their "
                "sign is not known; where anodic currents are positive, write "
                "`CONVENTION<tab>IQUANT<tab>1<tab>Current Convention` below EXPLAIN"
            )
        direction = _DIRECTIONS.get(self.said_first("TAG"), 0)
        for each in driven:
            directed = direction * each.column(self.path, "Im")
            if (directed < 0).sum() > (directed > 0).sum():
                raise StoreError(
                    f"{self.path}:{each.line}: {self.said('TAG')} with currents of "
                    "the other direction; labctl cannot tell which is right"
                )
        return convention == ANODIC

    def started(self) -> tuple[datetime | None, str]:
        day, time = self.said("DATE"), self.said("TIME")
        moment = date_of(day, time)
        return moment, "" if moment else f"{day} {time}".strip()

    # ── settings ─────────────────────────────────────────────────────────────

    def said_first(self, name: str) -> str:
        return next(iter(self.settings.get(name, ())), "")

    def said(self, name: str) -> str:
        """Return a setting's value: behind its type, TAG's at once."""
        cells = self.settings.get(name, ())
        if name == "TAG":
            return cells[0] if cells else ""
        return cells[1] if len(cells) > 1 else ""

    def facts(self) -> Iterator[tuple[str, Any]]:
        for name, key in (
            ("PSTAT", "instrument"),
            ("PSTATSERIALNO", "serial"),
            ("TITLE", "comment"),
        ):
            if text := self.said(name):
                yield key, text
        area = number(self.said("AREA").replace(",", "."))
        if area and area > 0:
            yield "area_square_metre", area * SQUARE_CENTIMETRE


def date_of(text: str, time: str) -> datetime | None:
    """Return a moment of which only one reading is possible; None otherwise.

    Some locales write a time with full stops.
    """
    clock = re.sub(r"(?<=\d)\.(?=\d\d(?:\D|$))", ":", time.strip(), count=2)
    return date([f"{text.strip()} {clock}"])
