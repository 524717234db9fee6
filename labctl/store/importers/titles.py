"""What a column's title says: which quantity, in which unit.

``Current(mA)``, ``Test_Time (s)``, ``Cap. [Ah]``, ``U[V]``: the words before the unit
are compared without case, underscores and spaces; the unit is read, never supposed. A
title without a unit is taken only where the format fixes the unit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

_UNIT = re.compile(r"^(?P<words>.*?)\s*[(\[](?P<unit>[^()\[\]]*)[)\]]\s*$")
_WIDE = str.maketrans("（）［］", "()[]")  # noqa: RUF001  (of Chinese exports)
_APART = re.compile(r"[\s_]+")


class Kind(StrEnum):
    """What the cells of a column are."""

    COUNT = "count"
    """A whole number without a unit."""
    TIME = "time"
    """A duration in a unit."""
    CLOCK = "clock"
    """A duration that says by its colons what it is: ``1d 02:03:04.5``."""
    CURRENT = "current"
    VOLTAGE = "voltage"
    CHARGE = "charge"
    ENERGY = "energy"
    POWER = "power"
    RESISTANCE = "resistance"
    TEMPERATURE = "temperature"
    WORDS = "words"
    """Text: dates, states."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a reader makes of a title."""

    name: str
    """labctl's machine name, or the reader's own word for what it works on."""
    kind: Kind
    unit: str = ""
    """Unit that the format fixes where the title has none; empty: it fixes none."""


Titles = Mapping[str, Quantity]
"""Words of a title, as `words_of` returns them -> what it is; with ``()`` behind them
only if it has a unit: Maccor's ``Step`` is a number, its ``Step (Min)`` a time."""

UNITS: Mapping[Kind, Mapping[str, float]] = {
    Kind.TIME: {"s": 1.0, "sec": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86400},
    Kind.CURRENT: {"A": 1.0, "mA": 1e-3, "uA": 1e-6, "nA": 1e-9},
    Kind.VOLTAGE: {"V": 1.0, "mV": 1e-3, "uV": 1e-6},
    Kind.CHARGE: {"Ah": 1.0, "mAh": 1e-3, "uAh": 1e-6, "As": 1 / 3600, "C": 1 / 3600},
    Kind.ENERGY: {"Wh": 1.0, "mWh": 1e-3, "uWh": 1e-6, "Ws": 1 / 3600, "J": 1 / 3600},
    Kind.POWER: {"W": 1.0, "mW": 1e-3, "uW": 1e-6},
    Kind.RESISTANCE: {"Ohm": 1.0, "mOhm": 1e-3, "kOhm": 1e3},
    Kind.TEMPERATURE: {"C": 1.0},
}
"""Unit -> factor to A, V, A h, W h, W, Ω, s, °C (the units of labctl's columns)."""
_SAME = {
    **dict.fromkeys(("Ω", "\u2126", "ohm", "ohms", "Ohms"), "Ohm"),
    **dict.fromkeys(("mΩ", "m\u2126", "mohm", "mOhms"), "mOhm"),
    **dict.fromkeys(("°C", "\u2103", "degC", "Celsius"), "C"),
    **dict.fromkeys(("S", "Sec", "seconds"), "s"),
    "Min": "min",
    **dict.fromkeys(("hour", "hours", "Hr", "hr"), "h"),
}


def words_of(title: str) -> tuple[str, str]:
    """Return the words of a title, comparable, and its unit; empty if it has none."""
    text = title.translate(_WIDE).strip().lstrip("~").strip()
    match = _UNIT.match(text)
    words, unit = (match["words"], match["unit"]) if match else (text, "")
    return _APART.sub("", words).lower(), _plain(unit)


def quantity_of(title: str, known: Titles) -> Quantity | None:
    """Return what a title is; None: nothing that is known.

    A time without a unit, or in hours and minutes, is one that its colons tell.
    """
    words, unit = words_of(title)
    bare = known.get(words)
    quantity = known.get(f"{words}()", bare) if unit else bare
    if quantity is None or quantity.kind is not Kind.TIME:
        return quantity
    says = unit or quantity.unit
    return quantity if says in UNITS[Kind.TIME] else replace(quantity, kind=Kind.CLOCK)


def factor_of(quantity: Quantity, unit: str) -> float | None:
    """Return what a cell is multiplied with; None: the unit is missing or no such."""
    if quantity.kind in {Kind.COUNT, Kind.WORDS, Kind.CLOCK}:
        return 1.0
    return UNITS[quantity.kind].get(unit or quantity.unit)


def _plain(unit: str) -> str:
    text = unit.strip().replace("µ", "u").replace("μ", "u")
    text = re.sub(r"(?<=[AW])[.·⋅*\- ]?[hH][rR]?$", "h", text)  # A.h, A·h, AHr
    return _SAME.get(text, text)
