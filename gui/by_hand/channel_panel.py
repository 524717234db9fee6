"""One channel: who the instrument is, whose it is, what may be done by hand."""

from collections.abc import Callable

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent
from PyQt6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from gui.by_hand import hand_fields
from gui.by_hand.channel_identity import ChannelIdentity
from gui.by_hand.channel_state import ChannelState
from gui.by_hand.channels import ChannelRow
from gui.by_hand.hand_form import HandForm, beside, button, named
from gui.by_hand.hands import Hands
from gui.by_hand.readouts import output_text
from gui.link.link import Link
from gui.look.palette import digits_font
from gui.look.si_text import signed_text, words
from gui.parts.inputs import Choice, Refusal, caption
from labctl.api.answers import ManualOut
from labctl.api.requests import Action, ManualIn

RULE = (
    "Whatever is on stays on while live readings go on. The station makes it safe 30 s "
    "after the last touch, so also after you leave this page or the window ends."
)
EVERY_MS = 1000


class ChannelPanel(QFrame):
    """Identity, state, manual control."""

    run_wanted = pyqtSignal(str)
    changed = pyqtSignal()
    """The list may have become old."""

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._row: ChannelRow | None = None
        self._hands = Hands(link, self)
        self._hands.answered.connect(self._read)
        self._hands.refused.connect(self._refused)
        self._hands.released.connect(self._released)
        self._again = QTimer(self)
        self._again.setInterval(EVERY_MS)
        self._again.timeout.connect(self._repeat)
        self.identity = ChannelIdentity()
        self._wrong = Refusal()
        self.state = ChannelState(link)
        self.state.run_wanted.connect(self.run_wanted)
        self.state.connected.connect(self.changed)
        self.state.refused.connect(self._wrong.say)
        self.forms: dict[Action, HandForm] = {}
        self._controls: dict[Action, list[QWidget]] = {}
        self._build()

    @property
    def can_drive(self) -> bool:
        """Whether the channel that is shown can be driven by hand now."""
        row = self._row
        return row is not None and row.is_free and row.can(Action.DRIVE)

    @property
    def reading(self) -> str:
        """What was read last."""
        return self._reading.text()

    @property
    def wrong(self) -> str:
        """Why the last act was refused."""
        return self._wrong.text()

    def show_row(self, row: ChannelRow | None) -> None:
        """Show a channel, or the same one as it is now."""
        new = row is None or self._row is None or row.channel != self._row.channel
        self._row = row
        self.setVisible(row is not None)
        if row is None:
            return
        if new:
            self._live.setChecked(False)
            self._say_reading("")
            self._wrong.say("")
        self.identity.show_row(row)
        self.state.show_row(row)
        self._show_controls(row)

    def act(self, action: Action) -> None:
        """Do one thing with the channel."""
        asked = self._asked(action)
        if asked is not None:
            self._wrong.say("")
            self._hands.do(asked)

    def drive(self, level: str, compliance: str) -> None:
        """Type a level and a compliance, and drive."""
        form = self.forms[Action.DRIVE]
        form.type("level", level)
        form.type("compliance", compliance)
        self.act(Action.DRIVE)

    def release(self) -> None:
        """Make the channel safe and give it back."""
        self._live.setChecked(False)
        if self._row is not None:
            self._hands.release(self._row.channel)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        """Stop reading; the station's 30 s begin."""
        self._again.stop()
        self._live.setChecked(False)
        super().hideEvent(event)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.state.restyle()

    # ---- by hand

    def _asked(self, action: Action) -> ManualIn | None:
        if self._row is None:
            return None
        channel = self._row.channel
        if action not in self.forms:
            return ManualIn(channel=channel, action=action)
        found = self.forms[action].amounts
        if not found.ok:
            return None
        values = found.values
        if action is Action.DRIVE:
            return ManualIn(
                channel=channel,
                action=action,
                quantity=self._quantity.currentText(),
                value=values["level"],
                compliance=values["compliance"],
            )
        if action is Action.FIELD:
            told = "field" if "Magnet" in self._row.kinds else "current"
            value = values["level"]
            return ManualIn(channel=channel, action=action, quantity=told, value=value)
        contacts = found.found["contacts"].given
        return ManualIn(channel=channel, action=action, contacts=contacts)

    def _read(self, found: ManualOut) -> None:
        if self._row is None or found.channel != self._row.channel:
            return
        lines = []
        for name, value in found.readings.items():
            quantity, _, unit = name.rpartition(" ")
            lines.append(f"{words(quantity):<8}{signed_text(value, unit)}")
        lines += [f"{k}: {v}" for k, v in found.words.items()]
        self._say_reading("\n".join(lines))
        self.state.touched(found.safe_at_unix)

    def _repeat(self) -> None:
        row = self._row
        if row is None or not row.is_free:
            self._live.setChecked(False)
        elif not self._hands.is_asking:
            action = Action.READ if row.can(Action.READ) else Action.REST
            self._hands.look(ManualIn(channel=row.channel, action=action))

    def _toggle_live(self, on: bool) -> None:
        if on:
            self._repeat()
            self._again.start()
        else:
            self._again.stop()

    def _refused(self, why: str) -> None:
        self._live.setChecked(False)
        self._wrong.say(why)

    def _released(self, _channel: str) -> None:
        self._say_reading("safe")
        self.state.touched(None)
        self.changed.emit()

    def _say_reading(self, text: str) -> None:
        self._reading.setText(text)
        self._reading.setVisible(bool(text))

    # ---- looks

    def _show_controls(self, row: ChannelRow) -> None:
        usable = row.instrument.open
        for action, widgets in self._controls.items():
            for widget in widgets:
                widget.setVisible(usable and row.can(action))
                widget.setEnabled(row.is_free)
        reads = row.can(Action.READ) or row.can(Action.REST)
        self._live.setVisible(usable and reads)
        self._live.setEnabled(row.is_free)
        self._safe.setVisible(usable and bool(row.actions))
        self._safe.setEnabled(row.safe_at is not None or bool(self._hands.safe_at))
        self._output.setVisible(row.is_free and row.can(Action.DRIVE))
        self._output.setText(output_text(row.set_points))
        for part in (self._caption, self._rule):
            part.setVisible(usable and bool(row.actions))
        self._show_fields(row)

    def _show_fields(self, row: ChannelRow) -> None:
        if row.can(Action.DRIVE):
            known = hand_fields.drives(row.bounds)
            if [self._quantity.itemText(k) for k in range(self._quantity.count())] != [
                *known
            ]:
                self._quantity.clear()
                self._quantity.addItems(list(known))
            self._show_drive_fields()
        if row.can(Action.FIELD):
            name = "field T" if "Magnet" in row.kinds else "current A"
            quantity, unit = name.split()
            label = "Field" if unit == "T" else "Supply current"
            most = row.bounds.get(f"{quantity} {unit}")
            field = hand_fields.level("level", label, unit, most)
            self.forms[Action.FIELD].show_fields([field])
        for form in self.forms.values():
            form.allow(allowed=row.is_free)

    def _show_drive_fields(self) -> None:
        driven = self._quantity.currentText()
        if self._row is None or not driven:
            return
        bounds = self._row.bounds
        most = hand_fields.most_of(driven, bounds)
        level = hand_fields.level("level", "Level", hand_fields.UNIT[driven], most)
        fields = [level, hand_fields.compliance(driven, bounds)]
        self.forms[Action.DRIVE].show_fields(fields)

    def _build(self) -> None:
        self._caption = caption("By hand")
        self._output = QLabel()
        self._output.setAccessibleName("Output")
        self._reading = QLabel()
        self._reading.setFont(digits_font(14, bold=True))
        self._reading.hide()
        self._reading.setAccessibleName("Reading")
        self._reading.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self._rule = QLabel(RULE)
        self._rule.setObjectName("muted")
        self._rule.setWordWrap(True)
        self._live = button("Live", lambda: None, "Keep reading every second")
        self._live.setCheckable(True)
        self._live.toggled.connect(self._toggle_live)
        self._safe = button("Make safe", self.release, "Make safe and give back")
        box = QVBoxLayout(self)
        box.setContentsMargins(14, 12, 14, 12)
        box.setSpacing(6)
        box.addWidget(self.identity)
        box.addWidget(self.state)
        box.addSpacing(4)
        box.addWidget(self._caption)
        box.addWidget(self._output)
        box.addWidget(self._reading)
        box.addWidget(self._wrong)
        for made in (self._drive_box, self._field_box, self._contact_box):
            box.addWidget(made())
        read = button("Read", lambda: self.act(Action.READ))
        rest = button("Watch at open circuit", lambda: self.act(Action.REST))
        self._controls[Action.READ] = [read]
        self._controls[Action.REST] = [rest]
        box.addLayout(beside(read, rest, self._live, self._safe))
        box.addWidget(self._rule)
        box.addStretch(1)
        self.hide()

    def _drive_box(self) -> QWidget:
        self._quantity = Choice("Driven quantity")
        self._quantity.currentTextChanged.connect(lambda _t: self._show_drive_fields())
        return self._act_box(
            Action.DRIVE,
            "Drive",
            lambda box: box.addLayout(named("Driven quantity", self._quantity)),
        )

    def _field_box(self) -> QWidget:
        return self._act_box(Action.FIELD, "Ramp")

    def _contact_box(self) -> QWidget:
        made = self._act_box(Action.CONNECT, "Close relays")
        self.forms[Action.CONNECT].show_fields([hand_fields.contacts("contacts")])
        return made

    def _act_box(
        self,
        action: Action,
        text: str,
        above: Callable[[QVBoxLayout], object] | None = None,
    ) -> QWidget:
        form = HandForm()
        press = button(text, lambda: self.act(action))
        form.waits(press)
        area = QWidget()
        box = QVBoxLayout(area)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        if above is not None:
            above(box)
        box.addWidget(form)
        box.addLayout(beside(press))
        self.forms[action] = form
        self._controls[action] = [area]
        return area
