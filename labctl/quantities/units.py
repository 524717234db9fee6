"""The units a lab writes, each as an exact factor and a vector of dimensions.

Rules for whoever adds one: prefixes are case-sensitive and listed per unit, so that
no two spellings collide (``min`` is never a milli-inch); factors are exact fractions,
so that ``1.5 mA`` is the very float 0.0015. Source: SI brochure, 9th edition.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from labctl.errors import QuantityError

Dimension = tuple[int, int, int, int, int, int, int]
"""Powers of m, kg, s, A, K, mol, rad."""

NONE: Dimension = (0, 0, 0, 0, 0, 0, 0)
TIME: Dimension = (0, 0, 1, 0, 0, 0, 0)
TEMPERATURE: Dimension = (0, 0, 0, 0, 1, 0, 0)

PREFIXES = {
    "f": Fraction(1, 10**15),
    "p": Fraction(1, 10**12),
    "n": Fraction(1, 10**9),
    "μ": Fraction(1, 10**6),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 10**3),
    "c": Fraction(1, 10**2),
    "d": Fraction(1, 10),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
}
_SMALL = "fpnμum"
_ALL = _SMALL + "kMGT"

_VOLT: Dimension = (2, 1, -3, -1, 0, 0, 0)
_OHM: Dimension = (2, 1, -3, -2, 0, 0, 0)
_TESLA: Dimension = (0, 1, -2, -1, 0, 0, 0)
_JOULE: Dimension = (2, 1, -2, 0, 0, 0, 0)
_CHARGE: Dimension = (0, 0, 1, 1, 0, 0, 0)
_PASCAL: Dimension = (-1, 1, -2, 0, 0, 0, 0)
_WATT: Dimension = (2, 1, -3, 0, 0, 0, 0)
_ANGLE: Dimension = (0, 0, 0, 0, 0, 0, 1)
_LITRE: Dimension = (3, 0, 0, 0, 0, 0, 0)

_ONE = Fraction(1)
_TABLE: dict[str, tuple[Fraction, Dimension, str]] = {
    "m": (_ONE, (1, 0, 0, 0, 0, 0, 0), _SMALL + "cdk"),
    "Å": (Fraction(1, 10**10), (1, 0, 0, 0, 0, 0, 0), ""),
    "g": (Fraction(1, 1000), (0, 1, 0, 0, 0, 0, 0), _SMALL + "k"),
    "s": (_ONE, TIME, _SMALL),
    "min": (Fraction(60), TIME, ""),
    "h": (Fraction(3600), TIME, ""),
    "d": (Fraction(86400), TIME, ""),
    "A": (_ONE, (0, 0, 0, 1, 0, 0, 0), _ALL),
    "K": (_ONE, TEMPERATURE, _SMALL),
    "°C": (_ONE, TEMPERATURE, ""),
    "degC": (_ONE, TEMPERATURE, ""),
    "mol": (_ONE, (0, 0, 0, 0, 0, 1, 0), _SMALL),
    "rad": (_ONE, _ANGLE, "m"),
    "°": (Fraction(math.pi) / 180, _ANGLE, ""),
    "deg": (Fraction(math.pi) / 180, _ANGLE, ""),
    "V": (_ONE, _VOLT, _ALL),
    "Ω": (_ONE, _OHM, _ALL),
    "ohm": (_ONE, _OHM, _ALL),
    "Ohm": (_ONE, _OHM, _ALL),
    "S": (_ONE, (-2, -1, 3, 2, 0, 0, 0), _ALL),
    "F": (_ONE, (-2, -1, 4, 2, 0, 0, 0), _SMALL),
    "Hz": (_ONE, (0, 0, -1, 0, 0, 0, 0), _ALL),
    "T": (_ONE, _TESLA, _SMALL),
    "G": (Fraction(1, 10**4), _TESLA, "mk"),
    "C": (_ONE, _CHARGE, _SMALL + "kM"),
    "Ah": (Fraction(3600), _CHARGE, _SMALL + "k"),
    "J": (_ONE, _JOULE, _ALL),
    "Wh": (Fraction(3600), _JOULE, _SMALL + "kM"),
    "W": (_ONE, _WATT, _ALL),
    "N": (_ONE, (1, 1, -2, 0, 0, 0, 0), _ALL),
    "Pa": (_ONE, _PASCAL, _SMALL + "kMG"),
    "bar": (Fraction(10**5), _PASCAL, "mμuk"),
    "L": (Fraction(1, 1000), _LITRE, _SMALL),
    "l": (Fraction(1, 1000), _LITRE, _SMALL),
    "%": (Fraction(1, 100), NONE, ""),
    "at%": (Fraction(1, 100), NONE, ""),
    "ppm": (Fraction(1, 10**6), NONE, ""),
}
_WORDS = {
    "sec": "s", "second": "s", "seconds": "s", "mins": "min", "minute": "min",
    "minutes": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "day": "d",
    "days": "d", "volt": "V", "volts": "V", "amp": "A", "amps": "A", "ampere": "A",
    "ohms": "Ω", "celsius": "°C", "oc": "°C", "kelvin": "K", "tesla": "T",
    "gauss": "G", "percent": "%", "micron": "μm", "a.h": "Ah",
}  # fmt: skip
"""Not accepted, only suggested: each thing has one spelling."""

KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "V": ("a voltage", ("5 mV", "1.2 V")),
    "A": ("a current", ("1.5 mA", "100 nA")),
    "s": ("a time", ("10 min", "1 h 30 min")),
    "Hz": ("a frequency", ("100 kHz", "10 mHz")),
    "Ω": ("a resistance", ("50 Ω", "1 kohm")),
    "S": ("a conductance", ("3 µS",)),
    "S/m": ("a conductivity", ("0.2 S/m", "1 mS/cm")),
    "Ω m": ("a resistivity", ("2 Ω cm",)),
    "kg": ("a mass", ("1.25 mg",)),
    "m": ("a length", ("12 µm",)),
    "m²": ("an area", ("1.131 cm²",)),
    "m³": ("a volume", ("60 µL",)),
    "T": ("a magnetic field", ("0.5 T", "20 mT")),
    "T/s": ("a field rate", ("20 mT/s",)),
    "K": ("a temperature", ("25 °C", "298.15 K")),
    "K/s": ("a temperature ramp", ("1 K/min", "0.05 K/s")),
    "°C": ("a temperature", ("25 °C", "298.15 K")),
    "C": ("a charge", ("2.06 mAh", "10 C")),
    "J": ("an energy", ("3.4 mWh",)),
    "W": ("a power", ("5 mW",)),
    "Pa": ("a pressure", ("300 MPa",)),
    "N": ("a force", ("10 N",)),
    "F": ("a capacitance", ("20 µF",)),
    "V/s": ("a scan rate", ("0.1 mV/s", "5 mV/h")),
    "A/kg": ("a specific current", ("150 mA/g",)),
    "A/m²": ("a current density", ("1.9 mA/cm²",)),
    "C/kg": ("a specific charge", ("150 mAh/g",)),
    "C/m²": ("an areal charge", ("2 mAh/cm²",)),
    "kg/m²": ("an areal mass", ("1.2 mg/cm²",)),
    "kg/m³": ("a density", ("2.33 g/cm³",)),
    "m²/s": ("a diffusivity", ("1e-12 cm²/s",)),
    "mol": ("an amount of substance", ("2 mmol",)),
    "rad": ("an angle", ("45 °",)),
    "1": ("a fraction", ("80 %", "0.8")),
}
"""What a unit measures, with its article, and how a person writes one."""

_FACTOR = re.compile(r"(at%|[^\W\d_]+%?|%|°[^\W\d_]*)(?:(?:\^|\*\*)?([+-]?[1-9]))?")
_SUPERSCRIPT = re.compile(r"[⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit's size in SI and its dimensions."""

    factor: Fraction
    """How many SI units it holds, exactly."""
    dimension: Dimension
    offset: Fraction = Fraction(0)
    """What to add in kelvin; only for a temperature in °C."""


