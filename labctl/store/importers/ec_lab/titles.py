"""Know EC-Lab's titles: which quantity, in which unit, under labctl's name.

A title is ``quantity/unit``. The unit is parsed, so that a known quantity is taken in
any unit of its kind (``I/mA``, ``I/A``, ``<I>/µA``). `control` is a setpoint and never
a current; ``<I>`` is the mean over the interval that ends at its row; ``dQ`` is no
charge of an interval in every technique, so `labctl.store.importers.ec_lab.derived`
looks at its numbers first.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from labctl.data import Array

PREFIXES = {"": 1.0, "p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6}
_ALIKE = str.maketrans({"μ": "µ", "u": "µ"})
"""Other ways to write micro, tried where the unit as it stands is not known."""


class Kind(Enum):
    """What is measured; its SI unit, or the one in labctl's name."""

    TIME = "s"
    VOLTAGE = "V"
    CURRENT = "A"
    CHARGE = "A*h"
    ENERGY = "W*h"
    POWER = "W"
    RESISTANCE = "ohm"
    FREQUENCY = "Hz"
    ANGLE = "deg"
    TEMPERATURE = "degC"
    NUMBER = ""


def _scaled(*units: str, times: float = 1.0) -> dict[str, float]:
    return {p + unit: f * times for unit in units for p, f in PREFIXES.items()}


_UNITS: Mapping[Kind, Mapping[str, float]] = {
    Kind.TIME: {**_scaled("s"), "min": 60.0, "h": 3600.0, "d": 86400.0},
    Kind.VOLTAGE: _scaled("V"),
    Kind.CURRENT: _scaled("A"),
    Kind.CHARGE: {
        **_scaled("A.h", "Ah", "A·h"),
        **_scaled("C", "A.s", times=1 / 3600),
    },
    Kind.ENERGY: {
        **_scaled("W.h", "Wh", "W·h"),
        **_scaled("J", "W.s", times=1 / 3600),
    },
    Kind.POWER: _scaled("W"),
    Kind.RESISTANCE: _scaled("Ohm", "ohm", "Ω"),
    Kind.FREQUENCY: _scaled("Hz"),
    Kind.ANGLE: {"deg": 1.0, "°": 1.0, "rad": 57.29577951308232},
    Kind.TEMPERATURE: dict.fromkeys(("°C", "ºC", "øC", "�C", "degC", "C", "K"), 1.0),
    Kind.NUMBER: {"": 1.0},
}
KELVIN = 273.15
QUANTITIES: Mapping[str, Kind] = {
    "time": Kind.TIME,
    "step time": Kind.TIME,
    **dict.fromkeys(
        (
            *("Ewe", "<Ewe>", "Ecell", "<Ecell>", "Ewe-Ece", "<Ewe-Ece>"),
            *("Ece", "<Ece>", "|Ewe|", "|Ecell|", "|Ece|"),
            *("Analog IN 1", "Analog IN 2"),
        ),
        Kind.VOLTAGE,
    ),
    **dict.fromkeys(("I", "<I>", "|I|"), Kind.CURRENT),
    **dict.fromkeys(
        ("dq", "dQ", "(Q-Qo)", "Q charge/discharge", "Q charge", "Q discharge"),
        Kind.CHARGE,
    ),
    **dict.fromkeys(
        (
            *("Energy charge", "Energy discharge"),
            *("Energy we charge", "Energy we discharge"),
        ),
        Kind.ENERGY,
    ),
    **dict.fromkeys(("P", "Pwe"), Kind.POWER),
    "freq": Kind.FREQUENCY,
    **dict.fromkeys(
        (
            *("Re(Z)", "Im(Z)", "-Im(Z)", "|Z|"),
            *("Re(Zce)", "Im(Zce)", "-Im(Zce)", "|Zce|"),
        ),
        Kind.RESISTANCE,
    ),
    **dict.fromkeys(("Phase(Z)", "Phase(Zce)"), Kind.ANGLE),
    "Temperature": Kind.TEMPERATURE,
    **dict.fromkeys(
        (
            *("mode", "Ns", "cycle number", "half cycle", "z cycle", "I Range"),
            *("counter inc.", "Ns changes"),
        ),
        Kind.NUMBER,
    ),
}
"""Quantity -> kind: those that a column of labctl takes, or that tell of the rows."""
CONTROL = "control"
"""Setpoint: ``control/V``, ``control/mA``, or ``control/V/mA`` by the row's mode."""
CONTROL_OF_MODE = "control/V/mA"
OTHER_WAYS = {"<Ewe/V>": "<Ewe>/V", "<Ece/V>": "<Ece>/V", "<I/mA>": "<I>/mA"}
"""Slips of the pen that EC-Lab made."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title that is known."""

    quantity: str
    factor: float
    offset: float = 0.0

    def si(self, values: Array) -> Array:
        """Return the numbers in the unit of labctl's name."""
        if self.offset:
            return values * self.factor + self.offset
        return values if self.factor == 1.0 else values * self.factor


def read_title(title: str) -> Title | None:
    """Return what a title says; None: a quantity, or a unit, that is not known."""
    text = re.sub(r"\s*/\s*", "/", " ".join(title.split()))
    text = OTHER_WAYS.get(text, text)
    if text in QUANTITIES and QUANTITIES[text] is Kind.NUMBER:
        return Title(text, 1.0)
    if text == CONTROL_OF_MODE:
        return Title(CONTROL_OF_MODE, 1.0)
    for slash in (k for k in range(len(text)) if text[k] == "/"):
        found = _of_unit(text[:slash], text[slash + 1 :])
        if found:
            return found
    return None


def _of_unit(quantity: str, unit: str) -> Title | None:
    if quantity == CONTROL:
        for kind, name in ((Kind.VOLTAGE, "control V"), (Kind.CURRENT, "control A")):
            factor = _factor(kind, unit)
            if factor is not None:
                return Title(name, factor)
        return None
    kind_of = QUANTITIES.get(quantity)
    factor = None if kind_of is None else _factor(kind_of, unit)
    if factor is None:
        return None
    offset = -KELVIN if (kind_of, unit) == (Kind.TEMPERATURE, "K") else 0.0
    return Title(quantity, factor, offset)


def _factor(kind: Kind, unit: str) -> float | None:
    units = _UNITS[kind]
    return units.get(unit, units.get(unit.translate(_ALIKE)))


def factor_of(kind: Kind, unit: str) -> float | None:
    """Return what a number in this unit is multiplied with; None: not its unit."""
    return _factor(kind, unit)


def are_ec_labs(titles: Iterable[str]) -> bool:
    """Tell whether a line of titles is surely one of EC-Lab: three that are known."""
    known = [title for title in titles if read_title(title) is not None]
    return len(set(known)) >= 3  # noqa: PLR2004 - time, voltage, and one more
