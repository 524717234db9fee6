"""The head of a run: what it does now, and what can be asked of it."""

from collections.abc import Callable, Mapping, Sequence

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from gui.look.actions import action_of, hold_or_resume, refused, with_key
from gui.look.icons import sign
from gui.look.palette import theme
from gui.look.si_text import lasting, sentence, signed_text, value_text
from gui.parts.ask_bar import AskBar
from gui.parts.inputs import Elided
from gui.run.doubts import STILL_ON, Doubt, alarm_text
from gui.run.states import WORDS, envelope_text, look_of
from labctl.api.models import RunSummary
from labctl.api.states import LIVE, RunState, Wish
from labctl.columns import TEMPERATURES

GOES_ON = "Only the watching ends: the instrument goes on, stop it where it is driven."
OPEN_CIRCUIT = "The circuit is opened: no current flows while it is held."
RESULTS = "Results come from what there is."
Bounds = Mapping[str, tuple[float | None, float | None]]


class Leading(Elided):
    """A label as wide as its text, which gives way last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As wide as the whole text."""
        wide = self.fontMetrics().horizontalAdvance(self.full_text) + 4
        return QSize(wide, super().sizeHint().height())

    def setText(self, text: str | None) -> None:  # noqa: N802
        """Show a text, and ask for the room it needs."""
        super().setText(text)
        self.updateGeometry()


class RunHead(QWidget):
    """The sample, what it does, what was measured, and buttons."""

    asked = pyqtSignal(str, str)
    """What a person asks (``hold``, ``resume``, ``skip``, ``stop``, ``finish``,
    ``discard``), and why."""
    report_wanted = pyqtSignal()
    clear_wanted = pyqtSignal(str)
    """A channel that may still be on is to be cleared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: RunSummary | None = None
        self._sample = Leading()
        self._sample.setObjectName("title")
        self._protocol = Elided()
        self._protocol.setObjectName("muted")
        self._state = Leading()
        self._doing = Elided()
        self._facts = Elided()
        self._facts.setObjectName("muted")
        self._trouble = QLabel()
        self._trouble.setObjectName("wrong")
        self._trouble.setWordWrap(True)
        self._trouble.hide()
        self._unsafe = QLabel()
        self._unsafe.setObjectName("unsafe")
        self._unsafe.setWordWrap(True)
        self._unsafe.hide()
        self._on: tuple[str, ...] = ()
        self.question = AskBar()
        self._make_buttons()
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._sample)
        head.addWidget(self._protocol, 1)
        head.addSpacing(8)
        for button in self._buttons:
            head.addWidget(button)
        doing = QHBoxLayout()
        doing.setSpacing(8)
        doing.addWidget(self._state)
        doing.addWidget(self._doing, 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(3)
        box.addLayout(head)
        box.addLayout(doing)
        box.addWidget(self._facts)
        box.addWidget(self._unsafe)
        box.addWidget(self._trouble)
        box.addWidget(self.question)

    def begin(self, run: str) -> None:
        """Show another run, of which nothing is known yet."""
        self._summary = None
        self.question.hide()
        self._sample.setText(run)
        self._protocol.setText("")
        self._state.setText("")
        self._doing.setText("")
        self._trouble.hide()
        self._unsafe.hide()
        self.say("")
        for button in self._buttons:
            button.hide()

    def say(self, text: str) -> None:
        """Write a line where the facts stand."""
        self._facts.setText(text)

    def show_summary(
        self,
        summary: RunSummary,
        bounds: Bounds,
        *,
        there: bool,
        doubts: Sequence[Doubt] = (),
    ) -> None:
        """Show the run as it is now; ``there``: the station answers.

        ``doubts`` are the channels of the bench that may still be on.
        """
        self._summary = summary
        look, word = look_of(summary)
        about = f"{summary.sample} · {summary.protocol}\n{summary.title}"
        self._sample.setText(summary.sample)
        self._protocol.setText(summary.protocol)
        for label in (self._sample, self._protocol):
            label.setToolTip(about)
        on = {d.channel: d.why for d in doubts}
        self._on = tuple(
            channel for channel in summary.channels.values() if channel in on
        )
        self._state.setText(STILL_ON if self._on else word.partition(": ")[0])
        self._state.setStyleSheet(
            f"color: {theme().states[look].text}; font-weight: 600;"
        )
        self._state.setAccessibleName(f"State: {word}")
        self._doing.setText(doing(summary))
        self.say(facts(summary, bounds))
        whole = f"{word}\n{self._doing.full_text}\n{self._facts.full_text}"
        for line in (self._state, self._doing, self._facts):
            line.setToolTip(whole)
        alarm = alarm_text(summary, on)
        self._unsafe.setText(alarm)
        self._unsafe.setObjectName("unsafe" if self._on else "wrong")
        self._unsafe.setStyleSheet(_alarm_style() if self._on else "")
        self._unsafe.setVisible(bool(alarm))
        trouble = summary.trouble or (summary.reason if _tells(summary) else "")
        self._trouble.setText(sentence(trouble))
        self._trouble.setVisible(bool(trouble))
        self._show_buttons(summary, there=there)

    def restyle(self) -> None:
        """Take the theme's colours."""
        ink = theme().text
        for button, name in zip(self._buttons, _SIGNS, strict=True):
            if name:
                button.setIcon(sign(name, ink))

    # ---- asking of the run

    def hold_or_resume(self) -> None:
        """Hold the run, or let a held one go on."""
        summary = self._summary
        if summary is None or self.hold_button.isHidden():
            return
        if hold_or_resume(summary) is Wish.RESUME:
            self.asked.emit(str(Wish.RESUME), "")
            return
        self._inquire(f"Hold {summary.sample}? {OPEN_CIRCUIT}", "Hold", "hold")

    def skip(self) -> None:
        """End the step in flight, with a reason."""
        if self._summary is not None and self.skip_button.isEnabled():
            text = f"Skip “{self._summary.step_label}”? Its rows stay."
            self._inquire(text, "Skip step", "skip")

    def end(self) -> None:
        """End the run in good order."""
        if self._summary is not None and self.end_button.isEnabled():
            known = GOES_ON if self._summary.only_watches else RESULTS
            text = f"End {self._summary.sample}? {known}"
            self._inquire(text, "End run", "stop")

    def finish(self) -> None:
        """Seal an interrupted run as it is."""
        self.asked.emit("finish", "")

    def discard(self) -> None:
        """Mark an interrupted run as not to be used."""
        if self._summary is not None:
            text = "Discard this run? Its rows stay on the disk, marked."
            self._inquire(text, "Discard", "discard", self._summary.sample)

    def _want_clear(self) -> None:
        self.clear_wanted.emit(self._on[0] if self._on else "")

    def _inquire(self, text: str, button: str, word: str, must: str = "") -> None:
        self.question.ask(text, button, lambda why: self.asked.emit(word, why), must)

    def _show_buttons(self, summary: RunSummary, *, there: bool) -> None:
        live = summary.state in LIVE and there
        cut = summary.state is RunState.INTERRUPTED
        wish = hold_or_resume(summary)
        self.hold_button.setText(str(wish).capitalize())
        held = wish is Wish.RESUME or not summary.only_watches
        self.hold_button.setVisible(cut or (live and held))
        self.hold_button.setEnabled(there and not refused(summary, wish))
        self.skip_button.setVisible(live and not summary.only_watches)
        self.skip_button.setEnabled(not refused(summary, Wish.SKIP))
        self.end_button.setVisible(live)
        self.end_button.setEnabled(not refused(summary, Wish.STOP))
        self._finish.setVisible(cut)
        self.discard_button.setVisible(cut)
        self._report.setVisible(not cut)
        self.clear_button.setVisible(bool(self._on))
        self.clear_button.setEnabled(there)

    def _make_buttons(self) -> None:
        self.hold_button = _button("Hold", "hold", self.hold_or_resume)
        self.skip_button = _button("Skip", "skip", self.skip)
        self.end_button = _button("End", "end", self.end)
        self._finish = _button("Finish", "finish", self.finish)
        self.discard_button = _button("Discard", "discard", self.discard)
        self._report = _button("Report", "report", self.report_wanted.emit)
        self.clear_button = _button("Clear channel …", "clear", self._want_clear)
        self.clear_button.setObjectName("primary")
        self._buttons = (
            self.clear_button,
            self.hold_button,
            self.skip_button,
            self.end_button,
            self._finish,
            self.discard_button,
            self._report,
        )
        self.restyle()


