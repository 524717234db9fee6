"""Orders that wait for their channels: ready, order, hold; with the mouse or by key."""

from collections.abc import Callable

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.link.link import Link
from gui.look.colours import StateLook
from gui.look.plain_words import run_in_words
from gui.parts.table import Column, Table, TableModel
from labctl.api.client import StationClient
from labctl.api.models import QueueEntry, State

Act = Callable[[QueueEntry], None]


class QueuePanel(QWidget):
    """The queue, and what one does to it."""

    said = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._chosen = ""
        """The chosen entry, wherever it stands now."""
        columns: list[Column[QueueEntry]] = [
            Column("Run", lambda e: f"{e.sample} · {e.protocol}", look=_look),
            Column("Waits for", _waits, tip=lambda e: e.waits_for or "its turn"),
        ]
        self.table = Table("Queue", TableModel(columns, lambda e: e.entry), self)
        self.table.fit_columns(0, 8)
        self.table.say_when_empty("Nothing waits.")
        selection = self.table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(lambda _new, _old: self._choose())
        hint = QLabel(
            "A waiting run starts by itself once it is marked ready (its sample is "
            "connected), nothing holds it, and its channels are free."
        )
        hint.setObjectName("muted")
        hint.setWordWrap(True)
        self._about = QLabel()
        self._about.setWordWrap(True)
        self._about.setAccessibleName("Chosen order")
        self._held = QLabel()
        self._held.setWordWrap(True)
        self._let_go = QPushButton("Release the channels")
        self._let_go.setAccessibleName("Release held channels")
        self._let_go.clicked.connect(self._release)
        self._held_channels: list[str] = []
        self._ready = self._button("Ready", self._toggle_ready, "Space")
        self._hold = self._button("Hold", self._toggle_hold, "H")
        self._up = self._button("Up", lambda e: self._move(e, -1), "Alt+Up")
        self._down = self._button("Down", lambda e: self._move(e, 1), "Alt+Down")
        self._remove = self._button("Remove", self._take_out, "Delete")
        self._all = (self._ready, self._hold, self._up, self._down, self._remove)
        first, second = QHBoxLayout(), QHBoxLayout()
        for button in (self._ready, self._hold):
            first.addWidget(button)
        for button in (self._up, self._down, self._remove):
            second.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 10)
        box.addWidget(hint)
        box.addWidget(self.table, 1)
        box.addWidget(self._about)
        box.addLayout(first)
        box.addLayout(second)
        box.addWidget(self._held)
        box.addWidget(self._let_go)
        self._enable()

    def show_state(self, state: State) -> None:
        """Take the queue; the chosen order stays chosen where it has gone."""
        self.table.rows.show_rows(state.queue)
        at = self.table.rows.row_of(self._chosen)
        if at >= 0 and at != self.table.currentIndex().row():
            self.table.selectRow(at)
        self._held_channels = [c.name for c in state.channels if c.held]
        channels = ", ".join(self._held_channels)
        self._held.setText(
            f"Nothing from the queue starts on {channels}." if channels else ""
        )
        self._let_go.setVisible(bool(channels))
        self._enable()

    def _choose(self) -> None:
        entry = self.table.current
        if entry is not None:
            self._chosen = entry.entry
        self._enable()

    def _enable(self) -> None:
        entry = self.table.current
        for button in self._all:
            button.setEnabled(entry is not None)
        self._about.setVisible(entry is not None)
        if entry is None:
            return
        self._ready.setText("Not ready" if entry.ready else "Ready")
        self._hold.setText("Let go" if entry.hold else "Hold")
        at = self.table.rows.row_of(entry.entry)
        self._up.setEnabled(at > 0)
        self._down.setEnabled(at < len(self.table.rows.rows) - 1)
        channels = ", ".join(entry.channels.values()) or "the first free channel"
        waits = run_in_words(entry.waits_for) or "its turn"
        self._about.setText(f"{entry.sample} on {channels} waits for: {waits}.")

    def _toggle_ready(self, entry: QueueEntry) -> None:
        self._do(lambda s: s.change_queue(entry.entry, ready=not entry.ready))

    def _toggle_hold(self, entry: QueueEntry) -> None:
        self._do(lambda s: s.change_queue(entry.entry, hold=not entry.hold))

    def _move(self, entry: QueueEntry, step: int) -> None:
        at = self.table.rows.row_of(entry.entry) + step
        if 0 <= at < len(self.table.rows.rows):
            self._do(lambda s: s.change_queue(entry.entry, position=at))

    def _take_out(self, entry: QueueEntry) -> None:
        self._do(lambda s: s.unqueue(entry.entry))

    def _release(self) -> None:
        for channel in self._held_channels:
            self._do(lambda s, channel=channel: s.release_channel(channel))  # type: ignore[misc]

    def _do(self, act: Callable[[StationClient], object]) -> None:
        self._link.ask(self, act, lambda _done: None, self.said.emit)

    def _button(self, text: str, act: Act, key: str) -> QPushButton:
        """Return a button that acts on the chosen order, as its key does."""
        button = QPushButton(text)
        button.setAccessibleName(f"{text}: queue entry")
        button.setToolTip(f"{text} ({key})")

        def pressed() -> None:
            entry = self.table.current
            if entry is not None:
                act(entry)

        button.clicked.connect(lambda _on: pressed())
        shortcut = QShortcut(QKeySequence(key), self.table)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(pressed)
        return button


def _waits(entry: QueueEntry) -> str:
    """Return what an order waits for in a word; the sentence stands below the list."""
    if entry.hold:
        return "Let go"
    if not entry.ready:
        return "Ready"
    return "its channel" if entry.waits_for else "its turn"


def _look(entry: QueueEntry) -> StateLook:
    if entry.hold:
        return StateLook.NEEDS_YOU
    return StateLook.FINISHED if entry.ready else StateLook.FREE