def normalise(text: str) -> str:
    """Bring minus signs, both mu's, ohms, superscripts and spaces to one form.

    QuantityError: digits in circles, fractions like ½, subscripts; NFKC would turn
    them into other numbers without a word.
    """
    text = text.replace("º", "°")
    text = _SUPERSCRIPT.sub(
        lambda run: "^" + unicodedata.normalize("NFKC", run.group()), text
    )
    if odd := next((c for c in text if unicodedata.category(c) == "No"), None):
        raise QuantityError(f"{show(text)}: cannot read `{odd}`. Write plain digits.")
    text = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-")
    return " ".join(text.split())


def show(text: object) -> str:
    """Quote what was typed in one short printable line."""
    line = text if isinstance(text, str) else repr(text)
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    return (line if len(line) <= 40 else line[:37] + "…") or "an empty text"  # noqa: PLR2004


@lru_cache(maxsize=512)
def read_unit(text: str) -> Unit:
    """Read ``mA/cm²``, ``mg cm^-2``, ``°C``; expects normalised text.

    QuantityError: an unknown symbol, or a division that can be read in two ways.
    """
    if text in ("", "1"):
        return Unit(_ONE, NONE)
    if text in ("°C", "degC"):
        return Unit(_ONE, TEMPERATURE, Fraction(27315, 100))
    above, *below = text.split("/")
    if below and not (above.strip(" 1") and all(part.strip() for part in below)):
        raise QuantityError(f"`{show(text)}` is not a unit.")
    if len(below) > 1 or (below and len(_split(below[0])) > 1):
        raise QuantityError(
            f"{text} can be read in two ways. Write the part below the line with "
            "negative powers, such as `mg cm-2`."
        )
    factor, powers = _ONE, [0] * 7
    terms = [(term, 1) for term in _split(above)]
    terms += [(term, -1) for part in below for term in _split(part)]
    for term, sign in terms:
        match = _FACTOR.fullmatch(term)
        if match is None:
            raise QuantityError(f"`{show(term)}` is not a unit.")
        size, dimension = _symbol(match[1])
        power = sign * int(match[2] or 1)
        factor *= size**power
        powers = [p + power * d for p, d in zip(powers, dimension, strict=True)]
    a, b, c, d, e, f, g = powers
    return Unit(factor, (a, b, c, d, e, f, g))


