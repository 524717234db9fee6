"""One process, what it burned and what it says.

Nothing big may be imported by whoever starts it: on Linux a process is told to have
been as large as the one that started it.
"""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from speed_rows import CPU, MEMORY, WALL

from labctl.clock import stopwatch

PATIENCE = 3600.0
"""s."""
BEGAN = "BENCHMARK_BEGAN"
"""Variable: `stopwatch` at the moment before the process was started."""
WITHOUT = ("COVERAGE", "PYTEST", "PYTHONPATH", "LABCTL")
"""What is not handed on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one process gave."""

    figures: Mapping[str, float] = field(default_factory=dict)
    trouble: str = ""
    """Why there are none."""


COMPILED: Mapping[str, str] = {"LABCTL_KERNELS": "compiled"}
"""Has labctl wait until its cell model is compiled, and in the cache."""
NEVER_COMPILED: Mapping[str, str] = {"LABCTL_KERNEL_CACHE": "kernels"}
"""A cache in the folder it runs in, which is new."""


def environment() -> dict[str, str]:
    """Return what a measured process sees: one thread of linear algebra, no window."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(WITHOUT)}
    return kept | {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "QT_QPA_PLATFORM": "offscreen",
        "MPLBACKEND": "agg",
        "PYTHONWARNINGS": "ignore",
        BEGAN: repr(stopwatch()),
    }


def measured(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> Answer:
    """Run a command in a folder; return its figures, or why there are none.

    ``variables``: what is added to its environment.

    Blocks until it ends; after ``patience`` s it and what it started are killed.
    """
    out, err = folder / "stdout.txt", folder / "stderr.txt"
    began = stopwatch()
    with out.open("wb") as said, err.open("wb") as complained:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=complained,
                env=environment() | dict(variables or {}),
                start_new_session=True,
            )
        except OSError as error:
            return Answer(trouble=f"not started: {error.strerror}")
        timer = threading.Timer(patience, _kill, (process.pid,))
        timer.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            _kill(process.pid)
            process.wait()
            raise
        finally:
            timer.cancel()
    wall = stopwatch() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        return Answer(trouble=_last(err) or f"exit code {process.returncode}")
    own = {
        CPU: used.ru_utime + used.ru_stime,
        WALL: wall,
        MEMORY: used.ru_maxrss / 1000.0,  # kB on Linux
    }
    return Answer(own | _figures(_last(out)))


def _kill(process: int) -> None:
    """End a process and everything that stayed in its session."""
    try:
        os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def _last(path: Path) -> str:
    """Return the last line that is not empty."""
    lines = path.read_text("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _figures(line: str) -> dict[str, float]:
    """Return the numbers of a JSON object; none where the line is something else."""
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    numbers = found.items()
    return {k: float(v) for k, v in numbers if type(v) in {int, float}}
