"""One run: its head, its plots, its steps, its results, its log.

The station is asked for new points only by what is visible, and only when there are
new rows.
"""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QFileDialog,
    QPushButton,
    QStackedLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.link.link import Link
from gui.plot.figure_file import csv_text, written
from gui.run.doubts import doubts_of
from gui.run.empty_run import EmptyRun
from gui.run.figure_tab import FigureTab
from gui.run.live_plot import LivePlot
from gui.run.run_head import RunHead
from gui.run.run_tables import ResultTable, RunEventTable, StepTable
from gui.run.states import look_of
from gui.run.tabs import every_step, tabs_of
from labctl.api.answers import ForecastOut, RunDetail, StepOut
from labctl.api.client import StationClient
from labctl.api.models import RunSummary
from labctl.api.states import LIVE


class RunView(QWidget):
    """The middle of the window."""

    report_wanted = pyqtSignal(str)
    protocol_wanted = pyqtSignal(str)
    """A run of a protocol is to be composed."""
    said = pyqtSignal(str)
    """A line for the status bar."""

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._run = ""
        self._summary: RunSummary | None = None
        self._detail: RunDetail | None = None
        self._steps: list[StepOut] = []
        self._forecast: ForecastOut | None = None
        self._live: LivePlot | None = None
        self._figures: list[FigureTab] = []
        self._ended_known = False
        self._build()

    @property
    def run(self) -> str:
        """The run that is shown; empty if none is."""
        return self._run

    @property
    def tabs(self) -> QTabWidget:
        """Plots, steps, results, events."""
        return self._tabs

    @property
    def figure_tabs(self) -> list[FigureTab]:
        """The tabs that draw figures."""
        return self._figures

    @property
    def live_plot(self) -> LivePlot | None:
        """Voltage and current against time; None if the run has none."""
        return self._live

    def show_run(self, run: str) -> None:
        """Show a run; the same again changes nothing."""
        if run == self._run:
            return
        self._run, self._detail, self._summary = run, None, None
        self._steps, self._forecast = [], None
        self._drop_tabs()
        self._stack.setCurrentIndex(1 if run else 0)
        if run:
            self.head.begin(run)
            self._fetch_detail()

    def show_summary(self, summary: RunSummary | None) -> None:
        """Take the latest state of the run that is shown."""
        if summary is None or summary.run != self._run:
            return
        self._summary = summary
        if self._detail is None and not self._link.is_asking(f"detail {id(self)}"):
            self._fetch_detail()
        ended = summary.state not in LIVE
        if ended and not self._ended_known and self._detail is not None:
            self._ended_known = True
            self._fetch_detail()
        self._show_head()

    def refresh(self) -> None:
        """Fetch what is new for what is visible."""
        if self._summary is None or self._detail is None:
            return
        rows = self._summary.rows
        shown = self._tabs.currentWidget()
        if isinstance(shown, LivePlot) and self._summary.expected_duration is not None:
            shown.seek_forecast()
        if isinstance(shown, LivePlot | FigureTab):
            shown.refresh(rows)
        elif shown is self._step_table:
            self._fetch_steps()
        elif shown is self._event_table:
            self._fetch_events()
        elif shown is self._result_table:
            self._fetch_results()

    def export(self, path: Path) -> None:
        """Write the figures that are seen as CSV, each behind its name if several."""
        shown = self._tabs.currentWidget()
        simulated = bool(self._summary and self._summary.simulated)
        figures = shown.figures if isinstance(shown, FigureTab) else []
        for figure in figures:
            end = f"-{figure.name}" if len(figures) > 1 else ""
            one = path.with_name(f"{path.stem}{end}.csv")
            points = sum(len(series.x) for series in figure.series)
            text = csv_text(figure, simulated=simulated)
            self.said.emit(written(one, text, f"{points} points"))

    def restyle(self) -> None:
        """Take the theme's colours."""
        if self._live is not None:
            self._live.restyle()
        for tab in self._figures:
            tab.restyle()
        self.head.restyle()

    def _do(self, word: str, why: str) -> None:
        run = self._run
        self._link.ask(
            self,
            lambda station: _WISHES[word](station, run, why),
            lambda _done: self.said.emit(f"{word}: asked"),
            self.said.emit,
        )

    # ---- fetching

    def _fetch_detail(self) -> None:
        run = self._run
        self._link.ask(
            self,
            lambda s: s.run(run),
            self._take_detail,
            self.head.say,
            key=f"detail {id(self)}",
        )

    def _take_detail(self, detail: RunDetail) -> None:
        if detail.summary.run != self._run:
            return
        first = self._detail is None
        self._detail = detail
        self._summary = self._summary or detail.summary
        self._ended_known = detail.summary.state not in LIVE
        if first:
            self._make_tabs(detail)
        if self._live is not None:
            self._live.show_run(detail)
        for tab in self._figures:
            tab.show_run(detail)
            if self._ended_known:
                tab.refresh(detail.summary.rows, force=tab.isVisible())
        self._show_head()
        self._fetch_results()
        self.refresh()

    def _fetch_steps(self) -> None:
        run = self._run

        def act(station: StationClient) -> tuple[list[StepOut], ForecastOut | None]:
            return every_step(station, run), station.expected(run)

        def take(found: tuple[list[StepOut], ForecastOut | None]) -> None:
            self._steps, self._forecast = found
            summary = self._summary
            if summary is not None:
                now, _word = look_of(summary)
                live = summary.state in LIVE
                self._step_table.show_steps(*found, live=live, now=now)

        if not self._link.is_asking(f"steps {id(self)}"):
            self._link.ask(self, act, take, key=f"steps {id(self)}")

    def _fetch_results(self) -> None:
        run = self._run
        self._link.ask(
            self,
            lambda s: s.results(run),
            self._result_table.show_results,
            lambda _why: None,
            key=f"results {id(self)}",
        )

    def _fetch_events(self) -> None:
        run = self._run
        self._link.ask(
            self,
            lambda s: s.run_events(run),
            self._event_table.show_events,
            key=f"events {id(self)}",
        )

    # ---- showing

    def _show_head(self) -> None:
        if self._summary is not None:
            bounds = self._detail.envelope if self._detail else {}
            there = self._link.status.is_there
            doubts = doubts_of(self._link.state)
            self.head.show_summary(self._summary, bounds, there=there, doubts=doubts)

    def _make_tabs(self, detail: RunDetail) -> None:
        for tab in tabs_of(detail):
            if tab.name == "time":
                self._live = LivePlot(self._link, self._tabs)
                self._tabs.addTab(self._live, tab.title)
            else:
                made = FigureTab(tab, self._link, self._tabs)
                self._figures.append(made)
                self._tabs.addTab(made, tab.title)
        self._tabs.addTab(self._step_table, "Steps")
        self._tabs.addTab(self._result_table, "Results")
        self._tabs.addTab(self._event_table, "Log")

    def _wait_with_tables(self) -> None:
        """Make the tables of the next run; they have no tab yet."""
        self._step_table = StepTable(self)
        self._event_table = RunEventTable(self)
        self._step_table.hide()
        self._event_table.hide()

    def _drop_tabs(self) -> None:
        self._result_table.setParent(self)
        self._result_table.hide()
        while self._tabs.count():
            widget = self._tabs.widget(0)
            self._tabs.removeTab(0)
            if widget is not None and widget is not self._result_table:
                widget.deleteLater()
        self._live, self._figures = None, []
        self._step_table.deleteLater()
        self._event_table.deleteLater()
        self._wait_with_tables()
        self._ended_known = False

    # ---- looks

    def _show_tab(self) -> None:
        self._export.setVisible(isinstance(self._tabs.currentWidget(), FigureTab))
        self.refresh()

    def _export_as(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Export these figures", f"{self._run}.csv", "CSV (*.csv)"
        )
        if name:
            self.export(Path(name))

    def _build(self) -> None:
        self.head = RunHead()
        self.head.asked.connect(self._do)
        self.head.report_wanted.connect(lambda: self.report_wanted.emit(self._run))
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.setUsesScrollButtons(True)
        self._tabs.setAccessibleName("Views of the run")
        self._export = QPushButton("Export …")
        self._export.setToolTip("What is drawn here as CSV")
        self._export.setAccessibleName("Export what is drawn as CSV")
        self._export.clicked.connect(self._export_as)
        self._export.hide()
        self._tabs.setCornerWidget(self._export)
        self._tabs.currentChanged.connect(lambda _k: self._show_tab())
        self._result_table = ResultTable(self)
        self._result_table.hide()
        self._wait_with_tables()
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(12, 8, 12, 8)
        box.setSpacing(4)
        box.addWidget(self.head)
        box.addWidget(self._tabs, 1)
        empty = EmptyRun()
        empty.wanted.connect(self.protocol_wanted)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(page)


_WISHES: dict[str, Callable[[StationClient, str, str], object]] = {
    "hold": lambda station, run, why: station.hold(run, why),
    "resume": lambda station, run, why: station.resume(run, why),
    "skip": lambda station, run, why: station.skip(run, why),
    "stop": lambda station, run, why: station.stop(run, why),
    "finish": lambda station, run, why: station.finish(run, why),
    "discard": lambda station, run, why: station.discard(run, why),
}
