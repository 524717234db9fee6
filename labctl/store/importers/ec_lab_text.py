"""Read EC-Lab's text files (``.mpt``), so that old cells can be compared with new.

Line 2 says how many header lines there are; the last of them holds the column titles.
Latin-1; decimal point or comma, by the locale of the PC; tabs between columns and
often behind the last one. `as_foreign` turns what is known into labctl's columns.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.foreign import (
    EMPTY,
    ForeignColumn,
    ForeignFile,
    ForeignTable,
)

MAGIC = ("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")
_COUNT = re.compile(r"Nb header lines\s*:\s*(\d+)")
_STARTED = re.compile(
    r"Acquisition started on\s*:\s*(\d\d/\d\d/\d{4} \d\d:\d\d:\d\d(?:[.,]\d+)?)"
)
_DATE = re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d")
MILLI = 1e-3


@dataclass(frozen=True, slots=True)
class EcLabFile:
    """One file: titles as EC-Lab writes them, numbers as they stand."""

    technique: str
    """``Galvanostatic Cycling with Potential Limitation``; empty if not said."""
    settings: tuple[str, ...]
    """The header's lines."""
    columns: Mapping[str, Array]
    """Title → values, shape (n,), float64; NaN where a cell is empty."""
    started_unix: float = float("nan")
    """Start of the acquisition as if the PC's clock were UTC; NaN if not said."""


def read_mpt(path: Path) -> EcLabFile:
    """Read a ``.mpt`` file. StoreError: not one, or its lines do not agree."""
    try:
        lines = path.read_bytes().decode("latin-1").splitlines()
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e}") from e
    if not lines or lines[0].strip() not in MAGIC:
        raise StoreError(f"{path}: does not begin with `{MAGIC[0]}`; not a .mpt file")
    count = _COUNT.match(lines[1]) if len(lines) > 1 else None
    if count is None or not 3 <= int(count[1]) <= len(lines):  # noqa: PLR2004
        raise StoreError(f"{path}:2: expected `Nb header lines : N`")
    head = lines[: int(count[1])]
    titles = [title.strip() for title in head[-1].rstrip("\t\r").split("\t")]
    rows = [
        _cells(path, number, line, len(titles))
        for number, line in enumerate(lines[len(head) :], start=len(head) + 1)
        if line.strip()
    ]
    values = np.array(rows, dtype=np.float64).reshape(-1, len(titles))
    return EcLabFile(
        technique=head[3].strip() if len(head) > 4 else "",  # noqa: PLR2004
        settings=tuple(head),
        columns={title: values[:, k] for k, title in enumerate(titles)},
        started_unix=_started(head),
    )


def _cells(path: Path, number: int, line: str, count: int) -> list[float]:
    cells = line.rstrip("\r\n").split("\t")
    if len(cells) == count + 1 and not cells[-1].strip():
        cells.pop()
    if len(cells) != count:
        raise StoreError(
            f"{path}:{number}: {len(cells)} columns, the title line has {count}"
        )
    return [_number(path, number, cell) for cell in cells]


def _number(path: Path, number: int, cell: str) -> float:
    text = cell.strip().replace(",", ".")
    if not text or text.upper() in {"XXX", "NAN"}:
        return float("nan")
    if _DATE.match(text):
        return _unix(text)
    try:
        return float(text)
    except ValueError as e:
        raise StoreError(f"{path}:{number}: {cell!r} is not a number") from e


def _started(head: list[str]) -> float:
    for line in head:
        if match := _STARTED.match(line):
            return _unix(match[1])
    return float("nan")


def _unix(text: str) -> float:
    plain = text.replace(",", ".")
    form = "%m/%d/%Y %H:%M:%S.%f" if "." in plain else "%m/%d/%Y %H:%M:%S"
    return datetime.strptime(plain, form).replace(tzinfo=UTC).timestamp()


def read(path: Path) -> ForeignFile:
    """Read a ``.mpt`` file into labctl's columns. StoreError."""
    return as_foreign(path, read_mpt(path))


def as_foreign(path: Path, file: EcLabFile) -> ForeignFile:
    """Return what the file holds in labctl's columns.

    Rows with a frequency above 0 are spectra; all others (the direct current of a
    spectrum too) are the time series. Signs are the same; mA and mA.h become SI.
    StoreError: there is no time, or no voltage.
    """
    c = file.columns
    time = _first(c, {"time/s": 1.0})
    voltage = _first(c, {"Ewe/V": 1.0, "<Ewe>/V": 1.0, "<Ewe/V>": 1.0, "Ecell/V": 1.0})
    if time is None or voltage is None:
        raise StoreError(
            f"{path}: has no {'time/s' if time is None else 'Ewe/V'}; it has "
            f"{', '.join(c)}"
        )
    shared = {"test_time_second": time, "voltage_volt": voltage}
    current = _first(c, {"I/mA": MILLI, "<I>/mA": MILLI})
    if current is not None:
        shared["current_ampere"] = current
    for name, title in (("half_cycle", "half cycle"), ("cycle_count", "cycle number")):
        column = _first(c, {title: 1.0})
        if column is not None:
            shared[name] = column
    frequency = _first(c, {"freq/Hz": 1.0})
    series = ForeignTable(shared)
    eis = EMPTY
    if frequency is not None and (frequency.values > 0).any():
        sines = frequency.values > 0
        eis = _eis(path, c, series, frequency).where(sines)
        series = series.where(~sines)
    started = file.started_unix
    return ForeignFile(
        path,
        "EC-Lab",
        series,
        eis,
        technique=file.technique,
        started=None
        if np.isnan(started)
        else datetime.fromtimestamp(started, UTC).replace(tzinfo=None),
        settings=file.settings,
    )


def _eis(
    path: Path,
    c: Mapping[str, Array],
    series: ForeignTable,
    frequency: ForeignColumn,
) -> ForeignTable:
    real = _first(c, {"Re(Z)/Ohm": 1.0})
    minus = _first(c, {"-Im(Z)/Ohm": 1.0})
    if real is None or minus is None:
        raise StoreError(f"{path}: has freq/Hz without Re(Z)/Ohm and -Im(Z)/Ohm")
    rises = np.diff(frequency.values, prepend=np.inf) > 0
    own = {
        **series,
        "frequency_hertz": frequency,
        "real_impedance_ohm": real,
        "imaginary_impedance_ohm": ForeignColumn(-minus.values, minus.title),
        "spectrum_id": ForeignColumn(
            np.cumsum(rises), "freq/Hz", "spectrum-from-frequency-order"
        ),
    }
    for name, title in (
        ("voltage_amplitude_volt", "|Ewe|/V"),
        ("current_amplitude_ampere", "|I|/A"),
    ):
        column = _first(c, {title: 1.0})
        if column is not None:
            own[name] = column
    return ForeignTable(own)


def _first(
    columns: Mapping[str, Array], names: Mapping[str, float]
) -> ForeignColumn | None:
    for name, factor in names.items():
        if name in columns:
            return ForeignColumn(columns[name] * factor, name)
    return None
