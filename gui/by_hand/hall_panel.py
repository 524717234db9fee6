"""Hall by hand: a field, four contacts, a current, a voltage, and what to keep of it.

The order is that of the protocols: source off, relays, current on. Live readings touch
every channel that holds something; when they end, the station makes all of it safe.
"""

from collections.abc import Sequence

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.by_hand.channel_panel import RULE
from gui.by_hand.channels import ChannelRow, left_text
from gui.by_hand.hall_channels import GAUSS, MAGNET, METER, SOURCE, SWITCH, HallChannels
from gui.by_hand.hall_field import HallField
from gui.by_hand.hall_sample import HallSample
from gui.by_hand.hand_form import beside, button
from gui.by_hand.hands import Hands
from gui.by_hand.iv_panel import scrolled
from gui.by_hand.kept_panel import KeptPanel
from gui.by_hand.kept_readings import Configuration, Kept
from gui.by_hand.strip_chart import StripChart
from gui.link.link import Link
from gui.parts.inputs import Elided, Refusal, panel
from labctl.api.answers import ManualOut
from labctl.api.requests import Action, ManualIn
from labctl.clock import SystemClock

LOOK_MS = 1000
SIDE = 316
SAFE_ORDER = (SOURCE, SWITCH, METER, GAUSS, MAGNET)
"""Sources first, magnets last."""


