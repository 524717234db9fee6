"""Read Battery Data Format files, and whoever writes tables with its terms.

One table of one cell: rows with a frequency are spectra, all others the time series.
A sidecar ``x.metadata.json`` beside it says whose rows these are.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from labctl.errors import StoreError
from labctl.store.importers.bdf.records import facts_of, started_of
from labctl.store.importers.bdf.tables import read_table
from labctl.store.importers.bdf.vocabulary import AMBIGUOUS, LEFT_OUT, Term, term_of
from labctl.store.importers.foreign import (
    EMPTY,
    ForeignColumn,
    ForeignFile,
    ForeignTable,
)
from labctl.store.importers.plain_csv import PlainTable
from labctl.store.importers.sweeps import spectrum_of

NEEDED: Final = ("test_time_second", "voltage_volt", "current_ampere")
SPECTRAL: Final = (
    "frequency_hertz",
    "real_impedance_ohm",
    "imaginary_impedance_ohm",
    "absolute_impedance_ohm",
    "phase_degree",
    "spectrum_id",
    "voltage_amplitude_volt",
    "current_amplitude_ampere",
)
"""What only spectra have."""
MILLISECONDS: Final = 1e11
"""A Unix time beyond this (in the year 5138) is one in ms under the wrong label."""


def read(path: Path) -> ForeignFile:
    """Read a table and its sidecar. StoreError."""
    table = read_table(path)
    notes = facts_of(path)
    if table.simulated:
        notes["simulated"] = True
    return foreign(path, "Battery Data Format", table, notes)


def foreign(
    path: Path,
    program: str,
    table: PlainTable,
    notes: Mapping[str, Any],
    names: Mapping[str, str] | None = None,
    needed: Sequence[str] = NEEDED,
) -> ForeignFile:
    """Return the table in labctl's columns.

    ``names``: title → machine name, for a table whose titles are no terms;
    ``needed``: what every row that is no spectrum's must have. StoreError: two titles
    mean one quantity, or a needed one is not there.
    """
    if not any(len(values) for values in table.columns.values()):
        raise StoreError(f"{path}: the file has no row of data")
    terms = (
        {title: term_of(title) for title in table.columns}
        if names is None
        else {title: Term(name) for title, name in names.items()}
    )
    for title, first in table.texts.items():
        if term_of(title) is not None or (names and title in names):
            raise StoreError(f"{path}{first} is no number of {title}: correct it")
    columns = _columns(path, table, terms)
    remarks = list(table.remarks)
    if any(title in AMBIGUOUS for title in table.columns):
        remarks.append(
            "`Step Index` means the step of the program or the row in its step, by "
            "the version of the format: it is not taken"
        )
    series, eis = _parted(path, columns, needed)
    unix = started_unix(path, columns)
    started = started_of(notes) if unix is None else datetime.fromtimestamp(unix, UTC)
    taken = {column.title for column in columns.values()}
    return ForeignFile(
        path,
        program,
        series,
        eis,
        technique=str(notes.get("technique", "")),
        started=started,
        facts={k: v for k, v in notes.items() if k not in ("started", "technique")},
        untaken=(
            *(title for title in table.columns if title not in taken),
            *table.texts,
        ),
        remarks=tuple(remarks),
    )


def _columns(
    path: Path, table: PlainTable, terms: Mapping[str, Term | None]
) -> dict[str, ForeignColumn]:
    columns: dict[str, ForeignColumn] = {}
    for title, term in terms.items():
        if term is None or term.name in LEFT_OUT:
            continue
        if term.name in columns:
            raise StoreError(
                f"{path}: {columns[term.name].title!r} and {title!r} are both "
                f"{term.name}; leave one of them out"
            )
        values = table.columns[title]
        values = values if term.factor == 1 else values * term.factor
        columns[term.name] = ForeignColumn(values, title)
    return {name: c for name, c in columns.items() if not np.isnan(c.values).all()}


def _parted(
    path: Path, columns: Mapping[str, ForeignColumn], needed: Sequence[str]
) -> tuple[ForeignTable, ForeignTable]:
    whole = ForeignTable(columns)
    frequency = whole.numbers("frequency_hertz")
    sines = np.zeros(whole.rows, bool) if frequency is None else frequency > 0
    series, eis = EMPTY, EMPTY
    if not sines.all() or not whole.rows:
        if missing := [name for name in needed if name not in columns]:
            known = ", ".join(column.title for column in columns.values())
            raise StoreError(
                f"{path}: has no numbers of {', '.join(missing)} under a term of the "
                f"Battery Data Format; its terms are {known or 'none'}"
            )
        plain = {k: c for k, c in columns.items() if k not in SPECTRAL}
        series = ForeignTable(plain).where(~sines)
    if sines.any():
        eis = whole.where(sines)
        if "spectrum_id" not in eis:
            own = spectrum_of(path, eis["frequency_hertz"])
            eis = ForeignTable({**eis, "spectrum_id": own})
    return series, eis


def started_unix(path: Path, columns: Mapping[str, ForeignColumn]) -> float | None:
    """Return when the test time was 0, by the Unix times; None: there are none."""
    if "unix_time_second" not in columns or "test_time_second" not in columns:
        return None
    unix, time = (columns[k].values for k in ("unix_time_second", "test_time_second"))
    there = np.flatnonzero(np.isfinite(unix) & np.isfinite(time))
    if not len(there):
        return None
    since = float(unix[there[0]] - time[there[0]])
    if not max(abs(unix[there[0]]), abs(since)) <= MILLISECONDS:
        raise StoreError(
            f"{path}: {columns['unix_time_second'].title!r} is {unix[there[0]]:.0f}, "
            "which is no second of our time; label milliseconds `Unix Time / ms`"
        )
    return since
