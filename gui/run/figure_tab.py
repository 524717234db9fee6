"""A tab of figures that the station makes; this asks when it is seen, and draws."""

import re

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QLabel, QTabBar, QVBoxLayout, QWidget

from gui.link.link import Lane, Link
from gui.parts.inputs import Elided
from gui.plot.figure_view import FigureView
from gui.run.pace import Pace
from gui.run.tabs import Tab
from labctl.api.answers import RunDetail
from labctl.api.figures import Figure, RunFigures
from labctl.clock import stopwatch

WAITING = "Being drawn …"
NOTHING = "No points yet."
PAIR, THREE = 2, 3
"""Figures side by side; so many that the first takes a row of its own."""
ROOM = 520
"""Pixels below which two rows of figures would be stamps: then one is chosen."""


class FigureTab(QWidget):
    """Some of a run's figures."""

    def __init__(self, tab: Tab, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tab = tab
        self._link = link
        self._detail: RunDetail | None = None
        self._pace = Pace()
        self._there: list[Figure] = []
        """What there is to draw."""
        self._titles: list[str] = []
        self.views: list[FigureView] = []
        self._empty = QLabel(WAITING)
        self._empty.setObjectName("muted")
        self._empty.setWordWrap(True)
        self._empty.setMargin(20)
        self._why = Elided()
        self._why.setObjectName("muted")
        self._why.hide()
        self.setAccessibleName(tab.title)
        self.choice = QTabBar()
        self.choice.setDrawBase(False)
        self.choice.setElideMode(Qt.TextElideMode.ElideRight)
        self.choice.setUsesScrollButtons(False)
        self.choice.setAccessibleName("Figures of this view")
        self.choice.currentChanged.connect(lambda _k: self._arrange())
        self.choice.hide()
        self._grid = QGridLayout()
        self._grid.setSpacing(2)
        self._grid.addWidget(self._empty, 0, 0)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addWidget(self.choice)
        box.addLayout(self._grid, 1)
        box.addWidget(self._why)

    @property
    def figures(self) -> list[Figure]:
        """What is shown."""
        return self._there

    @property
    def said(self) -> str:
        """Why figures are missing, in words."""
        return self._empty.text() if not self._there else self._why.full_text

    def show_run(self, detail: RunDetail) -> None:
        """Take more of what is known of the run."""
        self._detail = detail

    def refresh(self, rows: int, *, force: bool = False) -> None:
        """Fetch and draw if there are new rows and this is seen."""
        if self._detail is None or not (self.isVisible() or force):
            return
        self._ask(rows)

    def show_figures(self, figures: list[Figure]) -> None:
        """Draw figures, in views that are kept."""
        self._there = [f for f in figures if any(len(s.x) for s in f.series)]
        self._empty.setVisible(not self._there)
        while len(self.views) < len(self._there):
            self.views.append(FigureView(self))
        titles = [figure.title for figure in self._there]
        if titles != self._titles:
            self._titles = titles
            self._offer()
        self._arrange()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Show all figures, or one of them, as the room allows."""
        super().resizeEvent(event)
        self._arrange()

    @property
    def is_one_by_one(self) -> bool:
        """Whether there is room for one figure at a time only."""
        return len(self._there) > PAIR and self.height() < ROOM

    def _offer(self) -> None:
        """Fill the bar that chooses, and keep what was chosen."""
        titles = self._titles
        chosen = self.choice.tabToolTip(self.choice.currentIndex())
        self.choice.blockSignals(True)
        while self.choice.count():
            self.choice.removeTab(0)
        for place, (word, title) in enumerate(zip(_short(titles), titles, strict=True)):
            self.choice.addTab(word)
            self.choice.setTabToolTip(place, title)
        if chosen in titles:
            self.choice.setCurrentIndex(titles.index(chosen))
        self.choice.blockSignals(False)

    def _arrange(self) -> None:
        """Place the views and draw those that are seen."""
        count, detail = len(self._there), self._detail
        single = self.is_one_by_one
        self.choice.setVisible(single)
        columns = 1 if count == 1 or single else PAIR
        rows = 1 if single else -(-count // columns)
        for row in range(max(self._grid.rowCount(), rows)):
            self._grid.setRowStretch(row, int(row < rows))
        for column in range(PAIR):
            self._grid.setColumnStretch(column, int(column < columns))
        for k, view in enumerate(self.views):
            seen = k < count and (not single or k == self.choice.currentIndex())
            view.setVisible(seen)
            if not seen:
                continue
            first_wide = not single and count == THREE
            wide = columns if first_wide and k == 0 else 1
            at = 0 if single else k + (first_wide and k > 0)
            self._grid.addWidget(view, at // columns, at % columns, 1, wide)
            view.show_figure(
                self._there[k],
                simulated=bool(detail and detail.summary.simulated),
                envelope=detail.envelope if detail else None,
            )

    def fit(self) -> None:
        """Show everything in every figure."""
        for view in self.views:
            view.fit()

    def restyle(self) -> None:
        """Take the theme's colours."""
        for view in self.views:
            view.restyle()

    def _ask(self, rows: int) -> None:
        detail = self._detail
        key = f"figures {id(self)}"
        if detail is None or self._link.is_asking(key):
            return
        ended = detail.summary.ended_unix is not None
        if not self._pace.is_due(rows, stopwatch(), ended=ended):
            return
        run = detail.summary.run

        def take(found: RunFigures) -> None:
            failed = bool(found.why)
            self._pace.answered(
                found.rows, found.seconds, stopwatch(), ended=ended, failed=failed
            )
            self._take(found)

        def fail(why: str) -> None:
            self._pace.unanswered(stopwatch())
            if not self._there:
                self._empty.setText(why)

        self._link.ask(
            self,
            lambda station: station.figures(run),
            take,
            fail,
            key=key,
            lane=Lane.FIGURES,
        )

    def _take(self, found: RunFigures) -> None:
        """Draw an answer; one without figures leaves what is drawn as it is."""
        self._why.setText(found.why)
        self._why.setToolTip(found.why)
        self._empty.setText(found.why or NOTHING)
        drawn = [figure for figure in found.figures if self.tab.shows(figure.name)]
        if drawn:
            self.show_figures(drawn)
        self._why.setVisible(bool(found.why) and not self._empty.isVisible())


def _short(titles: list[str]) -> list[str]:
    """Return what comes before `` against ``, `` over `` …, if it tells them apart."""
    words = [_REST.split(title, maxsplit=1)[0] for title in titles]
    return words if len(set(words)) == len(words) else titles


_REST = re.compile(r",|:| (?:against|over|at|after|of) ")
