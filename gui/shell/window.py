"""The main window: a view of the station. Closing it stops nothing."""

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QMainWindow,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.bench.bench_page import BenchPage
from gui.bench.doubt_bar import DoubtBar
from gui.bench.samples_page import SamplesPage
from gui.by_hand.instruments_page import InstrumentsPage
from gui.link.connector import Connector
from gui.link.link import Link
from gui.link.link_state import Answering, LinkStatus
from gui.look import settings as remembered
from gui.look.actions import Now
from gui.look.palette import apply_theme, theme, wanted
from gui.look.settings import Settings
from gui.run.doubts import doubts_of
from gui.runs.run_browser import RunBrowser
from gui.shell.acts import Acts
from gui.shell.banners import Banners
from gui.shell.bug_report import BugReports
from gui.shell.commands import Commands
from gui.shell.header import Header
from gui.shell.help_panel import HelpPanel
from gui.shell.keys import Keys
from gui.shell.settings_page import SettingsPage
from gui.shell.start_page import StartPage
from gui.shell.tray import Tray
from labctl.api.models import State

REFRESH_MS = 400
"""Between two looks for new points."""
SIMULATED_SPEED = "200"
BY_HAND = 2
"""The place of the page of instruments."""


class MainWindow(QMainWindow):
    """Header, banners, pages."""

    fault = pyqtSignal(str)
    """A defect, from any thread."""

    def __init__(
        self,
        link: Link,
        connector: Connector | None = None,
        *,
        settings: Settings | None = None,
        settings_file: Path | None = None,
        real: bool = False,
    ) -> None:
        super().__init__()
        self.link = link
        self._connector = connector
        self._settings = settings or Settings()
        self._settings_file = settings_file
        self._real = real
        self._booted = ""
        self.setWindowTitle("labctl")
        self.setAccessibleName("labctl")
        self.header = Header()
        self.doubts = DoubtBar(link)
        self.banners = Banners()
        self.start_page = StartPage()
        self.start_page.offer_real(real)
        self._pages = self._frame()
        self.bench = BenchPage(link, self._settings, self._pages)
        self.runs = RunBrowser(link, self._settings, self._pages)
        self._instruments: InstrumentsPage | None = None
        self.samples = SamplesPage(link, self._pages)
        self._add_pages()
        self.tray = Tray(self._settings, self)
        self.bug_reports = BugReports(self)
        self.help = HelpPanel(self)
        self._acts = Acts(
            link, self.header, self.bench, self.runs, self.samples, self.settings
        )
        self.keys = Keys(self, self._acts.by_word(self._own_acts()), self._now)
        does = self._acts.by_kind(self.keys.do)
        self.commands = Commands(self, link, self.keys, self.bench.run_view.tabs, does)
        self._wire()
        self.resize(self._settings.width, self._settings.height)
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.bench.refresh)
        self._timer.start()
        self.bench.grid.setFocus()
        self._show_status(link.status)

    @property
    def page(self) -> QWidget:
        """The page that is seen."""
        found = self._pages.currentWidget()
        return found if found is not None else self.bench

    @property
    def instruments(self) -> InstrumentsPage:
        """Channels and benches by hand; made when they are first wanted.

        They cost as much as all other pages together, and few sessions see them.
        """
        if self._instruments is None:
            self._instruments = made = InstrumentsPage(self.link)
            self._by_hand.addWidget(made)
            made.run_wanted.connect(self._acts.open_run)
            made.said.connect(self.say)
        return self._instruments

    def choose_theme(self, choice: str) -> None:
        """Wear ``light``, ``dark`` or what the system has."""
        self._settings.theme = choice
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, wanted(choice, app))
            self._wear()

    def simulate(self) -> None:
        """Start the simulated bench, at the speed that was asked for if one was."""
        given = self._connector.words if self._connector is not None else ()
        usual = ("--simulate", "--speed", SIMULATED_SPEED)
        self._begin(given if "--simulate" in given else usual)

    def start_real(self) -> None:
        """Start the station that config.yaml describes."""
        self._begin(())

    def restart(self) -> None:
        """Start the station's process again, as it was started before."""
        if self._connector is not None:
            self._connector.may_start = True
            self.banners.link.say("Starting the station …")

    def report_bug(self, folder: Path | None = None) -> None:
        """Write picture, state, settings, log and versions into one zip."""
        self.bug_reports.make(
            folder or Path.home(),
            self.grab().toImage(),
            self.link.state,
            self._settings,
        )

    def come_forward(self, run: str = "") -> None:
        """Raise this window, on a run if one is named."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        if run:
            self._acts.open_run(run)

    def say(self, text: str) -> None:
        """Write a line at the bottom for a while."""
        bar = self.statusBar()
        if bar is not None:
            bar.showMessage(text, 8000)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """Remember places; runs go on."""
        self._timer.stop()
        self.bench.remember()
        self._settings.maximised = self.isMaximized()
        if not self.isMaximized():
            self._settings.width, self._settings.height = self.width(), self.height()
        if self._settings_file is not None:
            remembered.save(self._settings_file, self._settings)
        self.tray.close()
        self.bug_reports.close()
        self.link.close()
        super().closeEvent(event)

    # ---- what the station says

    def _take(self, state: State) -> None:
        if state.station.boot != self._booted:
            self._booted = state.station.boot
            self.bench.composer.load()
            self.samples.load()
            self.runs.load()
            if self._instruments is not None:
                self._instruments.load()
        name = state.station.name
        mark = " [SIMULATED]" if state.station.simulated else ""
        self.setWindowTitle(f"{name}{mark} – labctl")
        self.bench.events.name = self._settings.operator
        self.bench.show_state(state)
        if self._instruments is not None:
            self._instruments.show_state(state)
        self.runs.show_state(state)
        self.settings.show_state(state)
        self.header.show_state(state, self.bench.counts)
        self.tray.show_state(state, str(self.bench.counts))
        self.doubts.show_doubts(doubts_of(state))
        self.banners.show_stop(state.stop)
        self._show_body()

    def _show_status(self, status: LinkStatus) -> None:
        self.header.show_link(status)
        self.bench.show_link()
        connector = self._connector
        dead = connector is not None and connector.nobody and not connector.may_start
        if self.link.state is None:
            self.banners.link.say("")
            if status.why and not dead:
                self.start_page.wait(status.why)
        else:
            self.banners.show_link(status, dead=dead, can_start=connector is not None)
        if status.answering is Answering.THERE and self.link.state is not None:
            self.header.show_state(self.link.state, self.bench.counts)
        self._show_body()

    def _show_body(self) -> None:
        index = 0 if self.link.state is None else 1
        if self._body.currentIndex() != index:
            self._body.setCurrentIndex(index)

    def _begin(self, words: tuple[str, ...]) -> None:
        if self._connector is None:
            return
        if words:
            self._connector.words = words
        self._connector.may_start = True
        self.start_page.wait("Starting the station; this takes a few seconds …")

    # ---- looks

    def _frame(self) -> QStackedWidget:
        """Lay out all but the pages; return where they go.

        From the outside in: every change of parent styles all that is inside anew.
        """
        middle = QWidget()
        self.setCentralWidget(middle)
        box = QVBoxLayout(middle)
        box.setContentsMargins(8, 8, 8, 4)
        box.setSpacing(8)
        self._body = QStackedWidget()
        pages = QStackedWidget()
        for part in (self.header, self.doubts, self.banners):
            box.addWidget(part)
        box.addWidget(self._body, 1)
        self._body.addWidget(self.start_page)
        self._body.addWidget(pages)
        bar = self.statusBar()
        if bar is not None:
            bar.setSizeGripEnabled(False)
            bar.setAccessibleName("Messages")
        return pages

    def _add_pages(self) -> None:
        scrolled = QScrollArea(self._pages)
        self.settings = SettingsPage(self._settings, scrolled.viewport())
        scrolled.setWidget(self.settings)
        scrolled.setWidgetResizable(True)
        scrolled.setFrameShape(QFrame.Shape.NoFrame)
        scrolled.setAccessibleName("Settings")
        self.settings.setObjectName("clear")
        by_hand = QWidget(self._pages)
        self._by_hand = QVBoxLayout(by_hand)
        self._by_hand.setContentsMargins(0, 0, 0, 0)
        for page in (self.bench, self.runs, by_hand, self.samples, scrolled):
            self._pages.addWidget(page)

    def _wire(self) -> None:
        self.link.state_changed.connect(self._take)
        self.link.status_changed.connect(self._show_status)
        self.header.page_chosen.connect(self._pages.setCurrentIndex)
        self.header.page_chosen.connect(self._page_shown)
        self.header.stop_all.connect(self._stop_all)
        self.banners.restart_wanted.connect(self.restart)
        self.start_page.simulate.connect(self.simulate)
        self.start_page.attach.connect(self.start_real)
        self.settings.theme_chosen.connect(self.choose_theme)
        self.samples.kept.connect(self.bench.composer.load_samples)
        self.runs.run_wanted.connect(self._acts.open_run)
        self.bench.run_view.report_wanted.connect(self.runs.report)
        self.bench.composer.queued.connect(lambda _e: self.say("queued"))
        self.settings.bundle_wanted.connect(self.report_bug)
        self.bug_reports.wrote.connect(self.settings.show_bundle)
        self.tray.wanted.connect(self.come_forward)
        for part in (
            self.runs,
            self.samples,
            self.bench,
            self.bench.queue,
            self.bug_reports,
            self.keys,
        ):
            part.said.connect(self.say)
        self.bench.run_view.said.connect(self.say)
        self.bench.run_view.head.clear_wanted.connect(self.doubts.focus_on)
        self.fault.connect(self.banners.show_fault)
        hints = QApplication.styleHints()
        if hints is not None:
            hints.colorSchemeChanged.connect(self._follow_system)

    def _now(self) -> Now:
        connector = self._connector
        dead = connector is not None and connector.nobody and not connector.may_start
        return self._acts.now(can_restart=dead)

    def _own_acts(self) -> dict[str, Callable[[], object]]:
        """Return what actions do that are the window's own."""
        return {
            "stop all": self._stop_all,
            "clear": self.doubts.focus_on,
            "restart": self.restart,
            "commands": self._open_commands,
            "help": self.help.toggle,
            "bug report": self.report_bug,
            "close": self.close,
        }

    def _open_commands(self) -> None:
        self.commands.open()

    def _stop_all(self) -> None:
        self.say("STOP ALL: asked")
        self.link.stop_all("the window's button")

    def _page_shown(self, index: int) -> None:
        pages = {1: self.runs.load, 3: self.samples.load}
        load = self.instruments.load if index == BY_HAND else pages.get(index)
        if load is not None and self.link.state is not None:
            load()

    def _follow_system(self) -> None:
        if self._settings.theme == "system":
            self.choose_theme("system")

    def _wear(self) -> None:
        self.bench.restyle()
        self.runs.restyle()
        if self._instruments is not None:
            self._instruments.restyle()
        self.setProperty("theme", theme().name)
