"""The run's safety envelope on a figure: bands where no reading may be."""

from collections.abc import Mapping
from typing import Any

from gui.plot.axis import Span
from gui.plot.bounds import Envelope, bands, near, on_axis, with_bounds
from gui.plot.plotting import Plot, add_band
from labctl.api.figures import Figure

Place = tuple[str, int]
"""Axis, ``left`` or ``bottom``, and 0 below, 1 above."""


class Stops:
    """Shades what is near the view; items are made once and moved."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._items: dict[Place, Any] = {}

    @property
    def shown(self) -> dict[Place, tuple[float, float]]:
        """From where to where is shaded."""
        return {
            place: item.getRegion()
            for place, item in self._items.items()
            if item.isVisible()
        }

    def clear(self) -> None:
        """Take everything off the plot."""
        for item in self._items.values():
            self._plot.removeItem(item)
        self._items = {}

    def show(
        self, figure: Figure, envelope: Envelope, seen: Mapping[str, Span]
    ) -> Mapping[str, Span]:
        """Shade the envelope where it is near; return what is to be seen of each axis.

        Logarithmic axes and those of equal scale have no bands.
        """
        for item in self._items.values():
            item.hide()
        wanted = dict(seen)
        for side, label, log in (
            ("bottom", figure.x_label, figure.x_log),
            ("left", figure.y_label, figure.y_log),
        ):
            if log or figure.equal_scale or side not in seen:
                continue
            bounds = near(seen[side], on_axis(label, envelope))
            wanted[side] = with_bounds(seen[side], bounds)
            for place, span in enumerate(bands(wanted[side], bounds)):
                if span is not None:
                    self._shade((side, place), span)
        return wanted

    def _shade(self, place: Place, span: Span) -> None:
        item = self._items.get(place)
        if item is None:
            upright = place[0] == "bottom"
            item = add_band(self._plot, span.low, span.high, upright=upright)
            self._items[place] = item
        item.setRegion((span.low, span.high))
        item.show()
