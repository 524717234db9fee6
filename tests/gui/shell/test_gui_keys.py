"""Every action by key and by the command line, and going about without a mouse."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from keyboard import strike
from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot
from real_station import CELLS, NOW, QUICK, RealStation, raise_alarm
from values import summary

from gui.look.actions import (
    ACTIONS,
    LOCAL_KEYS,
    PAGES,
    Action,
    Now,
    action_of,
    shown_key,
    table_of_keys,
)
from gui.look.go_to import Digits
from gui.parts.inputs import Choice
from gui.run.states import tiles_of
from gui.shell.offers import Catalogue, Offer, OfferKind, offers_of, search
from gui.shell.window import MainWindow
from labctl.api.states import RunState, Wish, refusal
from labctl.data import Level

Open = Callable[..., MainWindow]


# ---- the list of actions


def test_no_key_is_given_twice() -> None:
    window = [action.key for action in ACTIONS if action.key]
    local = [(key.place, one) for key in LOCAL_KEYS for one in key.keys]

    assert len(window) == len(set(window))
    assert len(local) == len(set(local))
    assert not {one for _, one in local} & set(window)


def test_no_word_is_given_twice() -> None:
    words = [action.word for action in ACTIONS]

    assert len(words) == len(set(words))


def test_the_table_of_keys_holds_every_key() -> None:
    table = [key for rows in table_of_keys().values() for key, _ in rows]

    alone = [a for a in ACTIONS if a.key and not a.family]
    assert {shown_key(a.key) for a in alone} <= set(table)
    assert {"Ctrl+1 … 5", "Alt+1 … 9"} <= set(table)
    assert len(table) == len(alone) + 2 + len(LOCAL_KEYS)


running = summary("r", "nmc", {"cell": CELLS[0]})
held = running.model_copy(update={"state": RunState.HOLD})
cut = running.model_copy(update={"state": RunState.INTERRUPTED})
done = running.model_copy(update={"state": RunState.COMPLETED, "ended_unix": NOW})
answering = partial(Now, there=True)


@pytest.mark.parametrize(
    ("word", "now", "why"),
    [
        # nobody answers: nothing can be asked of the station, but it can be stopped
        ("hold", Now(run=running), "does not answer"),
        ("new run", Now(), "does not answer"),
        ("stop all", Now(), ""),
        # what a running, a held, an ended, a cut run allow
        ("hold", answering(run=running), ""),
        ("hold", answering(run=cut), ""),
        ("hold", answering(run=done), "nmc has ended"),
        ("hold", answering(), "No run is shown"),
        ("skip", answering(run=running), ""),
        ("skip", answering(run=held), "resume it first"),
        ("end", answering(run=held), ""),
        ("discard", answering(run=running), "not an interrupted run"),
        ("discard", answering(run=cut), ""),
        # a report of the run shown, or of the ticked ones
        ("report", answering(), "No run is shown"),
        ("report", answering(page="Runs"), ""),
        # Start waits for its checks
        ("start", answering(start_waits="Being checked …"), "Being checked"),
        ("start", answering(), ""),
        ("acknowledge", answering(), "Nothing needs you"),
        ("acknowledge", answering(waiting=1), ""),
        ("restart", answering(), "not known to be gone"),
    ],
)
def test_what_is_not_possible_says_why(word: str, now: Now, why: str) -> None:
    said = action_of(word).why_not(now)

    assert why in said
    assert bool(why) == bool(said)


WORDS = {
    "skip": Wish.SKIP,
    "end": Wish.STOP,
    "finish": Wish.FINISH,
    "discard": Wish.DISCARD,
}
"""Action -> what it asks of the run that is shown."""


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("state", RunState)
def test_the_window_offers_what_the_table_of_states_grants(
    state: RunState, word: str
) -> None:
    shown = running.model_copy(update={"state": state})

    offered = not action_of(word).why_not(answering(run=shown))

    assert offered is (refusal(state, WORDS[word]) is None)


# ---- the command line's search


def bench_offers(few: RealStation, now: Now | None = None) -> list[Offer]:
    """Return what the command line offers on a bench with a few runs."""
    state, client = few.state(), few.client
    catalogue = Catalogue(client.protocols(), client.samples())
    views = ("V, I – t", "Q–V")
    able = now or Now(there=True, run=state.runs[0], waiting=1)
    return offers_of(able, state, tiles_of(state), views, catalogue)


@pytest.mark.parametrize(
    ("typed", "kind", "word"),
    [
        # words in any order, from their beginning
        ("stop all", OfferKind.ACTION, "stop all"),
        ("bug", OfferKind.ACTION, "bug report"),
        ("free chan", OfferKind.ACTION, "schedule"),
        # a channel by its name, and by the sample on it
        ("vmp3/3", OfferKind.CHANNEL, "vmp3/3"),
        ("go lco", OfferKind.CHANNEL, CELLS[1]),
        ("page inst", OfferKind.PAGE, "Instruments"),
        ("q–v", OfferKind.VIEW, "Q–V"),
        ("new gitt", OfferKind.PROTOCOL, "gitt"),
        ("sample film", OfferKind.SAMPLE, "film-si"),
        ("run: particle-qms", OfferKind.RUN, "-particle-iv-"),
        # letters in their order
        ("schdl chnnls", None, ""),
        ("hldrsm", OfferKind.ACTION, "hold"),
        ("no such thing", None, ""),
    ],
)
def test_the_command_line_finds(
    few: RealStation, typed: str, kind: OfferKind | None, word: str
) -> None:
    found = search(bench_offers(few), typed)

    if kind is None:
        assert not found
    else:
        assert found[0].kind == kind
        assert word in found[0].word if kind is OfferKind.RUN else word == found[0].word


def test_what_is_not_possible_is_offered_last_with_its_reason(
    few: RealStation,
) -> None:
    offers = bench_offers(few, Now(there=True))

    found = search(offers, "run")

    able = [not offer.why_not for offer in found]
    assert able == sorted(able, reverse=True)
    skipped = next(offer for offer in search(offers, "skip") if offer.word == "skip")
    assert skipped.why_not == "No run is shown."


def test_every_action_but_the_line_itself_is_offered(few: RealStation) -> None:
    words = {
        offer.word for offer in bench_offers(few) if offer.kind is OfferKind.ACTION
    }

    assert words == {a.word for a in ACTIONS if not a.family} - {"commands"}


@pytest.mark.parametrize(
    ("count", "typed", "goes", "done"),
    [
        # 21 channels: 1 goes to 1 and waits, for there are 10 … 19
        (21, [1], [1], False),
        (21, [1, 2], [1, 12], True),
        (21, [3], [3], True),
        # no channel 0, none beyond the last
        (21, [0], [None], True),
        (8, [9], [None], True),
        (64, [6, 5], [6, None], True),
        (9, [9], [9], True),
    ],
)
def test_every_digit_goes_somewhere_at_once(
    count: int, typed: list[int], goes: list[int | None], done: bool
) -> None:
    digits = Digits(count)

    assert [digits.press(d) for d in typed] == goes
    assert digits.done is done


# ---- every action in the window


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let home be another folder; return what the desktop was asked to show."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    asked: list[str] = []

    def think_better(_parent: QWidget, title: str, *_more: object) -> tuple[str, str]:
        asked.append(title)
        return "", ""

    def show(url: QUrl) -> bool:
        asked.append(url.fileName())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", show)
    for name in ("getOpenFileName", "getSaveFileName"):
        monkeypatch.setattr(QFileDialog, name, think_better)
    return asked


def asked(window: MainWindow) -> str:
    """Return the question beneath the run's buttons; empty if none is asked."""
    question = window.bench.run_view.head.question
    return question.text if question.isVisible() else ""