def prefixes_of(symbol: str) -> str:
    """Return the prefixes a unit takes: ``fpnμum`` and so on; empty for none."""
    return _TABLE[symbol][2] if symbol in _TABLE else ""


def kind_of(unit: Unit) -> str:
    """Name what a unit measures: ``a charge``."""
    return _kinds().get(unit.dimension, "another kind of quantity")


def expectation(unit: str) -> str:
    """Say what a field wants: ``a current such as `1.5 mA```."""
    known = KINDS.get(unit)
    if known is None:
        return f"a value in {unit}"
    return f"{known[0]} such as " + " or ".join(f"`{one}`" for one in known[1])


def _split(text: str) -> list[str]:
    return [term for term in re.split(r"(?<!\*)\*(?!\*)|[ ·⋅]", text) if term]


def _symbol(symbol: str) -> tuple[Fraction, Dimension]:
    if symbol in _TABLE:
        return _TABLE[symbol][:2]
    known = _TABLE.get(symbol[1:])
    if known and symbol[0] in known[2]:
        return PREFIXES[symbol[0]] * known[0], known[1]
    near = _spellings().get(symbol.lower())
    cure = f" Did you mean `{near}`?" if near else ""
    if near and near.lower() == symbol.lower():
        cure += " Capitals matter."
    raise QuantityError(f"`{show(symbol)}` is not a unit.{cure}")


@lru_cache(maxsize=1)
def _spellings() -> dict[str, str]:
    found = dict(_WORDS)
    for symbol, (_, _, prefixes) in _TABLE.items():
        for prefix in ["", *prefixes]:
            found.setdefault((prefix + symbol).lower(), prefix + symbol)
    return found


@lru_cache(maxsize=1)
def _kinds() -> dict[Dimension, str]:
    return {
        read_unit(normalise(unit)).dimension: kind for unit, (kind, _) in KINDS.items()
    }
