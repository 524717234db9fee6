"""The schedule as a strip over the lower left of the bench: when a channel is free.

It leaves the composer in sight: a free channel that is opened becomes its channel.
Orders in the queue are forecast once each, one after the other.
"""

from PyQt6.QtCore import QEvent, QObject, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.bench.schedule import schedule_of
from gui.bench.schedule_chart import SPANS, ScheduleChart
from gui.link.link import Lane, Link
from gui.parts.inputs import Elided, caption, focus_again
from labctl.api.answers import ForecastOut
from labctl.api.models import State
from labctl.api.requests import OrderIn

MOST = 0.78
"""Share of the page's height that it covers at most."""
FURNITURE = 92
"""Pixels of its head, its foot and its margins."""
ASKING = "schedule's forecast"


class SchedulePanel(QFrame):
    """Head, chart, and what keys act on in words."""

    opened = pyqtSignal(str)
    channel_wanted = pyqtSignal(str)

    def __init__(self, link: Link, over: QWidget, beside: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("overlay")
        self.setAccessibleName("Schedule")
        self._link = link
        self._over, self._beside = over, beside
        self._durations: dict[str, float | None] = {}
        self._before: QWidget | None = None
        self.chart = ScheduleChart()
        self._summary = Elided()
        self._said = Elided()
        self._said.setObjectName("muted")
        self.chart.moved.connect(self._said.setText)
        self.chart.zoomed.connect(lambda days: self._buttons[days].setChecked(True))
        self.chart.opened.connect(self._open)
        self.chart.channel_wanted.connect(self._compose)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 8, 10, 8)
        box.setSpacing(6)
        box.addLayout(self._head())
        box.addWidget(self.chart, 1)
        box.addWidget(self._said)
        over.installEventFilter(self)
        beside.installEventFilter(self)
        self.hide()

    @property
    def words(self) -> str:
        """What is free and what comes next."""
        return self._summary.full_text

    def toggle(self, channel: str = "") -> None:
        """Open, on a channel if one is given, or close."""
        if self.isVisible():
            self.close_strip()
            return
        self._before = self._over.focusWidget()
        self.refresh()
        self.chart.choose(channel)
        self._place()
        self.show()
        self.raise_()
        self.chart.setFocus()

    def close_strip(self) -> None:
        """Go; the focus returns to where it was."""
        self.hide()
        focus_again(self._before)

    def refresh(self) -> None:
        """Draw the schedule as the last state has it."""
        state = self._link.state
        if state is None:
            return
        self._forecast(state)
        schedule = schedule_of(state, self._durations)
        self._summary.setText(schedule.words)
        self._summary.setToolTip(schedule.words)
        self.chart.show_schedule(schedule)
        self._place()

    def show_link(self) -> None:
        """Take whether the station answers."""
        self.chart.show_stale(stale=not self._link.status.is_there)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Escape closes."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close_strip()
            return
        super().keyPressEvent(event)

    def eventFilter(  # noqa: N802
        self, watched: QObject | None, event: QEvent | None
    ) -> bool:
        """Follow the page's and the composer's places."""
        moved = {QEvent.Type.Resize, QEvent.Type.Move}
        if event is not None and event.type() in moved and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def _forecast(self, state: State) -> None:
        """Ask how long the first order takes of which that is not known."""
        entry = next((e for e in state.queue if e.entry not in self._durations), None)
        if entry is None or self._link.is_asking(ASKING):
            return
        name = entry.entry
        order = OrderIn.model_validate(entry.order)

        def take(found: ForecastOut) -> None:
            self._durations[name] = found.duration

        def fail(_why: str) -> None:
            if self._link.status.is_there:
                self._durations[name] = None

        self._link.ask(
            self,
            lambda s: s.forecast(order),
            take,
            fail,
            key=ASKING,
            lane=Lane.FORECAST,
        )

    def _open(self, run: str) -> None:
        self.close_strip()
        self.opened.emit(run)

    def _compose(self, channel: str) -> None:
        self.hide()
        self.channel_wanted.emit(channel)

    def _place(self) -> None:
        room = self._over.rect()
        across = self._beside.mapTo(self._over, self._beside.rect().topLeft()).x()
        width = max(across - 8, room.width() // 2)
        wanted = self.chart.height_wanted + FURNITURE
        tall = min(wanted, int(room.height() * MOST))
        place = QRect(0, room.height() - tall, width, tall)
        if place != self.geometry():
            self.setGeometry(place)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.addWidget(caption("Schedule"))
        head.addSpacing(8)
        head.addWidget(self._summary, 1)
        group = QButtonGroup(self)
        self._buttons: dict[int, QPushButton] = {}
        for days in SPANS:
            button = QPushButton(f"{days} d")
            button.setCheckable(True)
            button.setChecked(days == self.chart.days)
            button.setAccessibleName(f"Show {days} days" if days > 1 else "Show a day")
            button.setToolTip(f"{button.accessibleName()} (+, −)")
            button.clicked.connect(lambda _on, d=days: self.chart.see(d))
            group.addButton(button)
            head.addWidget(button)
            self._buttons[days] = button
        close = QPushButton("Close")
        close.setAccessibleName("Close the schedule")
        close.setToolTip("Close (Escape)")
        close.clicked.connect(lambda _on: self.close_strip())
        head.addWidget(close)
        return head
