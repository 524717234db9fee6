"""A quick sweep by hand: from, to, points, dwell, one way or loop."""

from collections.abc import Mapping

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui.by_hand import hand_fields
from gui.by_hand.hand_form import HandForm, beside, button, named
from gui.parts.form_fields import Bounds
from gui.parts.inputs import Choice, caption
from labctl.api.requests import HandSweepIn

ONE_WAY, LOOP = "one way", "loop: there and back"
LONGEST_DWELL = 60.0
MOST_POINTS = 2001


class IVSweepBox(QWidget):
    """What a sweep is made of, and its buttons."""

    wanted = pyqtSignal()
    stop_wanted = pyqtSignal()
    export_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = HandForm()
        self.way = Choice("One way or loop")
        self.way.addItems([ONE_WAY, LOOP])
        self.begin_button = button("Sweep", self.wanted.emit, "Begin the sweep")
        self.begin_button.setObjectName("primary")
        self.form.waits(self.begin_button)
        self.stop_button = button("Stop sweep", self.stop_wanted.emit)
        self.export_button = button(
            "Export CSV", self.export_wanted.emit, "Export the sweep as CSV"
        )
        self._said = QLabel()
        self._said.setObjectName("muted")
        self._said.setAccessibleName("Sweep")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3)
        box.addWidget(caption("Sweep"))
        box.addWidget(self.form)
        box.addLayout(named("Way", self.way))
        box.addLayout(beside(self.begin_button, self.stop_button, self.export_button))
        box.addWidget(self._said)
        self.allow(allowed=False, sweeping=False, swept=False)

    @property
    def said(self) -> str:
        """How far the sweep is."""
        return self._said.text()

    def show_fields(self, driven: str, bounds: Mapping[str, float]) -> None:
        """Offer the fields for a driven quantity within a channel's bounds."""
        unit, most = hand_fields.UNIT[driven], hand_fields.most_of(driven, bounds)
        self.form.show_fields(
            [
                hand_fields.level("begin", "From", unit, most),
                hand_fields.level("end", "To", unit, most),
                hand_fields.count("points", "Points", 2, MOST_POINTS, "41"),
                hand_fields.quantity(
                    "dwell", "Dwell", "s", Bounds(0, LONGEST_DWELL), default="100 ms"
                ),
            ]
        )

    def sweep(self) -> HandSweepIn | None:
        """Return what was asked for; None while a text cannot be read."""
        found = self.form.amounts
        if not found.ok:
            return None
        return HandSweepIn(
            begin=found.values["begin"],
            end=found.values["end"],
            points=int(found.values["points"]),
            dwell=found.values["dwell"],
            loop=self.way.currentText() == LOOP,
        )

    def allow(self, *, allowed: bool, sweeping: bool, swept: bool) -> None:
        """Let what makes sense be pressed."""
        self.form.allow(allowed=allowed and not sweeping)
        self.way.setEnabled(allowed and not sweeping)
        self.stop_button.setEnabled(sweeping)
        self.export_button.setEnabled(swept)

    def say(self, text: str) -> None:
        """Say how far it is."""
        self._said.setText(text)