Effect = Callable[[MainWindow, RealStation, list[str]], object]
EFFECTS: dict[str, Effect] = {
    "hold": lambda w, _s, _o: asked(w).startswith("Hold"),
    "skip": lambda w, _s, _o: asked(w).startswith("Skip"),
    "end": lambda w, _s, _o: asked(w).startswith("End"),
    "finish": lambda _w, s, _o: s.did("/finish"),
    "discard": lambda w, _s, _o: asked(w).startswith("Discard"),
    "report": lambda _w, s, shown: shown[-1:] == [f"{shown_run(s)}.html"],
    "new run": lambda w, _s, _o: w.bench.composer.isAncestorOf(focus()),
    "start": lambda _w, s, _o: len(s.bench.runs) == 2,
    "enqueue": lambda _w, s, _o: s.did("POST /queue"),
    "dry run": lambda w, _s, _o: w.bench.composer.dry.isVisible(),
    "open plan": lambda _w, _s, asked: asked == ["Open plan"],
    "save plan": lambda _w, _s, asked: asked == ["Save plan"],
    "schedule": lambda w, _s, _o: w.bench.schedule.isVisible(),
    "stop all": lambda _w, s, _o: s.did("POST /stop"),
    "clear": lambda w, _s, _o: w.doubts.isAncestorOf(focus()),
    "go": lambda w, _s, _o: w.bench.grid.is_asking,
    "filter": lambda _w, _s, _o: focus().accessibleName() == "Filter tiles",
    "events": lambda w, _s, _o: w.bench.events.table.hasFocus(),
    "acknowledge": lambda _w, s, _o: s.did("/acknowledge"),
    "restart": lambda w, _s, _o: "Starting" in w.banners.link.text,
    "commands": lambda w, _s, _o: w.commands.line.isVisible(),
    "search": lambda w, _s, _o: w.page is w.runs,
    "theme": lambda w, _s, _o: w.settings.theme.currentText() == "dark",
    "help": lambda w, _s, _o: w.help.isVisible(),
    "bug report": lambda _w, _s, _o: any(Path.home().glob("labctl-bug-*.zip")),
    "close": lambda w, _s, _o: not w.isVisible(),
    **{
        f"page {page}": lambda w, _s, _o, k=k: w.header.pages.currentIndex() == k  # type: ignore[misc]
        for k, page in enumerate(PAGES)
    },
    **{
        f"view {k}": lambda w, _s, _o, k=k: (  # type: ignore[misc]
            w.bench.run_view.tabs.currentIndex() == k - 1
        )
        for k in range(1, 10)
    },
}


