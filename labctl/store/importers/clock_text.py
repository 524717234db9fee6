"""Durations and dates as other programs write them; what is not sure is not read."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

_DURATION = re.compile(
    r"^\s*(?:(?P<d>\d+)\s*(?:d\s*|\s+|[-:.](?=\d{1,2}:\d\d:\d\d)))?"
    r"(?P<h>\d+):(?P<m>[0-5]?\d):(?P<s>[0-5]?\d(?:[.,]\d*)?)\s*$"
)
_DATE = re.compile(
    r"^\s*(?P<a>\d{1,4})(?P<mark>[-/.])(?P<b>\d{1,2}|[A-Za-z]{3})(?P=mark)(?P<c>\d{2,4})"
    r"(?:[ T]+(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?\s*$"
)
_MONTHS = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = ORDERS = ("dmy", "mdy", "ymd")
"""How a date of numbers may be written; the year first, of two digits, in Asia."""
OLDEST = 1970
"""No cycler's file is of an earlier year."""
NOON = 12
AGREE = 2.0
"""s by which two clocks of one file may differ over it; dates are often whole s."""
AGREE_FRACTION = 1e-4
"""Of the time between two rows, on top: a PC's clock drifts."""


def duration(text: str) -> float | None:
    """Return ``[d ]h:mm:ss[.fff]`` in s; None: it is no such text."""
    match = _DURATION.match(text)
    if match is None:
        return None
    days, hours, minutes = (int(match[k] or 0) for k in ("d", "h", "m"))
    seconds = float(match["s"].replace(",", "."))
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def date(texts: Sequence[str], elapsed: Sequence[float] = ()) -> datetime | None:
    """Return the first of a file's dates, naive; None: it cannot be read surely.

    Which of day, month and a year of two digits stands first is told by any of the
    dates that has a number beyond a month or a day, or by ``elapsed``, s of the test's
    own clock at each of them.
    """
    readings: list[list[datetime]] = []
    for order in ORDERS:
        found = [_date(text, order) for text in texts]
        whole = [each for each in found if each is not None]
        if len(whole) == len(texts) and whole and whole not in readings:
            readings.append(whole)
    if len(readings) > 1 and len(elapsed) == len(texts):
        readings = [each for each in readings if _agree(each, elapsed)]
    return readings[0][0] if len(readings) == 1 else None


def _agree(dates: Sequence[datetime], elapsed: Sequence[float]) -> bool:
    passed = elapsed[-1] - elapsed[0]
    said = (dates[-1] - dates[0]).total_seconds()
    return abs(said - passed) <= AGREE + AGREE_FRACTION * passed


def _date(text: str, order: str) -> datetime | None:
    match = _DATE.match(text)
    if match is None:
        return None
    first, second, third = match["a"], match["b"], match["c"]
    if second.lower() in _MONTHS:
        day, month, year = first, str(_MONTHS.index(second.lower()) + 1), third
    elif not second.isdigit():
        return None
    elif len(first) == 4:  # noqa: PLR2004  (2026-11-29)
        year, month, day = first, second, third
    else:
        if order == MONTH_FIRST and match["mark"] == ".":
            order = DAY_FIRST  # nobody writes 11.29.2026
        if order == YEAR_FIRST and (len(first), len(third)) != (2, 2):
            return None
        parts = dict(zip(order, (first, second, third), strict=True))
        day, month, year = parts["d"], parts["m"], parts["y"]
    full = int(year) + (2000 if len(year) == 2 else 0)  # noqa: PLR2004
    hour = int(match["h"] or 0)
    if full < OLDEST or (match["half"] and not 1 <= hour <= NOON):
        return None
    if match["half"]:
        hour = hour % NOON + (NOON if match["half"] in "Pp" else 0)
    try:
        whole = datetime(  # noqa: DTZ001  (the file names no zone)
            full, int(month), int(day), hour, int(match["m"] or 0), int(match["s"] or 0)
        )
    except ValueError:
        return None
    return whole + timedelta(seconds=float(f"0.{match['f'] or 0}"))
