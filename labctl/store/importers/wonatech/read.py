"""Read WonATech's ``.wrd`` files (Smart Interface) into labctl's columns.

CURRENT is signed (positive charges); CELL STATUS says the same in words and a file in
which the two contradict each other is refused. Charges and energies count within a
cycle, or the test, as the rows tell. A TEMPERATURE of 0 is a channel without a sensor.
A last row that is not complete (the file was still recorded, or was cut short) is left
out and said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from labctl.errors import StoreError
from labctl.formats.wonatech.layout import (
    HEAD,
    Head,
    LayoutError,
    moment_of,
    read_head,
)
from labctl.formats.wonatech.quantities import (
    CHARGE,
    CHARGES,
    DISCHARGE,
    DRIVING,
    ENERGIES,
    PLAIN,
    scale_of,
)
from labctl.formats.wonatech.rows import Columns, RowError, read_rows
from labctl.formats.wonatech.schedule import schedule_of
from labctl.roles.schedule import ScheduleStep, line_of
from labctl.store.importers.counters import Scope, begins, scope_of
from labctl.store.importers.foreign import (
    ForeignColumn,
    ForeignFile,
    ForeignTable,
)

PROGRAM: Final = "WonATech Smart Interface"
BLOCK: Final = 32 << 20
"""Bytes of rows that are taken apart at once: about 250,000 rows."""
_SPENT = ("CELL STATUS", "CONTROL STATUS", "DATE TIME", "CHANNEL")
"""Read, though they become no column of their own."""


def read(path: Path) -> ForeignFile:
    """Read a ``.wrd`` file. StoreError: it is none, is damaged, or contradicts."""
    try:
        with path.open("rb") as file:
            head = read_head(file.read(HEAD))
            file.seek(head.begin)
            rows, left = _rows(file, head)
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e.strerror or e}") from e
    except LayoutError as e:
        raise StoreError(
            f"{path}: {e}; export the test as CSV in Smart Interface"
        ) from e
    except RowError as e:
        raise StoreError(
            f"{path}: {e}: no row of a .wrd file; copy it from the cycler's PC again"
        ) from e
    return _Rows(path, head, rows).as_foreign(left)


def _rows(file: BinaryIO, head: Head) -> tuple[Columns, int]:
    """Return all complete rows, and how many bytes of one that is not are left."""
    parts: list[Columns] = []
    rest, done = b"", 0
    while block := file.read(BLOCK):
        try:
            rows, rest = read_rows(rest + block, head.rows)
        except RowError as e:
            raise RowError(e.what, done + e.row) from e
        parts.append(rows)
        done += len(next(iter(rows.values())))
    parts = parts or [read_rows(b"", head.rows)[0]]
    return {
        name: np.concatenate([part[name] for part in parts]) for name in parts[0]
    }, len(rest)


@dataclass(frozen=True, slots=True)
class _Rows:
    path: Path
    head: Head
    rows: Columns

    def as_foreign(self, left: int) -> ForeignFile:
        self.check_needed()
        self.check_channel()
        self.check_time()
        steps = schedule_of(self.head)
        columns = dict(self.columns())
        unknown = [f"{n} unknown bytes a row" for n in [self.head.rows.unknown] if n]
        remarks = [*self.check_signs(), *self.check_counters()]
        remarks += self.check_count(left)
        taken = {column.title for column in columns.values()}
        return ForeignFile(
            self.path,
            PROGRAM,
            ForeignTable(columns),
            started=self.started(),
            settings=self.settings(steps),
            facts=self.facts(steps),
            untaken=(*(x for x in self.rows if not {x} & {*taken, *_SPENT}), *unknown),
            remarks=tuple(remarks),
        )

    # ── columns ──────────────────────────────────────────────────────────────

    def columns(self) -> Iterator[tuple[str, ForeignColumn]]:
        for title, (name, one) in PLAIN.items():
            if title in self.rows:
                yield name, self.column(title, one * self.unit(title))
        for names in (CHARGES, ENERGIES):
            scope = self.scope(names)
            for title in self.counters(names) if scope is not None else ():
                coulomb = names is CHARGES and self.head.coulomb
                one = self.unit(title, 1 / 3600 if coulomb else 1.0)
                yield f"{scope}{names[title]}", self.column(title, one)
        if "TEMPERATURE" in self.rows and (self.rows["TEMPERATURE"] != 0).any():
            degrees = self.rows["TEMPERATURE"]
            degrees = np.where(degrees == 0, np.nan, degrees)
            yield "temperature_t1_celsius", ForeignColumn(degrees, "TEMPERATURE")
        if "CONTROL STATUS" in self.rows:
            codes = self.rows["CONTROL STATUS"]
            driving = np.full(len(codes), np.nan)
            for code, mode in DRIVING.items():
                driving[codes == code] = mode
            yield "driving_code", ForeignColumn(driving, "CONTROL STATUS")

    def counters(self, names: Mapping[str, str]) -> list[str]:
        """Return the counters of these that are there in a unit that is known."""
        # Which unit of energy stands beside C was never seen: not guessed.
        coulomb = self.head.coulomb
        known = coulomb is not None if names is CHARGES else coulomb is False
        units = self.head.units
        return [t for t in names if t in self.rows and (t in units or known)]

    def scope(self, names: Mapping[str, str]) -> Scope | None:
        """Return since when they count, as the rows tell; None: it is not known."""
        counters = [self.rows[title] for title in self.counters(names)]
        cycles = begins(self.rows.get("CYCLE INDEX"))
        return scope_of(counters, [(Scope.CYCLE, cycles), (Scope.TEST, cycles)])

    def column(self, title: str, one: float) -> ForeignColumn:
        values = self.rows[title].astype(np.float64)
        return ForeignColumn(values if one == 1 else values * one, title)

    def unit(self, title: str, plain: float = 1.0) -> float:
        """Return what one of the file's unit is in ours."""
        try:
            return scale_of(self.head, title, plain)
        except LayoutError as e:
            raise StoreError(
                f"{self.path}: {e}; export the test as CSV in Smart Interface"
            ) from e

    # ── what must hold ───────────────────────────────────────────────────────

    def check_needed(self) -> None:
        needed = ("TEST TIME", "VOLTAGE", "CURRENT")
        if missing := [each for each in needed if each not in self.rows]:
            raise StoreError(
                f"{self.path}: its rows have no {', '.join(missing)}; they have "
                f"{', '.join(self.rows)}: export the test with these columns"
            )

    def check_channel(self) -> None:
        channels = np.unique(self.rows.get("CHANNEL", np.zeros(0)))
        if len(channels) > 1:
            said = ", ".join(str(int(each)) for each in channels)
            raise StoreError(
                f"{self.path}: holds rows of channels {said}; one file is one cell: "
                "save each channel by itself in Smart Interface"
            )

    def check_time(self) -> None:
        back = np.flatnonzero(np.diff(self.rows["TEST TIME"]) < 0)
        if len(back):
            raise StoreError(
                f"{self.path}: row {int(back[0]) + 1}: the test time goes back; the "
                "file is damaged, or two tests are in it: copy it again from the "
                "cycler's PC"
            )

    def check_signs(self) -> Iterator[str]:
        """Compare CURRENT with CELL STATUS; yield what a person should know."""
        if "CELL STATUS" not in self.rows:
            return
        state, current = self.rows["CELL STATUS"], self.rows["CURRENT"]
        for code, word, sign in (
            (CHARGE, "charge", 1),
            (DISCHARGE, "discharge", -1),
        ):
            directed = sign * current[state == code]
            right, wrong = int((directed > 0).sum()), int((directed < 0).sum())
            if wrong > max(right, 1):
                raise StoreError(
                    f"{self.path}: CURRENT has the sign of the other direction in "
                    f"{wrong} of {len(directed)} rows that CELL STATUS calls "
                    f"{word}; labctl cannot tell which of them is right: export the "
                    "test as CSV in Smart Interface"
                )
            if wrong:
                yield (
                    f"{wrong} of {len(directed)} rows of {word} have a current of "
                    "the other direction"
                )

    def check_counters(self) -> Iterator[str]:
        """Yield which counters are left out."""
        for names in (CHARGES, ENERGIES):
            if self.scope(names) is None:
                said = " and ".join(self.counters(names))
                yield f"{said} are left out: they restart where no cycle begins"

    def check_count(self, left: int) -> Iterator[str]:
        """Compare the number of rows with the head's; say what else it leaves open."""
        rows, said = len(self.rows["TEST TIME"]), self.head.count
        if self.head.coulomb is None and not self.head.units:
            yield (
                "the head does not say whether charges are in C or A·h (UnitCoulomb): "
                "charges and energies are left out"
            )
        if left:
            yield (
                f"{left} bytes of a row that is not complete were left out: the test "
                "was still recorded, or the file was cut short"
            )
        if said is not None and said != rows:
            yield f"the head of the file speaks of {said} rows, it holds {rows}"

    # ── what the file says besides ───────────────────────────────────────────

    def started(self) -> datetime | None:
        if self.head.started is not None or "DATE TIME" not in self.rows:
            return self.head.started
        dates, times = self.rows["DATE TIME"], self.rows["TEST TIME"]
        first = moment_of(int(dates[0])) if len(dates) else None
        if first is None:
            return None
        return first - timedelta(microseconds=int(times[0]) // 10)

    def settings(self, steps: tuple[ScheduleStep, ...]) -> tuple[str, ...]:
        names = ("Version", "SIFVersion", "AppVer", "FirmVer", "DeviceType", "FileName")
        said = [(name, self.head.text(name)) for name in names]
        return (
            *(f"{name} : {text}" for name, text in said if text),
            *(f"Step {k} : {line_of(step)}" for k, step in enumerate(steps)),
        )

    def facts(self, steps: tuple[ScheduleStep, ...]) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "instrument": self.head.text("Model"),
            "serial": self.head.text("SerialNo"),
        }
        channel = self.rows.get("CHANNEL", np.zeros(0))
        if len(channel):
            facts["channel"] = int(channel[0])
        # Typed in by hand, in units that no file says; 1, 1, 0 where nobody typed.
        for name, key in (
            ("CellWeight", "cell_weight_as_typed"),
            ("ElectrodeArea", "electrode_area_as_typed"),
            ("CellCapacity", "cell_capacity_as_typed"),
        ):
            number = self.head.member("StartReport", name)
            if isinstance(number, float):
                facts[key] = number
        if steps:
            facts["schedule"] = [step.to_json() for step in steps]
        return {key: value for key, value in facts.items() if value != ""}
