"""How wide a text will be before any browser has seen it, and numbers as text.

Widths are those of a common sans serif, rounded up; they decide margins and wrapping
only, so a few percent do not matter.
"""

import math
import re

from labctl.drawing.ticks import power_of_ten

_NARROW = frozenset("ijlftrI.,:;|'!()[]/ -⁻¹·")
_WIDE = frozenset("mwMW@%—ΩΔ±×")
_MINUS = "\N{MINUS SIGN}"
_PLAIN = range(-3, 5)
_SIGNIFICANT = 5
_ELLIPSIS = "…"
_POWER = re.compile(r"\^(-?\d+)")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_OHM = re.compile(r"\bohm\b")
_DEGREE = re.compile(r"\bdegC\b")
_RATE = re.compile(r"\bC (\d+)\b")
_CELSIUS = re.compile(r"\bat (minus )?(\d+)(?: (\d+))? celsius\b")
_HALL = re.compile(r"\bhall\b")


def text_width(text: str, size: float) -> float:
    """Return the width in pixels of `text` at a font size in pixels."""
    return size * sum(map(_share, text))


def elided(text: str, size: float, room: float) -> str:
    """Return `text`, cut with an ellipsis if it is wider than `room` pixels."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + _ELLIPSIS, size) > room:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def value_text(value: float, uncertainty: float | None = None) -> str:
    """Write a value with as many digits as its standard uncertainty leaves.

    The uncertainty has two significant digits (GUM 7.2.6) and the value ends at the
    same place: ``92.48 ± 0.15``, ``(1.23 ± 0.04) × 10⁻⁶``. Without an uncertainty five
    significant digits are written.
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else _signed(f"{value}").replace("inf", "∞")
    if uncertainty is None or not math.isfinite(uncertainty) or uncertainty <= 0:
        return _lone(value)
    exponent = _exponent(max(abs(value), uncertainty), 2)
    plain = exponent in {-1, 1} or (exponent in _PLAIN and _fits(uncertainty))
    shift = 0 if plain else exponent
    scaled, spread = value * 10.0**-shift, uncertainty * 10.0**-shift
    last = _exponent(spread, 2) - 1
    decimals = max(0, -last)
    number = _signed(f"{round(scaled, -last):.{decimals}f}")
    both = f"{number} ± {round(spread, -last):.{decimals}f}"
    return f"({both}) × {power_of_ten(shift)}" if shift else both


def uncertainty_text(value: float) -> str:
    """Write an uncertainty alone, with two significant digits: ``0.070``."""
    if not math.isfinite(value) or value <= 0:
        return _lone(value) if math.isfinite(value) else value_text(value)
    exponent = _exponent(value, 2)
    if exponent not in _PLAIN:
        mantissa = f"{value:.1e}".split("e")[0]
        return f"{mantissa} × {power_of_ten(exponent)}"
    return f"{round(value, 1 - exponent):.{max(0, 1 - exponent)}f}"


def probability_text(probability: float) -> str:
    """Write ``= 0.031``; what is too small to be told from nothing as ``< 0.0001``."""
    least = 1e-4
    return f"= {probability:.2g}" if probability >= least else f"< {least:.4f}"


def unit_text(unit: str) -> str:
    """Typeset a unit as stored: ``cm^2 V^-1`` as ``cm² V⁻¹``, ``ohm`` as Ω."""
    raised = _POWER.sub(lambda found: found[1].translate(_RAISED), unit)
    return _DEGREE.sub("°C", _OHM.sub("Ω", raised))


def spoken(name: str) -> str:
    """Return a machine name as words: ``Initial coulombic efficiency``."""
    said = words(name)
    return said[:1].upper() + said[1:]


def words(name: str) -> str:
    """Return a machine name within a line: ``retention at C/2``, ``Hall mobility``."""
    text = _RATE.sub(r"C/\1", name.replace("_", " "))
    return _HALL.sub("Hall", _CELSIUS.sub(_degrees, text))


def _degrees(found: re.Match[str]) -> str:
    minus, whole, tenths = found.groups()
    number = whole + (f".{tenths}" if tenths else "")
    return f"at {_MINUS if minus else ''}{number} °C"


def _fits(uncertainty: float) -> bool:
    return _exponent(uncertainty, 2) >= -5  # noqa: PLR2004 - six decimals are read


def _lone(value: float) -> str:
    if value == 0:
        return "0"
    exponent = _exponent(abs(value), _SIGNIFICANT)
    if exponent in _PLAIN or (value.is_integer() and exponent < 7):  # noqa: PLR2004
        digits = max(_SIGNIFICANT, exponent + 1)
        return _signed(f"{value:.{digits}g}")
    mantissa = f"{value:.{_SIGNIFICANT - 1}e}".split("e")[0]
    return f"{_signed(mantissa)} × {power_of_ten(exponent)}"


def _exponent(value: float, digits: int) -> int:
    return int(f"{value:.{digits - 1}e}".split("e")[1])


def _signed(text: str) -> str:
    return text.replace("-", _MINUS)


def _share(character: str) -> float:
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 0.9
    if character > "\u2e80":
        return 1.0
    return 0.7 if character.isupper() else 0.6
