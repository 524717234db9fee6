"""Find runs, lay them over each other, average them, export what is shown, report."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QFileDialog, QPushButton, QSplitter, QVBoxLayout, QWidget

from gui.link.link import Lane, Link
from gui.look.settings import Settings
from gui.parts.inputs import panel
from gui.plot.figure_file import csv_text
from gui.runs.compare_tools import CompareTools
from gui.runs.overlay_view import OverlayView, nothing
from gui.runs.run_list import RunList
from gui.runs.run_statistics import statistics_of
from gui.runs.statistics_table import StatisticsTable
from gui.runs.view_file import view_json
from labctl.api.client import StationClient
from labctl.api.comparison import Asked, Overlay
from labctl.api.models import RunSummary, State

REPORTS = "labctl-reports-"
"""Beginning of the name of the temporary folder."""


class RunBrowser(QWidget):
    """The page of all runs."""

    run_wanted = pyqtSignal(str)
    said = pyqtSignal(str)

    def __init__(
        self,
        link: Link,
        settings: Settings | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._link = link
        self._settings = settings or Settings()
        self._temporary: Path | None = None
        self.list = RunList(link)
        self.tools = CompareTools()
        self.view = OverlayView()
        self.statistics = StatisticsTable()
        self._build()
        self.list.opened.connect(self.run_wanted)
        self.list.said.connect(self.said)
        self.list.ticks_changed.connect(self._draw)
        self.list.chosen.connect(self.view.emphasise)
        self.tools.changed.connect(self._draw)

    @property
    def shown(self) -> list[RunSummary]:
        """The runs in the list."""
        return self.list.model.rows

    def load(self) -> None:
        """Fetch the list anew; runs that went on are drawn as far as they are."""
        self.list.load()
        if self.list.ticked:
            self._draw()

    def search(self, text: str) -> None:
        """Search as a person would."""
        self.list.search(text)

    def focus_search(self) -> None:
        """Put the keyboard into the search."""
        self.list.line.setFocus()

    def tick(self, run: str) -> None:
        """Tick a run, so that it is drawn."""
        self.list.tick(run)

    def show_state(self, state: State) -> None:
        """Show what live runs do."""
        self.list.show_state(state)

    def export(self, path: Path) -> None:
        """Write what is shown as CSV, the view as JSON, and pictures beside them."""
        shown = self.view.shown
        if shown is None:
            return
        beside = [path.with_suffix(end) for end in (".json", ".png", ".svg")]
        taken = [each.name for each in beside if each.exists()]
        if taken and not path.exists():
            self.said.emit(f"{taken[0]} is there already; choose another name")
            return
        simulated = shown.simulated > 0
        try:
            numbers = csv_text(shown.figure, simulated=simulated)
            path.write_text(numbers, "utf-8", newline="")
            view = view_json(shown, *self.view.ranges, self.statistics.rows)
            path.with_suffix(".json").write_text(view, "utf-8")
        except OSError as error:
            self.said.emit(f"{path} could not be written: {error}")
            return
        drawn = self.view.save_png(str(path.with_suffix(".png")))
        self.view.save_svg(str(path.with_suffix(".svg")))
        if not drawn or not path.with_suffix(".svg").exists():
            self.said.emit(f"wrote {path}, but no picture: is the disk full?")
            return
        self._settings.exports = str(path.parent)
        self.said.emit(f"wrote {path.name}, .json, .png and .svg into {path.parent}")

    def report(self, run: str, folder: Path | None = None) -> None:
        """Fetch a run's report and open it in the browser."""
        self.said.emit("the report is being made …")
        self._ask_report(lambda s: s.report(run), run, folder)

    def report_chosen(self, folder: Path | None = None) -> None:
        """Report on the ticked runs on one page, or on the selected one."""
        ticked, current = self.list.ticked, self.list.current
        if len(ticked) < 2:  # noqa: PLR2004
            run = ticked[0] if ticked else current
            if run:
                self.report(run, folder)
            else:
                self.said.emit("tick the runs to report on, or select one")
            return
        asked = self._asked()
        if asked is None:
            self.said.emit(self.tools.problem)
            return
        self.said.emit(f"the report on {len(ticked)} runs is being made …")
        self._ask_report(
            lambda s: s.compare(
                asked.runs, asked.by, asked.words, sorted(asked.without_runs)
            ),
            f"compared-{len(ticked)}-runs",
            folder,
        )

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.view.restyle()

    def _ask_report(
        self, ask: Callable[[StationClient], str], name: str, folder: Path | None
    ) -> None:
        def take(page: str) -> None:
            try:
                place = _free(folder or self._report_folder(), name)
                place.write_text(page, "utf-8")
            except OSError as error:
                self.said.emit(
                    f"the report could not be written: {error}; choose another "
                    "folder on the Settings page"
                )
                return
            self.said.emit(f"wrote {place}")
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(place)))

        self._link.ask(self, ask, take, self.said.emit, lane=Lane.REPORT)

    def _report_folder(self) -> Path:
        """Return the folder that a person chose, or a temporary one."""
        if self._settings.reports:
            return Path(self._settings.reports)
        if self._temporary is None or not self._temporary.is_dir():
            self._temporary = Path(tempfile.mkdtemp(prefix=REPORTS))
        return self._temporary

    def _asked(self) -> Asked | None:
        return self.tools.asked(self.list.ticked, self.list.excluded)

    def _draw(self) -> None:
        asked = self._asked()
        self._exclude.setEnabled(bool(self.list.ticked))
        if asked is None:
            return
        if not asked.runs:
            self._show(nothing(asked))
            self.statistics.show_statistics(None)
            return
        self._link.ask(
            self, lambda s: s.overlay(asked), self._show, self._fail, key="overlay"
        )

    def _show(self, shown: Overlay) -> None:
        self.view.show_overlay(shown)
        if shown.asked.runs:
            self.statistics.show_statistics(statistics_of(shown))
        self._export.setEnabled(bool(shown.figure.series))

    def _fail(self, why: str) -> None:
        self.statistics.say(why)
        self.said.emit(why)

    def _export_as(self) -> None:
        start = str(Path(self._settings.exports or Path.home()) / "overlay.csv")
        name, _ = QFileDialog.getSaveFileName(
            self, "Export what is shown", start, "CSV, with JSON, PNG and SVG (*.csv)"
        )
        if name:
            path = Path(name)
            named = (
                path if path.suffix == ".csv" else path.with_name(f"{path.name}.csv")
            )
            if named != path and named.exists():
                self.said.emit(f"{named.name} is there already; choose another name")
                return
            self.export(named)

    def _button(self, text: str, name: str, act: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        button.clicked.connect(lambda _on: act())
        return button

    def _build(self) -> None:
        head = self.list.head
        head.addWidget(
            self._button("Refresh", "Fetch the list of runs again", self.load)
        )
        head.addWidget(
            self._button("Open", "Open the selected run", self.list.open_current)
        )
        report = self._button(
            "Report",
            "Report on the ticked runs, or on the selected one",
            self.report_chosen,
        )
        report.setToolTip(
            "One page of the ticked runs, or of the selected one (Ctrl+R)"
        )
        head.addWidget(report)
        self._exclude = self._button(
            "Exclude run",
            "Leave the selected run out of the comparison, or take it in again",
            self.list.exclude_current,
        )
        self._exclude.setToolTip("Exclude the selected run, or take it in again (X)")
        self._exclude.setEnabled(False)
        self._export = self._button(
            "Export …",
            "Export what is shown as CSV, JSON, PNG and SVG",
            self._export_as,
        )
        self._export.setEnabled(False)
        self.tools.row.addWidget(self._exclude)
        self.tools.row.addWidget(self._export)
        across = QSplitter(Qt.Orientation.Horizontal)
        across.addWidget(self.view)
        across.addWidget(self.statistics)
        across.setSizes([700, 580])
        across.setStretchFactor(0, 3)
        across.setStretchFactor(1, 1)
        across.setChildrenCollapsible(False)
        lower = QWidget()
        lower_box = QVBoxLayout(lower)
        lower_box.setContentsMargins(10, 8, 6, 4)
        lower_box.addWidget(self.tools)
        lower_box.addWidget(across, 1)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.list)
        split.addWidget(panel(lower))
        split.setSizes([300, 400])
        split.setChildrenCollapsible(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 10, 12, 10)
        box.addWidget(split, 1)


def _free(folder: Path, name: str) -> Path:
    """Return a path that is not taken: no report replaces another one."""
    place, k = folder / f"{name}.html", 1
    while place.exists():
        k += 1
        place = folder / f"{name}-{k}.html"
    return place
