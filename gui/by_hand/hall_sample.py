"""The sample of a Hall bench: which contacts, which current, what it comes to."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.by_hand import hand_fields
from gui.by_hand.channels import ChannelRow
from gui.by_hand.hand_form import HandForm, beside, button, named
from gui.by_hand.kept_readings import CONFIGURATIONS, Configuration
from gui.by_hand.readout import Readout, Sign
from gui.by_hand.readouts import digits, resistance_text
from gui.by_hand.sample_sketch import SampleSketch
from gui.look.colours import StateLook
from gui.parts.inputs import Choice, caption


class HallSample(QWidget):
    """Contacts, current, readings."""

    drive_wanted = pyqtSignal()
    off_wanted = pyqtSignal()
    keep_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.contacts = Choice("Contacts")
        self.contacts.addItems([one.name for one in CONFIGURATIONS])
        self.contacts.currentTextChanged.connect(lambda _t: self._draw())
        self.sketch = SampleSketch()
        self.form = HandForm()
        self.drive_button = button(
            "Connect and drive",
            self.drive_wanted.emit,
            "Source off, relays, then this current",
        )
        self.drive_button.setObjectName("primary")
        self.form.waits(self.drive_button)
        self.off_button = button("Current off", self.off_wanted.emit)
        self.keep_button = button(
            "Keep reading", self.keep_wanted.emit, "Read again and keep the reading"
        )
        self.voltage, self.current = Readout("Voltage", 13.0), Readout("Current", 13.0)
        self.ratio = Readout("V / I", 13.0)
        self.sign = Sign("Current source")
        self._connected: Configuration | None = None
        self._build()
        self.show_off()

    @property
    def chosen(self) -> Configuration:
        """The contacts that a person chose."""
        return CONFIGURATIONS[self.contacts.currentIndex()]

    @property
    def connected(self) -> Configuration | None:
        """The contacts that the current goes through; None while it is off."""
        return self._connected

    def show_row(self, row: ChannelRow | None, *, allowed: bool) -> None:
        """Show what the current source can do, and whether one may."""
        bounds = {} if row is None else row.bounds
        most = hand_fields.most_of("current", bounds)
        self.form.show_fields(
            [
                hand_fields.level("level", "Current", "A", most),
                hand_fields.compliance("current", bounds),
            ]
        )
        self.form.allow(allowed=allowed)
        self.off_button.setEnabled(allowed)
        self.keep_button.setEnabled(allowed and self._connected is not None)

    def show_driven(self, configuration: Configuration, *, current: float) -> None:
        """Say that the current flows through these contacts."""
        self._connected = configuration
        self.keep_button.setEnabled(True)
        self.current.say(digits(current, "A"))
        self.show_reading(None, current, limited=False)
        self._draw()

    def show_reading(
        self, voltage: float | None, current: float | None, *, limited: bool
    ) -> None:
        """Show what the voltmeter reads."""
        self.voltage.say(digits(voltage, "V"))
        self.ratio.say(resistance_text(voltage, None if limited else current))
        if self._connected is not None:
            name = self._connected.short
            if limited:
                self.sign.say(StateLook.NEEDS_YOU, f"IN COMPLIANCE through {name}")
            else:
                self.sign.say(StateLook.CHARGING, f"current ON through {name}")

    def show_off(self) -> None:
        """Say that no current flows."""
        self._connected = None
        self.voltage.say(digits(None, "V"))
        self.current.say(digits(None, "A"))
        self.ratio.say(resistance_text(None, None))
        self.sign.say(StateLook.FREE, "current off")
        self.keep_button.setEnabled(False)
        self._draw()

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.sign.restyle()
        self.sketch.update()

    def _draw(self) -> None:
        chosen = self.chosen
        self.sketch.show_configuration(chosen, closed=chosen == self._connected)

    def _build(self) -> None:
        readings, ratio = QHBoxLayout(), QHBoxLayout()
        for readout in (self.voltage, self.current):
            readings.addWidget(readout, 1)
        ratio.addWidget(self.ratio, 1)
        ratio.addWidget(self.keep_button, 0, Qt.AlignmentFlag.AlignBottom)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addWidget(caption("Sample"))
        box.addLayout(named("Contacts", self.contacts))
        box.addWidget(self.sketch)
        box.addWidget(self.form)
        box.addLayout(beside(self.drive_button, self.off_button))
        box.addWidget(self.sign)
        box.addLayout(readings)
        box.addLayout(ratio)
