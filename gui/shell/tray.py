"""Calls a person when the window is not seen: a notification, and a sound if wanted.

Where the platform has no tray there is no icon and no notification. The icon goes with
the window: closing it stops nothing, and leaves nothing behind.
"""

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QApplication, QSystemTrayIcon

from gui.bench.notices import Notices, notice_of
from gui.look.colours import StateLook
from gui.look.settings import Settings
from gui.parts.table import look_icon
from labctl.api.models import State

LASTS_MS = 15_000


class Tray(QObject):
    """The icon of this window beside the clock."""

    wanted = pyqtSignal(str)
    """The person comes: the window is to be raised, on a run if one is named."""
    told = pyqtSignal(str, str)
    """Title and text of a notification."""
    sounded = pyqtSignal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._notices = Notices()
        self._run = ""
        self._look = StateLook.REST
        self._icon: QSystemTrayIcon | None = None
        if QSystemTrayIcon.isSystemTrayAvailable():
            self._icon = QSystemTrayIcon(look_icon(self._look), self)
            self._icon.activated.connect(lambda _why: self.wanted.emit(""))
            self._icon.messageClicked.connect(lambda: self.wanted.emit(self._run))
            self.told.connect(self._notify)
            self._icon.show()
        self.sounded.connect(QApplication.beep)

    @property
    def is_there(self) -> bool:
        """Whether the platform has a tray."""
        return self._icon is not None

    def show_state(self, state: State, counts: str) -> None:
        """Take a state; ``counts`` is the icon's tool tip."""
        if self._icon is not None:
            look = StateLook.NEEDS_YOU if state.attention else StateLook.REST
            if look is not self._look:  # each icon travels to the desktop's tray
                self._look = look
                self._icon.setIcon(look_icon(look))
            self._icon.setToolTip(f"{state.station.name}: {counts}")
        new = self._notices.take(state)
        if not new:
            return
        self._run = new[0].run
        self.told.emit(*notice_of(new, state))
        if self._settings.sound:
            self.sounded.emit()

    def close(self) -> None:
        """Take the icon away."""
        if self._icon is not None:
            self._icon.hide()

    def _notify(self, title: str, text: str) -> None:
        if self._icon is not None:
            kind = QSystemTrayIcon.MessageIcon.Warning
            self._icon.showMessage(title, text, kind, LASTS_MS)
