"""The field of a Hall bench: told in tesla, or in amperes of its supply.

A supply is told amperes whatever is typed; tesla are turned into amperes by the field
per ampere that a person states, and the gaussmeter says what came of it.
"""

import math

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.by_hand import hand_fields
from gui.by_hand.channels import ChannelRow
from gui.by_hand.hand_form import HandForm, beside, button, named
from gui.by_hand.readout import Readout, Sign
from gui.by_hand.readouts import digits
from gui.look.colours import StateLook
from gui.look.si_text import value_text
from gui.parts.form_fields import Bounds
from gui.parts.inputs import Choice, caption
from labctl.api.answers import ManualOut
from labctl.api.requests import Action, ManualIn

IN_TESLA, IN_AMPERE = "field (T)", "supply current (A)"
GAIN = "25 mT/A"
"""Of the electromagnet that the Hall protocol assumes; a person types their own."""


class HallField(QWidget):
    """Ask for a field, see what is there."""

    wanted = pyqtSignal(object)
    """A `ManualIn` for the magnet."""
    aimed = pyqtSignal(object)
    """T that was asked for; None if nobody said it in T."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: ChannelRow | None = None
        self._allowed = False
        self.told = Choice("Field told in")
        self.told.currentTextChanged.connect(lambda _t: self._show_fields())
        self.form = HandForm()
        self.form.edited.connect(self._edited)
        self.ramp_button = button("Ramp", self.ramp, "Ramp to this field")
        self.form.waits(self.ramp_button)
        self.zero_button = button("Zero field", self.zero, "Ramp the field to zero")
        self.field = Readout("Field")
        self.sign = Sign("Ramp")
        self._told = Readout("Supply", 12.0)
        top = QHBoxLayout()
        top.addWidget(self.field, 3)
        top.addWidget(self._told, 2)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3)
        box.addLayout(top)
        box.addWidget(self.sign)
        box.addWidget(caption("Set the field"))
        box.addLayout(named("Told in", self.told))
        box.addWidget(self.form)
        box.addLayout(beside(self.ramp_button, self.zero_button))
        self.sign.say(StateLook.FREE, "not read yet")
        self.field.say(digits(None, "T"))
        self._told.say(digits(None, "A"))

    def show_row(self, row: ChannelRow | None, *, allowed: bool) -> None:
        """Show the magnet's channel as it is now."""
        self._row, self._allowed = row, allowed
        tesla = row is not None and "Magnet" in row.kinds
        wanted = [IN_TESLA] if tesla else [IN_TESLA, IN_AMPERE]
        if wanted != [self.told.itemText(k) for k in range(self.told.count())]:
            self.told.clear()
            self.told.addItems(wanted)
        self._show_fields()

    def ramp(self) -> None:
        """Ask for the field that was typed."""
        found = self.form.amounts
        if not found.ok:
            return
        value, gain = found.values["level"], found.values.get("gain")
        if self.told.currentText() == IN_AMPERE:
            self._ask(value, "current", None)
        elif gain is None:
            self._ask(value, "field", value)
        else:
            self._ask(value / gain, "current", value)

    def zero(self) -> None:
        """Ask for no field: zero current of a supply."""
        tesla = self._row is not None and "Magnet" in self._row.kinds
        self._ask(0.0, "field" if tesla else "current", 0.0)

    def take(self, found: ManualOut) -> None:
        """Take what the magnet answered."""
        current = found.readings.get("current A")
        if current is not None:
            self._told.say(digits(current, "A"))
        ramp = found.words.get("ramp", "")
        if "set A" in found.readings or "set T" in found.readings:
            ramp = "ramping"
        if ramp:
            look = StateLook.HOLD if ramp == "settled" else StateLook.SWEEP
            self.sign.say(look, f"{ramp}{self._per_ampere(current)}")

    def show_field(self, field: float | None) -> None:
        """Show what the gaussmeter reads, T."""
        self._field = field
        self.field.say(digits(field, "T"))

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.sign.restyle()

    _field: float | None = None

    def _per_ampere(self, current: float | None) -> str:
        if current is None or self._field is None or abs(current) < 0.1:  # noqa: PLR2004
            return ""
        return f", {value_text(self._field / current, 'T/A', 4)} measured"

    def _ask(self, value: float, quantity: str, field: float | None) -> None:
        if self._row is None:
            return
        self.aimed.emit(field)
        self.wanted.emit(
            ManualIn(
                channel=self._row.channel,
                action=Action.FIELD,
                quantity=quantity,
                value=value,
            )
        )

    def _edited(self) -> None:
        """Work the bound out anew when the field per ampere changes."""
        if "gain" in self.form.rows:
            self._show_fields()

    def _show_fields(self) -> None:
        bounds = {} if self._row is None else self._row.bounds
        most_ampere, most_tesla = bounds.get("current A"), bounds.get("field T")
        if self.told.currentText() == IN_AMPERE:
            fields = [hand_fields.level("level", "Current", "A", most_ampere)]
        elif self._row is not None and "Magnet" in self._row.kinds:
            fields = [hand_fields.level("level", "Field", "T", most_tesla)]
        else:
            least = Bounds(low=0.0, open_low=True)
            gain = hand_fields.quantity(
                "gain", "Field per ampere", "T/A", least, default=GAIN
            )
            stated = self.form.amounts.values.get("gain", math.nan)
            most = None
            if most_ampere is not None and math.isfinite(stated):
                most = most_ampere * stated
            fields = [gain, hand_fields.level("level", "Field", "T", most)]
        self.form.show_fields(fields)
        self.form.allow(allowed=self._allowed)
        self.told.setEnabled(self._allowed)
        self.zero_button.setEnabled(self._allowed)
