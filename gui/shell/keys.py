"""The shortcuts of the window, made from the list of actions.

An action that is not possible says why instead. A letter without Ctrl is no shortcut
while a choice has the focus: there it finds an entry.
"""

from collections.abc import Callable, Mapping

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QApplication, QComboBox, QWidget

from gui.look.actions import ACTIONS, Now, action_of
from gui.look.si_text import sentence

Act = Callable[[], object]


class Keys(QObject):
    """Does actions by their word, and by their key."""

    said = pyqtSignal(str)
    """Why an action was not done."""

    def __init__(
        self, window: QWidget, acts: Mapping[str, Act], now: Callable[[], Now]
    ) -> None:
        super().__init__(window)
        self._acts = acts
        self._now = now
        self._letters: list[QShortcut] = []
        for action in ACTIONS:
            if not action.key:
                continue
            shortcut = QShortcut(QKeySequence(action.key), window)
            shortcut.activated.connect(lambda word=action.word: self.do(word))
            if len(action.key) == 1:
                self._letters.append(shortcut)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_moved)

    @property
    def now(self) -> Now:
        """What decides what is possible."""
        return self._now()

    @property
    def words(self) -> frozenset[str]:
        """The actions that something is done for."""
        return frozenset(self._acts)

    def do(self, word: str) -> None:
        """Do an action, or say why it is not possible."""
        action = action_of(word)
        why = action.why_not(self._now())
        if why:
            self.said.emit(f"{sentence(action.title)}: {why}")
        else:
            self._acts[word]()

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        for shortcut in self._letters:
            shortcut.setEnabled(not isinstance(new, QComboBox))
