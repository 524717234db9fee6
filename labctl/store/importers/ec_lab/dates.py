"""Read dates under every regional setting, or say that one cannot be sure.

EC-Lab writes month first (``01/15/2024 09:00:00.000``), with ``/``, ``.`` or ``-``;
PCs of other regions made files with the day first, or the year. A number above 12
settles the order for the whole file; if nothing does, it is EC-Lab's own.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum

import numpy as np
import numpy.typing as npt

from labctl.data import Array

DATE = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<third>\d{1,4})"
    r"[ T]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second_of>\d\d)"
    r"(?:[.,](?P<fraction>\d{1,9}))?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_FIELDS = ("first", "second", "third", "hour", "minute", "second_of", "fraction")
_MONTHS, _YEAR, _NOON = 12, 1000, 12
Integers = npt.NDArray[np.int64]


class Order(Enum):
    """Which number of a date is which."""

    MONTH_FIRST = "month first"
    DAY_FIRST = "day first"


def is_date(text: str) -> bool:
    """Tell whether a cell holds a date with a time."""
    return DATE.fullmatch(text.strip()) is not None


def are_dates(cells: Sequence[str]) -> bool:
    """Tell whether every cell holds a date with a time."""
    return not cells or _fixed(cells) is not None or all(map(is_date, cells))


def order_of(texts: Iterable[str], cells: Sequence[str] = ()) -> Order | None:
    """Return the order in which the dates of a file were written.

    ``cells`` are its rows' dates: time does not go back, which may settle it. None:
    the dates contradict each other. Nothing that settles it: month first.
    """
    fields = _fixed(cells) if cells else None
    first = 0 if fields is None else int(fields[0].max())
    second = 0 if fields is None else int(fields[1].max())
    for text in (*texts, *(cells if fields is None else ())):
        for match in DATE.finditer(text):
            if int(match["first"]) < _YEAR:
                first = max(first, int(match["first"]))
                second = max(second, int(match["second"]))
    order = _order(first, second)
    if cells and max(first, second) <= _MONTHS and not _rises(cells, order):
        return Order.DAY_FIRST if _rises(cells, Order.DAY_FIRST) else order
    return order


def _rises(cells: Sequence[str], order: Order | None) -> bool:
    stamps = seconds(cells, order)
    return stamps is not None and bool((np.diff(stamps) >= 0).all())


def _order(first: int, second: int) -> Order | None:
    if first > _MONTHS and second > _MONTHS:
        return None
    return Order.DAY_FIRST if first > _MONTHS else Order.MONTH_FIRST


def read_date(text: str, order: Order | None) -> datetime | None:
    """Return a date without zone; None: it cannot be read surely.

    ``order`` is the file's; a date of which one number is above 12 tells its own.
    """
    match = DATE.fullmatch(text.strip())
    if match is None:
        return None
    numbers = [int(match[name] or 0) for name in _FIELDS[:-1]]
    first, second, third, hour, minute, second_of = numbers
    if first >= _YEAR:
        year, month, day = first, second, third
    else:
        own = _order(first, second) if max(first, second) > _MONTHS else order
        if third < _YEAR or (own is None and first != second):
            return None
        year = third
        swapped = own is Order.DAY_FIRST
        month, day = (second, first) if swapped else (first, second)
    if match["half"]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if match["half"] in "Pp" else 0)
    try:
        whole = datetime(year, month, day, hour, minute, second_of)  # noqa: DTZ001
    except ValueError:
        return None
    fraction = match["fraction"]
    part = float(f"0.{fraction}") if fraction else 0.0
    return whole + timedelta(microseconds=round(1e6 * part))


def seconds(cells: Sequence[str], order: Order | None) -> Array | None:
    """Return the seconds since 1970 of many dates, as if the PC's clock were UTC.

    None: one of them cannot be read surely.
    """
    fields = _fixed(cells)
    if fields is None:
        return _one_by_one(cells, order)
    return None if order is None else _joined(fields, order)


def _one_by_one(cells: Sequence[str], order: Order | None) -> Array | None:
    dates = [read_date(cell, order) for cell in cells]
    if None in dates:
        return None
    stamps = np.array(dates, dtype="datetime64[us]")
    return stamps.astype(np.int64) * 1e-6


def _fixed(cells: Sequence[str]) -> list[Integers] | None:
    """Return the numbers of dates that all have the layout of the first one.

    The last of them is in microseconds. None: they do not, or the year comes first.
    """
    match = DATE.fullmatch(cells[0])
    if match is None or match["half"] or int(match["first"]) >= _YEAR:
        return None
    if not cells[0].isascii() or {len(cell) for cell in cells} != {len(cells[0])}:
        return None
    try:
        letters = np.array(cells, dtype=f"S{len(cells[0])}")
    except UnicodeEncodeError:
        return None
    table = letters.view(np.uint8).reshape(len(cells), -1).astype(np.int64)
    digits = np.array([letter.isdigit() for letter in cells[0]])
    numbers = table - ord("0")
    same = (table[:, ~digits] == table[0, ~digits]).all()
    if not same or ((numbers < 0) | (numbers > 9))[:, digits].any():  # noqa: PLR2004
        return None
    whole = [_number(numbers, match.span(name)) for name in _FIELDS]
    scale = 10 ** (6 - len(match["fraction"] or ""))
    whole[-1] = np.asarray(np.round(whole[-1] * scale), np.int64)
    return whole


def _number(numbers: Integers, span: tuple[int, int]) -> Integers:
    """Return the whole number between two places; zeros where there are none."""
    start, end = span
    if start < 0:
        return np.zeros(len(numbers), np.int64)
    powers = 10 ** np.arange(end - start - 1, -1, -1, dtype=np.int64)
    return np.asarray(numbers[:, start:end] @ powers, np.int64)


def _joined(fields: list[Integers], order: Order) -> Array | None:
    first, second, year, hour, minute, second_of, microseconds = fields
    day_first = order is Order.DAY_FIRST
    month, day = (second, first) if day_first else (first, second)
    good = (month >= 1) & (month <= _MONTHS) & (day >= 1) & (year >= _YEAR)
    good &= (hour < 24) & (minute < 60) & (second_of < 60)  # noqa: PLR2004
    if not good.all():
        return None
    months = (year - 1970).astype("M8[Y]").astype("M8[M]") + (month - 1)
    days = months.astype("M8[D]") + (day - 1)
    if (days.astype("M8[M]") != months).any():
        return None
    whole = days.astype(np.int64) * 86400 + hour * 3600 + minute * 60 + second_of
    return whole + microseconds * 1e-6
