"""What every action does to the window: the other half of the list of actions."""

from collections.abc import Callable, Mapping
from functools import partial

from gui.bench.bench_page import BenchPage
from gui.bench.samples_page import SamplesPage
from gui.link.link import Link
from gui.look.actions import PAGES, RUNS, VIEWS, Now
from gui.look.settings import THEMES
from gui.run.doubts import doubts_of
from gui.runs.run_browser import RunBrowser
from gui.shell.header import Header
from gui.shell.offers import OfferKind
from gui.shell.settings_page import SettingsPage

Act = Callable[[], object]


class Acts:
    """Leads from an action's word to the part of the window that does it."""

    def __init__(
        self,
        link: Link,
        header: Header,
        bench: BenchPage,
        runs: RunBrowser,
        samples: SamplesPage,
        settings: SettingsPage,
    ) -> None:
        self._link = link
        self._pages = header.pages
        self._bench = bench
        self._runs = runs
        self._samples = samples
        self._settings = settings

    def now(self, *, can_restart: bool) -> Now:
        """Return what decides which actions are possible."""
        state, composer = self._link.state, self._bench.composer
        runs = state.runs if state is not None else []
        return Now(
            there=state is not None and self._link.status.is_there,
            run=next((r for r in runs if r.run == self._bench.run_view.run), None),
            start_waits="" if composer.can_start else composer.verdict,
            queue_waits="" if composer.foot.can_queue else composer.verdict,
            waiting=len(state.attention) if state is not None else 0,
            doubts=len(doubts_of(state)),
            can_restart=can_restart,
            page=self._page,
        )

    def by_word(self, of_window: Mapping[str, Act]) -> dict[str, Act]:
        """Return what every action does; ``of_window`` are those of the window."""
        bench, view = self._bench, self._bench.run_view
        acts: dict[str, Act] = {
            "hold": view.head.hold_or_resume,
            "skip": view.head.skip,
            "end": view.head.end,
            "finish": view.head.finish,
            "discard": view.head.discard,
            "report": self.report,
            "new run": self.new_run,
            "start": bench.composer.start,
            "enqueue": bench.composer.enqueue,
            "dry run": lambda: self._on_bench(bench.composer.dry_run),
            "open plan": lambda: self._on_bench(bench.composer.ask_to_open),
            "save plan": lambda: self._on_bench(bench.composer.ask_to_save),
            "schedule": self.schedule,
            "go": lambda: self._on_bench(bench.ask_number),
            "filter": lambda: self._on_bench(bench.focus_filter),
            "events": lambda: self._on_bench(bench.show_attention),
            "acknowledge": bench.events.acknowledge,
            "search": self.search,
            "theme": self.next_theme,
            **of_window,
        }
        for k, page in enumerate(PAGES):
            acts[f"page {page}"] = partial(self._pages.setCurrentIndex, k)
        for k in range(VIEWS):
            acts[f"view {k + 1}"] = partial(view.tabs.setCurrentIndex, k)
        return acts

    def by_kind(
        self, do: Callable[[str], object]
    ) -> dict[OfferKind, Callable[[str], object]]:
        """Return what choosing does in the command line, by what was chosen."""
        return {
            OfferKind.ACTION: do,
            OfferKind.VIEW: self.show_view,
            OfferKind.PAGE: lambda page: self._pages.setCurrentIndex(PAGES.index(page)),
            OfferKind.CHANNEL: self.go_to,
            OfferKind.RUN: self.open_run,
            OfferKind.PROTOCOL: self.new_run,
            OfferKind.SAMPLE: self.show_sample,
        }

    def new_run(self, protocol: str = "") -> None:
        """Compose a run, of a protocol if one is named."""
        self._on_bench(self._bench.compose_on)
        if protocol:
            self._bench.composer.choose(protocol)

    def open_run(self, run: str) -> None:
        """Show a run on the bench."""
        self._on_bench(lambda: self._bench.open_run(run))

    def go_to(self, channel: str) -> None:
        """Go to a channel's tile."""
        self._on_bench(lambda: self._bench.go_to(channel))

    def report(self) -> None:
        """Report on the ticked runs where they are seen, else on the run shown."""
        if self._page == RUNS:
            self._runs.report_chosen()
        else:
            view = self._bench.run_view
            view.report_wanted.emit(view.run)

    def schedule(self) -> None:
        """Open the schedule, or close it where it is seen already."""
        seen = self._bench.schedule.isVisible()
        self._on_bench(lambda: None)
        if seen or not self._bench.schedule.isVisible():
            self._bench.toggle_schedule()

    def search(self) -> None:
        """Put the keyboard into the search of the runs."""
        self._pages.setCurrentIndex(PAGES.index(RUNS))
        self._runs.focus_search()

    def show_view(self, title: str) -> None:
        """Bring a view of the run to the front."""
        tabs = self._bench.run_view.tabs
        titles = [tabs.tabText(k) for k in range(tabs.count())]
        if title in titles:
            self._on_bench(lambda: tabs.setCurrentIndex(titles.index(title)))

    def show_sample(self, name: str) -> None:
        """Show the label of a sample."""
        self._pages.setCurrentIndex(PAGES.index("Samples"))
        table = self._samples.table
        row = table.rows.row_of(name)
        if row >= 0:
            table.selectRow(row)
            self._samples.choose()
            table.setFocus()

    def next_theme(self) -> None:
        """Wear the next theme."""
        choice = self._settings.theme
        at = THEMES.index(choice.currentText())
        choice.setCurrentText(THEMES[(at + 1) % len(THEMES)])

    @property
    def _page(self) -> str:
        return PAGES[self._pages.currentIndex()]

    def _on_bench(self, act: Act) -> None:
        self._pages.setCurrentIndex(PAGES.index("Bench"))
        act()
