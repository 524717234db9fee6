"""The bench: tiles on the left, a run in the middle, what comes next on the right."""

from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from gui.bench.events_panel import EventsPanel
from gui.bench.queue_panel import QueuePanel
from gui.bench.schedule_panel import SchedulePanel
from gui.bench.sparks import POINTS, Sparks
from gui.bench.tiles import TileGrid
from gui.compose.composer import Composer
from gui.link.link import Link
from gui.look.actions import with_key
from gui.look.settings import Settings
from gui.parts.inputs import Line, panel
from gui.run.run_view import RunView
from gui.run.states import (
    Counts,
    Tile,
    counts_of,
    filtered,
    on_the_wall,
    tiles_of,
)
from gui.run.windows import curve
from labctl.api.models import State
from labctl.data import Columns

ONE, TWO = 262, 490
"""Widths of one and two columns of tiles."""
NARROW = 1000
"""Below that the page has not been laid out yet."""
ROOMY = 1600
"""Windows from here on show two columns."""


class BenchPage(QWidget):
    """Three columns that can be moved."""

    said = pyqtSignal(str)

    def __init__(
        self, link: Link, settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._link = link
        self._settings = settings
        self._tiles: list[Tile] = []
        self._state: State | None = None
        self.sparks = Sparks()
        self.grid = TileGrid(self.sparks)
        self.run_view = RunView(link)
        self.events = EventsPanel(link)
        self.composer = Composer(link)
        self.queue = QueuePanel(link)
        self._filter = Line("Filter tiles")
        self._filter.setPlaceholderText("Filter: held, charging, vsp300 …")
        self._filter.setClearButtonEnabled(True)
        self._filter.textChanged.connect(lambda _t: self._show_tiles())
        self.grid.chosen.connect(self._chosen)
        self.grid.opened.connect(self.compose_on)
        self.composer.started.connect(self.follow)
        self.run_view.protocol_wanted.connect(self._compose)
        self.composer.step_editing.editing.connect(self._show_editor)
        self.events.run_wanted.connect(self.open_run)
        self._wanted = ""
        self._seeded: set[str] = set()
        self._divided = False
        self._build()
        self.schedule = SchedulePanel(link, self, self.side)
        self.schedule.opened.connect(self.open_run)
        self.schedule.channel_wanted.connect(self.compose_on)
        self.grid.numbered.connect(self._go_to_number)
        self.grid.focus_placed.connect(self._see_tile)

    @property
    def counts(self) -> Counts:
        """The header's counts."""
        waiting = len(self._state.attention) if self._state else 0
        return counts_of(self._tiles, waiting)

    def show_state(self, state: State) -> None:
        """Take the latest state."""
        self._state = state
        self._seed(state)
        self.sparks.take(state.runs)
        self._tiles = tiles_of(state)
        self._show_tiles()
        self.events.show_state(state)
        self.queue.show_state(state)
        self.composer.show_state(state)
        waiting = len(state.queue)
        self.side.setTabText(1, f"Queue {waiting}" if waiting else "Queue")
        known = {run.run for run in state.runs}
        if self._wanted in known:
            self.open_run(self._wanted)
            self._wanted = ""
        elif not self.run_view.run:
            first = next((t.run for t in self._tiles if t.live), "")
            if first:
                self.open_run(first)
        self._show_summary(self.run_view.run)

    def show_link(self) -> None:
        """Take whether the station answers."""
        self._show_tiles()
        self.composer.show_link()
        self.schedule.show_link()
        self.run_view.setEnabled(self._link.status.is_there)
        self.queue.setEnabled(self._link.status.is_there)

    def refresh(self) -> None:
        """Fetch new points, if they are seen."""
        if self.isVisible() and self._link.status.is_there:
            self.run_view.refresh()
            if self.schedule.isVisible():
                self.schedule.refresh()

    def open_run(self, run: str) -> None:
        """Show a run, and put the focus on its tile."""
        self.run_view.show_run(run)
        self.events.show_run(run)
        self._show_summary(run)
        tile = next((t for t in self._tiles if t.run == run), None)
        if tile is not None:
            self.grid.focus_channel(tile.channel)

    def toggle_schedule(self) -> None:
        """Show when channels become free, or no longer."""
        tile = self.grid.focused
        self.schedule.toggle(tile.channel if tile is not None else "")

    def ask_number(self) -> None:
        """Show the numbers of the channels, and wait for one to be typed."""
        if self._state is None:
            return
        channels = [channel.name for channel in self._state.channels]
        numbers = {channel: k for k, channel in enumerate(channels, 1)}
        self.grid.ask_number(numbers, len(channels))
        self.said.emit(f"Go to a channel: type its number, 1 … {len(channels)}")

    def go_to(self, channel: str) -> None:
        """Put the keyboard on a channel's tile, and show its run."""
        tile = self._tile_at(channel)
        if tile is None:
            return
        if tile not in self.grid.tiles:
            self._filter.clear()
        self.grid.focus_channel(tile.channel)
        if not self.grid.hasFocus():
            self.grid.setFocus()
        self._chosen(tile.channel, tile.run)

    def focus_filter(self) -> None:
        """Put the keyboard into the filter of the tiles."""
        self._filter.setFocus()
        self._filter.selectAll()

    def show_attention(self) -> None:
        """Put the keyboard on the events; on those that need a person, if any do."""
        if self._state is not None and self._state.attention:
            self.events.choose_filter("needs you")
            self.events.table.selectRow(0)
        self.events.table.setFocus()

    def follow(self, run: str) -> None:
        """Show a run as soon as the state knows it."""
        self._wanted = run

    def compose_on(self, channel: str = "") -> None:
        """Begin a new run, on a channel if one is given."""
        self.side.setCurrentIndex(0)
        tile = self.grid.focused
        where = channel or (tile.channel if tile is not None else "")
        if where:
            self.composer.choose_channel(where)
        self.composer.setFocus()

    def remember(self) -> None:
        """Put the places of the splitters into the settings."""
        left, _, right = self._across.sizes()
        self._settings.left, self._settings.right = left, right
        self._settings.events = self._down.sizes()[1]

    def restyle(self) -> None:
        """Take the theme's colours."""
        self.grid.update()
        self.run_view.restyle()
        self.composer.restyle()

    def _show_summary(self, run: str) -> None:
        state = self._state
        found = next((r for r in state.runs if r.run == run), None) if state else None
        if state is not None and found is not None:
            self.run_view.show_summary(on_the_wall(found, state))

    def _seed(self, state: State) -> None:
        """Fetch the past of runs that were going on before this window was opened."""
        for run in state.runs:
            if run.run in self._seeded or run.ended_unix is not None:
                continue
            self._seeded.add(run.run)
            name = run.run

            def take(found: Columns, name: str = name) -> None:
                x, y = curve(found, "test_time_second", "voltage_volt")
                self.sparks.seed(name, x.tolist(), y.tolist())

            self._link.ask(
                self,
                lambda s, name=name: s.window(  # type: ignore[misc]
                    name, "timeseries", ("voltage_volt",), px=POINTS
                ),
                take,
                lambda _why: None,
            )

    def _compose(self, protocol: str) -> None:
        self.side.setCurrentIndex(0)
        self.composer.choose(protocol)

    def _show_editor(self, wanted: bool) -> None:
        """Lay the editor of steps over the run, or show the run again."""
        self._middle.setCurrentIndex(int(wanted))

    def _chosen(self, channel: str, run: str) -> None:
        if run:
            self.composer.step_editing.close()
            self.open_run(run)
        else:
            self.composer.choose_channel(channel)

    def _go_to_number(self, number: int) -> None:
        if self._state is not None:
            self.go_to(self._state.channels[number - 1].name)

    def _tile_at(self, channel: str) -> Tile | None:
        """Return a channel's tile: that of its run where one has several channels."""
        own = next((t for t in self._tiles if t.channel == channel), None)
        if own is not None or self._state is None:
            return own
        runs = {r.run for r in self._state.runs if channel in r.channels.values()}
        return next((t for t in self._tiles if t.run in runs), None)

    def _see_tile(self, box: QRectF) -> None:
        middle = box.center().toPoint()
        self._area.ensureVisible(middle.x(), middle.y(), 0, int(box.height() / 2) + 8)

    def _show_tiles(self) -> None:
        tiles = filtered(self._tiles, self._filter.text())
        self.grid.show_tiles(tiles, stale=not self._link.status.is_there)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Divide the width as remembered, once it is the window's."""
        super().resizeEvent(event)
        if self._divided or self.width() < NARROW:
            return
        self._divided = True
        left = self._settings.left or (ONE if self.width() < ROOMY else TWO)
        right = self._settings.right
        self._across.setSizes([left, self.width() - left - right - 16, right])

    def _build(self) -> None:
        self._area = area = QScrollArea()
        area.setWidget(self.grid)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("Tiles")
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        left = QWidget()
        left_box = QVBoxLayout(left)
        left_box.setContentsMargins(0, 0, 0, 0)
        left_box.setSpacing(2)
        schedule = QPushButton("Schedule")
        schedule.setAccessibleName("Schedule: when channels become free")
        schedule.setToolTip(with_key("When channels become free", "schedule"))
        schedule.clicked.connect(lambda _on: self.toggle_schedule())
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self._filter, 1)
        top.addWidget(schedule)
        left_box.addLayout(top)
        left_box.addWidget(area, 1)
        left.setMinimumWidth(236)
        self._down = QSplitter(Qt.Orientation.Vertical)
        self._middle = QStackedWidget()
        self._middle.addWidget(panel(self.run_view))
        self._middle.addWidget(panel(self.composer.step_editing.editor))
        self._down.addWidget(self._middle)
        self._down.addWidget(panel(self.events))
        self._down.setSizes([700, self._settings.events])
        self._down.setStretchFactor(0, 1)
        self._down.setChildrenCollapsible(False)
        self.side = QTabWidget()
        self.side.setDocumentMode(True)
        self.side.setAccessibleName("What comes next")
        self.side.addTab(self.composer, "New run")
        self.side.addTab(self.queue, "Queue")
        self._across = QSplitter()
        self._across.setHandleWidth(8)
        self._down.setHandleWidth(8)
        for part in (left, self._down, panel(self.side)):
            self._across.addWidget(part)
        self._across.setStretchFactor(1, 1)
        self._across.setChildrenCollapsible(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._across)
