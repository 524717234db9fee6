"""The five instruments of a Hall bench: which plays what, and how each stands."""

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from gui.by_hand.channels import HALL, ChannelRow, candidates
from gui.by_hand.hand_form import beside, button
from gui.by_hand.readout import Sign
from gui.by_hand.readouts import output_text
from gui.link.link import Link
from gui.link.port import Station
from gui.parts.inputs import Choice, caption
from labctl.api.answers import Accepted

SOURCE, METER, SWITCH, GAUSS, MAGNET = (part.name for part in HALL)


class HallChannels(QWidget):
    """A line a part; one button connects what is not connected."""

    changed = pyqtSignal()
    refused = pyqtSignal(str)
    run_wanted = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._rows: dict[str, list[ChannelRow]] = {part.name: [] for part in HALL}
        self._choices: dict[str, Choice] = {}
        self._signs: dict[str, Sign] = {}
        grid = QGridLayout()
        grid.setVerticalSpacing(3)
        for k, part in enumerate(HALL):
            choice = Choice(part.name)
            choice.setFixedWidth(92)
            choice.currentTextChanged.connect(lambda _t: self._tell())
            sign = Sign(f"State of the {part.name}")
            grid.addWidget(QLabel(part.name.capitalize()), k, 0)
            grid.addWidget(choice, k, 1)
            grid.addWidget(sign, k, 2)
            self._choices[part.name], self._signs[part.name] = choice, sign
        grid.setColumnStretch(2, 1)
        self.connect_button = button(
            "Connect all", self.connect_all, "Connect the instruments of the bench"
        )
        self.run_button = button("Open the run", self._show_run)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(caption("Bench"))
        box.addLayout(grid)
        box.addLayout(beside(self.connect_button, self.run_button))

    def show_rows(self, rows: Sequence[ChannelRow]) -> None:
        """Take the channels as they are now."""
        for part in HALL:
            found = candidates(rows, part)
            self._rows[part.name] = found
            choice = self._choices[part.name]
            names = [row.channel for row in found]
            if names != [choice.itemText(k) for k in range(choice.count())]:
                chosen = choice.currentText()
                choice.blockSignals(True)
                choice.clear()
                choice.addItems(names)
                if chosen in names:
                    choice.setCurrentText(chosen)
                choice.blockSignals(False)
            choice.setEnabled(len(names) > 1)
        self._tell()

    def row(self, part: str) -> ChannelRow | None:
        """Return the channel that plays a part; None if none does."""
        channel = self._choices[part].currentText()
        return next((r for r in self._rows[part] if r.channel == channel), None)

    def channel(self, part: str) -> str:
        """Return a channel's name; empty if there is none."""
        return self._choices[part].currentText()

    def is_free(self, *parts: str) -> bool:
        """Whether a person may use some parts now."""
        rows = [self.row(part) for part in parts]
        return all(row is not None and row.is_free for row in rows)

    def connect_all(self) -> None:
        """Connect what is not connected."""
        rows = (self.row(part.name) for part in HALL)
        wanted = {r.instrument.name for r in rows if r and not r.instrument.open}
        self.connect_button.setEnabled(False)
        for name in sorted(wanted):
            act = partial(_open, name=name)
            self._link.ask(self, act, self._opened, self._not_opened)

    def restyle(self) -> None:
        """Take the theme's colours."""
        for sign in self._signs.values():
            sign.restyle()

    def _opened(self, _done: Accepted) -> None:
        self.changed.emit()

    def _not_opened(self, why: str) -> None:
        self.refused.emit(why)
        self.changed.emit()

    def _tell(self) -> None:
        shown = {part.name: self.row(part.name) for part in HALL}
        for name, row in shown.items():
            if row is not None:
                self._signs[name].say(row.look, _short(row))
                self._signs[name].setToolTip(row.state)
        closed = [row for row in shown.values() if row and not row.instrument.open]
        self.connect_button.setVisible(bool(closed))
        self.connect_button.setEnabled(bool(closed))
        self.run_button.setVisible(any(row and row.run for row in shown.values()))

    def _show_run(self) -> None:
        rows = (self.row(part.name) for part in HALL)
        run = next((row.run for row in rows if row and row.run), "")
        if run:
            self.run_wanted.emit(run)


def _open(station: Station, name: str) -> Accepted:
    return station.open_instrument(name)


def _short(row: ChannelRow) -> str:
    """Say in a few words how a channel stands."""
    if row.run:
        return "lent to a run"
    if row.doubt:
        return "may still be on"
    if row.instrument.error:
        return "did not connect"
    if not row.instrument.open:
        return "not connected"
    if row.set_points:
        return output_text(row.set_points).removeprefix("output ")
    return "by hand" if row.lent_to else "free"
