"""The disk that fails on purpose fails when it is told to, and only then."""

import subprocess
import sys
from pathlib import Path

import pytest
from faulty_disk import FaultyDisk, built, reason_against

pytestmark = pytest.mark.skipif(bool(reason_against()), reason=reason_against())

WRITES = """
import os, sys
fd = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
said = []
for block in range(4):
    for name, act in (("w", lambda: os.pwrite(fd, b"x" * 1000, block * 1000)),
                      ("s", lambda: os.fsync(fd))):
        try:
            act()
            said.append(name)
        except OSError as e:
            said.append(f"{name}{e.errno}")
print(" ".join(said))
"""

# rules, what the disk is told, what four writes and syncs come to
CASES = {
    "nothing asked": ("", "ok", "w s w s w s w s"),
    "the third sync fails once": ("fsync:3:EIO", "ok", "w s w s w s5 w s"),
    "two writes in a row fail": ("write:2-3:ENOSPC", "ok", "w s w28 s w28 s w s"),
    "from a call on": ("any:3+:EIO", "ok", "w s w s w5 s5 w5 s5"),
    "a full disk": ("", "full", "w28 s w28 s w28 s w28 s"),
    "room for two blocks": ("", "room 2000", "w s w s w28 s w28 s"),
    "a broken disk": ("", "fail EIO", "w5 s5 w5 s5 w5 s5 w5 s5"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_call_fails_when_it_is_told_to(tmp_path: Path, case: str) -> None:
    rules, told, expected = CASES[case]
    disk = FaultyDisk(built(), "victim", tmp_path)
    disk.say(told)
    said = _write(disk, rules, tmp_path / "victim")

    assert said == expected
    assert len(disk.calls()) == 8


def test_a_file_of_another_name_is_left_alone(tmp_path: Path) -> None:
    disk = FaultyDisk(built(), "victim", tmp_path)
    disk.say("full")

    assert _write(disk, "any:1+:EIO", tmp_path / "other") == "w s w s w s w s"


def test_the_same_seed_gives_the_same_faults(tmp_path: Path) -> None:
    disk = FaultyDisk(built(), "victim", tmp_path)
    first, second = (
        _write(disk, "any:p0.5:EIO", tmp_path / f"victim{n}") for n in range(2)
    )

    assert first == second
    assert "5" in first


def _write(disk: FaultyDisk, rules: str, path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", WRITES, str(path)],
        check=True,
        capture_output=True,
        text=True,
        env=disk.environment(rules, seed=7),
    )
    return done.stdout.strip()
