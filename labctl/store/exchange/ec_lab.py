"""Read EC-Lab's text files (``.mpt``), so that old cells can be compared with new.

Line 2 says how many header lines there are; the last of them holds the column titles.
Latin-1; decimal point or comma, by the locale of the PC; tabs between columns and
often behind the last one. `as_streams` turns what is known into labctl's columns.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError

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


def as_streams(file: EcLabFile) -> dict[str, dict[str, Array]]:
    """Return what the file holds in labctl's columns: ``timeseries``, ``eis``.

    Rows with a frequency above 0 are spectra; all others (the direct current of a
    spectrum too) are the time series. Signs are the same; mA and mA.h become SI.
    StoreError: there is no time, or no voltage.
    """
    c = file.columns
    time = _first(c, {"time/s": 1.0})
    voltage = _first(c, {"Ewe/V": 1.0, "<Ewe>/V": 1.0, "<Ewe/V>": 1.0, "Ecell/V": 1.0})
    if time is None or voltage is None:
        raise StoreError(
            f"the file has no {'time/s' if time is None else 'Ewe/V'}; it has "
            f"{', '.join(c)}"
        )
    if len(time) and time[0] > 1e9:  # noqa: PLR2004 - absolute dates became UTC
        time = time - time[0]
    n = len(time)
    current = _first(c, {"I/mA": MILLI, "<I>/mA": MILLI})
    frequency = _first(c, {"freq/Hz": 1.0})
    shared = {
        "test_time_second": time,
        "instrument_time_second": time,
        "voltage_volt": voltage,
        "current_ampere": np.zeros(n) if current is None else current,
    }
    half = _first(c, {"half cycle": 1.0})
    cycle = _first(c, {"cycle number": 1.0})
    shared["half_cycle"] = np.full(n, -1.0) if half is None else half
    shared["cycle_count"] = np.zeros(n) if cycle is None else cycle
    sines = np.zeros(n, dtype=bool) if frequency is None else frequency > 0
    out = {"timeseries": {name: x[~sines] for name, x in shared.items()}}
    if sines.any() and frequency is not None:
        real = _first(c, {"Re(Z)/Ohm": 1.0})
        minus = _first(c, {"-Im(Z)/Ohm": 1.0})
        if real is None or minus is None:
            raise StoreError("the file has freq/Hz without Re(Z)/Ohm and -Im(Z)/Ohm")
        number = np.cumsum(np.diff(frequency[sines], prepend=np.inf) > 0)
        nothing = np.full(n, np.nan)
        volt = _first(c, {"|Ewe|/V": 1.0})
        ampere = _first(c, {"|I|/A": 1.0})
        own = {
            **shared,
            "frequency_hertz": frequency,
            "real_impedance_ohm": real,
            "imaginary_impedance_ohm": -minus,
            "minus_imaginary_impedance_ohm": minus,
            "voltage_amplitude_volt": nothing if volt is None else volt,
            "current_amplitude_ampere": nothing if ampere is None else ampere,
        }
        out["eis"] = {name: x[sines] for name, x in own.items()}
        out["eis"]["spectrum_id"] = number.astype(np.int64)
    return out


def _first(columns: Mapping[str, Array], names: Mapping[str, float]) -> Array | None:
    for name, factor in names.items():
        if name in columns:
            values: Array = columns[name] * factor
            return values
    return None
