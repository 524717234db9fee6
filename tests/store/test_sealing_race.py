"""Sealing is one process's work at a time, and dead sealers leave nothing behind."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from labctl.errors import StoreError
from labctl.store.folder import RunFolder
from labctl.store.lock import WriterLock
from labctl.store.run_file import seal as module
from labctl.store.run_file.seal import child_environment, seal, seal_apart
from labctl.store.run_file.verify import verify

SEALERS = 4


def sealer(folder: RunFolder) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "labctl.store.run_file.seal", str(folder.path)],
        stderr=subprocess.PIPE,
        env=child_environment(),
    )


def parts(folder: RunFolder) -> list[Path]:
    return [each for each in folder.path.iterdir() if each.name.endswith(module.PART)]


def test_sealers_at_the_same_time_leave_one_verified_file(finished: RunFolder) -> None:
    started = [sealer(finished) for _ in range(SEALERS)]
    said = [each.communicate(timeout=100)[1] for each in started]

    assert [each.returncode for each in started] == [0] * SEALERS, said
    assert verify(finished.path).ok
    assert parts(finished) == []


def test_a_killed_sealer_and_an_immediate_other_one_leave_a_file(
    finished: RunFolder,
) -> None:
    pause = threading.Event()
    for kill in range(4):
        finished.sealed.unlink(missing_ok=True)
        first = sealer(finished)
        for _ in range(1000):  # until it writes; a little later at every kill
            if parts(finished) or first.poll() is not None:
                break
            pause.wait(0.01)
        pause.wait(0.01 * kill)
        first.kill()
        second = sealer(finished)
        _, said = second.communicate(timeout=100)
        first.communicate(timeout=100)

        assert second.returncode == 0, said
        assert verify(finished.path).ok
        assert parts(finished) == []


def test_an_orphan_that_still_seals_is_waited_for(finished: RunFolder) -> None:
    lock = WriterLock(finished.path / module.LOCK)
    timer = threading.Timer(0.5, lock.release)
    timer.start()

    assert seal(finished) == finished.sealed
    assert verify(finished.path).ok
    timer.join()


def test_a_sealer_that_hangs_is_not_waited_for_without_end(
    finished: RunFolder,
) -> None:
    lock = WriterLock(finished.path / module.LOCK)

    with pytest.raises(StoreError, match="another process has been sealing this run"):
        seal(finished, patience=0.2)
    lock.release()


def test_sealing_apart_has_a_deadline(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "seconds_for", lambda _: 0.001)

    with pytest.raises(StoreError, match="took longer than"):
        seal_apart(finished)
