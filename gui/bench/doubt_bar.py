"""What may still be on, above everything, until it is known to be off.

It cannot be closed: a channel leaves it when it is made safe and read back, or when a
person says that they have looked.
"""

from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.link.link import Link
from gui.parts.ask_bar import AskBar
from gui.run.doubts import Doubt

MOST = 4
"""Rows; the bench stays in sight however many channels are in doubt."""
TRY = "Make safe and read back"
VOUCH = "I have looked: it is off …"


class DoubtBar(QFrame):
    """One row a channel: what, why, and the two ways out."""

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("unsafe")
        self.setAccessibleName("Outputs that may still be on")
        self._link = link
        self._doubts: tuple[Doubt, ...] = ()
        self._first = ""
        """Channel that a person wants to see; it comes first."""
        self._rows: dict[str, _Row] = {}
        self._more = QLabel()
        self._more.setWordWrap(True)
        self._box = QVBoxLayout()
        self._box.setSpacing(6)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 8, 8, 8)
        box.setSpacing(6)
        box.addLayout(self._box)
        box.addWidget(self._more)
        self.hide()

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that have a row."""
        return tuple(self._rows)

    @property
    def text(self) -> str:
        """Everything that it says."""
        said = [row.text for row in self._rows.values()]
        return "\n".join([*said, self._more.text()]).rstrip()

    def show_doubts(self, doubts: Sequence[Doubt]) -> None:
        """Show the channels that may still be on now; none hides the bar."""
        self._doubts = tuple(sorted(doubts, key=lambda d: d.channel != self._first))
        wanted = {doubt.channel: doubt for doubt in self._doubts[:MOST]}
        for channel in [channel for channel in self._rows if channel not in wanted]:
            row = self._rows.pop(channel)
            self._box.removeWidget(row)
            row.hide()
            row.deleteLater()
        for channel, doubt in wanted.items():
            if channel not in self._rows:
                self._rows[channel] = _Row(self._link, channel)
                self._box.addWidget(self._rows[channel])
            self._rows[channel].show_doubt(doubt)
        more = [doubt.channel for doubt in self._doubts[MOST:]]
        self._more.setText(f"And {len(more)} more: {', '.join(more)}" if more else "")
        self._more.setVisible(bool(more))
        self.setVisible(bool(self._rows))

    def focus_on(self, channel: str = "") -> None:
        """Put the keyboard on a channel's buttons; without one on the first's."""
        self._first = channel
        self.show_doubts(self._doubts)
        row = self._rows.get(channel) or next(iter(self._rows.values()), None)
        if row is not None:
            row.try_button.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def row(self, channel: str) -> "_Row":
        """Return the row of a channel that is shown."""
        return self._rows[channel]


class _Row(QWidget):
    def __init__(self, link: Link, channel: str) -> None:
        super().__init__()
        self._link, self._channel = link, channel
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._said = QLabel()
        self._said.setWordWrap(True)
        self._said.hide()
        self.try_button = self._button(TRY, self._try)
        self.vouch_button = self._button(VOUCH, self._ask)
        self.question = AskBar()
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._text, 1)
        line.addWidget(self.try_button)
        line.addWidget(self.vouch_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(line)
        box.addWidget(self._said)
        box.addWidget(self.question)

    @property
    def text(self) -> str:
        """What it says, what came of the last try included."""
        return f"{self._text.text()} {self._said.text()}".rstrip()

    def show_doubt(self, doubt: Doubt) -> None:
        """Say why the channel is in doubt."""
        self._text.setText(doubt.text)

    def _try(self) -> None:
        self._clear(by_hand=False, why="")

    def _ask(self) -> None:
        text = (
            f"You have looked at the instrument: the output of {self._channel} is off?"
        )
        self.question.ask(
            text, "Yes, it is off", lambda why: self._clear(by_hand=True, why=why)
        )

    def _clear(self, *, by_hand: bool, why: str) -> None:
        channel = self._channel
        self._say("" if by_hand else "It is being made safe and read back …", wait=True)
        self._link.ask(
            self,
            lambda station: station.clear_channel(channel, by_hand=by_hand, reason=why),
            lambda _done: self._say("", wait=False),
            lambda no: self._say(f"Not cleared: {no}", wait=False),
        )

    def _say(self, text: str, *, wait: bool) -> None:
        self._said.setText(text)
        self._said.setVisible(bool(text))
        for button in (self.try_button, self.vouch_button):
            button.setEnabled(not wait)

    def _button(self, text: str, act: Callable[[], None]) -> QPushButton:
        made = QPushButton(text)
        made.setAccessibleName(f"{text.rstrip(' …')}: {self._channel}")
        made.clicked.connect(lambda _on: act())
        return made
