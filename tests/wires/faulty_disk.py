"""A disk that fails on purpose, for one child process: see `faultfs.c`.

disk = FaultyDisk(built(), "journal", tmp_path)
subprocess.run(..., env=disk.environment(rules="fsync:3:EIO"))
disk.say("full")  # from now on nothing may grow
"""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("faultfs.c")
GCC_PATIENCE = 120.0
"""s; a compiler on a busy machine."""


@functools.cache
def reason_against() -> str:
    """Return why there can be no faulty disk here; empty if there can."""
    if sys.platform != "linux":
        return "a library is preloaded on Linux only"
    if compiler() is None:
        return "no C compiler: apt-get install gcc libc6-dev"
    return ""


def compiler() -> str | None:
    """Return the C compiler of this machine, if it has one."""
    return shutil.which("cc") or shutil.which("gcc")


@functools.cache
def built() -> Path:
    """Return the library, compiled once a process."""
    found = compiler()
    assert found is not None, reason_against()
    folder = Path(tempfile.mkdtemp(prefix="labctl-faultfs-"))
    library = folder / "faultfs.so"
    options = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(
        [found, *options, "-o", str(library), str(SOURCE), "-ldl", "-lpthread"],
        check=True,
        timeout=GCC_PATIENCE,
    )
    return library


@dataclass(frozen=True, slots=True)
class FaultyDisk:
    """What a child process sees in place of the disk, for some of its files."""

    library: Path
    part: str
    """Of a path: only such files fail; several are separated by colons."""
    folder: Path
    """Where control and log lie; not on the disk that fails."""

    @property
    def control(self) -> Path:
        """What the library reads at every call."""
        return self.folder / "faults.control"

    @property
    def log(self) -> Path:
        """One line for every call: op, number, path, what was done to it."""
        return self.folder / "faults.log"

    def environment(
        self, rules: str = "", seed: int = 0, base: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Return the environment of the child; `faultfs.c` says what ``rules`` are."""
        return {
            **(os.environ if base is None else base),
            "LD_PRELOAD": str(self.library),
            "FF_PATH": self.part,
            "FF_RULES": rules,
            "FF_SEED": str(seed),
            "FF_CONTROL": str(self.control),
            "FF_LOG": str(self.log),
        }

    def say(self, text: str) -> None:
        """Change the disk from now on: ``ok``, ``full``, ``fail EIO`` …"""
        fresh = self.control.with_suffix(".new")
        fresh.write_text(text, "utf-8")
        fresh.replace(self.control)

    def calls(self) -> list[tuple[str, int, str, str]]:
        """Return every call so far: op, number, path, what was done or ``-``."""
        if not self.log.exists():
            return []
        lines = (line.split(" ") for line in self.log.read_text("utf-8").splitlines())
        return [(op, int(n), " ".join(path), what) for op, n, *path, what in lines]
