"""SI floats to text a person reads at a glance, which :func:`parse` reads back."""

import itertools
import math
import re

from labctl.quantities.units import PREFIXES, prefixes_of

_STEPS = ("f", "p", "n", "μ", "m", "", "k", "M", "G", "T")
_MINUS = "\N{MINUS SIGN}"
_SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def format_si(value: float, unit: str, digits: int = 4) -> str:
    """Write a value with a prefix and a fixed number of significant digits.

    Parameters
    ----------
    value
        In `unit`, which is an SI unit such as ``A``, ``V/s`` or ``kg``. NaN and
        infinities are written ``NaN`` and ``∞``: a display must not fall over.
    digits
        Significant digits, at least 1.

    Returns
    -------
    str
        ``1.340 mA``, ``−3.000 µA``, ``113.1 mm²``; ``0 V`` for either zero.
    """
    tail = "" if unit == "1" else f" {unit}"
    if math.isnan(value):
        return f"NaN{tail}"
    if math.isinf(value):
        return f"{_MINUS if value < 0 else ''}∞{tail}"
    if value == 0:
        return f"0{tail}"
    if unit.startswith("kg"):
        value, unit = value * 1000, unit[1:]
    prefix, scaled = _scale(value, unit, digits)
    text = _significant(scaled, digits).replace("-", _MINUS)
    return text if unit == "1" else f"{text} {prefix}{unit}"


def format_duration(seconds: float) -> str:
    """Write a duration in its two largest units: ``3 h 20 min``, ``20 ms``."""
    if not math.isfinite(seconds):
        return format_si(seconds, "s")
    if seconds < 0:
        return _MINUS + format_duration(-seconds)
    if seconds < 1:
        return format_si(seconds, "s", 3)
    if seconds < 60:  # noqa: PLR2004
        short = f"{seconds:.3g}"
        return f"{short} s" if short != "60" else "1 min"
    for (large, _), (small, _) in itertools.pairwise(_SPANS):
        if seconds >= large:
            seconds = round(seconds / small) * small
            break
    parts: list[str] = []
    for size, name in _SPANS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{int(count)} {name}")
    return " ".join(parts[:2])


def _scale(value: float, unit: str, digits: int) -> tuple[str, float]:
    """Choose the prefix that leaves one to three digits before the mark."""
    first = re.split("[/ ]", unit, maxsplit=1)[0]
    power = {"²": 2, "³": 3}.get(first[-1], 1)
    names = prefixes_of(first.rstrip("²³"))
    shown = float(f"{abs(value):.{digits - 1}e}")
    best = ("", value)
    for name in _STEPS:
        if name and name not in names:
            continue
        size = float(PREFIXES[name]) ** power if name else 1.0
        if shown < size * (1 - 1e-12):
            break
        best = (name.replace("μ", "µ"), value / size)
    return best


def _significant(value: float, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    size = int(exponent)
    if -4 <= size <= max(5, digits):  # noqa: PLR2004
        return f"{float(f'{mantissa}e{size}'):.{max(0, digits - 1 - size)}f}"
    return f"{mantissa}e{size}"
