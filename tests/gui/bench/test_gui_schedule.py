"""When a channel becomes free: from states to words, bars and keys."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from keyboard import strike
from pytestqt.qtbot import QtBot
from real_station import CELLS, NOW, QUICK, RealStation
from values import HOUR, summary

from gui.bench.schedule import Part, Row, Schedule, schedule_of, ticks, when
from gui.bench.schedule_painter import ROW
from gui.shell.window import MainWindow
from labctl.api.models import (
    Channel,
    ChannelState,
    Health,
    QueueEntry,
    State,
    StationInfo,
)
from labctl.api.requests import OrderIn
from labctl.api.states import RunState

Open = Callable[..., MainWindow]


# ---- the schedule


def state_of(
    *runs: Any, speed: float = 1.0, queue: list[QueueEntry] | None = None
) -> State:
    """Return a bench of four channels, some with a run."""
    lent = {
        channel: run.run
        for run in runs
        if run.ended_unix is None and run.state is not RunState.INTERRUPTED
        for channel in run.channels.values()
    }
    channels = [
        Channel(
            name=name,
            instrument="vsp300",
            roles=["cell"],
            state=ChannelState.BUSY if name in lent else ChannelState.FREE,
            run=lent.get(name, ""),
            held=False,
            held_because="",
            queued=0,
        )
        for name in CELLS[:4]
    ]
    info = StationInfo(
        name="battery-bench",
        simulated=True,
        speed=speed,
        version="0.1.0",
        pid=4711,
        boot="b1",
        started_unix=NOW,
        data="/data/runs",
        operator="Kim",
    )
    return State(
        sequence=1,
        unix=NOW,
        clock_unix=NOW,
        station=info,
        health=Health(ok=True, disk_free=10**12, findings=[]),
        channels=channels,
        runs=list(runs),
        queue=queue or [],
        attention=[],
        last_event=0,
        stop=None,
    )


def order(
    name: str, *channels: str, ready: bool = True, hold: bool = False
) -> QueueEntry:
    """Return an order that waits for channels."""
    return QueueEntry(
        entry=name,
        order={"protocol": "gitt", "sample": "si"},
        protocol="gitt",
        sample="si",
        channels={f"role {k}": channel for k, channel in enumerate(channels)},
        ready=ready,
        hold=hold,
        waits_for="",
        added_by="Kim",
        added_unix=NOW,
    )


def first_row(schedule: Schedule) -> Row:
    """Return the row of the first channel."""
    return schedule.rows[0]


TEN_LEFT = {"test_time": 30 * HOUR, "expected_duration": 40 * HOUR}


@pytest.mark.parametrize(
    ("changes", "speed", "hours", "words"),
    [
        # ten hours of forty are left
        (TEN_LEFT, 1.0, 10.0, f"free {when(NOW + 10 * HOUR, NOW)}"),
        # the same on a bench whose clock runs ten times as fast
        (TEN_LEFT, 10.0, 1.0, f"free {when(NOW + HOUR, NOW)}"),
        # a held run ends ten hours after somebody resumes it, and not before
        ({**TEN_LEFT, "state": RunState.HOLD}, 1.0, None, "held, 10 h left"),
        ({"expected_duration": None}, 1.0, None, "end unknown"),
        # longer than forecast: it may end at any moment
        ({"test_time": 41 * HOUR, "expected_duration": 40 * HOUR}, 1.0, None,
         "any moment"),
        ({**TEN_LEFT, "asked": "stop"}, 1.0, None, "any moment"),
        ({**TEN_LEFT, "state": RunState.ENDING}, 1.0, None, "any moment"),
        # a run that has ended leaves its channel free
        ({"state": RunState.COMPLETED, "ended_unix": NOW - HOUR}, 1.0, 0.0,
         "free now"),
        ({"state": RunState.INTERRUPTED, "ended_unix": NOW - HOUR}, 1.0, 0.0,
         "free now, nmc needs you"),
    ],
)  # fmt: skip
def test_a_channel_says_when_it_becomes_free(
    changes: dict[str, Any], speed: float, hours: float | None, words: str
) -> None:
    run = summary("r", "nmc", {"cell": CELLS[0]}, **changes)

    row = first_row(schedule_of(state_of(run, speed=speed), {}))

    assert row.words == words
    if hours is None:
        assert row.free is None
    else:
        assert row.free == pytest.approx(NOW + hours * HOUR)


def test_bars_of_a_fast_bench_stand_at_the_walls_time() -> None:
    run = summary("r", "nmc", {"cell": CELLS[0]}, **TEN_LEFT)
    state = state_of(run, speed=10.0)

    bar = first_row(schedule_of(state, {})).bars[0]

    # it began 40 h ago by the bench's clock, which is 4 h by the wall's
    assert bar.begin == pytest.approx(NOW - 4 * HOUR)
    assert bar.end == pytest.approx(NOW + HOUR)
    assert bar.sure


def test_a_run_on_several_channels_is_on_each_of_them() -> None:
    run = summary("r", "film", {"a": CELLS[0], "b": CELLS[2]}, **TEN_LEFT)

    rows = schedule_of(state_of(run), {}).rows

    assert [bool(row.bars) for row in rows] == [True, False, True, False]


@pytest.mark.parametrize(
    ("queue", "durations", "sure", "words"),
    [
        # five hours behind ten
        ([order("a", CELLS[0])], {"a": 5 * HOUR}, [True],
         f"free {when(NOW + 15 * HOUR, NOW)}, after 1 queued"),
        # nobody knows how long it takes
        ([order("a", CELLS[0])], {}, [False],
         f"free {when(NOW + 10 * HOUR, NOW)}, then 1 queued"),
        ([order("a", CELLS[0])], {"a": None}, [False],
         f"free {when(NOW + 10 * HOUR, NOW)}, then 1 queued"),
        # it starts when somebody has connected the sample
        ([order("a", CELLS[0], ready=False)], {"a": 5 * HOUR}, [False],
         f"free {when(NOW + 10 * HOUR, NOW)}, then 1 queued"),
        ([order("a", CELLS[0], hold=True)], {"a": 5 * HOUR}, [False],
         f"free {when(NOW + 10 * HOUR, NOW)}, then 1 queued"),
        # one that is sure, one that is not
        ([order("a", CELLS[0]), order("b", CELLS[0])], {"a": 5 * HOUR}, [True, False],
         f"free {when(NOW + 15 * HOUR, NOW)}, then 1 queued"),
    ],
)  # fmt: skip
def test_orders_wait_behind_the_run(
    queue: list[QueueEntry],
    durations: dict[str, float | None],
    sure: list[bool],
    words: str,
) -> None:
    run = summary("r", "nmc", {"cell": CELLS[0]}, **TEN_LEFT)

    row = first_row(schedule_of(state_of(run, queue=queue), durations))

    waiting = [bar for bar in row.bars if bar.part is Part.QUEUED]
    assert [bar.sure for bar in waiting] == sure
    assert waiting[0].begin == pytest.approx(NOW + 10 * HOUR)
    assert row.words == words


def test_an_order_behind_a_held_run_has_no_known_start() -> None:
    run = summary("r", "nmc", {"cell": CELLS[0]}, **TEN_LEFT, state=RunState.HOLD)
    state = state_of(run, queue=[order("a", CELLS[0])])

    row = first_row(schedule_of(state, {"a": HOUR}))

    assert row.words == "held, 10 h left, then 1 queued"
    assert row.free is None
    assert "start unknown" in row.bars[1].words
    assert row.bars[1].begin >= row.bars[0].end


def test_an_order_for_several_channels_waits_for_the_last_of_them() -> None:
    run = summary("r", "nmc", {"cell": CELLS[0]}, **TEN_LEFT)
    state = state_of(run, queue=[order("a", CELLS[0], CELLS[1])])

    schedule = schedule_of(state, {"a": HOUR})

    begins = [row.bars[-1].begin for row in schedule.rows[:2]]
    assert begins == [pytest.approx(NOW + 10 * HOUR)] * 2


def test_orders_without_a_channel_are_said_and_drawn_nowhere() -> None:
    schedule = schedule_of(state_of(queue=[order("a")]), {"a": HOUR})

    assert not any(row.bars for row in schedule.rows)
    assert schedule.words == "4 free now · for the first free channel: gitt · si"


def test_a_channel_that_is_held_says_so() -> None:
    state = state_of()
    kept = state.channels[1].model_copy(update={"held": True, "held_because": "Kim"})
    state = state.model_copy(update={"channels": [kept]})

    rows = schedule_of(state, {}).rows

    assert [row.words for row in rows] == ["free now, held for the queue"]


@pytest.mark.parametrize(
    ("days", "least", "most"),
    # hours in threes, in sixes, and midnights only
    [(1, 7, 9), (3, 11, 13), (14, 13, 15)],
)
def test_ticks_of_the_axis_are_few_and_whole_hours(
    days: int, least: int, most: int
) -> None:
    found = ticks(NOW, NOW + days * 86400)

    assert least <= len(found) <= most
    assert sum(day for *_, day in found) in {days, days + 1}
    assert all(label.endswith(":00") for _, label, day in found if not day)


# ---- the schedule in the window


def wait_behind(station: RealStation) -> None:
    """Let an order wait for the channel that is busy, and one for nobody knows what."""
    for ready in (True, False):
        order = OrderIn(
            protocol="formation-cycling",
            sample="qms-0.7",
            parameters=dict(QUICK),
            channels={"cell": CELLS[0]},
        )
        station.client.enqueue(order, ready=ready)


def test_the_schedule_opens_over_the_bench_and_forecasts_the_queue(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    wait_behind(station)
    window = open_window(station)
    chart = window.bench.schedule.chart

    strike(window, "Ctrl+T")

    qtbot.waitUntil(chart.hasFocus)
    row = partial(getattr, chart, "row")
    qtbot.waitUntil(lambda: row() and "then 1" in row().words, timeout=20_000)
    assert chart.row is not None
    assert chart.row.channel == CELLS[0]
    assert "free now" in window.bench.schedule.words


def test_keys_walk_zoom_and_open_in_the_schedule(
    qtbot: QtBot, open_window: Open, few: RealStation
) -> None:
    window = open_window(few)
    strike(window, "Ctrl+T")
    chart = window.bench.schedule.chart
    qtbot.waitUntil(chart.hasFocus)

    strike(chart, "+")
    assert chart.days == 1
    strike(chart, "Down")
    assert chart.row is not None
    assert chart.row.channel == CELLS[1]
    assert chart.row.words in chart.accessibleDescription()
    run = chart.row.bars[0].key
    strike(chart, "Return")

    assert not window.bench.schedule.isVisible()
    assert window.bench.run_view.run == run


def test_a_free_channel_of_the_schedule_becomes_the_composers_channel(
    qtbot: QtBot, open_window: Open, empty: RealStation
) -> None:
    window = open_window(empty)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=20_000)
    strike(window, "Ctrl+T")
    chart = window.bench.schedule.chart
    chart.choose(CELLS[4])

    strike(chart, "Return")

    assert composer.draft is not None
    assert composer.draft.order().channels == {"cell": CELLS[4]}


def test_nothing_quick_waits_behind_a_forecast_of_the_queue(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    wait_behind(station)
    window = open_window(station)
    strike(window, "Ctrl+T")

    durations = window.bench.schedule._durations
    qtbot.waitUntil(lambda: bool(durations), timeout=20_000)
    asked = station.line.asked("/forecast", "POST")
    assert {request.extensions["thread"] for request in asked} == {"ask-forecast-0"}


def test_escape_closes_the_schedule_and_gives_the_focus_back(
    qtbot: QtBot, open_window: Open, empty: RealStation
) -> None:
    window = open_window(empty)
    window.bench.grid.setFocus()
    strike(window, "Ctrl+T")
    qtbot.waitUntil(window.bench.schedule.chart.hasFocus)

    strike(window.bench.schedule.chart, "Escape")

    assert not window.bench.schedule.isVisible()
    qtbot.waitUntil(window.bench.grid.hasFocus)


def test_sixty_four_channels_scroll(open_window: Open, empty: RealStation) -> None:
    window = open_window(empty)
    strike(window, "Ctrl+T")
    chart = window.bench.schedule.chart
    row = first_row(schedule_of(state_of(), {}))
    rows = [Row(f"c/{k}", row.bars, NOW, "free now", False) for k in range(64)]
    chart.show_schedule(Schedule(NOW, tuple(rows), ()))
    scroll = chart.verticalScrollBar()
    assert scroll is not None
    assert scroll.value() == 0

    strike(chart, "End")

    assert chart.row is not None
    assert chart.row.channel == "c/63"
    assert scroll.maximum() - scroll.value() < ROW < scroll.maximum()
    assert window.bench.schedule.height() < window.bench.height()


def test_the_schedule_of_another_page_comes_back_and_stays_open(
    open_window: Open, empty: RealStation
) -> None:
    window = open_window(empty)
    strike(window, "Ctrl+T")
    window.header.pages.setCurrentIndex(2)
    assert not window.bench.schedule.isVisible()

    strike(window, "Ctrl+T")
    assert window.bench.schedule.isVisible()
    strike(window, "Ctrl+T")

    assert not window.bench.schedule.isVisible()
