"""The last few minutes of a reading, its set point as a dashed line."""

import math
from collections.abc import Mapping

import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from gui.by_hand.readouts import LASTING, Strip
from gui.look.palette import theme
from gui.plot.axis import Span, follow, span_of
from gui.plot.plotting import Plot, add_line, give
from labctl.clock import stopwatch

LEAST = 1e-13
"""Smallest range that is shown: 0.1 pA, below what an electrometer resolves."""


class StripChart(QWidget):
    """One quantity against time before now."""

    def __init__(self, name: str, label: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._strip = Strip(name)
        self._shown: Span | None = None
        self._target: float | None = None
        self.plot = Plot(f"{label.partition(' /')[0]}, the last three minutes")
        self.plot.label("left", label)
        self.plot.label("bottom", "Time before the newest reading / s")
        self.plot.getViewBox().setMouseEnabled(x=False, y=False)
        self.plot.show_x(Span(-LASTING, 4.0))
        self.curve = add_line(self.plot, self._ink(), width=2)
        self._line = pg.InfiniteLine(
            angle=0, movable=False, pen=pg.mkPen(theme().muted, style=_DASHED)
        )
        self._line.hide()
        self.plot.addItem(self._line, ignoreBounds=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.plot)

    def add(self, values: Mapping[str, float | None]) -> None:
        """Draw what was read now."""
        self._strip.add(stopwatch(), values)
        time, value = self._strip.curve(self._name)
        give(self.curve, time, value)
        found = span_of(value, [math.nan if self._target is None else self._target])
        if found is not None:
            self._shown = follow(self._shown, found, LEAST)
            self.plot.show_y(self._shown)

    def aim(self, target: float | None) -> None:
        """Draw the line of a set point, or none."""
        self._target = target
        self._line.setVisible(target is not None)
        if target is not None:
            self._line.setPos(target)

    def clear(self) -> None:
        """Forget what was drawn."""
        self._strip.clear()
        self._shown = None
        give(self.curve, *self._strip.curve(self._name))

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.plot.restyle()
        self.curve.setPen(pg.mkPen(self._ink(), width=2))
        self._line.setPen(pg.mkPen(theme().muted, style=_DASHED))

    @staticmethod
    def _ink() -> str:
        return theme().accent


_DASHED = Qt.PenStyle.DashLine
