"""What a person drives by hand: state of the output, readings, requests, buttons.

The same for every bench: what may be asked is what the run's protocol offers. While
this is seen, the station hears every few seconds that somebody is there; when it is
not, the station makes safe what is on.
"""

import math
from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from gui.by_hand.channels import left_text
from gui.by_hand.hand_run import Answer, HandRun
from gui.by_hand.kinds import Kind
from gui.by_hand.panels import PackageDisplay
from gui.by_hand.readout import Readout, Sign
from gui.by_hand.request_form import RequestForm, beside, button, named, refill
from gui.link.link import Link
from gui.look.colours import StateLook
from gui.look.si_text import NOTHING, signed_text, value_text
from gui.parts.inputs import Choice, clear
from labctl.api.answers import ProtocolOut, SampleOut
from labctl.api.models import RunSummary
from labctl.clock import SystemClock
from labctl.sample import UNNAMED

RULE = (
    "Whatever is on stays on while this is seen. The station makes it safe {} after "
    "the last touch, so also after you leave this page or the window ends."
)
TOUCH_MS = 5000
TELL_MS = 500
DIGITS = 5
READOUTS = (
    ("Voltage", "voltage_volt", "V"),
    ("Current", "current_ampere", "A"),
    ("Driven", "source_ampere", "A"),
    ("Field", "field_tesla", "T"),
)
"""Name, column, unit; shown as soon as there is a number."""
LIMITED = "IN COMPLIANCE: the limit holds the output, not the level"