class HallPanel(QWidget):
    """Bench and field on the left, sample in the middle, what came on the right."""

    run_wanted = pyqtSignal(str)
    said = pyqtSignal(str)
    changed = pyqtSignal()

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._clock = SystemClock()
        self._driving: Configuration | None = None
        """What a drive that is on its way goes through."""
        self._latest: dict[str, float | None] = {}
        self._limited = False
        self._hands = Hands(link, self)
        self._hands.answered.connect(self._take)
        self._hands.refused.connect(self._refused)
        self._hands.released.connect(self._released)
        self.channels = HallChannels(link)
        self.field = HallField()
        self.sample = HallSample()
        self.kept = KeptPanel()
        self.strip = StripChart("field", "Field / T")
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._build()
        self._wire()

    @property
    def wrong(self) -> str:
        """Why the last act was refused."""
        return self._wrong.text()

    def show_rows(self, rows: Sequence[ChannelRow]) -> None:
        """Take the channels as they are now."""
        self.channels.show_rows(rows)
        source = self.channels.row(SOURCE)
        if source is not None and not source.lent_to and self.sample.connected:
            self.sample.show_off()
        magnet = self.channels.row(MAGNET)
        self.field.show_row(magnet, allowed=self.channels.is_free(MAGNET))
        usable = self.channels.is_free(SOURCE, SWITCH, METER)
        self.sample.show_row(source, allowed=usable)
        readable = self.channels.is_free(GAUSS) or self.channels.is_free(MAGNET)
        self.live_button.setEnabled(readable)
        state = self._link.state
        simulated = state is not None and state.station.simulated
        self.kept.simulated = self.strip.plot.hatched = simulated
        self._tell_left()

    def drive(self) -> None:
        """Source off, relays, current on."""
        found = self.sample.form.amounts
        if not found.ok:
            return
        self._wrong.say("")
        self._driving = self.sample.chosen
        source = self.channels.channel(SOURCE)
        self._hands.forget()
        self._hands.do(
            source,
            ManualIn(
                channel=self.channels.channel(SWITCH),
                action=Action.CONNECT,
                contacts=list(self._driving.contacts),
            ),
            ManualIn(
                channel=source,
                action=Action.DRIVE,
                quantity="current",
                value=found.values["level"],
                compliance=found.values["compliance"],
            ),
        )
        self.live_button.setChecked(True)

    def keep(self) -> None:
        """Read compliance, voltage and field afresh, and keep them."""
        acts = [self._reading(SOURCE), self._reading(METER)]
        self._latest["field"] = None  # an earlier one is not that of this reading
        if self.channels.is_free(GAUSS):
            acts.append(self._reading(GAUSS))
        self._hands.do(*acts, done=self._keep_latest)

    def make_safe(self) -> None:
        """Switch the current off, open the relays, take the field to zero."""
        self.live_button.setChecked(False)
        self.strip.aim(None)
        self._hands.release(
            *(self.channels.channel(p) for p in SAFE_ORDER if self._has(p))
        )

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Look while this is seen."""
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        """Stop looking; the station's 30 s begin."""
        self._timer.stop()
        if self._hands.safe_at:
            self.said.emit("the station makes the Hall bench safe in 30 s")
        super().hideEvent(event)

    def restyle(self) -> None:
        """Take the theme's colours."""
        for part in (self.channels, self.field, self.sample):
            part.restyle()
        self.kept.restyle()
        self.strip.restyle()

    # ---- by hand

    def _has(self, part: str) -> bool:
        row = self.channels.row(part)
        return row is not None and row.is_free

    def _reading(self, part: str) -> ManualIn:
        return ManualIn(channel=self.channels.channel(part), action=Action.READ)

    def _look(self) -> None:
        self._tell_left()
        if not self.live_button.isChecked() or self._hands.is_asking:
            return
        parts = []
        if self.sample.connected is not None:
            parts = [SOURCE, SWITCH, METER]
        parts += [MAGNET, GAUSS]
        acts = [self._reading(part) for part in parts if self._has(part)]
        if acts:
            self._hands.look(*acts)

    def _toggle_live(self, on: bool) -> None:
        if on:
            self._look()
        else:
            self._hands.forget()

    def _take(self, found: ManualOut) -> None:
        channels = self.channels
        if found.channel == channels.channel(SOURCE):
            self._take_source(found)
        elif found.channel == channels.channel(METER):
            self._latest["voltage"] = found.readings.get("voltage V")
        elif found.channel == channels.channel(GAUSS):
            field = found.readings.get("field T")
            self._latest["field"] = field
            self.field.show_field(field)
            self.strip.add({"field": field})
        elif found.channel == channels.channel(MAGNET):
            self.field.take(found)
        if self.sample.connected is not None:
            self.sample.show_reading(
                self._latest.get("voltage"),
                self._latest.get("current"),
                limited=self._limited,
            )

    def _take_source(self, found: ManualOut) -> None:
        self._limited = "compliance" in found.words
        current = found.readings.get("set A")
        if current is not None and self._driving is not None:
            self._latest["current"] = current
            self._latest["voltage"] = None
            self.sample.show_driven(self._driving, current=current)
            self._driving = None
            self.changed.emit()

    def _keep_latest(self) -> None:
        configuration = self.sample.connected
        voltage, current = (self._latest.get(n) for n in ("voltage", "current"))
        if configuration is None or voltage is None or current is None:
            self._wrong.say("nothing was kept: the voltmeter read nothing")
            return
        number = len(self.kept.kept) + 1
        field = self._latest.get("field")
        self.kept.keep(
            Kept(number, configuration, field, current, voltage, self._limited)
        )

    def _released(self, channel: str) -> None:
        if channel == self.channels.channel(SOURCE) and self._driving is None:
            self._latest.pop("voltage", None)
            self.sample.show_off()
        self.changed.emit()

    def _refused(self, why: str) -> None:
        self._driving = None
        self._wrong.say(why)

    def _ask_field(self, asked: ManualIn) -> None:
        self._wrong.say("")
        self._hands.do(asked)
        self.live_button.setChecked(True)

    def _tell_left(self) -> None:
        rows = [self.channels.row(part) for part in SAFE_ORDER]
        listed = [r.safe_at for r in rows if r is not None and r.safe_at is not None]
        first = min(listed, default=None)
        live = self.live_button.isChecked()
        text = left_text(first, self._clock.unix())
        self._left.setText("kept on" if live and text else text)

    # ---- looks

    def _wire(self) -> None:
        for part in (self.channels,):
            part.changed.connect(self.changed)
            part.refused.connect(self._wrong.say)
            part.run_wanted.connect(self.run_wanted)
        self.field.wanted.connect(self._ask_field)
        self.field.aimed.connect(self.strip.aim)
        self.sample.drive_wanted.connect(self.drive)
        self.sample.off_wanted.connect(
            lambda: self._hands.release(self.channels.channel(SOURCE))
        )
        self.sample.keep_wanted.connect(self.keep)
        self.kept.said.connect(self.said)

    def _build(self) -> None:
        self.live_button = button("Live", lambda: None, "Read every second")
        self.live_button.setCheckable(True)
        self.live_button.toggled.connect(self._toggle_live)
        self.safe_button = button(
            "Make all safe", self.make_safe, "Current off, relays open, field to zero"
        )
        self._left = Elided()
        self._left.setObjectName("muted")
        self._wrong = Refusal()
        rule = QLabel(RULE)
        rule.setObjectName("muted")
        rule.setWordWrap(True)
        safe = QWidget()
        row = beside(self.live_button, self.safe_button, stretch=False)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._left, 1)
        safe.setLayout(row)
        left = _column(safe, self.channels, self.field)
        middle = _column(self.sample, self._wrong, rule)
        right = QVBoxLayout()
        plots = QHBoxLayout()
        plots.addWidget(panel(self.strip), 1)
        plots.addWidget(panel(self.kept.view), 1)
        right.addLayout(plots, 3)
        right.addWidget(panel(self.kept), 2)
        page = QHBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.addWidget(scrolled(left, "Bench and field", SIDE))
        page.addWidget(scrolled(middle, "Sample", SIDE))
        page.addLayout(right, 1)


def _column(*parts: QWidget) -> QWidget:
    side = QWidget()
    side.setObjectName("clear")
    box = QVBoxLayout(side)
    box.setContentsMargins(12, 10, 12, 10)
    box.setSpacing(8)
    for part in parts:
        box.addWidget(part)
    box.addStretch(1)
    return side
