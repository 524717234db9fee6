"""The instruments of the bench, and what one may do with them by hand.

By hand means: within the bench's limits, only with seats that no run has, and made
safe by the station unless touched again within half a minute.
"""

from dataclasses import dataclass

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui.colours import Look
from gui.link import Link
from gui.palette import digits_font
from gui.si_text import signed_text, words
from gui.widgets.inputs import Choice, Elided, Line, caption, panel
from gui.widgets.table import Column, Table, TableModel
from labctl.errors import QuantityError
from labctl.quantities import parse
from labctl.service.answers import Accepted, InstrumentOut, ManualOut
from labctl.service.models import State
from labctl.service.requests import Action, ManualIn

SAFE = "Made safe by the station unless touched again within 30 s."
UNITS = {"voltage": ("V", "A"), "current": ("A", "V")}
"""Driven quantity -> its unit, the unit of the compliance."""


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat of one instrument."""

    instrument: InstrumentOut
    seat: str
    plays: str
    actions: tuple[str, ...]
    lent_to: str

    @property
    def look(self) -> Look:
        """Shape before the name."""
        if self.instrument.error:
            return Look.NEEDS_YOU
        if not self.instrument.open:
            return Look.OFFLINE
        return Look.SWEEP if self.lent_to else Look.FREE

    @property
    def state(self) -> str:
        """In words."""
        if self.instrument.error:
            return self.instrument.error
        if not self.instrument.open:
            return "not connected yet"
        return f"lent to {self.lent_to}" if self.lent_to else "free"


def seat_rows(instruments: list[InstrumentOut]) -> list[SeatRow]:
    """Return a row a seat; an instrument without seats has one of its own."""
    rows = []
    for one in instruments:
        for seat in one.seats:
            rows.append(  # noqa: PERF401  (two loops read better than one line)
                SeatRow(
                    one,
                    seat.seat,
                    ", ".join(seat.plays),
                    tuple(seat.actions),
                    seat.lent_to,
                )
            )
        if not one.seats:
            rows.append(SeatRow(one, one.name, "", (), ""))
    return rows


class InstrumentsPage(QWidget):
    """List on the left, identity and manual control on the right."""

    said = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._row: SeatRow | None = None
        columns: list[Column[SeatRow]] = [
            Column("Seat", lambda r: r.seat, look=lambda r: r.look),
            Column("Instrument", _model),
            Column("Address", lambda r: r.instrument.address),
            Column("State", lambda r: r.state),
        ]
        self.table = Table("Instruments", TableModel(columns, lambda r: r.seat), self)
        self.table.fit_columns(14, 26, 34, 0)
        self.table.clicked.connect(lambda _i: self.choose())
        self.table.activated.connect(lambda _i: self.choose())
        self._again = QTimer(self)
        self._again.setInterval(1000)
        self._again.timeout.connect(self._repeat)
        self._build()

    def load(self) -> None:
        """Fetch the list anew."""
        self._link.ask(
            self, lambda s: s.instruments(), self._take, self.said.emit, key="seats"
        )

    def show_state(self, _state: State) -> None:
        """Look again while this page is seen."""
        if self.isVisible() and not self._link.is_asking("seats"):
            self.load()

    def _take(self, found: list[InstrumentOut]) -> None:
        self.table.rows.show_rows(seat_rows(found))
        if self._row is not None:
            seat = self._row.seat
            self._row = next((r for r in self.table.rows.rows if r.seat == seat), None)
            self._show()

    def choose(self) -> None:
        """Show the selected row."""
        self._row = self.table.current
        self._reading.setText("")
        self._show()

    def _show(self) -> None:
        row = self._row
        self._panel.setVisible(row is not None)
        if row is None:
            return
        self._name.setText(row.seat)
        about = row.instrument
        identity = " ".join(about.identity.get(k, "") for k in ("maker", "model"))
        more = ", ".join(
            f"{k} {about.identity[k]}"
            for k in ("serial", "firmware")
            if about.identity.get(k)
        )
        said = [identity or about.driver, more, about.address, row.plays, row.state]
        self._about.setText("\n".join(line for line in said if line.strip()))
        self._connect.setVisible(not about.open)
        free = about.open and (not row.lent_to or row.lent_to.startswith("by hand"))
        for action, widgets in self._controls.items():
            for widget in widgets:
                widget.setVisible(action in row.actions and about.open)
                widget.setEnabled(free)
        self._safe.setVisible(bool(row.actions))

    # ---- by hand

    @property
    def can_drive(self) -> bool:
        """Whether the chosen seat can be driven by hand now."""
        return all(w.isEnabled() for w in self._controls[str(Action.DRIVE)])

    @property
    def reading(self) -> str:
        """What was read last."""
        return self._reading.text()

    def drive(self, level: str, compliance: str) -> None:
        """Type a level and a compliance, and drive."""
        self._value.setText(level)
        self._compliance.setText(compliance)
        self.act(Action.DRIVE)

    def act(self, action: Action) -> None:
        """Do one thing with the chosen seat."""
        if self._row is None:
            return
        try:
            asked = self._asked(action, self._row.seat)
        except QuantityError as error:
            self._wrong.setText(str(error))
            return
        self._wrong.setText("")
        self._link.ask(self, lambda s: s.by_hand(asked), self._read, self._refused)

    def release(self) -> None:
        """Make the chosen seat safe and give it back."""
        self._again.stop()
        if self._row is not None:
            seat = self._row.seat
            self._link.ask(
                self,
                lambda s: s.hands_off(seat),
                lambda _done: self._reading.setText("safe"),
                self._refused,
            )

    def _asked(self, action: Action, seat: str) -> ManualIn:
        if action is Action.DRIVE:
            quantity = self._quantity.currentText()
            unit, other = UNITS[quantity]
            return ManualIn(
                seat=seat,
                action=action,
                quantity=quantity,
                value=parse(self._value.text(), unit),
                compliance=parse(self._compliance.text(), other),
            )
        if action is Action.FIELD:
            text = self._field.text()
            unit = "A" if text.strip().endswith("A") else "T"
            return ManualIn(seat=seat, action=action, value=parse(text, unit))
        if action is Action.CONNECT:
            contacts = [int(w) for w in self._contacts.text().split() if w.isdigit()]
            return ManualIn(seat=seat, action=action, contacts=contacts)
        return ManualIn(seat=seat, action=action)

    def _read(self, found: ManualOut) -> None:
        lines = []
        for name, value in found.readings.items():
            quantity, _, unit = name.rpartition(" ")
            lines.append(f"{words(quantity)} {signed_text(value, unit)}")
        lines += [f"{k}: {v}" for k, v in found.words.items()]
        self._reading.setText("\n".join(lines))
        if self._keep.isChecked():
            self._again.start()

    def _repeat(self) -> None:
        if not self._keep.isChecked() or not self.isVisible():
            self._again.stop()
            return
        row = self._row
        if row is not None and Action.READ in row.actions:
            self.act(Action.READ)

    def _refused(self, why: str) -> None:
        self._again.stop()
        self._wrong.setText(why)

    def _open(self) -> None:
        if self._row is not None:
            name = self._row.instrument.name
            self._reading.setText("connecting …")
            self._link.ask(
                self,
                lambda s: s.open_instrument(name),
                self._opened,
                self._refused,
            )

    def _opened(self, _done: Accepted) -> None:
        self._reading.setText("")
        self.load()

    # ---- looks

    def _build(self) -> None:
        self._panel = QFrame()
        self._panel.setObjectName("panel")
        self._name = QLabel()
        self._name.setObjectName("title")
        self._about = QLabel()
        self._about.setObjectName("muted")
        self._about.setWordWrap(True)
        self._about.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
        )
        self._reading = QLabel()
        self._reading.setFont(digits_font(14, bold=True))
        self._reading.setAccessibleName("Reading")
        self._wrong = QLabel()
        self._wrong.setObjectName("wrong")
        self._wrong.setWordWrap(True)
        self._connect = _button("Connect", self._open)
        self._safe = QLabel(SAFE)
        self._safe.setObjectName("muted")
        self._safe.setWordWrap(True)
        box = QVBoxLayout(self._panel)
        box.setContentsMargins(14, 12, 14, 12)
        box.addWidget(self._name)
        box.addWidget(self._about)
        box.addWidget(self._connect, 0, Qt.AlignmentFlag.AlignLeft)
        box.addSpacing(8)
        box.addWidget(caption("By hand"))
        box.addWidget(self._reading)
        box.addLayout(self._manual())
        box.addWidget(self._wrong)
        box.addWidget(self._safe)
        box.addStretch(1)
        self._panel.hide()
        hint = Elided("Choose a seat to see its identity and to drive it by hand.")
        hint.setObjectName("muted")
        split = QSplitter()
        split.addWidget(panel(self.table))
        split.addWidget(self._panel)
        split.setSizes([760, 380])
        split.setChildrenCollapsible(False)
        page = QVBoxLayout(self)
        page.setContentsMargins(12, 10, 12, 10)
        page.addWidget(hint)
        page.addWidget(split, 1)

    def _manual(self) -> QVBoxLayout:
        self._quantity = Choice("Driven quantity")
        self._quantity.addItems(list(UNITS))
        self._value = Line("Level")
        self._value.setPlaceholderText("0.1 V")
        self._compliance = Line("Compliance")
        self._compliance.setPlaceholderText("1 mA")
        self._field = Line("Field")
        self._field.setPlaceholderText("0.5 T, or 20 A of its supply")
        self._contacts = Line("Contacts")
        self._contacts.setPlaceholderText("I+ I− V+ V−: 1 3 2 4")
        self._keep = QPushButton("Keep reading")
        self._keep.setCheckable(True)
        self._keep.setAccessibleName("Keep reading every second")
        read = _button("Read", lambda: self.act(Action.READ))
        rest = _button("Watch at open circuit", lambda: self.act(Action.REST))
        drive = _button("Drive", lambda: self.act(Action.DRIVE))
        field = _button("Ramp", lambda: self.act(Action.FIELD))
        connect = _button("Close relays", lambda: self.act(Action.CONNECT))
        safe = _button("Make safe", self.release)
        self._controls: dict[str, list[QWidget]] = {}
        form = QFormLayout()
        for action, widgets in (
            (Action.DRIVE, (self._quantity, self._value, self._compliance, drive)),
            (Action.FIELD, (self._field, field)),
            (Action.CONNECT, (self._contacts, connect)),
        ):
            self._controls[str(action)] = list(widgets)
            for widget in widgets:
                form.addRow(widget)
        buttons = QHBoxLayout()
        for button in (read, self._keep, rest, safe):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._controls[str(Action.READ)] = [read, self._keep]
        self._controls[str(Action.REST)] = [rest]
        box = QVBoxLayout()
        box.addLayout(form)
        box.addLayout(buttons)
        return box


def _model(row: SeatRow) -> str:
    identity = row.instrument.identity
    known = f"{identity.get('maker', '')} {identity.get('model', '')}".strip()
    return known or row.instrument.driver


def _button(text: str, act: object) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text)
    button.clicked.connect(lambda _on: act())  # type: ignore[operator]
    return button
