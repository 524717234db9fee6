"""Where a value lies on an axis, and which values get a tick.

Ticks stand at 1, 2 or 5 times a power of ten; on logarithmic axes at decades. Axis
labels are never changed: a power of ten common to all ticks is said beside the axis.
"""

import math
from dataclasses import dataclass

import numpy as np

from labctl.data import Array

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS = "\N{MINUS SIGN}"
_PLAIN_EXPONENTS = range(-3, 5)
_FLAT = 1e-9
"""A range this small against its values is rounding, not signal."""
_MINOR_DECADES = 5
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps ``low`` … ``high`` onto the pixels ``start`` … ``end``."""

    low: float
    high: float
    start: float
    """Pixel of `low`; below `end` for x, above it for y."""
    end: float
    log: bool = False

    def at(self, values: Array) -> Array:
        """Return the pixels of `values`; NaN stays, and is what log makes of ≤ 0."""
        share = (_bent(values, self.log) - self._bounds[0]) / self._span
        return np.asarray(self.start + share * (self.end - self.start))

    def ticks(self, spacing: float, *, whole: bool = False) -> "Ticks":
        """Return ticks at least about `spacing` pixels apart.

        ``whole``: at whole numbers alone, of a linear axis.
        """
        room = max(2, int(abs(self.end - self.start) / spacing))
        if self.log:
            return _log_ticks(self.low, self.high, room)
        return _linear_ticks(self.low, self.high, room, whole=whole)

    @property
    def _bounds(self) -> tuple[float, float]:
        if self.log:
            return math.log10(self.low), math.log10(self.high)
        return self.low, self.high

    @property
    def _span(self) -> float:
        low, high = self._bounds
        return high - low


@dataclass(frozen=True, slots=True)
class Ticks:
    """Values that get a tick, what is written there, and the factor left out."""

    values: tuple[float, ...]
    labels: tuple[str, ...]
    minor: tuple[float, ...] = ()
    """Unlabelled ticks between (2 … 9 of a decade)."""
    factor: str = ""
    """``×10⁻⁶`` when labels must be multiplied by it; else empty."""


def span(
    values: Array, *, log: bool = False, margin: float = 0.0
) -> tuple[float, float] | None:
    """Return the range of all finite values, widened by `margin` of it on both sides.

    None when there is nothing to show. A flat range is opened around its value.
    """
    usable = values[np.isfinite(values) & ((values > 0) if log else True)]
    if not usable.size:
        return None
    low, high = float(usable.min()), float(usable.max())
    if log:
        low, high = math.log10(low), math.log10(high)
    if high - low <= _FLAT * max(abs(low), abs(high)):
        half = 0.3 if log else abs(low) * 0.05 or 1.0
        low, high = low - half, high + half
    low, high = low - margin * (high - low), high + margin * (high - low)
    return (10**low, 10**high) if log else (low, high)


def one_two_five(extent: float, count: int) -> float:
    """Return the smallest 1-2-5 step that cuts `extent` into at most `count` parts."""
    size = 10.0 ** math.floor(math.log10(extent / count))
    return next(
        step * size for step in (1, 2, 5, 10) if step * size * count >= extent * 0.999
    )


def power_of_ten(exponent: int) -> str:
    """Write ``10⁻³``."""
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def _bent(values: Array, log: bool) -> Array:
    if not log:
        return np.asarray(values, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(values) > 0, np.log10(values), np.nan)


def _linear_ticks(low: float, high: float, count: int, *, whole: bool = False) -> Ticks:
    step = one_two_five(high - low, count)
    step = max(step, 1.0) if whole else step
    first, last = (
        math.ceil(low / step - _ROUNDING),
        math.floor(high / step + _ROUNDING),
    )
    values = [index * step for index in range(first, last + 1)]
    exponent = _common_exponent(max(abs(low), abs(high)))
    decimals = max(0, -math.floor(math.log10(step) + _ROUNDING) + exponent)
    scale = 10.0**-exponent
    labels = [_signed(f"{value * scale:.{decimals}f}") for value in values]
    factor = f"×{power_of_ten(exponent)}" if exponent else ""
    return Ticks(tuple(values), tuple(labels), factor=factor)


def _common_exponent(largest: float) -> int:
    exponent = math.floor(math.log10(largest)) if largest else 0
    if -2 <= exponent <= 4:  # noqa: PLR2004 - 0.01 … 99 999 are read as they are
        return 0
    return 3 * math.floor(exponent / 3)


def _log_ticks(low: float, high: float, count: int) -> Ticks:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    decades = last - first + 1
    if decades < 2:  # noqa: PLR2004 - one decade alone gives no scale
        return _short_log_ticks(low, high, count)
    every = math.ceil(decades / count)
    exponents = range(math.ceil(first / every) * every, last + 1, every)
    plain = all(exponent in _PLAIN_EXPONENTS for exponent in exponents)
    labels = [_plain(exp) if plain else power_of_ten(exp) for exp in exponents]
    minor: list[float] = []
    if every > 1:
        minor = [10.0**exp for exp in range(first, last + 1) if exp not in exponents]
    elif decades <= _MINOR_DECADES:
        minor = [
            digit * 10.0**exp
            for exp in range(first - 1, last + 1)
            for digit in range(2, 10)
            if low <= digit * 10.0**exp <= high
        ]
    return Ticks(tuple(10.0**exp for exp in exponents), tuple(labels), tuple(minor))


def _short_log_ticks(low: float, high: float, count: int) -> Ticks:
    start = math.floor(math.log10(low))
    values = [
        digit * 10.0**exp
        for exp in range(start, start + 3)
        for digit in (1, 2, 5)
        if low <= digit * 10.0**exp <= high
    ]
    if len(values) < 2:  # noqa: PLR2004
        return _linear_ticks(low, high, count)
    exponent = _common_exponent(high)
    labels = [f"{value * 10.0**-exponent:.6g}" for value in values]
    factor = f"×{power_of_ten(exponent)}" if exponent else ""
    return Ticks(tuple(values), tuple(labels), factor=factor)


def _plain(exponent: int) -> str:
    return f"{10**exponent}" if exponent >= 0 else f"{10.0**exponent:.{-exponent}f}"


def _signed(text: str) -> str:
    if float(text) == 0:
        return text.removeprefix("-")
    return text.replace("-", _MINUS)
