"""I–V by hand: a source meter's front panel with a strip chart and a quick sweep."""

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from gui.by_hand import hand_fields, hand_sweep
from gui.by_hand.channel_panel import RULE
from gui.by_hand.channel_state import ChannelState
from gui.by_hand.channels import IV, ChannelRow, candidates
from gui.by_hand.hand_form import HandForm, beside, button, named
from gui.by_hand.hand_sweep import HandSweep
from gui.by_hand.hands import Hands
from gui.by_hand.iv_readings import IVReadings
from gui.by_hand.iv_sweep_box import IVSweepBox
from gui.link.link import Link
from gui.parts.inputs import Choice, Refusal, caption, panel
from gui.run.doubts import word_of
from gui.runs.view_file import written
from labctl.api.answers import ManualOut
from labctl.api.requests import Action, ManualIn

LOOK_MS = 1000
FOLLOW_MS = 250
SIDE = 350


class IVPanel(QWidget):
    """Settings on the left, what is measured on the right."""

    run_wanted = pyqtSignal(str)
    said = pyqtSignal(str)
    changed = pyqtSignal()

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._rows: list[ChannelRow] = []
        self._set_points: dict[str, float] = {}
        self.record: HandSweep | None = None
        """The sweep that is shown."""
        self._asked: HandSweep | None = None
        """One that the station has not begun yet."""
        self._hands = Hands(link, self)
        self._hands.answered.connect(self._take)
        self._hands.refused.connect(self._refused)
        self._hands.released.connect(self._released)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.readings = IVReadings()
        self._build(link)

    @property
    def row(self) -> ChannelRow | None:
        """The channel that is chosen."""
        channel = self._channel.currentText()
        return next((r for r in self._rows if r.channel == channel), None)

    @property
    def wrong(self) -> str:
        """Why the last act was refused."""
        return self._wrong.text()

    @property
    def is_sweeping(self) -> bool:
        """Whether the station visits levels."""
        return self.record is not None and not self.record.ended

    def show_rows(self, rows: Sequence[ChannelRow]) -> None:
        """Take the channels as they are now."""
        self._rows = candidates(rows, IV[0])
        names = [row.channel for row in self._rows]
        if names != [self._channel.itemText(k) for k in range(self._channel.count())]:
            chosen = self._channel.currentText()
            self._channel.blockSignals(True)
            self._channel.clear()
            self._channel.addItems(names)
            if chosen in names:
                self._channel.setCurrentText(chosen)
            self._channel.blockSignals(False)
        self._show_row()

    def drive(self) -> None:
        """Set the level, output on."""
        found, row = self.level.amounts, self.row
        if row is None or not (found.ok and self.source.amounts.ok):
            return
        self._wrong.say("")
        self._hands.do(
            ManualIn(
                channel=row.channel,
                action=Action.DRIVE,
                quantity=self._quantity.currentText(),
                value=found.values["level"],
                compliance=self.source.amounts.values["compliance"],
            )
        )

    def sweep(self) -> None:
        """Have the station visit the levels."""
        wanted, row, found = self.sweep_box.sweep(), self.row, self.source.amounts
        if wanted is None or row is None or not found.ok:
            return
        driven, most = self._quantity.currentText(), found.values["compliance"]
        self._wrong.say("")
        self._hands.forget()
        self._asked = HandSweep(row.channel, driven, most)
        self._hands.do(
            ManualIn(
                channel=row.channel,
                action=Action.SWEEP,
                quantity=driven,
                compliance=most,
                sweep=wanted,
            )
        )

    def release(self) -> None:
        """Stop a sweep, output off, channel given back."""
        row = self.row
        if row is not None:
            self._hands.release(row.channel)

    def export(self, path: Path) -> None:
        """Write the sweep as CSV."""
        if self.record is not None:
            text = hand_sweep.csv_text(self.record, simulated=self._simulated)
            count = f"{len(self.record.points)} points"
            self.said.emit(written(path, text, count))

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Look while this is seen."""
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        """Stop looking; the station's 30 s begin."""
        self._timer.stop()
        if self._set_points or self.is_sweeping:
            self.said.emit("the station makes the source meter safe in 30 s")
        super().hideEvent(event)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.state.restyle()
        self.readings.restyle()

    # ---- by hand

    @property
    def _simulated(self) -> bool:
        state = self._link.state
        return state is not None and state.station.simulated

    def _look(self) -> None:
        row = self.row
        if row is None or not row.is_free or self._hands.is_asking:
            return
        record = self.record
        if record is not None and not record.ended:
            after = len(record.points)
            self._hands.look(
                ManualIn(channel=row.channel, action=Action.FOLLOW, after=after)
            )
        elif self._set_points and row.channel in self._hands.safe_at:
            self._hands.look(ManualIn(channel=row.channel, action=Action.READ))

    def _take(self, found: ManualOut) -> None:
        if self.row is None or found.channel != self.row.channel:
            return
        self.state.touched(found.safe_at_unix)
        if found.sweep is not None:
            self._take_sweep(found)
            return
        told = {
            name: value
            for name, value in found.readings.items()
            if name.startswith("set ") and value is not None
        }
        if told:
            self._set_points = told
            self.changed.emit()
        voltage, current = (found.readings.get(n) for n in ("voltage V", "current A"))
        limited = "compliance" in found.words
        self.readings.show_reading(voltage, current, limited=limited)
        self._show_output()

    def _take_sweep(self, found: ManualOut) -> None:
        told = found.sweep
        if told is None:
            return
        if self._asked is not None:
            self.record, self._asked = self._asked, None
            self._timer.setInterval(FOLLOW_MS)
            self.readings.plot.begin(self.record, simulated=self._simulated)
        record = self.record
        if record is None or record.ended:
            return
        record.of = told.of
        record.take(told.points)
        unit = hand_fields.UNIT[record.driven]
        self._set_points = {}
        if told.goes_on and record.points:
            self._set_points = {f"set {unit}": record.points[-1].level}
        for point in told.points:
            held = point.in_compliance
            self.readings.show_reading(point.voltage, point.current, limited=held)
        self._show_output()
        done = record.of if told.why == "completed" else -1
        if not told.goes_on and done in {-1, len(record.points)}:
            record.ended = told.why or "stopped"
            if told.unsafe:
                record.ended += f"; {word_of([told.unsafe])}"
            self._hands.release(record.channel)
        self._show_sweep()

    def _released(self, channel: str) -> None:
        self._set_points = {}
        if self.record is not None and not self.record.ended:
            self.record.ended = "stopped"
        self._timer.setInterval(LOOK_MS)
        if self.row is not None and self.row.channel == channel:
            self.state.touched(None)
        self._show_sweep()
        self._show_output()
        self.changed.emit()

    def _refused(self, why: str) -> None:
        self._wrong.say(why)
        self._asked = None
        if self._link.status.is_there and self.is_sweeping and self.record is not None:
            self.record.ended = why
            self._show_sweep()
        if self._link.status.is_there:
            self._set_points = {}  # the list says it again if it is still on
        self._show_output()

    # ---- looks

    def _show_row(self) -> None:
        row = self.row
        self.state.show_row(row)
        if row is None:
            return
        if not self.is_sweeping:
            self._set_points = dict(row.set_points)
        known = list(hand_fields.drives(row.bounds))
        if known != [self._quantity.itemText(k) for k in range(self._quantity.count())]:
            self._quantity.clear()
            self._quantity.addItems(known)
        self._show_fields()
        self._allow()
        self._show_output()

    def _show_fields(self) -> None:
        row, driven = self.row, self._quantity.currentText()
        if row is None or not driven:
            return
        unit, most = hand_fields.UNIT[driven], hand_fields.most_of(driven, row.bounds)
        self.source.show_fields([hand_fields.compliance(driven, row.bounds)])
        self.level.show_fields([hand_fields.level("level", "Level", unit, most)])
        self.sweep_box.show_fields(driven, row.bounds)
        self.readings.show_driven(driven)

    def _allow(self) -> None:
        row = self.row
        free = row is not None and row.is_free
        busy = self.is_sweeping
        source = self.source.amounts.ok
        self._channel.setEnabled(not busy)
        self._quantity.setEnabled(free and not busy)
        self.source.allow(allowed=free and not busy)
        self.level.allow(allowed=free and not busy and source)
        for row_widget in (
            *self.level.rows.values(),
            *self.sweep_box.form.rows.values(),
        ):
            row_widget.setEnabled(free and not busy)
        swept = self.record is not None and bool(self.record.points)
        self.sweep_box.allow(allowed=free and source, sweeping=busy, swept=swept)
        self._off.setEnabled(free)

    def _show_output(self) -> None:
        row = self.row
        self.readings.show_output(self._set_points, "" if row is None else row.run)
        self._allow()

    def _show_sweep(self) -> None:
        record = self.record
        if record is None:
            return
        self.readings.show_sweep(record)
        self.sweep_box.say(record.said)
        self._allow()

    def _export_as(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Export the sweep", "iv-by-hand.csv", "CSV (*.csv)"
        )
        if name:
            self.export(Path(name))

    def _build(self, link: Link) -> None:
        self._channel = Choice("Source meter")
        self._channel.currentTextChanged.connect(lambda _t: self._chosen())
        self._wrong = Refusal()
        self.state = ChannelState(link)
        self.state.run_wanted.connect(self.run_wanted)
        self.state.connected.connect(self.changed)
        self.state.refused.connect(self._wrong.say)
        self._quantity = Choice("Driven quantity")
        self._quantity.currentTextChanged.connect(lambda _t: self._driven_chosen())
        self.source, self.level = HandForm(), HandForm()
        self.source.edited.connect(self._allow)
        drive = button("Set, output on", self.drive, "Set the level, output on")
        self.level.waits(drive)
        self._off = button("Output off", self.release, "Output off, make safe")
        self.sweep_box = IVSweepBox()
        self.sweep_box.wanted.connect(self.sweep)
        self.sweep_box.stop_wanted.connect(self.release)
        self.sweep_box.export_wanted.connect(self._export_as)
        rule = QLabel(RULE)
        rule.setObjectName("muted")
        rule.setWordWrap(True)
        side = QWidget()
        side.setObjectName("clear")
        box = QVBoxLayout(side)
        box.setContentsMargins(12, 10, 12, 10)
        box.setSpacing(4)
        box.addLayout(named("Source meter", self._channel))
        box.addWidget(self.state)
        box.addLayout(named("Driven quantity", self._quantity))
        box.addWidget(self.source)
        box.addSpacing(4)
        box.addWidget(caption("Level"))
        box.addWidget(self.level)
        box.addLayout(beside(drive, self._off))
        box.addSpacing(4)
        box.addWidget(self.sweep_box)
        box.addWidget(self._wrong)
        box.addWidget(rule)
        box.addStretch(1)
        page = QHBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(scrolled(side, "Settings of the source meter", SIDE))
        page.addWidget(panel(self.readings), 1)

    def _chosen(self) -> None:
        self.readings.clear()
        self._show_row()

    def _driven_chosen(self) -> None:
        self._show_fields()
        self._allow()


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
