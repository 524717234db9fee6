"""What is compared and how: one row of choices above figure and statistics."""

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from gui.look.si_text import sentence
from gui.parts.inputs import Choice, Line
from labctl.api.comparison import (
    MOST_PICKED,
    RECIPES,
    Asked,
    CycleSet,
    Grouping,
    Normalised,
    read_cycles,
    split_words,
)

PAUSE_MS = 250
GROUPINGS = {
    "by sample": Grouping.SAMPLE,
    "by title": Grouping.TITLE,
    "by words": Grouping.WORDS,
    "each run alone": Grouping.RUN,
}
WORDS_TIP = (
    "Words apart by semicolons: qms; pure si. A run belongs to the first word that "
    "its sample, title or id contains."
)


class CompareTools(QWidget):
    """Recipe, normalising, cycles, exclusions, groups."""

    changed = pyqtSignal()
    """Something else is asked for, and it can be read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recipe = _choice("Compare", list(RECIPES))
        self.how = _choice("Normalise", [str(n) for n in Normalised])
        self.by = _choice("Group", list(GROUPINGS))
        self._pick_label = QLabel()
        self.pick = Line("Cycles shown")
        self.pick.setText("1")
        self.pick.setMaximumWidth(80)
        self.exclude = Line("Exclude cycles")
        self.exclude.setPlaceholderText("1; 17-20")
        self.exclude.setToolTip(
            "Cycles that are neither drawn nor averaged, such as 1; 17-20. "
            "Nothing is deleted; figure and export say what is excluded."
        )
        self.words = Line("Words to group by")
        self.words.setPlaceholderText("qms; pure si")
        self.words.setToolTip(WORDS_TIP)
        self.mean = QCheckBox("Mean ± s")
        self.mean.setAccessibleName("Mean and deviation of each group")
        self.mean.setToolTip("One curve a group, with a band of ± s, against cycle")
        self._problem = QLabel()
        self._problem.setObjectName("wrong")
        self._problem.setAccessibleName("What cannot be read")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._tell)
        for choice in (self.recipe, self.how, self.by):
            choice.currentIndexChanged.connect(lambda _k: self._tell())
        for line in (self.pick, self.exclude, self.words):
            line.textChanged.connect(lambda _t: self._pause.start())
        self.mean.toggled.connect(lambda _on: self._tell())
        self._build()
        self._fit()

    @property
    def problem(self) -> str:
        """What cannot be read; empty when all can."""
        return self._problem.text()

    def asked(self, runs: list[str], without: frozenset[str]) -> Asked | None:
        """Return what is asked for; None while it cannot be read."""
        recipe = RECIPES[self.recipe.currentText()]
        by = GROUPINGS[self.by.currentText()]
        picked = self._picked(recipe.picks)
        excluded = read_cycles(self.exclude.text())
        words = split_words(self.words.text()) if by is Grouping.WORDS else ()
        no_words = (
            f"Type words to group by, such as {self.words.placeholderText()}"
            if by is Grouping.WORDS and not words
            else ""
        )
        said = {
            self.pick: picked.problem,
            self.exclude: excluded.problem,
            self.words: no_words,
        }
        for line, problem in said.items():
            line.mark(wrong=bool(problem))
        problems = [problem for problem in said.values() if problem]
        self._problem.setText("; ".join(problems))
        self._problem.setVisible(bool(problems))
        if problems:
            return None
        return Asked(
            tuple(runs),
            recipe.title,
            Normalised(self.how.currentText()),
            picked,
            without,
            excluded,
            mean=self.mean.isChecked(),
            by=by,
            words=words,
        )

    def _picked(self, picks: str) -> CycleSet:
        if not picks:
            return CycleSet()
        picked = read_cycles(self.pick.text(), picks)
        if picked.problem:
            return picked
        if not picked:
            return CycleSet(problem=f"Which {picks}? Write 1; 5")
        if picked.count > MOST_PICKED:
            return CycleSet(
                problem=f"{picked.count} {picks}s of each run are too many to tell "
                f"apart; choose at most {MOST_PICKED}"
            )
        return picked

    def _tell(self) -> None:
        self._pause.stop()
        self._fit()
        self.changed.emit()

    def _fit(self) -> None:
        """Show the fields that matter to the recipe."""
        recipe = RECIPES[self.recipe.currentText()]
        for widget in (self._pick_label, self.pick):
            widget.setVisible(bool(recipe.picks))
        self._pick_label.setText(sentence(recipe.picks))
        self.pick.setAccessibleName(f"{sentence(recipe.picks)}s shown")
        for field in (self.exclude, self.mean):
            field.setEnabled(recipe.counted)
        self.words.setVisible(GROUPINGS[self.by.currentText()] is Grouping.WORDS)

    def _build(self) -> None:
        row = self.row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.recipe, 4)
        row.addWidget(self.how, 2)
        row.addWidget(self._pick_label)
        row.addWidget(self.pick)
        row.addWidget(QLabel("Exclude cycles"))
        row.addWidget(self.exclude, 2)
        row.addWidget(QLabel("Group"))
        row.addWidget(self.by, 2)
        row.addWidget(self.words, 2)
        row.addWidget(self.mean)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addLayout(row)
        box.addWidget(self._problem)
        self._problem.hide()


def _choice(name: str, texts: list[str]) -> Choice:
    box = Choice(name)
    box.addItems(texts)
    return box
