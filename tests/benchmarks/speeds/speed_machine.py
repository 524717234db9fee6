"""On what, and at what, figures were measured; whether the machine was quiet."""

import math
import os
import platform
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

WRITTEN = (
    ":(exclude)tests/benchmarks/history.jsonl",
    ":(exclude)docs/explanations/performance.md",
)
"""What a measurement itself changes."""
QUIET = 0.25
"""Load a core up to which others are not in the way."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as a reader of figures wants to know it."""

    processor: str
    cores: int
    memory: float
    """GB; NaN where the system does not say."""
    system: str
    python: str
    disk: str
    """File system of temporary folders: what a durable commit waits for."""

    @property
    def words(self) -> str:
        """Return it in one line."""
        memory = "" if math.isnan(self.memory) else f", {self.memory:.0f} GB"
        return (
            f"{self.processor}, {self.cores} cores{memory}, {self.system}, "
            f"Python {self.python}, files on {self.disk}"
        )


def this_machine() -> Machine:
    """Look at it."""
    return Machine(
        _processor(_text("/proc/cpuinfo")),
        os.cpu_count() or 1,
        _gigabytes(_text("/proc/meminfo")),
        f"{platform.system()} {platform.release().split('-')[0]}",
        platform.python_version(),
        _file_system(_text("/proc/mounts"), tempfile.gettempdir()),
    )


def load() -> float:
    """Return how many processes were at work, on average over the last minute."""
    return os.getloadavg()[0]


def complaint(busy: float, cores: int) -> str:
    """Return a sentence if the machine is not quiet enough; else nothing."""
    if busy <= QUIET * cores:
        return ""
    return f"NOT QUIET: load {busy:.1f} on {cores} cores before the first figure"


def commit_of(tree: Path) -> str:
    """Return the commit of a checkout, ``+`` where code has changes; else ``?``."""
    commit = _git(tree, "rev-parse", "--short=8", "HEAD").strip()
    changed = _git(tree, "status", "--porcelain", "--", ".", *WRITTEN)
    return f"{commit}+" if commit and changed else commit or "?"


def _git(tree: Path, *words: str) -> str:
    git = ("git", "-C", str(tree), *words)
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    return done.stdout


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""


def _processor(cpuinfo: str) -> str:
    for line in cpuinfo.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _gigabytes(meminfo: str) -> float:
    for line in meminfo.splitlines():
        if line.startswith("MemTotal:"):
            return float(line.split()[1]) / 1e6
    return float("nan")


def _file_system(mounts: str, folder: str) -> str:
    """Return the type of the deepest mount that holds a folder."""
    held = [
        (len(where), kind)
        for _, where, kind, *_ in map(str.split, mounts.splitlines())
        if Path(folder).is_relative_to(where)
    ]
    return max(held)[1] if held else "?"
