"""A tab of figures that a worker thread fetches and makes; this only draws."""

from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from gui.link import Link
from gui.models.tabs import Memory, Tab
from gui.widgets.figure_view import FigureView
from labctl.figure import Figure
from labctl.service.answers import RunDetail


class FigureTab(QWidget):
    """One to four figures of a run."""

    def __init__(
        self, tab: Tab, memory: Memory, link: Link, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.tab = tab
        self._memory = memory
        self._link = link
        self._detail: RunDetail | None = None
        self._rows = -1
        self.views: list[FigureView] = []
        self._empty = QLabel("No points yet.")
        self._empty.setObjectName("muted")
        self.setAccessibleName(tab.title)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2)
        self._grid.addWidget(self._empty, 0, 0)

    @property
    def figures(self) -> list[Figure]:
        """What is shown."""
        return [v.figure for v in self.views if v.figure is not None]

    def show_run(self, detail: RunDetail) -> None:
        """Take more of what is known of the run."""
        self._detail = detail

    def refresh(self, rows: int, *, force: bool = False) -> None:
        """Fetch and draw if there are new rows and this is seen."""
        if self._detail is None or not (self.isVisible() or force):
            return
        key = f"figures {id(self)}"
        if (rows == self._rows and not force) or self._link.is_asking(key):
            return
        self._rows = rows
        detail, build, memory = self._detail, self.tab.build, self._memory
        if build is not None:
            self._link.ask(
                self,
                lambda station: build(station, detail, memory),
                self.show_figures,
                self._failed,
                key=key,
            )

    def show_figures(self, figures: list[Figure]) -> None:
        """Draw figures, in views that are kept."""
        there = [f for f in figures if any(len(s.x) for s in f.series)]
        self._empty.setVisible(not there)
        while len(self.views) < len(there):
            view = FigureView(self)
            self.views.append(view)
        columns = 1 if len(there) == 1 else 2
        for row in range(2):
            self._grid.setRowStretch(row, int(row < -(-len(there) // columns)))
            self._grid.setColumnStretch(row, int(row < columns))
        for k, view in enumerate(self.views):
            view.setVisible(k < len(there))
            if k < len(there):
                wide = columns if len(there) == 3 and k == 0 else 1  # noqa: PLR2004
                at = k if len(there) != 3 or k == 0 else k + 1  # noqa: PLR2004
                self._grid.addWidget(view, at // columns, at % columns, 1, wide)
                simulated = bool(self._detail and self._detail.summary.simulated)
                view.show_figure(there[k], simulated=simulated)

    def fit(self) -> None:
        """Show everything in every figure."""
        for view in self.views:
            view.fit()

    def wear(self) -> None:
        """Take the theme's colours."""
        for view in self.views:
            view.wear()

    def _failed(self, why: str) -> None:
        self._rows = -1
        if not self.views:
            self._empty.setText(why)
