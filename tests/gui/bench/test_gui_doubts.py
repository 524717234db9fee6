"""What may still be on is said first, everywhere, until it is known to be off."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from real_station import CELLS, NOW, QUICK, RealStation
from values import summary

from gui.bench.doubt_bar import MOST
from gui.bench.schedule import schedule_of
from gui.by_hand.channels import channel_rows, why_not
from gui.by_hand.kinds import IV
from gui.compose.readiness import channel_choices, readiness
from gui.look.colours import StateLook
from gui.run.doubts import Doubt, alarm_text, doubts_of
from gui.run.states import look_of, tiles_of
from gui.runs.run_rows import shape_of
from gui.shell.stop_lines import stop_text
from gui.shell.window import MainWindow
from labctl.api.answers import Checked
from labctl.api.models import StopLine, StopReport
from labctl.api.states import RunState

WHY = "no answer within 5 s"
EMPTY = CELLS[4]
Open = Callable[..., MainWindow]


LEFT_ON, GOES_ON = CELLS[:2]


def leave_one_on(station: RealStation) -> None:
    """Run two cells; end one of them although its output obeys nobody."""
    left_on = station.start(channel=LEFT_ON, **QUICK)
    station.start(channel=GOES_ON, **QUICK)
    station.go_on(1800.0)
    station.stays_on()
    station.end(left_on)


@pytest.fixture
def bench(stand: Callable[..., RealStation]) -> RealStation:
    """Return a bench on which one run left its output on."""
    made = stand()
    leave_one_on(made)
    return made


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealStation]:
    """Return such a bench to look at."""
    with RealStation(tmp_path_factory.mktemp("doubts")) as made:
        leave_one_on(made)
        yield made


def why_of(bench: RealStation, channel: str = LEFT_ON) -> str:
    return next(c.doubt for c in bench.state().channels if c.name == channel)


# ---- models


def test_a_tile_of_what_may_still_be_on_says_so_before_everything(
    seen: RealStation,
) -> None:
    tile = next(t for t in tiles_of(seen.state()) if t.channel == LEFT_ON)

    assert tile.look is StateLook.NEEDS_YOU
    assert tile.word == f"MAY STILL BE ON: {why_of(seen)}"
    assert "communication failed" in why_of(seen)
    assert tile.needs_you
    assert not tile.is_free


def test_an_empty_channel_in_doubt_is_not_free(seen: RealStation) -> None:
    seen.bench.outputs.doubt(EMPTY, WHY)
    tile = next(t for t in tiles_of(seen.state()) if t.channel == EMPTY)

    assert (tile.look, tile.needs_you, tile.is_free) == (
        StateLook.NEEDS_YOU,
        True,
        False,
    )
    assert WHY in tile.word


def test_a_run_that_ends_now_is_in_doubt_before_its_channel_is_given_back(
    few: RealStation,
) -> None:
    state = few.state()
    ends = {"state": RunState.ENDING, "unsafe": {LEFT_ON: WHY}}
    run = next(r for r in state.runs if LEFT_ON in r.channels.values())
    at_its_end = [run.model_copy(update=ends)]

    doubts = doubts_of(state.model_copy(update={"runs": at_its_end}))

    assert doubts == (Doubt(LEFT_ON, WHY),)


def test_a_run_of_the_past_tells_what_it_left_on_without_alarm() -> None:
    run = summary(
        "r",
        "s",
        {"cell": "vsp300/1"},
        state=RunState.FAILED,
        ended_unix=NOW,
        unsafe={"vsp300/1": WHY},
    )

    assert look_of(run)[1] == f"LEFT ON: vsp300/1: {WHY}"
    assert shape_of(run) is StateLook.NEEDS_YOU
    assert alarm_text(run, {}).startswith("When it ended, vsp300/1 could not be made")
    assert alarm_text(run, {"vsp300/1": WHY}).startswith("vsp300/1 MAY STILL BE ON")
    assert alarm_text(run.model_copy(update={"unsafe": {}}), {}) == ""


def test_a_doubtful_channel_is_offered_last_and_named_as_such(
    seen: RealStation,
) -> None:
    choices = channel_choices(seen.state().channels, "cell")

    marks = [how.mark for how in choices.values()]
    assert marks == sorted(marks, key=bool)
    doubtful = choices[LEFT_ON]
    assert doubtful.mark == "may still be on"
    assert why_of(seen) in doubtful.why


def test_an_order_for_a_doubtful_channel_can_wait_but_not_start() -> None:
    checked = Checked(
        ok=True,
        complaints=[],
        warnings=[],
        channels={"cell": EMPTY},
        limits={},
        parameters={},
        doubtful={EMPTY: WHY},
    )
    ready = readiness("", checked, there=True)

    assert (ready.start, ready.queue) == (False, True)
    assert f"{EMPTY} may still be on" in ready.text


def test_the_schedule_says_when_no_channel_in_doubt_is_free(seen: RealStation) -> None:
    rows = {row.channel: row for row in schedule_of(seen.state(), {}).rows}
    row = rows[LEFT_ON]

    assert row.free is None
    assert row.words == "may still be on: clear it first"
    assert row.needs_you


@pytest.fixture
def by_hand(stand: Callable[..., RealStation]) -> RealStation:
    """Return a bench whose source meter may still be on."""
    made = stand()
    made.client.open_instrument("k2450")
    made.bench.outputs.doubt("k2450", WHY)
    return made


def test_a_channel_in_doubt_is_nobodys_by_hand(by_hand: RealStation) -> None:
    instruments = by_hand.client.instruments()
    row = next(r for r in channel_rows(instruments) if r.channel == "k2450")

    assert (row.is_free, row.look) == (False, StateLook.NEEDS_YOU)
    assert WHY in row.state
    assert replace(row, doubt="").is_free


def test_a_bench_by_hand_says_which_channel_is_in_doubt(by_hand: RealStation) -> None:
    rows = channel_rows(by_hand.client.instruments(), by_hand.state())

    assert "k2450 may still be on" in why_not(
        [r for r in rows if r.instrument.name == "k2450"], IV.parts
    )


def test_stop_names_every_channel_that_may_still_be_on() -> None:
    line: dict[str, Any] = {
        "run": "r",
        "channels": ["k6221", "ls643"],
        "asked_unix": NOW,
        "confirmed_unix": None,
        "confirmed": False,
        "measured": {},
        "text": "anything",
    }
    report = StopReport(
        asked_unix=NOW,
        by="Kim",
        reason="",
        lines=[StopLine(**line, unsafe={"ls643": WHY}), StopLine(**line)],
        done=False,
    )

    assert stop_text(report).splitlines()[1:] == [
        f"ls643: asked → MAY STILL BE ON: {WHY}",
        "k6221, ls643: asked → not yet confirmed",
    ]


# ---- the window


def test_the_alarm_stays_until_the_channel_is_cleared(
    qtbot: Any, open_window: Open, bench: RealStation
) -> None:
    window = open_window(bench)
    bar = window.doubts
    qtbot.waitUntil(bar.isVisible, timeout=5000)

    assert bar.channels == (LEFT_ON,)
    assert why_of(bench) in bar.text

    bench.stays_on(0)
    qtbot.mouseClick(bar.row(LEFT_ON).try_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=5000)
    assert bench.did(f"{LEFT_ON}/clear")[0].given == {}


def test_a_channel_that_stays_on_keeps_the_alarm_and_says_why(
    qtbot: Any, open_window: Open, bench: RealStation
) -> None:
    window = open_window(bench)
    bar = window.doubts
    qtbot.waitUntil(bar.isVisible, timeout=5000)

    row = bar.row(LEFT_ON)
    qtbot.mouseClick(row.try_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Not cleared: vsp300" in bar.text, timeout=5000)

    assert bar.isVisible()
    assert row.try_button.isEnabled()


def test_vouching_is_asked_for_and_keeps_its_reason(
    qtbot: Any, open_window: Open, bench: RealStation
) -> None:
    window = open_window(bench)
    bar = window.doubts
    qtbot.waitUntil(bar.isVisible, timeout=5000)
    row = bar.row(LEFT_ON)

    qtbot.mouseClick(row.vouch_button, Qt.MouseButton.LeftButton)
    assert f"the output of {LEFT_ON} is off?" in row.question.text
    assert not bench.did("/clear")
    qtbot.keyClicks(row.question.reason, "plug pulled")
    qtbot.keyClick(row.question.reason, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=5000)
    [line] = bench.did(f"{LEFT_ON}/clear")
    assert line.given == {"by_hand": True, "reason": "plug pulled"}


def test_the_runs_head_has_the_alarm_and_leads_to_the_channel(
    qtbot: Any, open_window: Open, bench: RealStation
) -> None:
    window = open_window(bench)
    window.bench.open_run(bench.started[0])
    head = window.bench.run_view.head
    qtbot.waitUntil(head.clear_button.isVisible, timeout=5000)

    qtbot.mouseClick(head.clear_button, Qt.MouseButton.LeftButton)

    assert window.doubts.row(LEFT_ON).try_button.hasFocus()
    assert window.keys.now.doubts == 1


def test_however_many_channels_are_in_doubt_the_bench_stays_in_sight(
    qtbot: Any, open_window: Open, stand: Callable[..., RealStation]
) -> None:
    bench = stand()
    for channel in CELLS[4:]:
        bench.bench.outputs.doubt(channel, WHY)
    window = open_window(bench)
    bar = window.doubts
    qtbot.waitUntil(bar.isVisible, timeout=5000)

    assert len(bar.channels) == MOST
    assert bar.text.endswith(f"And 6 more: {', '.join(CELLS[8:])}")
    bar.focus_on(CELLS[-1])
    assert bar.row(CELLS[-1]).try_button.hasFocus()


def test_nothing_is_said_on_a_bench_without_doubt(
    qtbot: Any, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    window.bench.open_run(station.started[0])
    qtbot.wait(50)

    assert not window.doubts.isVisible()
    assert not window.bench.run_view.head.clear_button.isVisible()
    assert window.keys.now.doubts == 0
