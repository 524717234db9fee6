"""Runs that wait for a busy channel: queued from the composer, kept in order by key."""

from collections.abc import Callable
from typing import Any

import pytest
from fake_station import CELLS, NOW, FakeStation
from keyboard import press
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.compose.readiness import channel_choices, readiness
from gui.shell.window import MainWindow
from labctl.api.answers import Checked, Started
from labctl.api.models import QueueEntry
from labctl.api.requests import OrderIn
from labctl.errors import Complaint, OwnershipError

Open = Callable[..., MainWindow]
ALT = Qt.KeyboardModifier.AltModifier
BUSY = CELLS[0]
"""Taken by the run of the bench with one cell."""


def acts(station: FakeStation, name: str) -> list[tuple[Any, ...]]:
    """Return what was asked of the station under a name."""
    return [act for act in station.acts if act[0] == name]


def waiting(entry: str, **more: Any) -> QueueEntry:
    """Return an order that waits."""
    about: dict[str, Any] = {
        "entry": entry,
        "order": {},
        "protocol": "cycling",
        "sample": f"cell-{entry}",
        "channels": {"cell": BUSY},
        "ready": False,
        "hold": False,
        "waits_for": "the sample is not marked as connected",
        "added_by": "Kim",
        "added_unix": NOW,
    }
    return QueueEntry(**{**about, **more})


def answer(**more: Any) -> Checked:
    """Return what a check says of an order that is right."""
    about: dict[str, Any] = {
        "ok": True,
        "complaints": [],
        "warnings": [],
        "channels": {"cell": BUSY},
        "limits": {},
        "parameters": {},
    }
    return Checked(**{**about, **more})


@pytest.mark.parametrize(
    ("problem", "checked", "there", "start", "queue", "said"),
    [
        # all is well
        ("", answer(), True, True, True, "Checks passed: cell on vsp300/1"),
        # the usual case: another run has the channel
        ("", answer(busy={BUSY: "run-7"}), True, False, True, "busy with run-7"),
        # an order that is wrong can neither start nor wait
        (
            "",
            answer(
                ok=False, complaints=[Complaint(("parameters", "rate"), "is high.")]
            ),
            True,
            False,
            False,
            "Rate: is high.",
        ),
        # not asked yet
        ("", None, True, False, False, "Being checked"),
        # a field that cannot be read
        ("Rate: banana", None, True, False, False, "Rate: banana"),
        # nobody there
        ("", answer(), False, False, False, "does not answer"),
    ],
)
def test_start_and_queue_say_what_they_wait_for(
    problem: str,
    checked: Checked | None,
    there: bool,
    start: bool,
    queue: bool,
    said: str,
) -> None:
    ready = readiness(problem, checked, there=there)

    assert (ready.start, ready.queue) == (start, queue)
    assert said in ready.text


def test_busy_channels_are_offered_behind_the_free_ones() -> None:
    channels = FakeStation("one").state().channels

    choices = channel_choices(channels, "cell")

    assert next(iter(choices)) == CELLS[1]
    assert list(choices)[-1] == BUSY
    assert choices[BUSY].mark == "busy"


def test_a_run_on_a_busy_channel_can_be_queued_but_not_started(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    window.bench.compose_on(BUSY)
    qtbot.waitUntil(lambda: composer.foot.can_queue, timeout=10_000)

    assert not composer.can_start
    assert f"{BUSY} is busy with" in composer.verdict
    composer.start()
    composer.enqueue()

    qtbot.waitUntil(lambda: bool(acts(station, "enqueue")))
    assert acts(station, "enqueue")[0][1].channels == {"cell": BUSY}
    assert not acts(station, "start")
    qtbot.waitUntil(lambda: window.bench.side.tabText(1) == "Queue 1")


def test_ctrl_n_on_a_busy_channel_composes_for_that_channel(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    window.bench.grid.focus_channel(BUSY)
    press(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)

    assert composer.draft is not None
    assert composer.draft.channels == {"cell": BUSY}


def test_a_tile_that_has_no_part_in_the_protocol_gives_way(
    qtbot: QtBot, open_window: Open
) -> None:
    class Particular(FakeStation):
        def check(self, order: OrderIn) -> Checked:
            if "source_meter" in order.channels:
                hint = Complaint(("channels", "source_meter"), "no such role.")
                return answer(ok=False, complaints=[hint])
            return super().check(order)

    window = open_window(Particular("one"))
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    window.bench.compose_on("k2400")

    qtbot.waitUntil(lambda: "no part in" in composer.foot.note_text, timeout=10_000)
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    assert composer.draft is not None
    assert composer.draft.order().channels == {}


def test_why_a_start_was_refused_stays_until_it_is_put_away(
    qtbot: QtBot, open_window: Open
) -> None:
    class Taken(FakeStation):
        def start(self, order: OrderIn) -> Started:
            raise OwnershipError(f"{order.sample}: vsp300/5 is lent to run 7")

    window = open_window(Taken("one"))
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    composer.start()
    qtbot.waitUntil(lambda: "lent to run 7" in composer.foot.note_text)

    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)  # checked again
    assert "lent to run 7" in composer.foot.note_text


@pytest.mark.parametrize(
    ("key", "how", "asked"),
    [
        # the sample is connected
        (Qt.Key.Key_Space, None, ("change_queue", "b", True, None, None)),
        (Qt.Key.Key_H, None, ("change_queue", "b", None, True, None)),
        (Qt.Key.Key_Up, ALT, ("change_queue", "b", None, None, 0)),
        (Qt.Key.Key_Down, ALT, ("change_queue", "b", None, None, 2)),
        (Qt.Key.Key_Delete, None, ("unqueue", "b")),
    ],
)
def test_the_queue_is_kept_in_order_by_key(
    qtbot: QtBot,
    open_window: Open,
    station: FakeStation,
    key: Qt.Key,
    how: Qt.KeyboardModifier | None,
    asked: tuple[Any, ...],
) -> None:
    station.queue_list = [waiting("a"), waiting("b"), waiting("c")]
    window = open_window(station)
    window.bench.side.setCurrentIndex(1)
    table = window.bench.queue.table
    table.setFocus()
    table.selectRow(0)
    press(table, Qt.Key.Key_Down)

    press(table, key, how or Qt.KeyboardModifier.NoModifier)

    qtbot.waitUntil(lambda: asked in station.acts)


def test_an_order_that_was_moved_stays_chosen(
    qtbot: QtBot, open_window: Open, station: FakeStation
) -> None:
    station.queue_list = [waiting("a"), waiting("b")]
    window = open_window(station)
    panel = window.bench.queue
    panel.table.selectRow(1)
    assert "cell-b on vsp300/1 waits for" in panel._about.text()
    assert not panel._down.isEnabled()

    station.queue_list = [waiting("b"), waiting("a")]
    station.sequence += 1

    qtbot.waitUntil(lambda: panel.table.rows.rows[0].entry == "b")
    assert panel.table.current is not None
    assert panel.table.current.entry == "b"
    assert not panel._up.isEnabled()
