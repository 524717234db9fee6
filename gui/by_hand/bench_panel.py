"""A bench by hand: its parts and what to ask on the left, its run on the right."""

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from gui.by_hand.bench_parts import BenchParts
from gui.by_hand.channels import ChannelRow
from gui.by_hand.contacts import ContactsChoice
from gui.by_hand.hand_controls import HandControls
from gui.by_hand.kinds import Kind
from gui.link.link import Link
from gui.parts.inputs import Refusal, panel
from gui.run.run_view import RunView

SIDE = 350


class BenchPanel(QWidget):
    """What a person does on the left, what comes of it on the right."""

    run_wanted = pyqtSignal(str)
    said = pyqtSignal(str)
    changed = pyqtSignal()

    def __init__(
        self,
        link: Link,
        kind: Kind,
        parent: QWidget | None = None,
        *,
        contacts: bool = False,
    ) -> None:
        super().__init__(parent)
        self._link = link
        self._kind = kind
        self.parts = BenchParts(link, kind.parts)
        self.controls = HandControls(link)
        self.contacts = ContactsChoice(self.controls.form) if contacts else None
        self.view = RunView(link)
        self._wrong = Refusal()
        self._build()
        self.parts.chosen.connect(self._aim)
        self.parts.changed.connect(self.changed)
        self.parts.refused.connect(self._wrong.say)
        self.parts.run_wanted.connect(self.run_wanted)
        self.view.said.connect(self.said)
        self.controls.answered.connect(lambda _answer: self.show_state())

    def show_rows(self, rows: Sequence[ChannelRow]) -> None:
        """Take the channels as they are now."""
        self.parts.show_rows(rows)

    def show_state(self) -> None:
        """Take the latest state: the run that goes on, or the one that was."""
        run, state = self.controls.run, self._link.state
        if run is not None:
            self.view.show_run(run.run)
        elif state is not None and self.view.run:
            run = next((r for r in state.runs if r.run == self.view.run), None)
        self.controls.show_run()
        self.view.show_summary(run)
        if self.isVisible():
            self.view.refresh()

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.parts.restyle()
        self.controls.restyle()
        self.view.restyle()
        if self.contacts is not None:
            self.contacts.restyle()

    def _aim(self) -> None:
        self.controls.show_bench(self._kind, self.parts.channels)
        self._wrong.say("")

    def _build(self) -> None:
        side = QWidget()
        side.setObjectName("clear")
        box = QVBoxLayout(side)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(8)
        for part in (self.parts, self._wrong, self.controls, self.contacts):
            if part is not None:
                box.addWidget(part)
        box.addStretch(1)
        page = QHBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(scrolled(side, "Bench by hand", SIDE))
        page.addWidget(panel(self.view), 1)


def scrolled(inner: QWidget, name: str, width: int) -> QFrame:
    """Return a column that scrolls when the window is low."""
    area = QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setAccessibleName(name)
    framed = panel(area)
    framed.setFixedWidth(width)
    return framed
