"""Runs that wait for a busy channel: queued from the composer, kept in order by key."""

from collections.abc import Callable
from typing import Any

import pytest
from keyboard import press
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot
from real_station import CELLS, RealStation

from gui.compose.readiness import channel_choices, readiness
from gui.shell.window import MainWindow
from labctl.api.answers import Checked
from labctl.api.requests import OrderIn
from labctl.errors import Complaint

Open = Callable[..., MainWindow]
ALT = Qt.KeyboardModifier.AltModifier
BUSY = CELLS[0]
"""Taken by the run of the bench with one cell."""


def wait_for(station: RealStation, *samples: str) -> list[str]:
    """Let orders wait for the busy channel; return their entries, first one first."""
    return [
        station.client.enqueue(
            OrderIn(protocol="cycling", sample=sample, channels={"cell": BUSY})
        ).entry
        for sample in samples
    ]


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
        # another channel could do it: named, not taken
        (
            "",
            answer(
                ok=False,
                complaints=[
                    Complaint(
                        ("parameters", "rate"),
                        "is high.",
                        role="cell",
                        offers=("vmp3/1",),
                        perhaps=("neware/1",),
                    )
                ],
            ),
            True,
            False,
            False,
            "Cell could be vmp3/1, or neware/1, for all one knows: the sample has",
        ),
        # nothing is known to be wrong, and a channel could not be asked
        (
            "",
            answer(unknown=[Complaint(("channels", "cell"), "it does not answer.")]),
            True,
            True,
            True,
            "Nothing wrong is known: cell on vsp300/1.\nit does not answer.",
        ),
        # the same, and its channel is busy
        (
            "",
            answer(
                busy={BUSY: "run-7"},
                unknown=[Complaint(("channels", "cell"), "it does not answer.")],
            ),
            True,
            False,
            True,
            "Nothing wrong is known, but",
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


def test_busy_channels_are_offered_behind_the_free_ones(station: RealStation) -> None:
    channels = station.state().channels

    choices = channel_choices(channels, "cell")

    assert next(iter(choices)) == CELLS[1]
    assert list(choices)[-1] == BUSY
    assert choices[BUSY].mark == "busy"


def test_a_run_on_a_busy_channel_can_be_queued_but_not_started(
    qtbot: QtBot, open_window: Open, station: RealStation
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

    qtbot.waitUntil(lambda: bool(station.bench.queue.entries))
    [waits] = station.bench.queue.entries
    assert waits.order.channels == {"cell": BUSY}
    assert len(station.bench.runs) == 1
    qtbot.waitUntil(lambda: window.bench.side.tabText(1) == "Queue 1")


def test_ctrl_n_on_a_busy_channel_composes_for_that_channel(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    window.bench.grid.focus_channel(BUSY)
    press(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)

    assert composer.draft is not None
    assert composer.draft.channels == {"cell": BUSY}


def test_a_tile_that_has_no_part_in_the_protocol_gives_way(
    qtbot: QtBot, open_window: Open, empty: RealStation
) -> None:
    window = open_window(empty)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    window.bench.compose_on("k2400")

    qtbot.waitUntil(lambda: "no part in" in composer.foot.note_text, timeout=10_000)
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    assert composer.draft is not None
    assert composer.draft.order().channels == {}


def test_why_a_start_was_refused_stays_until_it_is_put_away(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    window = open_window(station)
    composer = window.bench.composer
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    window.bench.compose_on(CELLS[4])
    qtbot.waitUntil(lambda: composer.can_start, timeout=10_000)
    other = station.start(channel=CELLS[4])  # somebody was quicker
    composer.start()
    qtbot.waitUntil(lambda: f"lent to run {other}" in composer.foot.note_text)

    qtbot.waitUntil(lambda: composer.foot.can_queue, timeout=10_000)  # checked again
    assert f"lent to run {other}" in composer.foot.note_text


@pytest.mark.parametrize(
    ("key", "how", "asked"),
    [
        # the sample is connected
        (Qt.Key.Key_Space, None, {"ready": True}),
        (Qt.Key.Key_H, None, {"hold": True}),
        (Qt.Key.Key_Up, ALT, {"position": 0}),
        (Qt.Key.Key_Down, ALT, {"position": 2}),
        (Qt.Key.Key_Delete, None, None),
    ],
)
def test_the_queue_is_kept_in_order_by_key(
    qtbot: QtBot,
    open_window: Open,
    station: RealStation,
    key: Qt.Key,
    how: Qt.KeyboardModifier | None,
    asked: dict[str, Any] | None,
) -> None:
    _, entry, _ = wait_for(station, "si", "lco", "qms-0.3")
    window = open_window(station)
    window.bench.side.setCurrentIndex(1)
    table = window.bench.queue.table
    table.setFocus()
    table.selectRow(0)
    press(table, Qt.Key.Key_Down)

    press(table, key, how or Qt.KeyboardModifier.NoModifier)

    method = "DELETE" if asked is None else "PATCH"
    qtbot.waitUntil(lambda: bool(station.did(f"{method} /queue/{entry}")))
    assert station.did(f"/queue/{entry}")[0].given == (asked or {})


def test_an_order_that_was_moved_stays_chosen(
    qtbot: QtBot, open_window: Open, station: RealStation
) -> None:
    first, second = wait_for(station, "si", "lco")
    window = open_window(station)
    panel = window.bench.queue
    panel.table.selectRow(1)
    assert "lco on vsp300/1 waits for" in panel._about.text()
    assert not panel._down.isEnabled()

    station.client.change_queue(first, position=1)

    qtbot.waitUntil(lambda: panel.table.rows.rows[0].entry == second)
    assert panel.table.current is not None
    assert panel.table.current.entry == second
    assert not panel._up.isEnabled()
