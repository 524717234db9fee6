"""Serves a bench on TCP and lets foreign programs, each its own process, use it.

Benches are in virtual time: a twin answers at once, however long it measured.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fetch_peers import SITES
from peer_case import Case

from drivers.twins.labsim.benches import build_bench
from drivers.twins.labsim.front import serve
from labctl.clock import VirtualClock

PROGRAMS = Path(__file__).parent / "programs"
PATIENCE = 120.0
"""s of wall time for all programs of one process."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case."""

    works: bool
    said: str = ""
    """What went wrong, for whoever reads the test's output."""


@contextmanager
def served(bench: str) -> Iterator[Mapping[str, int]]:
    """Serve a bench; yield the port of each instrument."""
    with serve(build_bench(bench, VirtualClock(0.0)), "127.0.0.1", 0) as front:
        yield front.ports


def foreign(
    *command: str, group: str = "peers", cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with the peers of an extra before everything else on its path.

    ``cwd``: where it runs; some leave files there.
    """
    path = os.pathsep.join((str(SITES[group]), str(PROGRAMS)))
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COVERAGE", "PYTEST", "QT_"))
    }
    env |= {"PYTHONPATH": path, "PYTHONWARNINGS": "ignore", "MPLBACKEND": "agg"}
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=env | variables,
        cwd=cwd,
        check=False,
    )


def ask_programs(bench: str, programs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Run programs in one process on a fresh bench; return what each one gave."""
    with served(bench) as ports:
        runner = str(PROGRAMS / "run_case.py")
        done = foreign(runner, json.dumps(dict(ports)), *programs)
    silent = {"error": "no answer", "trace": f"no answer: {done.stderr[-2000:]}"}
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return dict.fromkeys(programs, silent) | {line["program"]: line for line in lines}


def _differs(case: Case, given: Any) -> str:
    for name, wanted in case.gives.items():
        found = given.get(name) if isinstance(given, dict) else None
        if not _agree(found, wanted, case):
            return f"{name} is {found!r}, not {wanted!r}"
    return ""


def _agree(found: Any, wanted: Any, case: Case) -> bool:
    if isinstance(wanted, list | tuple):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(_agree(f, w, case) for f, w in zip(found, wanted, strict=True))
        )
    numbers = (int, float)
    if isinstance(wanted, bool) or not isinstance(wanted, numbers):
        return bool(found == wanted)
    if isinstance(found, bool) or not isinstance(found, numbers):
        return False
    return abs(found - wanted) <= case.rel * abs(wanted) + case.zero


def run_cases(cases: Sequence[Case]) -> dict[str, Result]:
    """Run cases of one bench in one process, in order; return results by program."""
    (bench,) = {case.bench for case in cases}
    answers = ask_programs(bench, [case.program for case in cases])
    results = {}
    for case in cases:
        answer = answers[case.program]
        if "error" in answer:
            result = Result(False, answer["trace"])
        else:
            wrong = _differs(case, answer["gives"])
            result = Result(not wrong, wrong)
        results[case.program] = result
    return results
