"""Compose a run: protocol, sample, form, forecast, checks, Start.

With every keystroke the fields say what they come to; after a short pause the station
checks the order and runs it on the twins. Start waits for the checks and says for what.
"""

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.link import Link
from gui.models.draft import (
    Draft,
    complaints_by_field,
    fitting,
    verdict,
)
from gui.widgets.inputs import Choice, label_of
from gui.widgets.parameter_form import ParameterForm
from gui.widgets.preview import Preview
from gui.widgets.seat_chooser import SeatChooser
from labctl.service.answers import (
    Checked,
    ForecastOut,
    ProtocolOut,
    Queued,
    SampleOut,
    Started,
)
from labctl.service.models import State

PAUSE_MS = 250
RETRY_MS = 2000
"""After a question that was not answered."""


class Composer(QWidget):
    """The form of a new run."""

    started = pyqtSignal(str)
    """A run is on its way."""
    queued = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._protocols: list[ProtocolOut] = []
        self._samples: list[SampleOut] = []
        self._draft: Draft | None = None
        self._checked: Checked | None = None
        self._state: State | None = None
        self._seat = ""
        self._foreseen: ForecastOut | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.setInterval(RETRY_MS)
        self._retry.timeout.connect(self._retried)
        self._build()
        self._say()

    @property
    def draft(self) -> Draft | None:
        """What is being composed."""
        return self._draft

    @property
    def verdict(self) -> str:
        """What Start waits for, or that nothing is in its way."""
        return self._verdict.text()

    @property
    def can_start(self) -> bool:
        """Whether Start may be pressed."""
        return self._start.isEnabled()

    def load(self) -> None:
        """Fetch protocols and samples."""
        self._link.ask(self, lambda s: s.protocols(), self._take_protocols, self._again)
        self.load_samples()

    def load_samples(self) -> None:
        """Fetch the samples anew."""
        self._link.ask(self, lambda s: s.samples(), self._take_samples, self._again)

    def show_state(self, state: State) -> None:
        """Take which seats are free."""
        before = self._free(self._state)
        self._state = state
        if self._free(state) != before:
            self._show_seats()
            self._changed()

    def show_link(self) -> None:
        """Take whether the station answers."""
        self._say()

    def choose(self, protocol: str, sample: str = "") -> None:
        """Choose a protocol and a sample by name."""
        self._protocol.setCurrentIndex(max(self._protocol.findData(protocol), 0))
        if sample:
            self._sample.setCurrentIndex(max(self._sample.findData(sample), 0))

    def choose_seat(self, seat: str) -> None:
        """Prefer a seat for the role that can take it."""
        self._seat = seat
        if self._draft is not None:
            self._prefer_seat()
            self._show_seats()
            self._changed()

    def start(self) -> None:
        """Start the run, if the checks have passed."""
        if self._draft is None or not self.can_start:
            return
        order = self._draft.order()
        self._start.setEnabled(False)
        self._verdict.setText("Starting …")
        self._link.ask(self, lambda s: s.start(order), self._did_start, self._refused)

    def enqueue(self) -> None:
        """Put the run into the queue."""
        if self._draft is None or self._draft.problem:
            return
        order = self._draft.order()
        self._link.ask(self, lambda s: s.enqueue(order), self._did_queue, self._refused)

    def wear(self) -> None:
        """Take the theme's colours."""
        self._preview.wear()

    # ---- what the station says

    def _take_protocols(self, found: list[ProtocolOut]) -> None:
        self._protocols = sorted(found, key=lambda p: p.title)
        chosen = self._protocol.currentData()
        self._protocol.blockSignals(True)
        self._protocol.clear()
        for one in self._protocols:
            self._protocol.addItem(one.name.replace("-", " "), one.name)
            self._protocol.setItemData(
                self._protocol.count() - 1, one.title, Qt.ItemDataRole.ToolTipRole
            )
        wanted = chosen or "formation-cycling"
        self._protocol.setCurrentIndex(max(self._protocol.findData(wanted), 0))
        self._protocol.blockSignals(False)
        self._offer_samples()

    def _take_samples(self, found: list[SampleOut]) -> None:
        self._samples = found
        self._offer_samples()

    def _take_check(self, found: Checked) -> None:
        self._checked = found
        self._show_seats()
        self._show_resolved()
        self._say()
        if self._foreseen is not None:
            self._take_forecast(self._foreseen)

    def _take_forecast(self, found: ForecastOut) -> None:
        self._foreseen = found
        speed = self._state.station.speed if self._state else 1.0
        self._preview.show_forecast(found, self._checked, speed)

    def _did_start(self, found: Started) -> None:
        self._renew()
        self.started.emit(found.run)

    def _did_queue(self, found: Queued) -> None:
        self._renew()
        self.queued.emit(found.entry)

    def _again(self, why: str) -> None:
        """Ask once more in a while: the station was busy, or away for a moment."""
        self._verdict.setText(why)
        self._retry.start()

    def _retried(self) -> None:
        if not self._protocols or not self._samples:
            self.load()
        elif self._checked is None:
            self._ask()

    def _refused(self, why: str) -> None:
        self._changed()
        self._verdict.setText(why)

    # ---- choosing and typing

    def _offer_samples(self) -> None:
        protocol = self._chosen_protocol()
        if protocol is None:
            return
        self._about.setText(protocol.title)
        there = fitting(self._samples, protocol)
        before = self._sample.currentData()
        self._sample.blockSignals(True)
        self._sample.clear()
        for one in there:
            self._sample.addItem(f"{one.name}  {one.title}".strip(), one.name)
        self._sample.setCurrentIndex(max(self._sample.findData(before), 0))
        self._sample.blockSignals(False)
        presets = ["", *protocol.presets]
        self._preset.blockSignals(True)
        self._preset.clear()
        for name in presets:
            self._preset.addItem(name or "defaults", name)
        self._preset.blockSignals(False)
        self._new_draft(keep_preset=False)

    def _new_draft(self, *, keep_preset: bool) -> None:
        protocol = self._chosen_protocol()
        name = self._sample.currentData()
        sample = next((s for s in self._samples if s.name == name), None)
        self._checked = None
        if protocol is None or sample is None:
            self._draft = None
            self._show_form()
            self._say()
            return
        draft = Draft(protocol, sample)
        if keep_preset:
            draft.preset = str(self._preset.currentData() or "")
            draft.texts = draft.start
        else:
            self._preset.blockSignals(True)
            self._preset.setCurrentIndex(max(self._preset.findData(draft.preset), 0))
            self._preset.blockSignals(False)
        draft.operator = self._state.station.operator if self._state else ""
        self._draft = draft
        self._prefer_seat()
        self._show_form()
        self._changed()

    def _renew(self) -> None:
        """Keep what was typed for the next run, under another key."""
        if self._draft is not None:
            texts = dict(self._draft.texts)
            preset = self._draft.preset
            self._draft = Draft(self._draft.protocol, self._draft.sample, preset)
            self._draft.preset, self._draft.texts = preset, texts
            self._seat = ""
        self._changed()

    def _edited(self, name: str, text: str) -> None:
        if self._draft is not None:
            self._draft.texts[name] = text
            self._changed()

    def _changed(self) -> None:
        """Answer at once, and ask the station after a pause."""
        self._checked = None
        self._show_resolved()
        self._say()
        if self._draft is not None:
            self._pause.start()

    def _ask(self) -> None:
        if self._draft is None or self._draft.problem:
            self._preview.forget()
            return
        order = self._draft.order()
        self._link.ask(
            self,
            lambda s: s.check(order),
            self._take_check,
            self._again,
            key="check",
        )
        self._foreseen = None
        self._preview.wait()
        self._link.ask(
            self,
            lambda s: s.forecast(order),
            self._take_forecast,
            lambda why: self._preview.forget(f"No forecast: {why}"),
            key="forecast",
        )

    # ---- showing

    def _show_form(self) -> None:
        if self._draft is None:
            self.form.show_fields([], {})
        else:
            self.form.show_fields(self._draft.fields, self._draft.texts)

    def _show_resolved(self) -> None:
        if self._draft is not None:
            said = complaints_by_field(self._checked)
            self.form.show_resolved(self._draft.resolved(), said)

    def _show_seats(self) -> None:
        if self._draft is not None and self._state is not None:
            cast = self._checked.seats if self._checked else None
            self._seats.show_cast(cast, self._draft.seats, self._state.channels)

    def _say(self) -> None:
        there = self._link.status.is_there
        problem = self._draft.problem if self._draft else "Choose protocol and sample."
        ok, text = verdict(problem, self._checked, asking=False, there=there)
        warnings = self._checked.warnings if self._checked and ok else []
        self._verdict.setText("\n".join([text, *warnings]))
        self._start.setEnabled(ok)
        self._queue.setEnabled(ok)

    # ---- seats

    def _prefer_seat(self) -> None:
        if self._draft is None or self._state is None or not self._seat:
            return
        channel = next((c for c in self._state.channels if c.seat == self._seat), None)
        if channel is not None and channel.roles:
            self._draft.seats[channel.roles[0]] = self._seat

    def _sat(self, role: str, seat: str) -> None:
        if self._draft is not None:
            self._draft.seats[role] = seat
            self._changed()

    @staticmethod
    def _free(state: State | None) -> list[str]:
        return [c.seat for c in state.channels if not c.run] if state else []

    def _chosen_protocol(self) -> ProtocolOut | None:
        name = self._protocol.currentData()
        return next((p for p in self._protocols if p.name == name), None)

    # ---- looks

    def _build(self) -> None:
        self._protocol = Choice("Protocol")
        self._sample = Choice("Sample")
        self._preset = Choice("Preset")
        self._about = QLabel()
        self._about.setObjectName("muted")
        self._about.setWordWrap(True)
        self._protocol.currentIndexChanged.connect(lambda _k: self._offer_samples())
        self._sample.currentIndexChanged.connect(
            lambda _k: self._new_draft(keep_preset=False)
        )
        self._preset.currentIndexChanged.connect(
            lambda _k: self._new_draft(keep_preset=True)
        )
        head = QFormLayout()
        head.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        head.addRow(label_of("Protocol"), self._protocol)
        head.addRow(self._about)
        head.addRow(label_of("Sample"), self._sample)
        head.addRow(label_of("Preset"), self._preset)
        self._seats = SeatChooser()
        self._seats.chosen.connect(self._sat)
        self.form = ParameterForm()
        self.form.edited.connect(self._edited)
        self._preview = Preview()
        self._verdict = QLabel()
        self._verdict.setWordWrap(True)
        self._verdict.setAccessibleName("Checks")
        self._queue = QPushButton("Queue")
        self._queue.setAccessibleName("Put into the queue")
        self._queue.clicked.connect(self.enqueue)
        self._start = QPushButton("Start")
        self._start.setObjectName("primary")
        self._start.setAccessibleName("Start the run")
        self._start.setToolTip("Start the run (Ctrl+Enter)")
        self._start.clicked.connect(self.start)
        buttons = QHBoxLayout()
        buttons.addWidget(self._queue, 1)
        buttons.addWidget(self._start, 2)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 10)
        box.setSpacing(6)
        box.addLayout(head)
        box.addWidget(self._seats)
        box.addWidget(self.form, 1)
        box.addWidget(self._preview)
        box.addWidget(self._verdict)
        box.addLayout(buttons)