def focus() -> QWidget:
    """Return what has the keyboard."""
    found = QApplication.focusWidget()
    assert found is not None
    return found


class Gone:
    """A connector whose process is gone, and may be started again."""

    nobody = True
    may_start = False


def shown_run(station: RealStation) -> str:
    """Return the run of the first cell."""
    return next(run for run in station.started if "formation" in run)


@pytest.fixture
def at(request: pytest.FixtureRequest, action: Action) -> RealStation:
    """Return a bench on which an action is possible; one of its own if it acts."""
    word, own = action.word, {"start", "enqueue", "stop all", "acknowledge", "clear"}
    if word in {"finish", "discard"}:
        cut_short: RealStation = request.getfixturevalue("interrupted")
        return cut_short
    found: RealStation = request.getfixturevalue("station" if word in own else "few")
    if word == "clear":
        found.bench.outputs.doubt("vmp3/8", "no answer")
    if word == "acknowledge":
        found.bench.events.tell(Level.ALARM, "limit", "out of bounds", found.started[0])
    return found


IN_REACH = [action for action in ACTIONS if action.word not in {"view 8", "view 9"}]
"""A cell's run has seven views."""


@pytest.mark.parametrize("action", IN_REACH, ids=lambda a: a.word)
def test_every_action_does_something(
    qtbot: QtBot, open_window: Open, home: list[str], at: RealStation, action: Action
) -> None:
    window = open_window(at)
    window.bench.open_run(shown_run(at))
    qtbot.waitUntil(lambda: window.bench.composer.can_start, timeout=20_000)
    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() >= 7)
    if action.word in {"view 1", "page Bench"}:
        window.bench.run_view.tabs.setCurrentIndex(2)
        window.header.pages.setCurrentIndex(2)
    if action.word == "restart":
        window._connector = Gone()  # type: ignore[assignment]
    window.bench.grid.setFocus()
    assert not EFFECTS[action.word](window, at, home)

    if action.key:
        strike(window, action.key)
    else:
        window.keys.do(action.word)

    qtbot.waitUntil(lambda: bool(EFFECTS[action.word](window, at, home)))


def test_every_action_of_the_list_is_bound(
    open_window: Open, empty: RealStation
) -> None:
    window = open_window(empty)

    assert window.keys.words == {action.word for action in ACTIONS}


