"""The run that is being composed, as the twins go through it."""

import numpy as np
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.compose.readiness import extremes_text, forecast_text
from gui.look.palette import theme
from gui.plot.axis import Span, span_of, with_margin
from gui.plot.plotting import Plot, add_band, add_line, give
from labctl.api.answers import Checked, ForecastOut

HOUR = 3600.0
LINEWIDTH = 1
PALE = 0.25
"""Opacity of a curve that is no longer what the form says."""


class Preview(QWidget):
    """A small curve of voltage against time with the hard stops, and its sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wanted, self._drawn = True, False
        self._plot = Plot("Forecast of the voltage", self)
        self._plot.setFixedHeight(128)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.label("bottom", "Test time / h")
        self._plot.label("left", "Voltage / V")
        self._curve = add_line(self._plot, theme().accent, width=LINEWIDTH)
        self._bands: list[object] = []
        self._said = QLabel()
        self._said.setWordWrap(True)
        self._said.setObjectName("muted")
        self._said.setAccessibleName("Forecast")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(self._plot)
        box.addWidget(self._said)
        self.begin_anew()

    @property
    def text(self) -> str:
        """What it says."""
        return self._said.text()

    def show_curve(self, *, on: bool) -> None:
        """Show the curve, or leave its place to something else."""
        self._wanted = on
        self._plot.setVisible(on and self._drawn)

    def begin_anew(self) -> None:
        """Forget another protocol's or sample's curve, and give its room back."""
        self.forget()
        self._drawn = False
        self._plot.hide()

    def forget(self, why: str = "The forecast follows what you type.") -> None:
        """Show no curve, and why; its room stays, so that the form does not jump."""
        give(self._curve, np.empty(0), np.empty(0))
        self._say(why)

    def wait(self) -> None:
        """Say that a new forecast is on its way; the old curve is pale until then."""
        self._curve.setOpacity(PALE)
        self._say("Running it on the twin …")

    def show_forecast(
        self, found: ForecastOut, checked: Checked | None, speed: float = 1.0
    ) -> None:
        """Show curve, stops and end."""
        bounds = checked.limits if checked else {}
        said = forecast_text(found, speed)
        moves = extremes_text(found.extremes)
        self._say(f"{said}\n{moves}" if moves else said, found.status != "completed")
        self._curve.setOpacity(1.0)
        time = np.array(found.curve.get("test_time_second", ()))
        voltage = np.array(found.curve.get("voltage_volt", ()))
        for band in self._bands:
            self._plot.removeItem(band)
        self._bands = []
        data = span_of(voltage)
        if data is None or time.size < 2:  # noqa: PLR2004
            self._drawn = False
            self._plot.hide()
            return
        self._drawn = True
        self._plot.setVisible(self._wanted)
        give(self._curve, time / HOUR, voltage)
        low, high = bounds.get("voltage_volt", (None, None))
        shown = with_margin(
            Span(
                data.low if low is None else min(data.low, low),
                data.high if high is None else max(data.high, high),
            ),
            0.12,
        )
        if high is not None:
            self._bands.append(add_band(self._plot, high, shown.high + 1e3))
        if low is not None:
            self._bands.append(add_band(self._plot, shown.low - 1e3, low))
        self._plot.show_y(shown)
        self._plot.show_x(Span(0.0, max(float(time[-1]) / HOUR, 1e-6)))

    def _say(self, text: str, wrong: bool = False) -> None:
        self._said.setText(text)
        name = "wrong" if wrong else "muted"
        style = self._said.style()
        if self._said.objectName() != name and style is not None:
            self._said.setObjectName(name)
            style.unpolish(self._said)
            style.polish(self._said)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self._plot.restyle()
        self._curve.setPen(theme().accent)
