"""Help for what has the focus: what it is, and the keys that work there.

A small panel beside it, which follows the focus and never takes it; F1 or Escape
closes it.
"""

from html import escape

from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QApplication, QFrame, QLabel, QVBoxLayout, QWidget

from gui.bench.events_panel import EventsPanel
from gui.bench.queue_panel import QueuePanel
from gui.bench.schedule_chart import ScheduleChart
from gui.bench.tiles import TileGrid
from gui.compose.blocks.block_editor import BlockEditor
from gui.look.actions import EVERYWHERE, action_of, keys_at, shown_key
from gui.parts.ask_bar import AskBar
from gui.run.live_plot import LivePlot
from gui.run.run_view import RunView
from gui.runs.run_table import RunTable
from gui.shell.command_line import CommandLine

WIDTH = 340
AWAY = 8
"""Pixels between it and what it is about."""
PLACES: tuple[tuple[type[QWidget], str], ...] = (
    (TileGrid, "tiles"),
    (LivePlot, "plot"),
    (RunView, "views"),
    (EventsPanel, "events"),
    (QueuePanel, "queue"),
    (BlockEditor, "list of steps"),
    (RunTable, "list of runs"),
    (ScheduleChart, "schedule"),
    (AskBar, "question"),
    (CommandLine, "command line"),
)
"""Which widget is which place of `LOCAL_KEYS`."""


class HelpPanel(QFrame):
    """Says what the focused widget is for."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("overlay")
        self.setAccessibleName("Help")
        self._over = over
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 10, 14, 10)
        box.addWidget(self._text)
        self._escape = QShortcut(QKeySequence("Escape"), over)
        self._escape.activated.connect(self.hide_help)
        self._escape.activatedAmbiguously.connect(self.hide_help)
        self._escape.setEnabled(False)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow)
        self.hide()

    @property
    def text(self) -> str:
        """What it says, as rich text."""
        return self._text.text()

    def toggle(self) -> None:
        """Open on what has the focus, or close."""
        if self.isVisible():
            self.hide_help()
            return
        about = QApplication.focusWidget() or self._over
        self._show(about)
        self.show()
        self.raise_()
        self._escape.setEnabled(True)

    def hide_help(self) -> None:
        """Close."""
        self.hide()
        self._escape.setEnabled(False)

    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self.isVisible() and new is not None and self._over.isAncestorOf(new):
            self._show(new)

    def _show(self, about: QWidget) -> None:
        self._text.setText(help_text(about))
        self._text.setFixedWidth(WIDTH - 28)
        self.resize(WIDTH, self.sizeHint().height())
        corner = (
            about.mapTo(self._over, QPoint(0, 0))
            if about is not self._over
            else (QPoint(0, 0))
        )
        beside = QRect(corner, about.size())
        self.move(_beside(beside, self.size().width(), self.height(), self._over))


def help_text(about: QWidget) -> str:
    """Return what to say of a widget, as rich text."""
    chain = [about]
    while (parent := chain[-1].parentWidget()) is not None:
        chain.append(parent)
    name = next((w.accessibleName() for w in chain if w.accessibleName()), "")
    told = next((t for w in chain[:3] if (t := _said(w))), "")
    places = {place for w in chain for kind, place in PLACES if isinstance(w, kind)}
    lines = [f"<b>{escape(name)}</b>"]
    if told and told != name:
        lines.append(escape(told).replace("\n", "<br>"))
    rows = [(key.shown, key.does) for key in keys_at({*places, EVERYWHERE})]
    for word in ("commands", "help"):
        action = action_of(word)
        rows.append((shown_key(action.key), action.title.lower()))
    table = "".join(
        f"<tr><td><b>{escape(key)}</b>&nbsp;&nbsp;</td><td>{escape(does)}</td></tr>"
        for key, does in rows
    )
    told_all = "<br>".join(lines)
    return f"<p>{told_all}</p><table cellpadding='1'>{table}</table>"


def _said(widget: QWidget) -> str:
    return widget.accessibleDescription() or widget.toolTip()


def _beside(about: QRect, width: int, height: int, over: QWidget) -> QPoint:
    """Return where it covers least of what it is about, inside the window."""
    room = over.rect().adjusted(AWAY, AWAY, -AWAY, -AWAY)
    x = about.right() + AWAY
    if x + width > room.right():
        x = about.left() - AWAY - width
    y = about.top()
    if x < room.left():
        x, y = about.right() - width - AWAY, about.bottom() - height - AWAY
    x = max(room.left(), min(x, room.right() - width))
    return QPoint(x, max(room.top(), min(y, room.bottom() - height)))
