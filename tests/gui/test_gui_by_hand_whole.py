"""Benches by hand against a real station's process, on the simulated bench."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from gui.by_hand.hall_panel import HallPanel
from gui.by_hand.kept_readings import CONFIGURATIONS
from gui.link.link import Link
from gui.look.settings import Settings
from gui.shell.window import MainWindow
from labctl.api.client import StationClient
from labctl.api.discovery import find
from labctl.api.requests import Action, ManualIn, OrderIn
from labctl.api.states import LIVE

pytestmark = pytest.mark.slow
LONG = 60_000
"""ms; a station starts in a few seconds on a quiet machine."""
ON_THE_BENCH = {"particle": "particle-qms-0.7", "film": "film-qms-0.7"}
MOUNTS = {"particle": "particle-iv", "film": "van-der-pauw"}


@pytest.fixture
def station(tmp_path: Path, qtbot: QtBot) -> Iterator[StationClient]:
    """Start a station at 200 times the wall's speed; end it afterwards."""
    words = ("serve", "--simulate", "--speed", "200", "--no-live-view", "--data")
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "labctl", *words, str(tmp_path / "runs")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=tmp_path,
        )
    found: list[StationClient] = []

    def look() -> bool:
        client = find(tmp_path / "runs", client="test")
        if client is not None:
            found.append(client)
        return client is not None

    try:
        qtbot.waitUntil(look, timeout=LONG)
        yield found[0]
    finally:
        for client in found:
            client.close()
        process.terminate()
        process.wait(30)


@pytest.fixture
def open_page(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[int], MainWindow]]:
    """Return what opens a window on the page of the instruments."""
    opened: list[MainWindow] = []

    def connect() -> StationClient:
        client = find(tmp_path / "runs", client="window")
        assert client is not None
        return client

    def open_on(tab: int) -> MainWindow:
        window = MainWindow(Link(connect), settings=Settings(theme="light"))
        opened.append(window)
        window.show()
        window.link.start()
        qtbot.waitUntil(lambda: window.link.state is not None, timeout=LONG)
        window.header.pages.setCurrentIndex(2)
        page = window.instruments
        qtbot.waitUntil(lambda: bool(page.table.rows.rows), timeout=LONG)
        page.tabs.setCurrentIndex(tab)
        return window

    yield open_on
    for window in opened:
        window.close()
        window.deleteLater()


def mount(qtbot: QtBot, station: StationClient, kind: str) -> None:
    """Put a sample on the bench: the run that places it ends at once."""
    order = OrderIn(protocol=MOUNTS[kind], sample=ON_THE_BENCH[kind])
    run = station.start(order).run
    station.stop(run)

    def ended() -> bool:
        return next(r for r in station.state().runs if r.run == run).state not in LIVE

    qtbot.waitUntil(ended, timeout=LONG)


def test_a_swept_particle_has_the_conductance_of_its_points(
    qtbot: QtBot, station: StationClient, open_page: Callable[[int], MainWindow]
) -> None:
    mount(qtbot, station, "particle")
    iv = open_page(1).instruments.iv
    qtbot.waitUntil(lambda: iv.row is not None, timeout=LONG)
    if iv.state.connect_button.isVisible():
        iv.state.connect_button.click()
    qtbot.waitUntil(lambda: iv.row is not None and iv.row.is_free, timeout=LONG)
    iv.source.type("compliance", "1 µA")
    for name, text in (("begin", "−0,5 V"), ("end", "500 mV"), ("points", "41")):
        iv.sweep_box.form.type(name, text)
    qtbot.waitUntil(iv.sweep_box.begin_button.isEnabled, timeout=LONG)

    iv.sweep_box.begin_button.click()
    qtbot.waitUntil(lambda: iv.is_sweeping, timeout=LONG)
    qtbot.waitUntil(lambda: not iv.is_sweeping, timeout=LONG)

    assert iv.record is not None
    swept = iv.record.slope()
    assert iv.record.said == "completed: 41 of 41 points"
    qtbot.waitUntil(lambda: not lent(station, "k2450"), timeout=LONG)
    by_points = driven(station, 0.05) - driven(station, -0.05)
    station.hands_off("k2450")
    assert swept.conductance == pytest.approx(by_points / 0.1, rel=0.03)
    assert swept.conductance == pytest.approx(3.0e-8, rel=0.03)


def test_a_field_by_hand_is_reached_read_and_made_safe(
    qtbot: QtBot, station: StationClient, open_page: Callable[[int], MainWindow]
) -> None:
    mount(qtbot, station, "film")
    hall = open_page(2).instruments.hall
    qtbot.waitUntil(lambda: hall.channels.channel("magnet") == "ls643", timeout=LONG)
    if hall.channels.connect_button.isVisible():
        hall.channels.connect_button.click()
    parts = ("current source", "voltmeter", "switch", "gaussmeter", "magnet")
    qtbot.waitUntil(lambda: hall.channels.is_free(*parts), timeout=LONG)
    hall.sample.contacts.setCurrentIndex(4)
    hall.sample.form.type("level", "1 mA")
    hall.sample.form.type("compliance", "10 V")
    qtbot.waitUntil(hall.sample.drive_button.isEnabled, timeout=LONG)
    hall.drive()
    connected = CONFIGURATIONS[4]
    qtbot.waitUntil(lambda: hall.sample.connected == connected, timeout=LONG)

    keep_at(qtbot, hall, "0.4 T", 0.4)
    keep_at(qtbot, hall, "−0,4 T", -0.4)

    up, down = hall.kept.kept
    assert up.field is not None
    assert down.field is not None
    assert abs(up.ratio - down.ratio) > 1e-3  # it depends on the field: a Hall voltage
    hall.safe_button.click()
    qtbot.waitUntil(lambda: not lent(station, "ls643"), timeout=LONG)
    assert not lent(station, "k6221")
    qtbot.waitUntil(lambda: abs(field_of(station)) < 0.01, timeout=LONG)


def keep_at(qtbot: QtBot, hall: HallPanel, text: str, tesla: float) -> None:
    """Ramp to a field, wait until it stands, keep a reading."""
    known = len(hall.kept.kept)
    hall.field.form.type("level", text)
    hall.field.ramp()
    qtbot.waitUntil(lambda: near(hall, tesla), timeout=LONG)
    hall.keep()
    qtbot.waitUntil(lambda: len(hall.kept.kept) > known, timeout=LONG)


def near(hall: HallPanel, tesla: float) -> bool:
    field = hall._latest.get("field")
    settled = hall.field.sign.text.startswith("settled")
    return settled and field is not None and abs(field - tesla) < 0.04


def lent(station: StationClient, channel: str) -> str:
    channels = (s for one in station.instruments() for s in one.channels)
    return next(s.lent_to for s in channels if s.channel == channel)


def driven(station: StationClient, volts: float) -> float:
    """Return the current in A while a person holds ``volts``."""
    answer = station.by_hand(
        ManualIn(
            channel="k2450",
            action=Action.DRIVE,
            quantity="voltage",
            value=volts,
            compliance=1e-6,
        )
    )
    current = answer.readings["current A"]
    assert current is not None
    return current


def field_of(station: StationClient) -> float:
    field = station.by_hand(ManualIn(channel="ls475", action=Action.READ)).readings
    found = field["field T"]
    assert found is not None
    return found