def test_a_key_that_does_nothing_says_why(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    station.end(station.started[0])
    window = open_window(station)
    window.bench.open_run(station.started[0])

    strike(window, "F3")

    bar = window.statusBar()
    assert bar is not None
    qtbot.waitUntil(lambda: "has ended" in bar.currentMessage())
    assert not asked(window)


# ---- going about by key


def test_the_command_line_goes_to_a_channel_and_gives_way(
    qtbot: QtBot, open_window: Open, few: RealStation
) -> None:
    window = open_window(few)
    strike(window, "Ctrl+K")
    line = window.commands.line
    qtbot.waitUntil(line.line.hasFocus)

    QTest.keyClicks(line.line, f"go {CELLS[1]}")  # type: ignore[arg-type,call-arg]
    assert CELLS[1] in line.line.accessibleDescription()
    strike(line.line, "Return")

    assert not line.isVisible()
    assert window.bench.grid.focused is not None
    assert window.bench.grid.focused.channel == CELLS[1]
    assert window.bench.run_view.run == window.bench.grid.focused.run


def test_the_command_line_begins_a_run_of_a_protocol(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.composer.can_start, timeout=10_000)
    strike(window, "Ctrl+K")
    line = window.commands.line
    qtbot.waitUntil(lambda: any(o.kind is OfferKind.PROTOCOL for o in line.shown))

    line.line.setText("new run gitt")
    strike(line.line, "Return")

    draft = window.bench.composer.draft
    assert draft is not None
    assert draft.protocol.name == "gitt"


def test_the_command_line_does_not_what_is_not_possible(
    open_window: Open, empty: RealStation
) -> None:
    window = open_window(empty)
    strike(window, "Ctrl+K")
    line = window.commands.line
    line.line.setText("skip the step")
    assert line.shown[0].why_not == "No run is shown."

    strike(line.line, "Return")
    assert line.isVisible()
    strike(line.line, "Escape")

    assert not line.isVisible()


def test_g_and_a_number_go_to_that_channel(open_window: Open, few: RealStation) -> None:
    window = open_window(few)
    grid = window.bench.grid
    window.header.pages.setCurrentIndex(3)

    strike(window, "G")
    assert window.page is window.bench
    assert grid.is_asking
    strike(grid, "2")
    strike(window, "G")
    strike(grid, "1")
    strike(grid, "2")

    assert grid.focused is not None
    assert grid.focused.channel == [*CELLS, "k2450"][11]
    assert not grid.is_asking


def test_a_filter_that_hides_the_channel_is_cleared(
    qtbot: QtBot, open_window: Open, few: RealStation
) -> None:
    window = open_window(few)
    strike(window, "Ctrl+Shift+F")
    QTest.keyClicks(focus(), "k6430")  # type: ignore[arg-type,call-arg]
    qtbot.waitUntil(lambda: len(window.bench.grid.tiles) == 1)

    window.bench.go_to(CELLS[1])

    assert window.bench.grid.focused is not None
    assert window.bench.grid.focused.channel == CELLS[1]


def test_the_channel_of_a_bench_run_leads_to_its_tile(
    open_window: Open, few: RealStation
) -> None:
    window = open_window(few)

    window.bench.go_to("ls475")

    assert window.bench.grid.focused is not None
    assert "hall-effect" in window.bench.grid.focused.run


def test_a_letter_is_no_shortcut_where_it_finds_an_entry(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    qtbot.waitUntil(lambda: window.bench.composer.can_start, timeout=10_000)
    choice = window.bench.composer.findChild(Choice)
    assert choice is not None
    choice.setFocus()
    qtbot.waitUntil(choice.hasFocus)

    strike(choice, "G")

    assert not window.bench.grid.is_asking


def test_enter_shows_the_run_of_an_event(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    station.start(channel=CELLS[1], **QUICK)
    raise_alarm(station)
    window = open_window(station)
    qtbot.waitUntil(lambda: any(e.needs_you for e in window.bench.events.shown))
    window.bench.open_run(station.started[0])
    strike(window, "Ctrl+E")
    table = window.bench.events.table
    qtbot.waitUntil(table.hasFocus)
    wanted = window.bench.events.shown[0].run
    assert window.bench.run_view.run != wanted

    strike(table, "Return")

    assert window.bench.run_view.run == wanted


def test_help_follows_the_focus_and_names_the_keys_there(
    open_window: Open, few: RealStation
) -> None:
    window = open_window(few)
    window.bench.grid.setFocus()
    strike(window, "F1")
    assert "Station tiles" in window.help.text
    assert "← ↑ → ↓" in window.help.text

    window.bench.events.table.setFocus()
    assert "acknowledge" in window.help.text
    strike(window, "Escape")

    assert not window.help.isVisible()
    assert window.bench.events.table.hasFocus()


# ---- the head of a run


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.HOLD, RunState.LIMIT])
def test_nothing_of_the_head_is_cut_off_at_1280_pixels(
    qtbot: QtBot, open_window: Open, station: RealStation, state: RunState
) -> None:
    [run] = station.started
    if state is RunState.HOLD:
        why = "46.2 °C in the chamber, which is more than the electrolyte should have"
        station.client.hold(run, why)
        station.until(lambda: station.run(run).state is state)
    if state is RunState.LIMIT:
        raise_alarm(station)
    reason = station.run(run).reason
    window = open_window(station)
    window.bench.open_run(run)
    qtbot.waitUntil(lambda: window.bench.run_view.tabs.count() > 5)
    head = window.bench.run_view.head
    lines = (head._sample, head._protocol, head._state, head._doing, head._facts)

    qtbot.waitUntil(lambda: all(x.text() == x.full_text for x in lines))
    assert head._sample.text() == "qms-0.7"
    assert head._protocol.text() == "formation-cycling"
    assert bool(reason) == (state is not RunState.RUNNING)
    assert reason.casefold() in head._trouble.text().casefold()
    assert "rows" in head._facts.toolTip()
