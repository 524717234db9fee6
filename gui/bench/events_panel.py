"""What happened on the bench; what needs a person stays until acknowledged by name."""

from collections.abc import Iterable, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.link.link import Link
from gui.look.colours import StateLook
from gui.look.palette import theme
from gui.look.plain_words import run_in_words
from gui.look.si_text import clock_text, iso_text
from gui.parts.inputs import caption
from gui.parts.table import Column, Table, TableModel
from labctl.api.models import RunSummary, State, StationEvent
from labctl.data import Level

FILTERS = ("needs you", "all", "this run")
KEPT = 1000
NOTHING = "Nothing needs you."


class EventsPanel(QWidget):
    """A list of events with three filters."""

    run_wanted = pyqtSignal(str)
    """A person wants to see the run of an event."""

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._events: dict[int, StationEvent] = {}
        self._attention: list[StationEvent] = []
        self._last = -1
        self._boot = ""
        self._run = ""
        self._whose: dict[str, str] = {}
        """Run -> sample and channel, as people know it."""
        self._operator = ""
        self.name = ""
        """Who acknowledges; empty takes the station's operator."""
        self._filter = FILTERS[1]
        columns: list[Column[StationEvent]] = [
            Column("Time", lambda e: clock_text(e.last_unix), number=True),
            Column("Event", _what, look=_look, colour=_colour),
            Column("Run", lambda e: self._whose.get(e.run, run_in_words(e.run))),
            Column("Seen by", lambda e: e.acknowledged_by),
        ]
        self.table = Table("Events", TableModel(columns, lambda e: e.number), self)
        self.table.fit_columns(7, 0, 22, 9)
        self.table.doubleClicked.connect(lambda _i: self._open())
        self._empty = QLabel(NOTHING)
        self._empty.setObjectName("muted")
        self._acknowledge = QPushButton("Acknowledge")
        self._acknowledge.setAccessibleName("Acknowledge the event")
        self._acknowledge.setToolTip("Say that you have seen it (Space)")
        self._acknowledge.clicked.connect(self.acknowledge)
        # a list keeps Space to itself, so the key is the list's own shortcut
        space = QShortcut(QKeySequence("Space"), self.table)
        space.setContext(Qt.ShortcutContext.WidgetShortcut)
        space.activated.connect(self.acknowledge)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 6, 10, 8)
        box.setSpacing(4)
        box.addLayout(self._head())
        box.addWidget(self.table, 1)

    @property
    def shown(self) -> list[StationEvent]:
        """The events in the list."""
        return self.table.rows.rows

    def show_state(self, state: State) -> None:
        """Take what needs a person, and fetch what else is new."""
        self._attention = state.attention
        self._operator = state.station.operator or "operator"
        self._whose = {r.run: _whose(r) for r in state.runs}
        if state.station.boot != self._boot:
            self._boot, self._last, self._events = state.station.boot, -1, {}
        if state.last_event != self._last and not self._link.is_asking("events"):
            after = self._last
            self._link.ask(self, lambda s: s.events(after), self._take, key="events")
        self._show()

    def show_run(self, run: str) -> None:
        """Take which run is shown, for the filter."""
        self._run = run
        self._show()

    def choose_filter(self, name: str) -> None:
        """Show ``needs you``, ``all`` or ``this run``."""
        self._filter = name
        self._buttons[name].setChecked(True)
        self._show()

    def acknowledge(self) -> None:
        """Say that the operator has seen the selected event, or the first."""
        event = self.table.current
        if event is None or not event.needs_you:
            event = self._attention[0] if self._attention else None
        if event is None:
            return
        number, by = event.number, self.name or self._operator
        self._link.ask(
            self, lambda s: s.acknowledge(number, by), lambda e: self._take([e])
        )

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Enter shows the run."""
        if event is not None and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._open()
            return
        super().keyPressEvent(event)

    def _take(self, found: list[StationEvent]) -> None:
        for event in found:
            self._events[event.number] = event
            self._last = max(self._last, event.number)
            waits = [e for e in self._attention if e.number != event.number]
            if not event.needs_you:
                self._attention = waits
        for number in sorted(self._events)[:-KEPT]:
            del self._events[number]
        self._show()

    def _show(self) -> None:
        rows = _filtered(
            self._events.values(), self._attention, self._filter, self._run
        )
        self.table.rows.show_rows(rows)
        count = len(self._attention)
        self._buttons[FILTERS[0]].setText(f"needs you {count}" if count else FILTERS[0])
        if not count and self._acknowledge.hasFocus():
            self.table.setFocus()
        self._acknowledge.setEnabled(bool(count))
        self._empty.setVisible(not count)

    def _open(self) -> None:
        event = self.table.current
        if event is not None and event.run:
            self.run_wanted.emit(event.run)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.addWidget(caption("Events"))
        head.addSpacing(8)
        group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for name in FILTERS:
            button = QPushButton(name)
            button.setCheckable(True)
            button.setObjectName("link")
            button.setAccessibleName(f"Events: {name}")
            button.clicked.connect(lambda _on, n=name: self.choose_filter(n))
            group.addButton(button)
            head.addWidget(button)
            self._buttons[name] = button
        self._buttons[self._filter].setChecked(True)
        head.addStretch(1)
        head.addWidget(self._empty)
        head.addWidget(self._acknowledge)
        return head


def _filtered(
    events: Iterable[StationEvent],
    attention: Sequence[StationEvent],
    how: str,
    run: str,
) -> list[StationEvent]:
    """Return what to show: what waits for a person first, then the latest."""
    waiting = {event.number for event in attention}
    others = [
        event
        for event in sorted(events, key=lambda e: -e.number)
        if event.number not in waiting
    ]
    if how == FILTERS[0]:
        return list(attention)
    both = [*attention, *others]
    return both if how == FILTERS[1] else [e for e in both if e.run == run]


def _whose(run: RunSummary) -> str:
    channel = next(iter(run.channels.values()), "")
    return " · ".join(word for word in (run.sample, channel) if word)


def _what(event: StationEvent) -> str:
    """Return what happened; whose run it was stands in a column of its own."""
    often = f" (×{event.count}, first {iso_text(event.first_unix)})"
    said = event.text.removeprefix(f"{event.run} ") if event.run else event.text
    return said + (often if event.count > 1 else "")


def _look(event: StationEvent) -> StateLook | None:
    if event.needs_you:
        return StateLook.NEEDS_YOU
    return StateLook.REST if event.level is not Level.INFO else None


def _colour(event: StationEvent) -> str | None:
    return theme().alarm if event.needs_you else None
