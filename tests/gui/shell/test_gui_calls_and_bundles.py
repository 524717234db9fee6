"""A person is called once, and a bug report holds what it needs."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot
from real_station import RealStation

from gui.bench.notices import Notices, notice_of
from gui.look.settings import Settings
from gui.shell.bug_report import LINES, log_tail, without_secrets, write
from gui.shell.window import MainWindow
from labctl.data import Level

Open = Callable[..., MainWindow]


# ---- calling a person


def test_a_person_is_called_once_for_what_is_new(
    stand: Callable[..., RealStation],
) -> None:
    station = stand()
    tell = station.bench.events.tell
    tell(Level.ALARM, "limit", "voltage 1.532 V is above the limit of 1.5 V")
    notices = Notices()
    assert notices.take(station.state()) == []  # seen in the window itself

    tell(Level.ALARM, "limit", "too warm")
    tell(Level.INFO, "check", "hourly check passed")
    new = notices.take(station.state())

    assert [event.text for event in new] == ["too warm"]
    assert notices.take(station.state()) == []
    title, text = notice_of(new, station.state())
    assert (title, text) == ("battery-bench [SIMULATED] needs you", "too warm")


@pytest.mark.parametrize("sound", [False, True])
def test_a_sound_is_made_only_if_wanted(
    qtbot: QtBot, open_window: Open, station: RealStation, sound: bool
) -> None:
    window = open_window(station)
    window.settings.sound.setChecked(sound)
    heard: list[bool] = []
    window.tray.sounded.connect(lambda: heard.append(True))

    with qtbot.waitSignal(window.tray.told):
        station.bench.events.tell(Level.ALARM, "limit", "too warm")

    assert bool(heard) is sound


def test_where_there_is_no_tray_there_is_no_icon(
    open_window: Open, empty: RealStation
) -> None:
    window = open_window(empty)

    assert not window.tray.is_there


def test_who_comes_by_a_notification_sees_its_run(
    open_window: Open, few: RealStation
) -> None:
    window = open_window(few)
    window.header.pages.setCurrentIndex(2)
    window.showMinimized()
    run = few.started[2]

    window.tray.wanted.emit(run)

    assert not window.isMinimized()
    assert window.page is window.bench
    assert window.bench.run_view.run == run


# ---- a bundle for a bug report


def test_a_bundle_holds_what_a_bug_report_needs(
    few: RealStation, tmp_path: Path
) -> None:
    state = few.state()
    log = tmp_path / ".station" / "station.log"
    log.parent.mkdir()
    log.write_text("".join(f"line {k}\n" for k in range(1000)), "utf-8")
    info = state.station.model_copy(update={"data": str(tmp_path)})
    state = state.model_copy(update={"station": info})
    picture = QImage(8, 8, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)

    path = write(tmp_path, picture, state, {"theme": "dark"})

    with zipfile.ZipFile(path) as bundle:
        parts = {name: bundle.read(name) for name in bundle.namelist()}
    assert parts["window.png"].startswith(b"\x89PNG")
    assert json.loads(parts["state.json"])["station"]["name"] == "battery-bench"
    assert json.loads(parts["settings.json"]) == {"theme": "dark"}
    assert "python" in json.loads(parts["versions.json"])
    lines = parts["station.log"].decode().splitlines()
    assert (len(lines), lines[-1]) == (LINES, "line 999")


def test_a_bundle_never_replaces_another(tmp_path: Path) -> None:
    picture = QImage(8, 8, QImage.Format.Format_RGB32)

    paths = {write(tmp_path, picture, None, {}) for _ in range(3)}

    assert len(paths) == 3
    assert all(path.exists() for path in paths)


def test_a_bundle_opens_no_door(tmp_path: Path) -> None:
    log = tmp_path / ".station" / "station.log"
    log.parent.mkdir()
    log.write_text('Authorization: Bearer hunter2\ntoken="hunter2" ok\n', "utf-8")
    state = {"order": {"api_token": "hunter2", "sample": "si"}, "runs": [{"key": 1}]}

    said = log_tail(tmp_path) + json.dumps(without_secrets(state))

    assert "hunter2" not in said
    assert '"sample": "si"' in said


def test_a_log_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    assert "could not be read" in log_tail(tmp_path)


def test_the_window_says_where_the_bundle_is(
    qtbot: QtBot, open_window: Open, empty: RealStation, tmp_path: Path
) -> None:
    window = open_window(empty)

    with qtbot.waitSignal(window.bug_reports.wrote) as wrote:
        window.report_bug(tmp_path)

    path = Path(str(wrote.args[0]))
    bar = window.statusBar()
    assert path.parent == tmp_path
    assert bar is not None
    assert str(path) in bar.currentMessage()


def test_a_folder_that_cannot_be_written_to_is_said(
    qtbot: QtBot, open_window: Open, empty: RealStation, tmp_path: Path
) -> None:
    window = open_window(empty)

    with qtbot.waitSignal(window.bug_reports.said) as said:
        window.report_bug(tmp_path / "nowhere")

    assert "could not be written" in str(said.args[0])


def test_the_sound_is_off_by_default() -> None:
    assert not Settings().sound
