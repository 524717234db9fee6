"""Read ZPlot's and ZView's spectra (``.z``), labctl's own among them.

Text: ``ZPLOT2 ASCII``, comments to a line ``End Comments``, then columns parted by
tabs, blanks or commas. A line of titles may stand among the comments; without one the
order is ZPlot's (frequency, amplitude, bias, time, Z', Z'', …), of three columns
frequency, Z', Z''. Z'' is signed: negative when capacitive.

Amplitude and bias are volts or amperes by the measurement, which the file does not
say: they are taken only where labctl's own comment says it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.header import SIMULATED_MARK
from labctl.store.importers.cells import number
from labctl.store.importers.delimited import NO_END
from labctl.store.importers.foreign import EMPTY, ForeignColumn, ForeignFile
from labctl.store.importers.foreign import ForeignTable as Table
from labctl.store.importers.sweeps import doubts_of_sign, spectrum_of

END: Final = "End Comments"
ORDER: Final = ("Freq(Hz)", "Ampl", "Bias", "Time(Sec)", "Z'(a)", "Z''(b)")
"""ZPlot's first columns."""
THREE: Final = ("Freq(Hz)", "Z'(a)", "Z''(b)")

_NAMES: Mapping[str, str] = {
    "freq(hz)": "frequency_hertz",
    "time(sec)": "test_time_second",
    "z'(a)": "real_impedance_ohm",
    "z''(b)": "imaginary_impedance_ohm",
}
_OURS = re.compile(r"Ampl and Bias are (current|voltage)s, SI")
_OF_OURS: Mapping[str, Mapping[str, str]] = {
    "current": {"ampl": "current_amplitude_ampere", "bias": "current_ampere"},
    "voltage": {"ampl": "voltage_amplitude_volt", "bias": "voltage_volt"},
}


def read(path: Path) -> ForeignFile:
    """Read a ``.z`` file. StoreError: it is none, or its rows do not agree."""
    try:
        text = path.read_bytes().decode("latin-1")
    except OSError as e:
        raise StoreError(f"{path}: cannot be read: {e.strerror or e}") from e
    lines = text.splitlines()
    ends = [k for k, line in enumerate(lines) if END in line]
    if not ends:
        raise StoreError(f"{path}: has no line `{END}`; not a whole ZPlot file")
    head, first = lines[: ends[0]], ends[0] + 1
    rows, remarks = _rows(path, lines, first)
    if not remarks and not text.endswith(("\n", "\r")):
        remarks.append(NO_END)
    titles = _titles(path, head, first, rows.shape[1])
    return _foreign(path, head, titles, rows, remarks)


def _rows(path: Path, lines: Sequence[str], first: int) -> tuple[Array, list[str]]:
    rows: list[list[float]] = []
    remarks: list[str] = []
    for at, line in enumerate(lines[first:], start=first + 1):
        if not line.strip():
            continue
        try:
            row = [_number(cell) for cell in _cells(line)]
        except ValueError as e:
            raise StoreError(
                f"{path}:{at}: {line.strip()[:60]!r} is no row of numbers: correct "
                "or remove this line"
            ) from e
        if rows and len(row) < len(rows[0]) and at == len(lines):
            remarks.append("the last line was cut short and is left out")
            break
        if rows and len(row) != len(rows[0]):
            raise StoreError(
                f"{path}:{at}: {len(row)} numbers, the rows above have "
                f"{len(rows[0])}: copy the file again, or remove this line"
            )
        rows.append(row)
    if not rows:
        raise StoreError(f"{path}: the file has no row of data")
    return np.array(rows), remarks


def _number(cell: str) -> float:
    """Return a cell's number. ValueError: it is none."""
    value = number(cell)
    if value is None:
        raise ValueError(cell)
    return value


def _cells(line: str) -> list[str]:
    """Return a row's numbers as text, with a decimal point.

    A comma that blanks follow, or in a row without blanks, parts numbers; any other
    one is a decimal comma.
    """
    text = line.strip()
    if re.search(r"[\s;]", text) and re.search(r",(?!\s|$)", text):
        text = text.replace(",", ".")
    return [cell for cell in re.split(r"[\s,;]+", text) if cell]


def _titles(path: Path, head: Sequence[str], first: int, count: int) -> Sequence[str]:
    for line in reversed(head):
        cells = re.split(r"\t+|\s{2,}|,\s*", line.strip())
        if cells[0].lower().startswith("freq("):
            if len(cells) != count:
                raise StoreError(
                    f"{path}:{first}: {len(cells)} titles, the rows have {count} "
                    "numbers; correct the line that begins with Freq"
                )
            return cells
    last = re.split(r"\t+|\s{2,}|,\s*", head[-1].strip()) if head else []
    if len(last) == count:
        raise StoreError(
            f"{path}:{first - 1}: {head[-1].strip()[:60]!r} may be the titles, and is "
            f"not ZPlot's line of them: write it as {', '.join(ORDER)}"
        )
    if count == len(THREE):
        return THREE
    if count >= len(ORDER):
        more = (f"column {k + 1}" for k in range(len(ORDER), count))
        return (*ORDER, *more)
    raise StoreError(
        f"{path}: rows of {count} numbers without a line of titles; expected "
        "frequency, Z', Z'', or ZPlot's columns"
    )


def _foreign(
    path: Path,
    head: Sequence[str],
    titles: Sequence[str],
    rows: Array,
    remarks: list[str],
) -> ForeignFile:
    ours = next((m for line in head if (m := _OURS.match(line))), None)
    names = {**_NAMES, **(_OF_OURS[ours[1]] if ours else {})}
    known = [title.lower() for title in titles if title.lower() in names]
    if twice := sorted({title for title in known if known.count(title) > 1}):
        raise StoreError(f"{path}: a title stands twice: {', '.join(twice)}")
    columns = {
        names[title.lower()]: ForeignColumn(rows[:, k], title)
        for k, title in enumerate(titles)
        if title.lower() in names and not np.isnan(rows[:, k]).all()
    }
    needed = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")
    if missing := [name for name in needed if name not in columns]:
        raise StoreError(f"{path}: has no {', '.join(missing)}; it has {titles}")
    time = columns.get("test_time_second")
    if time is not None and not time.values.any() and len(rows) > 1:
        del columns["test_time_second"]  # calculated, or not recorded: no time
    remarks += doubts_of_sign(columns["imaginary_impedance_ohm"])
    columns["spectrum_id"] = spectrum_of(path, columns["frequency_hertz"])
    taken = {column.title for column in columns.values()}
    return ForeignFile(
        path,
        "labctl" if ours else "ZPlot",
        EMPTY,
        Table(columns),
        settings=tuple(head),
        facts={"simulated": True} if SIMULATED_MARK in head else {},
        untaken=tuple(title for title in titles if title not in taken),
        remarks=tuple(remarks),
    )