class HandControls(QWidget):
    """Sample, output, readings, requests."""

    answered = pyqtSignal(object)
    """An `Answer`."""

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._clock = SystemClock()
        self._kind: Kind | None = None
        self._channels: dict[str, str] = {}
        self._protocols: dict[str, ProtocolOut] = {}
        self._samples: list[SampleOut] = []
        self.hand = HandRun(link, self)
        self.hand.answered.connect(self._answered)
        self.sample = Choice("Sample")
        self.sample.currentTextChanged.connect(lambda _t: self._aim())
        self.output, self.limited = Sign("Output"), Sign("Compliance")
        self.readouts = {name: Readout(name, 14.0) for name, _, _ in READOUTS}
        self.ratio = Readout("V / I", 14.0)
        self.own: dict[str, Readout] = {}
        """Readouts that the panel of a package adds, by column."""
        self.display = PackageDisplay()
        self.form = RequestForm()
        self.form.wanted.connect(self.ask)
        self.keep = button("Keep reading", lambda: self.ask("keep"), "Read and keep it")
        self.safe = button("Make safe", lambda: self.ask("safe"), "Everything off")
        self.skip = button("Stop this", self.hand.skip, "End what it does; all off")
        self.end = button("Give back", lambda: self.ask("end"), "Everything off, end")
        self._rule = QLabel()
        self._rule.setObjectName("muted")
        self._rule.setWordWrap(True)
        self._touch = QTimer(self)
        self._touch.setInterval(TOUCH_MS)
        self._touch.timeout.connect(self.hand.here)
        self._tell = QTimer(self)
        self._tell.setInterval(TELL_MS)
        self._tell.timeout.connect(self.show_run)
        self._build()

    @property
    def run(self) -> RunSummary | None:
        """The run by hand that goes on; None if there is none."""
        return self.hand.summary

    @property
    def wrong(self) -> str:
        """Why the last request was refused."""
        said = [row.said for row in self.form.rows.values() if row.is_wrong]
        return "  ".join([self.form.wrong.text(), *said]).strip()

    def show_bench(self, kind: Kind | None, channels: Mapping[str, str]) -> None:
        """Take which protocol is driven on which channels: role -> channel."""
        if (kind, dict(channels)) != (self._kind, self._channels):
            self._kind, self._channels = kind, dict(channels)
            self._rule.setText("" if kind is None else RULE.format(kind.patience))
            self._show_own()
            self._offer()
            self._aim()
        if not self._protocols:
            self._load()
        self.show_run()

    def ask(self, request: str, values: Mapping[str, Any] | None = None) -> None:
        """Ask for something."""
        self.form.refuse({})
        self.hand.ask(request, values)

    def show_run(self) -> None:
        """Show the run as it is now."""
        run, allowed = self.run, bool(self._kind and all(self._channels.values()))
        by_hand = None if run is None else run.by_hand
        self.form.allow(allowed=allowed)
        self.sample.setEnabled(run is None)
        asks = by_hand is not None and by_hand.asks
        for one in (self.keep, self.end):
            one.setEnabled(asks)
        self.safe.setEnabled(by_hand is not None)
        self.skip.setEnabled(by_hand is not None and not by_hand.asks)
        if run is None:
            self.output.say(StateLook.FREE, "no run yet: ask for something")
            self._fade()
            return
        self._show_sample(run.sample)
        look = StateLook.REST
        if by_hand is not None and by_hand.holds:
            look = StateLook.CHARGING
        elif not asks:
            look = StateLook.SWEEP
        left = left_text(by_hand, self._clock.unix())
        said = [run.step_label or str(run.state), left]
        self.output.say(look, ", ".join(filter(None, said)))
        self._show_readings(run)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Say that somebody is there, while this is seen."""
        super().showEvent(event)
        self._touch.start()
        self._tell.start()
        self.hand.here()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        """Stop saying so; the station's patience begins."""
        self._touch.stop()
        self._tell.stop()
        super().hideEvent(event)

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.output.restyle()
        self.limited.restyle()

    def _answered(self, answer: Answer) -> None:
        self.form.refuse(answer.refused)
        self.answered.emit(answer)

    # ---- what there is

    def _load(self) -> None:
        self._link.ask(
            self,
            lambda s: (s.protocols(), s.samples()),
            self._take,
            key=f"offers {id(self)}",
        )

    def _take(self, found: tuple[list[ProtocolOut], list[SampleOut]]) -> None:
        self._protocols = {one.name: one for one in found[0]}
        self._samples = found[1]
        self._offer()
        self._aim()
        self.show_run()

    def _offer(self) -> None:
        known = self._protocols.get(self._kind.protocol if self._kind else "")
        if known is None:
            return
        self.form.offer(known.requests)
        fitting = [s for s in self._samples if s.kind in known.sample_kinds]
        names = [one.name for one in fitting if one.simulated]
        own = [one.name for one in fitting if not one.simulated]
        refill(self.sample, [*names, *own, UNNAMED] if names else [UNNAMED, *own])

    def _aim(self) -> None:
        kind = self._kind
        if kind is not None:
            sample = self.sample.currentText()
            self.hand.aim(kind.protocol, self._channels, kind.parameters, sample)

    # ---- looks

    def _show_sample(self, sample: str) -> None:
        """Show what the run was begun on, whoever began it."""
        if self.sample.findText(sample) < 0:
            self.sample.addItem(sample)
        self.sample.setCurrentText(sample)

    def _show_readings(self, run: RunSummary) -> None:
        last = run.last
        if last.get("step_count") not in {None, float(run.step_count)}:
            self._fade()  # of a step that is over
            return
        for name, column, unit in READOUTS:
            value = last.get(column)
            self.readouts[name].setVisible(value is not None)
            if value is not None:
                self.readouts[name].say(signed_text(value, unit, DIGITS))
        for shown in self._kind.shown if self._kind else ():
            text = value_text(last.get(shown.column), shown.unit, DIGITS)
            self.own[shown.column].say(text)
        self.display.show_values(last)
        driven = last.get("source_ampere")
        current = driven if driven is not None else last.get("current_ampere")
        self.ratio.say(ratio_text(last.get("voltage_volt"), current))
        self.ratio.setVisible(self.readouts["Voltage"].isVisibleTo(self))
        limited = last.get("in_compliance") == 1.0
        self.limited.setVisible(limited)
        if limited:
            self.limited.say(StateLook.NEEDS_YOU, LIMITED)

    def _fade(self) -> None:
        self.limited.hide()
        for readout in (*self.readouts.values(), *self.own.values(), self.ratio):
            readout.fade()

    def _show_own(self) -> None:
        """Make the readouts that the panel of a package asks for."""
        clear(self._own)
        self.own = {}
        for shown in self._kind.shown if self._kind else ():
            self.own[shown.column] = readout = Readout(shown.name, 14.0)
            self._own.addWidget(readout)
        self.display.show_kind(self._kind)

    def _build(self) -> None:
        self._own = QHBoxLayout()
        grid = QGridLayout()
        for k, readout in enumerate((*self.readouts.values(), self.ratio)):
            grid.addWidget(readout, k // 2, k % 2)
            readout.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(5)
        box.addLayout(named("Sample", self.sample))
        box.addWidget(self.output)
        box.addWidget(self.limited)
        box.addLayout(grid)
        box.addLayout(self._own)
        box.addWidget(self.display)
        box.addWidget(self.form)
        box.addLayout(beside(self.keep, self.skip))
        box.addLayout(beside(self.safe, self.end))
        box.addWidget(self._rule)
        self.limited.hide()


def ratio_text(voltage: float | None, current: float | None) -> str:
    """Write V/I; ``–`` unless both were read and neither is zero."""
    if not voltage or not current or not math.isfinite(voltage / current):
        return f"{NOTHING} Ω"
    return value_text(voltage / current, "Ω", DIGITS)
