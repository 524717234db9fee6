"""Benchmarks that stand on their own, called by the campaign for its one table.

Each is a script beside this one. It is given how many tries are wanted and a seed, and
ends with one JSON line: ``{"tries": …, "violations": […], "worst": …, "remark": …}``.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from campaign_table import Kind, Row, Tally, Work
from rigs import HERE, PRODUCT

FOLDER = Path(__file__).parent


def _script(name: str, *words: str) -> Kind:
    def act(work: Work, tally: Tally) -> None:
        path = FOLDER / name
        if not path.exists():
            tally.remark = f"{name} is not there"
            return
        command = [sys.executable, str(path), "--count", str(work.tries)]
        command += ["--seed", str(work.seed), "--json", *words]
        search = os.pathsep.join([str(PRODUCT), str(HERE), str(FOLDER)])
        process = subprocess.Popen(
            command,
            cwd=work.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": search},
            start_new_session=True,
        )
        try:
            out, errors = process.communicate(timeout=work.deadline)
        except subprocess.TimeoutExpired:
            tally.wrong(f"{name} was not done within {work.deadline:.0f} s")
            return
        finally:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        _take(name, out.decode(), errors.decode(), tally)

    return act


def _take(name: str, out: str, errors: str, tally: Tally) -> None:
    lines = [line for line in out.splitlines() if line.startswith("{")]
    if not lines:
        tally.wrong(f"{name} gave no figures: {errors[-200:]}")
        return
    told = json.loads(lines[-1])
    tally.tries += int(told["tries"])
    tally.violations += [str(each) for each in told["violations"]]
    worst = told.get("worst")
    tally.worst = None if worst is None else float(worst)
    tally.remark = str(told.get("remark", ""))


ROWS = (
    Row("links", "line cut, each VISA driver", 300, 1.0, _script("link_cuts.py")),
    Row("eclib", "line cut, EClib", 100, 1.0, _script("eclib_link_cuts.py")),
    Row(
        "fuzz",
        "fuzzed replies, each driver",
        10_000,
        0.02,
        _script("fuzzed_replies.py"),
    ),
    Row(
        "disk",
        "n-th write or sync fails, disk full",
        250,
        1.5,
        _script("disk_faults.py"),
    ),
    Row(
        "reaction",
        "guard's reaction under load",
        100,
        2.0,
        _script("guard_reaction.py"),
    ),
    Row(
        "memory",
        "eight channels, memory of the station",
        1,
        900.0,
        _script("station_memory.py"),
    ),
)
