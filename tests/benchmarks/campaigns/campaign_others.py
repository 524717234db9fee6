"""Benchmarks that stand on their own, called by the campaign for its one table.

Each is a script beside this one that prints a table of its own; its figures are read
from there.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from campaign_table import Kind, Row, Tally, Work
from rigs import HERE, PRODUCT

FOLDER = Path(__file__).parent
Reads = Callable[[str, Tally], None]
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _script(name: str, reads: Reads, *words: str) -> Kind:
    """Return a kind that runs a script; ``{count}`` and ``{seed}`` are filled in."""

    def act(work: Work, tally: Tally) -> None:
        path = FOLDER / name
        if not path.exists():
            tally.remark = f"{name} is not there"
            return
        given = [w.format(count=work.tries, seed=work.seed) for w in words]
        search = os.pathsep.join([str(PRODUCT), str(HERE), str(FOLDER)])
        process = subprocess.Popen(
            [sys.executable, str(path), *given],
            cwd=work.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": search},
            start_new_session=True,
            text=True,
        )
        out, errors = "", ""
        try:
            out, errors = process.communicate(timeout=work.deadline)
        except subprocess.TimeoutExpired:
            tally.wrong(f"{name} was not done within {work.deadline:.0f} s")
            return
        finally:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10.0)
        reads(out, tally)
        if not tally.tries:
            tally.wrong(f"{name} gave no figures: {errors[-200:]}")

    return act


def _rows(out: str) -> Iterator[tuple[str, list[float]]]:
    """Return the name and the figures of each line of a table of columns."""
    for line in out.splitlines():
        words = line.replace(" s", "").split()
        figures = [w for w in words if _NUMBER.fullmatch(w)]
        if len(figures) >= 6 and words[-len(figures) :] == figures:
            rest = words[: -len(figures)]
            if not rest:  # a model that is a number
                rest, figures = figures[:1], figures[1:]
            yield " ".join(rest), [float(f) for f in figures]


def _links(out: str, tally: Tally) -> None:
    """Read ``link_cuts.py``: cuts, went on, refused, wrong, uncaught, on, two times."""
    for name, (cuts, _, _, wrong, uncaught, on, _, safing) in _rows(out):
        tally.tries += int(cuts)
        tally.times.append(safing)
        tally.worst = max(tally.worst or 0.0, safing)
        for what, count in (
            ("wrong values", wrong),
            ("uncaught exceptions", uncaught),
            ("outputs left on", on),
        ):
            tally.violations += [f"{name}: {what}"] * int(count)


def _fuzz(out: str, tally: Tally) -> None:
    """Read ``fuzzed_replies.py``: faults, calls, refused, invented, digits, …"""
    digits = 0.0
    for name, (faults, _, _, invented, digit, uncaught, on, *_) in _rows(out):
        if name == "all":
            continue
        tally.tries += int(faults)
        digits += digit
        for what, count in (
            ("invented values", invented),
            ("uncaught exceptions", uncaught),
            ("outputs left on", on),
        ):
            tally.violations += [f"{name}: {what}"] * int(count)
    tally.remark = f"{digits:g} times one digit was another, of a plausible value"


def _eclib(out: str, tally: Tally) -> None:
    """Read ``eclib_link_cuts.py``: what | tries | violations | rows lost | wait."""
    for line in out.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 5 and cells[1].isdigit():
            tally.tries += int(cells[1])
            lost = int(cells[3])
            tally.violations += [cells[0]] * int(cells[2])
            tally.violations += [f"{cells[0]}: a row was lost"] * lost
    tally.remark = "rows, foreign experiments, what is said"


def _races(out: str, tally: Tally) -> None:
    """Read ``two_owners.py``."""
    found = re.search(r"(\d+) races, (\d+) winners killed, (\d+) wrong", out)
    if found:
        tally.tries = int(found[1])
        tally.violations += ["two owners, or none"] * int(found[3])
        tally.remark = f"{found[2]} winners killed"


def _memory(out: str, tally: Tally) -> None:
    """Read ``station_memory.py``: its last line is its verdict."""
    lines = out.strip().splitlines()
    if lines:
        tally.tries = 1
        tally.remark = lines[-1][:80]
        if "FAILED" in lines[-1]:
            tally.wrong(lines[-1])


ROWS = (
    Row(
        "links",
        "line cut; each of 13 VISA drivers",
        300,
        6.0,
        _script("link_cuts.py", _links, "{count}"),
    ),
    Row(
        "eclib",
        "line cut; EClib",
        104,
        0.5,
        _script("eclib_link_cuts.py", _eclib, "--cuts", "{count}", "--seed", "{seed}"),
    ),
    Row(
        "fuzz",
        "fuzzed replies; each of 15 VISA models",
        10_000,
        0.05,
        _script("fuzzed_replies.py", _fuzz, "{count}"),
    ),
    Row(
        "races",
        "two processes open one instrument",
        200,
        0.5,
        _script("two_owners.py", _races, "--races", "{count}"),
    ),
    Row(
        "memory",
        "eight channels × 500 cycles in the station",
        1,
        900.0,
        _script("station_memory.py", _memory),
    ),
)
