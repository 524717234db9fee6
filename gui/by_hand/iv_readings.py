"""What a source meter measures: large digits, state of the output, strip, sweep."""

from collections.abc import Mapping

from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.by_hand.hand_sweep import HandSweep
from gui.by_hand.iv_plot import IVPlot
from gui.by_hand.readout import Readout, Sign
from gui.by_hand.readouts import digits, output_text, resistance_text
from gui.by_hand.strip_chart import StripChart
from gui.look.colours import StateLook

LIMITED = "IN COMPLIANCE: the limit holds the output, not the level"


class IVReadings(QWidget):
    """Readouts above, then the last minutes, then the sweep."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.voltage, self.current = Readout("Voltage"), Readout("Current")
        self.ratio = Readout("R = V / I")
        self.output, self.limited = Sign("Output"), Sign("Compliance")
        self.strips = {
            "voltage": StripChart("current", "Current / A"),
            "current": StripChart("voltage", "Voltage / V"),
        }
        self.plot = IVPlot()
        self.slope = QLabel("A sweep through 0 V gives the conductance.")
        self.slope.setObjectName("name")
        self.slope.setAccessibleName("Slope through zero")
        self._how = QLabel()
        self._how.setObjectName("muted")
        self._was_on = False
        self._build()
        self.clear()

    def clear(self) -> None:
        """Forget what was read of another channel."""
        for strip in self.strips.values():
            strip.clear()
        self.voltage.say(digits(None, "V"))
        self.current.say(digits(None, "A"))
        self.ratio.say(resistance_text(None, None))

    def show_driven(self, driven: str) -> None:
        """Show the strip of what is measured while ``driven`` is driven."""
        for name, strip in self.strips.items():
            strip.setVisible(name == driven)

    def show_reading(
        self, voltage: float | None, current: float | None, *, limited: bool
    ) -> None:
        """Show one reading."""
        self.voltage.say(digits(voltage, "V"))
        self.current.say(digits(current, "A"))
        self.ratio.say(resistance_text(voltage, current))
        found = {"voltage": voltage, "current": current}
        for strip in self.strips.values():
            strip.add(found)
        self.limited.setVisible(limited)
        if limited:
            self.limited.say(StateLook.NEEDS_YOU, LIMITED)

    def show_output(self, set_points: Mapping[str, float], run: str = "") -> None:
        """Say whether the output is on; of a run's channel only the run knows."""
        look = StateLook.CHARGING if set_points else StateLook.FREE
        text = "the run drives it" if run else output_text(set_points)
        self.output.say(StateLook.SWEEP if run else look, text)
        if not set_points:
            self.limited.hide()
        if self._was_on and not set_points:
            for readout in (self.voltage, self.current, self.ratio):
                readout.fade()
        self._was_on = bool(set_points)

    def show_sweep(self, sweep: HandSweep) -> None:
        """Draw what has come of the sweep that was begun."""
        self.plot.draw()
        slope = sweep.slope()
        self.slope.setText(slope.text)
        self.slope.setAccessibleDescription(slope.text)
        self._how.setText(slope.how)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.output.restyle()
        self.limited.restyle()
        self.plot.restyle()
        for strip in self.strips.values():
            strip.restyle()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(14)
        for readout in (self.voltage, self.current, self.ratio):
            top.addWidget(readout, 1)
        signs = QHBoxLayout()
        signs.addWidget(self.output, 2)
        signs.addWidget(self.limited, 3)
        foot = QHBoxLayout()
        foot.addWidget(self.slope)
        foot.addWidget(self._how, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(5)
        box.addLayout(top)
        box.addLayout(signs)
        for strip in self.strips.values():
            box.addWidget(strip, 2)
        box.addWidget(self.plot, 4)
        box.addLayout(foot)
        self.limited.hide()
