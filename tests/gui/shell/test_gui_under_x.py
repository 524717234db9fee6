"""`labctl gui --simulate` on a real X server with a window manager, as on a desk."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from labctl.api.discovery import find
from labctl.clock import SystemClock

NEEDED = ("Xvfb", "openbox", "xwininfo")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(map(shutil.which, NEEDED)), reason=f"needs {', '.join(NEEDED)}"
    ),
]
PATIENCE = 90.0


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own, 1280 × 720, with a window manager on it."""
    ours, theirs = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1280x720x24"],
        pass_fds=[theirs],
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    with os.fdopen(ours) as said:
        name = f":{said.readline().strip()}"
    manager = subprocess.Popen(
        ["openbox"], env={**os.environ, "DISPLAY": name}, stderr=subprocess.DEVNULL
    )
    yield name
    for process in (manager, server):
        process.terminate()
        process.wait(20)


@pytest.fixture
def window(display: str, tmp_path: Path) -> Iterator[Path]:
    """The window, opened by the command of the README; its data folder."""
    data = tmp_path / "runs"
    log = (tmp_path / "gui.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "labctl", "gui", "--simulate", "--data", str(data)],
        env={
            **os.environ,
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "XDG_CONFIG_HOME": str(tmp_path),
        },
        cwd=tmp_path,
        stdout=log,
        stderr=log,
    )
    yield data
    process.terminate()
    process.wait(20)
    log.close()
    station = find(data)
    if station is not None:
        with station:
            station.shutdown(stop_runs=True)


def test_the_window_opens_on_a_simulated_bench(display: str, window: Path) -> None:
    def titles() -> str:
        found = subprocess.run(
            ["xwininfo", "-root", "-tree"],
            env={**os.environ, "DISPLAY": display},
            capture_output=True,
            text=True,
            check=True,
        )
        return found.stdout

    _until(lambda: "[SIMULATED] – labctl" in titles(), window.parent / "gui.log")
    station = find(window)
    assert station is not None
    with station:
        assert station.state().station.simulated


def _until(is_so: Callable[[], bool], log: Path) -> None:
    clock = SystemClock()
    while not is_so():
        assert clock.now() < PATIENCE, log.read_text("utf-8", "replace")
        clock.sleep(0.1)
