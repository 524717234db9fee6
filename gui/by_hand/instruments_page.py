"""The instruments of the bench: channels one by one, or joined into a bench by hand.

By hand means: a run whose steps come from a person. Within its limits, with channels
that no other run has, and made safe unless touched again within half a minute.
"""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from gui.by_hand.bench_panel import BenchPanel
from gui.by_hand.channel_panel import ChannelPanel
from gui.by_hand.channels import ChannelRow, channel_rows, why_not
from gui.by_hand.kinds import HALL, IV
from gui.by_hand.panels import benches, brought
from gui.link.link import Link
from gui.parts.inputs import Elided, panel
from gui.parts.table import Column, Table, TableModel
from labctl.api.answers import InstrumentOut
from labctl.api.models import State

CHANNELS = 0
"""The first tab; a bench by hand each after it."""
HINT = "Choose a channel to see its identity and to drive it by hand."


class InstrumentsPage(QWidget):
    """A choice at the top; a list and a panel, or a bench by hand."""

    said = pyqtSignal(str)
    run_wanted = pyqtSignal(str)

    def __init__(self, link: Link, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._channel = ""
        self._left_out = brought()[1]
        columns: list[Column[ChannelRow]] = [
            Column("Channel", lambda r: r.channel, look=lambda r: r.look),
            Column("Instrument", lambda r: r.who),
            Column("Plays", lambda r: r.plays),
            Column("State", lambda r: r.state),
        ]
        self.table = Table(
            "Instruments", TableModel(columns, lambda r: r.channel), self
        )
        self.table.fit_columns(18, 30, 26, 0)
        self.table.clicked.connect(lambda _i: self.choose())
        self.table.activated.connect(lambda _i: self.choose())
        self.channel_panel = ChannelPanel(link)
        self.iv = BenchPanel(link, IV)
        self.hall = BenchPanel(link, HALL, contacts=True)
        self._benches = {IV: self.iv, HALL: self.hall}
        self._benches |= {kind: BenchPanel(link, kind) for kind in benches()}
        self.tabs = QTabBar()
        self._build()
        self.channel_panel.run_wanted.connect(self.run_wanted)
        self.channel_panel.changed.connect(self.load)
        for bench in self._benches.values():
            bench.run_wanted.connect(self.run_wanted)
            bench.changed.connect(self.load)
            bench.said.connect(self.said)

    def load(self) -> None:
        """Fetch the list anew."""
        for why in self._left_out:
            self.said.emit(f"A panel was left out: {why}")
        self._left_out = ()
        self._link.ask(
            self, lambda s: s.instruments(), self._take, self.said.emit, key="channels"
        )

    def show_state(self, _state: State) -> None:
        """Look again while this page is seen."""
        if not self.isVisible():
            return
        if not self._link.is_asking("channels"):
            self.load()
        for bench in self._benches.values():
            bench.show_state()

    def choose(self) -> None:
        """Show the selected row."""
        row = self.table.current
        self._channel = "" if row is None else row.channel
        self.channel_panel.show_row(row)

    @property
    def can_drive(self) -> bool:
        """Whether the chosen channel can be driven by hand now."""
        return self.channel_panel.can_drive

    @property
    def why_not(self) -> str:
        """Why a bench by hand cannot be had; empty if all can."""
        return self._hint.full_text

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.channel_panel.restyle()
        for bench in self._benches.values():
            bench.restyle()

    def _take(self, found: list[InstrumentOut]) -> None:
        state = self._link.state
        rows = channel_rows(found, state)
        self.table.rows.show_rows(rows)
        chosen = next((r for r in rows if r.channel == self._channel), None)
        self.channel_panel.show_row(chosen)
        for bench in self._benches.values():
            bench.show_rows(rows)
        self._tell(rows)

    def _tell(self, rows: list[ChannelRow]) -> None:
        said = []
        for tab, kind in enumerate(self._benches, start=CHANNELS + 1):
            why = why_not(rows, kind.parts)
            self.tabs.setTabEnabled(tab, not why)
            self.tabs.setTabToolTip(tab, why or kind.hint)
            if why:
                said.append(f"{kind.title}: {why}")
        here = self.tabs.currentIndex()
        hint = list(self._benches)[here - 1].hint if here > CHANNELS else HINT
        self._hint.setText(".  ".join(said) or hint)
        self._hint.setToolTip(self._hint.full_text)

    def _show_tab(self, index: int) -> None:
        self._pages.setCurrentIndex(index)
        self._tell(self.table.rows.rows)

    def _build(self) -> None:
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setAccessibleName("Channels or a bench by hand")
        for text in ("Channels", *(kind.title for kind in self._benches)):
            self.tabs.addTab(text)
        self._hint = Elided(HINT)
        self._hint.setObjectName("muted")
        top = QHBoxLayout()
        top.addWidget(self.tabs)
        top.addWidget(self._hint, 1)
        area = QScrollArea()
        area.setWidget(self.channel_panel)
        area.setWidgetResizable(True)
        area.setAccessibleName("The chosen channel")
        split = QSplitter()
        split.addWidget(panel(self.table))
        split.addWidget(area)
        split.setSizes([760, 420])
        split.setChildrenCollapsible(False)
        self._pages = QStackedWidget()
        for page in (split, *self._benches.values()):
            self._pages.addWidget(page)
        self.tabs.currentChanged.connect(self._show_tab)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 6, 12, 8)
        box.addLayout(top)
        box.addWidget(self._pages, 1)
