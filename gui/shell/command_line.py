"""A line over the window that finds what can be done; no dialog, Escape closes it."""

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from gui.look.palette import theme
from gui.parts.inputs import Line, focus_again
from gui.parts.table import Column, Table, TableModel
from gui.shell.offers import Offer, search

WIDTH = 680
ROWS = 12
TOP = 58
"""Pixels below the window's edge: the header stays in sight, and STOP ALL with it."""


FURNITURE = 30
"""Pixels of its margins and frames."""


class CommandLine(QFrame):
    """Type, move with the arrows, Enter does it."""

    chosen = pyqtSignal(object)
    """An `Offer` that is possible."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("overlay")
        self.setAccessibleName("Command line")
        self._over = over
        self._offers: Sequence[Offer] = ()
        self._before: QWidget | None = None
        self.line = Line("Command")
        self.line.setPlaceholderText(
            "Action, channel, run, page, new run: protocol, sample …"
        )
        self.line.textChanged.connect(lambda _t: self._search())
        self.line.installEventFilter(self)
        columns: list[Column[Offer]] = [
            Column("What", lambda o: o.title, colour=_colour),
            Column("About", lambda o: o.why_not or o.about, colour=_muted),
            Column("Key", lambda o: o.key, colour=_muted),
        ]
        model = TableModel(columns, lambda o: (o.kind, o.word))
        self.table: Table[Offer] = Table("What can be done", model, self)
        self.table.fit_columns(36, 0, 17)
        self.table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.table.clicked.connect(lambda _i: self._do())
        header = self.table.horizontalHeader()
        if header is not None:
            header.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 10, 10, 10)
        box.setSpacing(6)
        box.addWidget(self.line)
        box.addWidget(self.table, 1)
        over.installEventFilter(self)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)
        self.hide()

    @property
    def shown(self) -> list[Offer]:
        """What is listed."""
        return self.table.rows.rows

    def offer(self, offers: Sequence[Offer]) -> None:
        """Take what there is; what was typed stays."""
        self._offers = offers
        self._search()

    def open(self) -> None:
        """Come to the front, empty."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self.line.clear()
        self._place()
        self.show()
        self.raise_()
        self.line.setFocus()

    def close_line(self) -> None:
        """Go; the focus returns to where it was."""
        before, self._before = self._before, None
        self.hide()
        focus_again(before)

    def eventFilter(  # noqa: N802
        self, watched: QObject | None, event: QEvent | None
    ) -> bool:
        """Keys of the list while one types; the window's new size."""
        if event is None:
            return False
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._place()
        if watched is self.line and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                return False
            if event.type() == QEvent.Type.KeyPress:
                return self._key(Qt.Key(event.key()))
        return False

    def _key(self, key: Qt.Key) -> bool:
        if key in _STEPS:
            self._move(_STEPS[key])
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._do()
        elif key == Qt.Key.Key_Escape:
            self.close_line()
        else:
            return False
        return True

    def _search(self) -> None:
        found = search(self._offers, self.line.text())
        self.table.rows.show_rows(found)
        self.table.scrollToTop()
        self._choose(0)

    def _move(self, step: int) -> None:
        self._choose(self.table.currentIndex().row() + step)

    def _choose(self, row: int) -> None:
        last = len(self.shown) - 1
        if last < 0:
            self.line.setAccessibleDescription("nothing found")
            return
        row = max(0, min(row, last))
        self.table.selectRow(row)
        offer = self.shown[row]
        parts = (offer.title, offer.why_not or offer.about, f"{row + 1} of {last + 1}")
        self.line.setAccessibleDescription(", ".join(part for part in parts if part))

    def _do(self) -> None:
        offer = self.table.current
        if offer is None or offer.why_not:
            return
        self.close_line()
        self.chosen.emit(offer)

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self.isVisible() and new is not None and not self.isAncestorOf(new):
            self._before = None
            self.hide()

    def _place(self) -> None:
        room = self._over.rect()
        width = min(WIDTH, room.width() - 40)
        row = self.table.rowHeight(0) or self.fontMetrics().height() + 10
        rest = self.line.sizeHint().height() + FURNITURE
        tall = min(ROWS * row + rest, room.height() - TOP - 40)
        self.setGeometry(QRect((room.width() - width) // 2, TOP, width, tall))


_STEPS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -ROWS,
    Qt.Key.Key_PageDown: ROWS,
}


def _muted(_offer: Offer) -> str:
    return theme().muted


def _colour(offer: Offer) -> str:
    return theme().muted if offer.why_not else theme().text
