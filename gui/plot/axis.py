"""Ranges of axes that follow the data without twitching.

Automatic ranges cost pyqtgraph 10 ms a refresh and jump with every reading; here the
range moves only when data leave it or fill too little of it, and then by a good piece.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

MARGIN = 0.06
"""Share of the span left free on each side."""
TOO_EMPTY = 0.35
"""Data that fill less of the axis than this make it shrink."""


@dataclass(frozen=True, slots=True)
class Span:
    """From … to, in the axis' unit; low < high."""

    low: float
    high: float

    @property
    def size(self) -> float:
        """Length."""
        return self.high - self.low

    def holds(self, other: "Span") -> bool:
        """Whether the other one lies within."""
        return self.low <= other.low and other.high <= self.high


def span_of(*parts: ArrayLike) -> Span | None:
    """Return the span of all finite values; None if there are none."""
    lows, highs = [], []
    for part in parts:
        values = np.asarray(part, float)
        values = values[np.isfinite(values)]
        if values.size:
            lows.append(float(values.min()))
            highs.append(float(values.max()))
    return Span(min(lows), max(highs)) if lows else None


def with_margin(data: Span, margin: float = MARGIN, least: float = 1e-12) -> Span:
    """Return a span with air around it; a single value gets a span of its own size."""
    size = max(data.size, abs(data.high) * 1e-3, least)
    middle = (data.low + data.high) / 2
    half = size / 2 + margin * size
    return Span(middle - half, middle + half)


def least_across(data: Span) -> float:
    """Return how much of an abscissa is seen at least: one of what is counted.

    A single cycle stands alone between its neighbours, not among thousandths of it.
    """
    return 1.0 if data.size == 0.0 and data.low.is_integer() else 1e-12


def follow(shown: Span | None, data: Span, least: float = 1e-12) -> Span:
    """Return the range to show: the old one unless data left it or shrank in it."""
    wanted = with_margin(data, least=least)
    if shown is None:
        return wanted
    if not shown.holds(data):
        grown = with_margin(
            Span(min(shown.low, data.low), max(shown.high, data.high)),
            2 * MARGIN,
            least,
        )
        air = MARGIN / 2 * data.size
        low = shown.low if data.low - shown.low >= air else wanted.low
        high = shown.high if shown.high - data.high >= air else wanted.high
        return Span(
            grown.low if data.low < shown.low else low,
            grown.high if data.high > shown.high else high,
        )
    return wanted if wanted.size < TOO_EMPTY * shown.size else shown
