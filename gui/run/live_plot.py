"""Voltage, current and temperature against time, what is allowed and expected.

Hard stops are shaded bands; the forecast of the twins runs ahead of *now* in grey. The
station thins what is seen to the width of the plot, so a run of ten million rows costs
as much as one of ten thousand.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.link.link import Link
from gui.look.icons import sign
from gui.look.palette import theme
from gui.parts.legend import Entry, Legend
from gui.plot.axis import Span, follow, span_of
from gui.plot.bounds import FAR
from gui.plot.plotting import Plot, add_band, add_line, add_now, give
from gui.run.windows import curve
from labctl.api.answers import ForecastOut, RunDetail
from labctl.api.client import StationClient
from labctl.columns import TEMPERATURES
from labctl.data import Array, Columns

PIXELS = 2000
"""Asked for: up to 8000 rows come as they are, else groups of them."""
ZOOM_PAUSE_MS = 120
"""After the last turn of the wheel, before finer points are fetched."""
TIMES = ((4 * 86400.0, 86400.0, "d"), (3 * 3600.0, 3600.0, "h"), (600.0, 60.0, "min"))
VOLTAGE, CURRENT = "voltage_volt", "current_ampere"
WARMTH = tuple(column.name for column in TEMPERATURES)
"""Of the sample, else of what is around it."""
HORIZON = 0.35
"""Share of the abscissa that the forecast may take."""
MICRO = 1e-12


@dataclass(slots=True)
class _Track:
    """One of the stacked plots."""

    column: str
    """Empty: the run records nothing for it."""
    plot: Plot
    measured: Any
    expected: Any
    now: Any
    shown: Span | None = None


class LivePlot(QWidget):
    """Voltage above, current below, then temperature if it is known; one abscissa."""

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._detail: RunDetail | None = None
        self._forecast: ForecastOut | None = None
        self._known = -1
        self._last = 0.0
        self._mode = "fit"
        self._scale = (1.0, "s")
        self._x: Span | None = None
        self.tracks = [
            self._track(VOLTAGE, "Voltage against time", "Voltage / V"),
            self._track(CURRENT, "Current against time", "Current / A"),
            self._track("", "Temperature against time", "Temperature / °C"),
        ]
        self._bands: list[tuple[_Track, Any, float, bool]] = []
        """Track, item, the bound, and whether it is an upper one."""
        self._legend = Legend()
        self._empty = QLabel("First point expected in a moment …")
        self._empty.setObjectName("muted")
        self._zoomed = QTimer(self)
        self._zoomed.setSingleShot(True)
        self._zoomed.setInterval(ZOOM_PAUSE_MS)
        self._zoomed.timeout.connect(self._fetch)
        self._arrange()
        for track in self.tracks[1:]:
            track.plot.setXLink(self.tracks[0].plot)
        for track in self.tracks:
            box = track.plot.getViewBox()
            box.sigRangeChangedManually.connect(self._moved)
            box.setMouseEnabled(x=True, y=False)
            track.plot.scene().sigMouseClicked.connect(self._clicked)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Voltage and current against time")

    @property
    def _drawn(self) -> list[_Track]:
        """The plots for which the run records something."""
        return [track for track in self.tracks if track.column]

    @property
    def mode(self) -> str:
        """``fit``, ``follow`` or ``pin``."""
        return self._mode

    def show_run(self, detail: RunDetail) -> None:
        """Show another run, or the same with more known of it."""
        before = self._detail.summary if self._detail else None
        new = before is None or before.run != detail.summary.run
        ended = before is not None and before.ended_unix != detail.summary.ended_unix
        self._detail = detail
        for track in self.tracks:
            track.plot.hatched = detail.summary.simulated
        if new:
            self._forecast, self._known, self._x = None, -1, None
            for track in self.tracks:
                track.shown = None
            self._seek_warmth(detail)
            self._show_envelope()
        if ended:
            self._x = None  # the room that was kept for the forecast is free
        self._label_axes(self._expected_end())
        self.seek_forecast()
        self.refresh(detail.summary.rows, force=new or ended)

    def _seek_warmth(self, detail: RunDetail) -> None:
        """Draw a temperature if the run has one, the sample's before the air's."""
        names = {
            column.name
            for stream in detail.streams
            if stream.name == "timeseries"
            for column in stream.columns
        }
        warmth, current = self.tracks[2], self.tracks[1]
        warmth.column = next((name for name in WARMTH if name in names), "")
        warmth.measured.setPen(self._ink(warmth.column))
        warmth.plot.setVisible(bool(warmth.column))
        label = "Surface" if warmth.column == WARMTH[0] else "Ambient"
        warmth.plot.label("left", f"{label} / °C")
        alone = not warmth.column
        current.plot.getPlotItem().getAxis("bottom").setStyle(showValues=alone)
        current.plot.label("bottom", "")
        self._scale = (1.0, "")  # the lowest one is labelled anew

    def seek_forecast(self) -> None:
        """Ask what was expected of the run, unless it is known or being asked."""
        key = f"expected {id(self)}"
        if (
            self._detail is None
            or self._forecast is not None
            or self._link.is_asking(key)
        ):
            return
        run = self._detail.summary.run
        self._link.ask(
            self,
            lambda station: station.expected(run),
            self._take_forecast,
            lambda _why: None,
            key=key,
        )

    def refresh(self, rows: int, *, force: bool = False) -> None:
        """Fetch what is new, if there is, and this is seen, and nothing on its way.

        ``rows`` is how many the run has by now.
        """
        if self._detail is None or not (self.isVisible() or force):
            return
        if not force and rows == self._known:
            return
        if not self._link.is_asking(self._key):
            self._known = rows
            self._fetch()

    def restyle(self) -> None:
        """Take the theme's colours."""
        t = theme()
        for track in self.tracks:
            track.plot.restyle()
            track.measured.setPen(self._ink(track.column))
            track.expected.setPen(t.forecast)
            track.now.setPen(t.muted)
        self._show_envelope()
        self._label_axes(self._expected_end())

    def set_mode(self, mode: str) -> None:
        """Fit everything, follow the newest, or hold the view."""
        self._mode = mode
        for name, button in self._buttons.items():
            button.setChecked(name == mode)
        if mode != "pin":
            self._x = None
            self._range()
            self._fetch()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """F follows, A fits all, P holds."""
        modes = {Qt.Key.Key_F: "follow", Qt.Key.Key_A: "fit", Qt.Key.Key_P: "pin"}
        if event is not None and event.key() in modes:
            self.set_mode(modes[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    # ---- data

    @property
    def _key(self) -> str:
        return f"live {id(self)}"

    def _fetch(self) -> None:
        if self._detail is None:
            return
        run = self._detail.summary.run
        begin, end = (None, None) if self._mode != "pin" else self._seen()
        if self._mode == "follow":
            begin = max(0.0, self._last - self._window())

        wanted = tuple(track.column for track in self._drawn)

        def act(station: StationClient) -> Columns:
            return station.window(
                run, "timeseries", wanted, begin=begin, end=end, px=PIXELS
            )

        self._link.ask(self, act, self._take, self._untaken, key=self._key)

    def _untaken(self, _why: str) -> None:
        self._known = -1  # asked again with the next look

    def _take(self, found: Columns) -> None:
        drawn = self._drawn
        names = {name.partition(":")[0] for name in found.names}
        if not all(track.column in names for track in drawn):
            self._known = -1
            return  # it was asked for another run
        pairs = [curve(found, "test_time_second", t.column) for t in drawn]
        time = pairs[0][0]
        if self._mode != "pin" and time.size:
            self._last = float(time[-1])
        self._empty.setVisible(not time.size)
        for track, (x, y) in zip(drawn, pairs, strict=True):
            give(track.measured, x, y)
            track.now.setPos(self._last)
            live = self._detail is not None and self._detail.summary.ended_unix is None
            track.now.setVisible(live and bool(time.size))
        self._show_forecast()
        self._range()

    def _take_forecast(self, found: ForecastOut | None) -> None:
        self._forecast = found
        self._label_axes(self._expected_end())
        self._show_forecast()
        self._range()

    def _show_forecast(self) -> None:
        live = self._detail is not None and self._detail.summary.ended_unix is None
        ahead = _ahead(self._forecast, self._last) if live else None
        for track in self.tracks:
            if ahead is None or track.column not in ahead:
                give(track.expected, np.empty(0), np.empty(0))
            else:
                give(track.expected, ahead["time"], ahead[track.column])
        entries = [Entry("measured", (self._ink(VOLTAGE),))]
        if ahead is not None:
            entries.append(Entry("forecast of the twins", (theme().forecast,)))
        if self._detail is not None and self._detail.envelope:
            entries.append(Entry("hard stop", (theme().limit,)))
        self._legend.show_entries(tuple(entries))

    def _show_envelope(self) -> None:
        for track, band, _, _ in self._bands:
            track.plot.removeItem(band)
        self._bands = []
        if self._detail is None:
            return
        for track in self.tracks:
            low, high = self._detail.envelope.get(track.column, (None, None))
            for bound, upper in ((high, True), (low, False)):
                if bound is not None:
                    band = add_band(track.plot, bound, bound)
                    self._bands.append((track, band, bound, upper))

    # ---- ranges

    def _range(self) -> None:
        if self._mode != "pin":
            end = self._expected_end()
            begin = 0.0
            if self._mode == "follow":
                begin = max(0.0, self._last - self._window())
                end = self._last + 0.1 * self._window()
            span = Span(begin, max(end, begin + 1.0))
            self._x = follow(self._x, span) if self._mode == "fit" else span
            self.tracks[0].plot.show_x(Span(span.low, self._x.high))
            self._label_axes(self._x.size)
        for track in self._drawn:
            measured = track.measured.yData
            expected = track.expected.yData
            parts = [p for p in (measured, expected) if p is not None]
            data = span_of(*parts)
            if data is None:
                data = Span(0.0, 1.0)
            track.shown = follow(track.shown, data, least=MICRO)
            track.plot.show_y(track.shown)
        for track, band, bound, upper in self._bands:
            there = track.measured.yData
            band.setVisible(there is not None and len(there) > 0)
            shown = track.shown or Span(0.0, 1.0)
            reach = FAR * shown.size
            edge = max(bound, shown.high) + reach
            if not upper:
                edge = min(bound, shown.low) - reach
            band.setRegion((bound, edge))

    def _expected_end(self) -> float:
        """Return up to when the abscissa goes: the forecast, but not too far ahead."""
        if self._detail is None:
            return 1.0
        summary = self._detail.summary
        end = max(self._last, 1.0)
        if summary.ended_unix is None and self._forecast is not None:
            return max(end, min(self._forecast.duration, end / (1 - HORIZON) + 600))
        return end

    def _window(self) -> float:
        """Return how much is seen while following, in s."""
        return max(600.0, 0.15 * self._last)

    def _seen(self) -> tuple[float, float]:
        (low, high), _ = self.tracks[0].plot.getViewBox().viewRange()
        margin = 0.1 * (high - low)
        return max(0.0, low - margin), high + margin

    def _label_axes(self, span: float) -> None:
        size, unit = next(
            ((s, u) for least, s, u in TIMES if span >= least), (1.0, "s")
        )
        lower = self._drawn[-1].plot
        if self._scale != (size, unit):
            self._scale = (size, unit)
            for track in self.tracks:
                track.plot.getPlotItem().getAxis("bottom").setScale(1 / size)
        lower.label("bottom", f"Test time / {unit}")

    def _moved(self) -> None:
        self._mode = "pin"
        for name, button in self._buttons.items():
            button.setChecked(name == "pin")
        (low, high), _ = self.tracks[0].plot.getViewBox().viewRange()
        self._label_axes(high - low)
        self._zoomed.start()

    def _clicked(self, event: Any) -> None:
        if event.double():
            self.set_mode("fit")

    # ---- looks

    def _track(self, column: str, name: str, label: str) -> _Track:
        plot = Plot(name, self)
        plot.label("left", label)
        expected = add_line(plot, theme().forecast, z=-10)
        measured = add_line(plot, self._ink(column), z=10)
        return _Track(column, plot, measured, expected, add_now(plot))

    @staticmethod
    def _ink(column: str) -> str:
        dark = theme().name == "dark"
        if column == VOLTAGE:
            return "#4aa8e0" if dark else "#0072b2"
        if column in WARMTH:
            return "#e58a6b" if dark else "#b5492b"
        return "#e6b23c" if dark else "#a97400"

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._legend, 1)
        top.addWidget(self._empty)
        self._buttons: dict[str, QPushButton] = {}
        for mode, text, tip in (
            ("fit", "All", "Show everything (A)"),
            ("follow", "Newest", "Follow the newest points (F)"),
            ("pin", "Hold", "Hold this view (P)"),
        ):
            button = QPushButton(text)
            button.setCheckable(True)
            button.setIcon(sign(mode, theme().muted))
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(lambda _on, m=mode: self.set_mode(m))
            top.addWidget(button)
            self._buttons[mode] = button
        self._buttons["fit"].setChecked(True)
        box = QVBoxLayout(self)
        box.setContentsMargins(6, 4, 6, 4)
        box.setSpacing(2)
        box.addLayout(top)
        upper, lower, warmth = (track.plot for track in self.tracks)
        upper.getPlotItem().getAxis("bottom").setStyle(showValues=False)
        box.addWidget(upper, 3)
        box.addWidget(lower, 2)
        box.addWidget(warmth, 2)
        warmth.setVisible(False)
        self._sign = QLabel("Current is positive while it oxidises the electrode.")
        self._sign.setObjectName("muted")
        box.addWidget(self._sign)


def _ahead(forecast: ForecastOut | None, now: float) -> dict[str, Array] | None:
    """Return the forecast after *now*; None if there is nothing to draw."""
    if forecast is None:
        return None
    curves = {name: np.array(values) for name, values in forecast.curve.items()}
    time = curves.pop("test_time_second", np.empty(0))
    later = time >= now
    if not later.any():
        return None
    return {"time": time[later], **{k: v[later] for k, v in curves.items()}}
