"""Numbers as the window shows them: true minus, fixed digits."""

import math
from datetime import datetime

from labctl.clock import UNKNOWN_DATE
from labctl.quantities import format_duration, format_si

MINUS = "\N{MINUS SIGN}"
NOTHING = "–"
_TERMS = {
    "peis": "PEIS",
    "insitu": "in situ",
    "eis": "EIS",
    "gitt": "GITT",
    "hppc": "HPPC",
    "ocv": "OCV",
    "iv": "I–V",
    "hall": "Hall",
    "pauw": "Pauw",
}
UNITS = {"ohm": "Ω", "degC": "°C", "A*h": "Ah", "W*h": "Wh", "mA*h/g": "mAh/g"}
"""Units as files write them -> as people do."""
UNPREFIXED = frozenset({"%", "°C", "h", "d", "mAh/g", "", "deg", "K", "1"})


def shown_unit(unit: str) -> str:
    """Return a file's unit as people write it."""
    return UNITS.get(unit, unit)


def value_text(value: float | None, unit: str, digits: int = 4) -> str:
    """Write one value with its prefix; ``–`` when there is none."""
    unit = shown_unit(unit)
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit in UNPREFIXED:
        return f"{plain(value, digits)} {unit}".rstrip()
    return format_si(value, unit, digits)


def signed_text(value: float | None, unit: str, digits: int = 4) -> str:
    """Write one value with its sign, so that charge and discharge line up."""
    text = value_text(value, unit, digits)
    return f"+{text}" if value is not None and value > 0 else text


def fixed(value: float | None, unit: str, decimals: int) -> str:
    """Write a value with a fixed number of decimals: digits that do not dance."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"{value:.{decimals}f} {shown_unit(unit)}".replace("-", MINUS)


def plain(value: float, digits: int = 4) -> str:
    """Write a number without unit, short, with a true minus."""
    return f"{value:.{digits}g}".replace("-", MINUS)


def lasting(seconds: float | None) -> str:
    """Write a duration in its two largest units: ``12 d 4 h``, ``3 min 20 s``."""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    return format_duration(round(seconds) if seconds >= 1 else seconds)


def clock_text(unix: float) -> str:
    """Write a moment in the machine's own time zone: ``14:02``."""
    return _local(unix).strftime("%H:%M")


def date_text(unix: float) -> str:
    """Write a moment with its day: ``Fri 7 Aug 02:30``."""
    moment = _local(unix)
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"


def iso_text(unix: float) -> str:
    """Write a moment for a table that sorts by its text: ``2026-08-07 02:30``.

    NaN, a moment that nobody knows, is said.
    """
    if math.isnan(unix):
        return UNKNOWN_DATE
    return _local(unix).strftime("%Y-%m-%d %H:%M")


def bytes_text(count: float) -> str:
    """Write a size in decimal units: ``412 GB``."""
    for name, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {name}"
    return f"{count:.0f} B"


def words(name: str) -> str:
    """Turn a machine name into words: ``first_discharge_capacity`` and so on."""
    return name.replace("_", " ")


def protocol_words(name: str) -> str:
    """Return a protocol's name as the field writes it: ``in situ EIS``."""
    return " ".join(_TERMS.get(word, word) for word in name.split("-"))


def sentence(text: str) -> str:
    """Begin with a capital, leave the rest."""
    return text[:1].upper() + text[1:]


def _local(unix: float) -> datetime:
    return datetime.fromtimestamp(unix).astimezone()
