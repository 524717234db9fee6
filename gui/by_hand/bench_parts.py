"""Which channels make a bench by hand: a choice a part, how it stands, Connect."""

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from gui.by_hand.channels import ChannelRow, candidates
from gui.by_hand.kinds import Part
from gui.by_hand.readout import Sign
from gui.by_hand.request_form import beside, button, refill
from gui.link.link import Link
from gui.parts.inputs import Choice, caption
from labctl.api.answers import Accepted
from labctl.api.client import StationClient

FREE, BY_HAND = "free", "by hand"
QUIET = frozenset({FREE, BY_HAND})
"""States that need no line of their own."""


class BenchParts(QWidget):
    """A row a part."""

    changed = pyqtSignal()
    """The list of instruments may have become old."""
    chosen = pyqtSignal()
    """Other channels, or the same ones as they are now."""
    run_wanted = pyqtSignal(str)
    refused = pyqtSignal(str)

    def __init__(
        self, link: Link, parts: Sequence[Part], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._link = link
        self._parts = tuple(parts)
        self._rows: dict[str, list[ChannelRow]] = {part.role: [] for part in parts}
        self.choices = {part.role: Choice(part.name.capitalize()) for part in parts}
        self.signs = {part.role: Sign(f"State of the {part.name}") for part in parts}
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        for k, part in enumerate(parts):
            label = QLabel(part.name.capitalize())
            label.setBuddy(self.choices[part.role])
            grid.addWidget(label, 2 * k, 0)
            grid.addWidget(self.choices[part.role], 2 * k, 1)
            grid.addWidget(self.signs[part.role], 2 * k + 1, 1)
            self.choices[part.role].currentTextChanged.connect(lambda _t: self._tell())
        self.connect_button = button("Connect", self.connect_all, "Connect all of it")
        self.run_button = button("Open the run", self._show_run)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(caption("Bench"))
        box.addLayout(grid)
        box.addLayout(beside(self.connect_button, self.run_button))

    def show_rows(self, rows: Sequence[ChannelRow]) -> None:
        """Take the channels as they are now."""
        for part in self._parts:
            found = candidates(rows, part)
            self._rows[part.role] = found
            choice = self.choices[part.role]
            refill(choice, [row.channel for row in found])
            choice.setEnabled(len(found) > 1)
        self._tell()

    def row(self, role: str) -> ChannelRow | None:
        """Return the channel that plays a role; None if none does."""
        channel = self.choices[role].currentText()
        return next((r for r in self._rows[role] if r.channel == channel), None)

    @property
    def channels(self) -> dict[str, str]:
        """Role -> channel; an empty one is missing or in somebody else's hands."""
        rows = {part.role: self.row(part.role) for part in self._parts}
        return {k: r.channel if r and r.is_free else "" for k, r in rows.items()}

    def connect_all(self) -> None:
        """Connect what is not connected."""
        rows = (self.row(part.role) for part in self._parts)
        wanted = {r.instrument.name for r in rows if r and not r.instrument.open}
        self.connect_button.setEnabled(False)
        for name in sorted(wanted):
            act = partial(_open, name=name)
            self._link.ask(self, act, self._opened, self._not_opened)

    def restyle(self) -> None:
        """Take the theme's colours."""
        for sign in self.signs.values():
            sign.restyle()

    def _opened(self, _done: Accepted) -> None:
        self.changed.emit()

    def _not_opened(self, why: str) -> None:
        self.refused.emit(why)
        self.changed.emit()

    def _tell(self) -> None:
        rows = {part.role: self.row(part.role) for part in self._parts}
        for role, row in rows.items():
            if row is not None:
                said = _short(row)
                self.signs[role].say(row.look, said)
                self.signs[role].setToolTip(row.state)
                self.signs[role].setVisible(said not in QUIET)
                self.choices[role].setToolTip(row.state)
        closed = any(row and not row.instrument.open for row in rows.values())
        self.connect_button.setVisible(closed)
        self.connect_button.setEnabled(closed)
        self.run_button.setVisible(any(row and row.lent_to for row in rows.values()))
        self.chosen.emit()

    def _show_run(self) -> None:
        rows = (self.row(part.role) for part in self._parts)
        run = next((row.lent_to for row in rows if row and row.lent_to), "")
        if run:
            self.run_wanted.emit(run)


def _open(station: StationClient, name: str) -> Accepted:
    return station.open_instrument(name)


def _short(row: ChannelRow) -> str:
    """Say in a few words how a channel stands."""
    if row.by_hand is not None:
        return BY_HAND
    if row.lent_to:
        return "lent to a run"
    if row.doubt:
        return "may still be on"
    if row.instrument.error:
        return "did not connect"
    return FREE if row.instrument.open else "not connected"
