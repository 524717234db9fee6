"""The head of a run: what it does now, and what can be asked of it."""

from collections.abc import Callable, Mapping

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.icons import sign
from gui.models.tiles import WORDS, envelope_text, look_of
from gui.palette import theme
from gui.si_text import lasting, sentence, signed_text, value_text
from gui.widgets.ask_bar import AskBar
from gui.widgets.inputs import Elided
from labctl.service.models import LIVE, RunState, RunSummary

OPEN_CIRCUIT = "The circuit is opened: no current flows while it is held."
Bounds = Mapping[str, tuple[float | None, float | None]]


class RunHead(QWidget):
    """Title, state, facts and buttons."""

    asked = pyqtSignal(str, str)
    """What a person asks (``hold``, ``resume``, ``skip``, ``stop``, ``finish``,
    ``discard``), and why."""
    report_wanted = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._summary: RunSummary | None = None
        self._title = Elided()
        self._title.setObjectName("title")
        self._state = QLabel()
        self._facts = Elided()
        self._facts.setObjectName("muted")
        self._trouble = QLabel()
        self._trouble.setObjectName("wrong")
        self._trouble.setWordWrap(True)
        self._trouble.hide()
        self.question = AskBar()
        self._make_buttons()
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._title, 1)
        head.addWidget(self._state)
        head.addSpacing(8)
        for button in self._buttons:
            head.addWidget(button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(head)
        box.addWidget(self._facts)
        box.addWidget(self._trouble)
        box.addWidget(self.question)

    def begin(self, run: str) -> None:
        """Show another run, of which nothing is known yet."""
        self._summary = None
        self.question.hide()
        self._title.setText(run)
        self.say("")
        for button in self._buttons:
            button.hide()

    def say(self, text: str) -> None:
        """Write a line where the facts stand."""
        self._facts.setText(text)

    def show_summary(self, summary: RunSummary, bounds: Bounds, *, there: bool) -> None:
        """Show the run as it is now; ``there``: the station answers."""
        self._summary = summary
        look, word = look_of(summary)
        self._title.setText(f"{summary.sample} · {summary.protocol}")
        self._title.setToolTip(summary.title)
        self._state.setText(word if len(word) <= LONGEST else word[: LONGEST - 1] + "…")
        self._state.setToolTip(word)
        self._state.setStyleSheet(
            f"color: {theme().states[look].text}; font-weight: 600;"
        )
        self._state.setAccessibleName(f"State: {word}")
        self.say(facts(summary, bounds))
        trouble = summary.trouble or (
            summary.reason if summary.state not in LIVE else ""
        )
        self._trouble.setText(sentence(trouble))
        self._trouble.setVisible(bool(trouble))
        self._show_buttons(summary, there=there)

    def wear(self) -> None:
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
        if summary.state in {RunState.HOLD, RunState.INTERRUPTED}:
            self.asked.emit("resume", "")
            return
        self._inquire(f"Hold {summary.sample}? {OPEN_CIRCUIT}", "Hold", "hold")

    def skip(self) -> None:
        """End the step in flight, with a reason."""
        if self._summary is not None and self._skip.isEnabled():
            text = f"Skip “{self._summary.step_label}”? Its rows stay."
            self._inquire(text, "Skip step", "skip")

    def end(self) -> None:
        """End the run in good order."""
        if self._summary is not None and self._end.isEnabled():
            text = f"End {self._summary.sample}? Results come from what there is."
            self._inquire(text, "End run", "stop")

    def discard(self) -> None:
        """Mark an interrupted run as not to be used."""
        if self._summary is not None:
            text = "Discard this run? Its rows stay on the disk, marked."
            self._inquire(text, "Discard", "discard", self._summary.sample)

    def _inquire(self, text: str, button: str, word: str, must: str = "") -> None:
        self.question.ask(text, button, lambda why: self.asked.emit(word, why), must)

    def _show_buttons(self, summary: RunSummary, *, there: bool) -> None:
        live = summary.state in LIVE and there
        cut = summary.state is RunState.INTERRUPTED
        held = summary.state is RunState.HOLD
        self.hold_button.setText("Resume" if held or cut else "Hold")
        self.hold_button.setVisible(live or cut)
        self.hold_button.setEnabled(there and not summary.asked)
        self._skip.setVisible(live)
        self._skip.setEnabled(not held and summary.asked != "skip")
        self._end.setVisible(live)
        self._end.setEnabled(summary.asked != "stop")
        self._finish.setVisible(cut)
        self.discard_button.setVisible(cut)
        self._report.setVisible(not cut)

    def _make_buttons(self) -> None:
        self.hold_button = _button("Hold", "F3", self.hold_or_resume)
        self._skip = _button("Skip step", "F2", self.skip)
        self._end = _button("End run", "Shift+F1", self.end)
        self._finish = _button("Finish", "", lambda: self.asked.emit("finish", ""))
        self.discard_button = _button("Discard", "", self.discard)
        self._report = _button("Report", "Ctrl+R", self.report_wanted.emit)
        self._buttons = (
            self.hold_button,
            self._skip,
            self._end,
            self._finish,
            self.discard_button,
            self._report,
        )
        self.wear()


_SIGNS = ("pause", "skip", "stop", "", "", "report")
LONGEST = 40
"""Characters of the state's word; the whole is in the tool tip."""


def facts(summary: RunSummary, bounds: Bounds) -> str:
    """Return the line below the title."""
    last = summary.last
    charge = last.get("step_net_capacity_ah")
    warm = last.get("temperature_celsius")
    step = f"step {summary.step_count}: {summary.step_label}"
    parts = [
        ", ".join(dict.fromkeys(summary.seats.values())),
        step if summary.step_label else "",
        WORDS.get(summary.technique, ""),
        signed_text(charge, "Ah") if charge is not None else "",
        f"{lasting(summary.test_time)} of test time" if summary.test_time else "",
        f"{summary.rows:,} rows".replace(",", "\N{THIN SPACE}"),
        value_text(warm, "°C", 3) if warm is not None else "",
        envelope_text(last, bounds) if summary.state in LIVE else "",
    ]
    return " · ".join(part for part in parts if part)


def _button(text: str, key: str, act: Callable[[], None]) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text)
    button.setToolTip(f"{text} ({key})" if key else text)
    button.clicked.connect(lambda _on: act())
    return button