_SIGNS = ("", "pause", "skip", "stop", "", "", "report")


def _alarm_style() -> str:
    t = theme()
    return (
        f"background: {t.danger}; color: {t.on_danger}; font-weight: 600; "
        "padding: 4px 8px; border-radius: 4px;"
    )


def doing(summary: RunSummary) -> str:
    """Return what the run does and where, the most important first."""
    technique = WORDS.get(summary.technique, "")
    step = f"step {summary.step_count}: {summary.step_label}"
    parts = [
        step if summary.step_label else technique,
        ", ".join(dict.fromkeys(summary.channels.values())),
    ]
    return " · ".join(part for part in parts if part)


def facts(summary: RunSummary, bounds: Bounds) -> str:
    """Return what was measured, the most important first: the last may be cut off."""
    last = summary.last
    charge = last.get("step_net_capacity_ah")
    known = (last.get(column.name) for column in TEMPERATURES)
    warm = next((celsius for celsius in known if celsius is not None), None)
    limit = "alarm" if summary.only_watches else "stop"
    parts = [
        envelope_text(last, bounds, limit) if summary.state in LIVE else "",
        signed_text(charge, "Ah") if charge is not None else "",
        value_text(warm, "°C", 3) if warm is not None else "",
        f"{lasting(summary.test_time)} of test time" if summary.test_time else "",
        f"{summary.rows:,} rows".replace(",", "\N{THIN SPACE}"),
    ]
    return " · ".join(part for part in parts if part)


def _tells(summary: RunSummary) -> bool:
    """Whether its reason is to be read in full, in a line of its own."""
    return summary.state not in LIVE or summary.state is RunState.HOLD


def _button(text: str, word: str, act: Callable[[], None]) -> QPushButton:
    action = action_of(word)
    button = QPushButton(text)
    button.setAccessibleName(action.title)
    button.setToolTip(f"{with_key(action.title, word)}\n{action.does}")
    button.clicked.connect(lambda _on: act())
    return button
