"""The list of all runs: searched and sorted at the station, loaded page by page."""

from PyQt6.QtCore import QModelIndex, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.link.link import Link
from gui.parts.inputs import Line, panel
from gui.runs.run_rows import count_text, ticked_text
from gui.runs.run_table import RunModel, RunTable
from labctl.api.answers import RunList as Page
from labctl.api.client import StationClient
from labctl.api.comparison import MOST_RUNS
from labctl.api.models import RunSummary, State
from labctl.api.run_search import RunOrder, read_search

PAGE = 500
"""Runs fetched at once; the station gives no more."""
PAUSE_MS = 200
LONGEST = 100
"""Characters of a search that the station takes."""


class RunList(QWidget):
    """Search, table, ticks."""

    opened = pyqtSignal(str)
    """A run shall be opened."""
    ticks_changed = pyqtSignal()
    """Other runs are ticked or excluded."""
    chosen = pyqtSignal(str)
    """Another run is selected."""
    said = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._total = 0
        self._fetched: list[RunSummary] = []
        self.model = RunModel()
        self.table = RunTable(self.model, self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._search_now)
        self._build()
        self._wire()

    @property
    def ticked(self) -> list[str]:
        """Ids of the ticked runs, in the order of ticking."""
        return list(self.model.ticked)

    @property
    def excluded(self) -> frozenset[str]:
        """Those of them that are left out of the comparison."""
        return frozenset(self.model.excluded)

    @property
    def current(self) -> str:
        """The selected run; empty if none is."""
        run = self.table.current
        return "" if run is None else run.run

    @property
    def count_said(self) -> str:
        """How many runs there are, in words."""
        return self._count.text()

    def load(self) -> None:
        """Fetch what is in the list anew."""
        self._fetch(max(PAGE, len(self._fetched)))

    def load_more(self) -> None:
        """Fetch another page."""
        self._fetch(len(self._fetched) + PAGE)

    def search(self, text: str) -> None:
        """Search as a person would."""
        self.line.setText(text)
        self._search_now()

    def tick(self, *runs: str) -> None:
        """Tick more runs; those beyond the fortieth are refused in words."""
        new = [run for run in dict.fromkeys(runs) if run not in self.model.ticked]
        if len(self.model.ticked) + len(new) > MOST_RUNS:
            self.said.emit(
                f"at most {MOST_RUNS} runs are compared at once; "
                f"{len(self.model.ticked)} are ticked and {len(new)} more were asked "
                "for: narrow the search or untick some"
            )
            return
        self.model.ticked += new
        self.model.repaint_ticks()

    def untick_all(self) -> None:
        """Tick nothing and exclude nothing."""
        self.model.ticked.clear()
        self.model.repaint_ticks()

    def open_current(self) -> None:
        """Open the selected run, if one is."""
        if self.current:
            self.opened.emit(self.current)

    def exclude_current(self) -> None:
        """Leave the selected run out of the comparison, or take it in again."""
        run = self.current
        if not run:
            return
        if run in self.model.excluded:
            self.model.excluded.discard(run)
        elif run in self.model.ticked:
            self.model.excluded.add(run)
        else:
            self.said.emit("tick a run first; then it can be excluded and stays named")
            return
        self.model.repaint_ticks()

    def show_state(self, state: State) -> None:
        """Take from the state what live runs do; ended ones do not change."""
        if self.isVisible():
            self._show_rows(state)

    def _fetch(self, wanted: int) -> None:
        text = self.line.text()
        problem = read_search(text).problem
        self.line.mark(wrong=bool(problem))
        if problem:
            self._count.setText(problem)
            return
        order, ascending = self.table.order, self.table.ascending
        self._link.ask(
            self,
            lambda s: pages(s, text, wanted, order, ascending=ascending),
            self._take,
            self._count.setText,
            key="runs",
        )

    def _take(self, found: Page) -> None:
        self._total, self._fetched = found.total, found.runs
        current = self.current
        self._show_rows(self._link.state)
        row = self.model.row_of(current) if current else -1
        if row >= 0:
            self.table.selectRow(row)
        more = found.total - len(found.runs)
        self._more.setVisible(more > 0)
        self._count.setText(count_text(len(found.runs), found.total, self.line.text()))
        self._tell_ticks()

    def _show_rows(self, state: State | None) -> None:
        live = {run.run: run for run in state.runs} if state else {}
        self.model.show_rows([live.get(run.run, run) for run in self._fetched])

    def _search_now(self) -> None:
        self._pause.stop()
        self._fetch(PAGE)

    def _tick_current(self) -> None:
        run = self.current
        if run in self.model.ticked:
            self.model.ticked.remove(run)
            self.model.repaint_ticks()
        elif run:
            self.tick(run)

    def _data_changed(
        self, _first: QModelIndex, _last: QModelIndex, roles: list[int]
    ) -> None:
        if Qt.ItemDataRole.CheckStateRole not in roles:
            return
        if len(self.model.ticked) > MOST_RUNS:
            self.model.ticked.pop()
            self.said.emit(f"at most {MOST_RUNS} runs are compared at once")
        self.model.excluded &= set(self.model.ticked)
        self._tell_ticks()
        self.ticks_changed.emit()

    def _tell_ticks(self) -> None:
        hidden = sum(self.model.row_of(run) < 0 for run in self.model.ticked)
        self._ticked.setText(ticked_text(len(self.model.ticked), hidden))
        self._untick.setVisible(bool(self.model.ticked))

    def _wire(self) -> None:
        self.line.textChanged.connect(lambda _t: self._pause.start())
        self.table.opened.connect(self.open_current)
        self.table.tick_wanted.connect(self._tick_current)
        self.table.exclude_wanted.connect(self.exclude_current)
        self.table.tick_all_wanted.connect(
            lambda: self.tick(*(run.run for run in self.model.rows))
        )
        self.table.sort_wanted.connect(self.load)
        self.model.dataChanged.connect(self._data_changed)
        selection = self.table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(
                lambda _now, _before: self.chosen.emit(self.current)
            )

    def _build(self) -> None:
        self.line = Line("Search runs")
        self.line.setPlaceholderText("Search:  sample:NMC  cycles>100  ended:limit")
        self.line.setClearButtonEnabled(True)
        self.line.setMaxLength(LONGEST)
        self._count = QLabel("Finished and running measurements appear here.")
        self._count.setObjectName("muted")
        self._more = QPushButton("Load more")
        self._more.setAccessibleName(f"Load {PAGE} more runs")
        self._more.clicked.connect(lambda _on: self.load_more())
        self._more.hide()
        self._ticked = QLabel(ticked_text(0, 0))
        self._ticked.setObjectName("muted")
        self._untick = QPushButton("Untick all")
        self._untick.clicked.connect(lambda _on: self.untick_all())
        self._untick.hide()
        self.head = QHBoxLayout()
        self.head.addWidget(self.line, 3)
        self.head.addWidget(self._count)
        self.head.addWidget(self._more)
        self.head.addStretch(1)
        self.head.addWidget(self._ticked)
        self.head.addWidget(self._untick)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(self.head)
        box.addWidget(panel(self.table), 1)


def pages(
    station: StationClient,
    search: str,
    wanted: int,
    order: RunOrder,
    *,
    ascending: bool,
) -> Page:
    """Return the first ``wanted`` runs, page by page; blocks."""
    runs: list[RunSummary] = []
    while True:
        page = station.runs(search, PAGE, len(runs), order, ascending=ascending)
        runs += page.runs
        if len(runs) >= min(wanted, page.total) or not page.runs:
            return Page(total=page.total, runs=runs)
