"""Where the run's safety envelope lies on a figure's axis.

A bound that is near what is seen belongs into the picture; one far away would only
flatten the curves.
"""

from collections.abc import Mapping

from gui.plot.axis import Span
from labctl.columns import CURRENT, FIELD, VOLTAGE

Bounds = tuple[float | None, float | None]
"""Lower and upper, in the axis' unit; None is unbounded."""
Envelope = Mapping[str, Bounds]
NEAR = 0.15
"""Share of the span beyond which a bound is not shown."""
EDGE = 0.03
"""Share of the span that is seen of a band."""
FAR = 20.0
"""Bands reach so many spans out; much more is not drawn right."""
_COLUMNS = {c.long_name.partition(" / ")[0]: c for c in (VOLTAGE, CURRENT, FIELD)}
_FACTORS = {"": 1.0, "m": 1e3, "µ": 1e6, "n": 1e9, "k": 1e-3}


def on_axis(label: str, envelope: Envelope) -> Bounds:
    """Return the bounds of the quantity that an axis is labelled with."""
    quantity, _, unit = label.rpartition(" / ")
    column = _COLUMNS.get(quantity)
    if column is None or not unit.endswith(column.unit):
        return None, None
    factor = _FACTORS.get(unit.removesuffix(column.unit))
    bounds = envelope.get(column.name)
    if factor is None or bounds is None:
        return None, None
    low, high = bounds
    return (
        None if low is None else low * factor,
        None if high is None else high * factor,
    )


def near(span: Span, bounds: Bounds) -> Bounds:
    """Return the bounds that lie within a span or just outside; None for others."""
    low, high = bounds
    reach = NEAR * span.size
    return (
        low if low is not None and low >= span.low - reach else None,
        high if high is not None and high <= span.high + reach else None,
    )


def with_bounds(span: Span, bounds: Bounds) -> Span:
    """Return the span, wide enough to show the edge of the bands."""
    low, high = bounds
    edge = EDGE * span.size
    return Span(
        span.low if low is None else min(span.low, low - edge),
        span.high if high is None else max(span.high, high + edge),
    )


def bands(span: Span, bounds: Bounds) -> tuple[Span | None, Span | None]:
    """Return from where to where is shaded, below and above."""
    low, high = bounds
    reach = FAR * span.size
    return (
        None if low is None else Span(min(low, span.low) - reach, low),
        None if high is None else Span(high, max(high, span.high) + reach),
    )
