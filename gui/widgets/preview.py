"""The run that is being composed, as the twins go through it."""

import numpy as np
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.models.axis import Span, span_of, with_margin
from gui.models.draft import extremes_text, forecast_text
from gui.palette import theme
from gui.widgets.plotting import Plot, add_band, add_line, give
from labctl.service.answers import Checked, ForecastOut

HOUR = 3600.0
LINEWIDTH = 1


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
        self.forget()

    @property
    def text(self) -> str:
        """What it says."""
        return self._said.text()

    def show_curve(self, *, on: bool) -> None:
        """Show the curve, or leave its place to something else."""
        self._wanted = on
        self._plot.setVisible(on and self._drawn)

    def forget(self, why: str = "The forecast follows what you type.") -> None:
        """Show nothing, and why."""
        give(self._curve, np.empty(0), np.empty(0))
        self._drawn = False
        self._plot.hide()
        self._said.setText(why)

    def wait(self) -> None:
        """Say that a new forecast is on its way; the old one stays until then."""
        self._said.setText("Running it on the twin …")

    def show_forecast(
        self, found: ForecastOut, checked: Checked | None, speed: float = 1.0
    ) -> None:
        """Show curve, stops and end."""
        bounds = checked.limits if checked else {}
        said = forecast_text(found, speed)
        moves = extremes_text(found.extremes)
        self._said.setText(f"{said}\n{moves}" if moves else said)
        time = _numbers(found.curve.get("test_time_second", []))
        voltage = _numbers(found.curve.get("voltage_volt", []))
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

    def wear(self) -> None:
        """Take the theme's colours."""
        self._plot.wear()
        self._curve.setPen(theme().accent)


def _numbers(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values], float)
