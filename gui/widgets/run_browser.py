"""Find runs, lay them over each other, export what is shown, write the report."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from gui.link import Link
from gui.models.overlay import Against, Normalised, csv_text, overlay
from gui.models.tiles import look_of
from gui.si_text import bytes_text, iso_text, lasting
from gui.widgets.figure_view import FigureView
from gui.widgets.inputs import Choice, Line, panel
from gui.widgets.table import Column, Table, TableModel
from labctl.figure import Figure
from labctl.service.answers import RunList
from labctl.service.models import RunSummary
from labctl.service.run_search import read_search

PAGE = 500
MOST = 8
"""Runs laid over each other: as many as there are hues."""
PAUSE_MS = 200


class RunBrowser(QWidget):
    """The page of all runs."""

    run_wanted = pyqtSignal(str)
    said = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._runs: list[RunSummary] = []
        columns: list[Column[RunSummary]] = [
            Column("Sample", lambda r: r.sample, tick=True),
            Column("Protocol", lambda r: r.protocol),
            Column("Started", lambda r: iso_text(r.started_unix), number=True),
            Column("Lasted", lambda r: lasting(r.test_time), number=True),
            Column("Cycles", lambda r: str(r.cycle or ""), number=True),
            Column("State", lambda r: look_of(r)[1], look=lambda r: look_of(r)[0]),
            Column("Result", lambda r: r.headline),
        ]
        self.model = TableModel(columns, lambda r: r.run)
        self.table = Table("Runs", self.model, self)
        self.table.fit_columns(20, 20, 20, 14, 8, 22, 0)
        self.table.doubleClicked.connect(lambda _i: self._open())
        self.model.dataChanged.connect(lambda *_: self._draw())
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._filter)
        self.view = FigureView()
        self._build()

    @property
    def shown(self) -> list[RunSummary]:
        """The runs in the list."""
        return self.model.rows

    def load(self) -> None:
        """Fetch the list anew."""
        self._link.ask(
            self,
            lambda s: s.runs("", PAGE),
            self._take,
            self._count.setText,
            key="runs",
        )

    def search(self, text: str) -> None:
        """Search as a person would."""
        self._search.setText(text)
        self._filter()

    def focus_search(self) -> None:
        """Put the keyboard into the search."""
        self._search.setFocus()

    def tick(self, run: str) -> None:
        """Tick a run, so that it is drawn."""
        row = self.model.row_of(run)
        index = self.model.index(row, 0)
        self.model.setData(index, Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)

    def export(self, path: Path) -> None:
        """Write what is shown as CSV."""
        figure = self.view.figure
        if figure is None:
            return
        simulated = any(r.simulated for r in self._runs if r.run in self.model.ticked)
        path.write_text(csv_text(figure, simulated=simulated), "utf-8")
        size = bytes_text(path.stat().st_size)
        self.said.emit(f"wrote {path.name} ({size})")

    def report(self, run: str, folder: Path | None = None) -> None:
        """Fetch a run's report and open it in the browser."""

        def take(page: str) -> None:
            place = (folder or Path.home()) / f"{run}.html"
            place.write_text(page, "utf-8")
            self.said.emit(f"wrote {place}")
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(place)))

        self.said.emit("the report is being made …")
        self._link.ask(self, lambda s: s.report(run), take, self.said.emit)

    def wear(self) -> None:
        """Take the theme's colours."""
        self.view.wear()

    def _take(self, found: RunList) -> None:
        self._runs = found.runs
        self._filter()

    def _filter(self) -> None:
        search = read_search(self._search.text())
        self._search.mark(wrong=bool(search.problem))
        kept = [run for run in self._runs if search.keeps(run)]
        self.model.show_rows(kept)
        none = (
            "Finished and running measurements appear here."
            if not self._runs
            else f"{len(kept)} of {len(self._runs)} runs"
        )
        self._count.setText(search.problem or none)

    def _draw(self) -> None:
        ticked = self.model.ticked[:MOST]
        more = len(self.model.ticked) - MOST
        if more > 0:
            self.said.emit(f"{MOST} runs are drawn; untick some to see the others")
        if not ticked:
            return
        against = Against(self._against.currentText())
        how = Normalised(self._how.currentText())
        self._link.ask(
            self,
            lambda s: overlay(s, ticked, against, how),
            self._show,
            self.said.emit,
            key="overlay",
        )

    def _show(self, figure: Figure) -> None:
        simulated = any(r.simulated for r in self._runs if r.run in self.model.ticked)
        self.view.fit()
        self.view.show_figure(figure, simulated=simulated)
        self.view.fit()
        self._export.setEnabled(bool(figure.series))

    def _open(self) -> None:
        run = self.table.current
        if run is not None:
            self.run_wanted.emit(run.run)

    def _export_as(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Export what is shown", "overlay.csv", "CSV (*.csv)"
        )
        if name:
            self.export(Path(name))

    def _report_current(self) -> None:
        run = self.table.current
        if run is not None:
            self.report(run.run)

    def _build(self) -> None:
        self._search = Line("Search runs")
        self._search.setPlaceholderText("Search:  sample:NMC  cycles>100  ended:limit")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(lambda _t: self._pause.start())
        self._count = QLabel("Finished and running measurements appear here.")
        self._count.setObjectName("muted")
        self._against = _choice("Compare", [a.value for a in Against], self._draw)
        self._how = _choice("Normalise", [n.value for n in Normalised], self._draw)
        self._export = QPushButton("Export what I see")
        self._export.setAccessibleName("Export what is shown as CSV")
        self._export.setEnabled(False)
        self._export.clicked.connect(lambda _on: self._export_as())
        show = QPushButton("Open")
        show.setAccessibleName("Open the selected run")
        show.clicked.connect(lambda _on: self._open())
        report = QPushButton("Report")
        report.setAccessibleName("Report of the selected run")
        report.clicked.connect(lambda _on: self._report_current())
        refresh = QPushButton("Refresh")
        refresh.setAccessibleName("Fetch the list of runs again")
        refresh.clicked.connect(lambda _on: self.load())
        head = QHBoxLayout()
        head.addWidget(self._search, 3)
        head.addWidget(self._count, 1)
        head.addWidget(refresh)
        head.addWidget(show)
        head.addWidget(report)
        tools = QHBoxLayout()
        tools.addWidget(QLabel("Tick runs to lay them over each other:"))
        tools.addWidget(self._against, 2)
        tools.addWidget(self._how, 1)
        tools.addStretch(1)
        tools.addWidget(self._export)
        lower = QWidget()
        lower_box = QVBoxLayout(lower)
        lower_box.setContentsMargins(10, 8, 6, 4)
        lower_box.addLayout(tools)
        lower_box.addWidget(self.view, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(panel(self.table))
        split.addWidget(panel(lower))
        split.setSizes([320, 380])
        split.setChildrenCollapsible(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        box.addLayout(head)
        box.addWidget(split, 1)


def _choice(name: str, texts: list[str], act: Callable[[], None]) -> Choice:
    box = Choice(name)
    box.addItems(texts)
    box.currentIndexChanged.connect(lambda _k: act())
    return box
