"""Conduction from the command line, as a shell or a script sees it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shared_runs import SharedRuns

pytestmark = pytest.mark.slow


def _labctl(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "labctl", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def _results(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(done.stdout)["results"]
    return results


def test_what_no_instrument_can_do_is_named_at_once_with_exit_code_3(
    tmp_path: Path,
) -> None:
    impossible = ("--set", "current=2 A", "--set", "field=5 T")
    done = _labctl(tmp_path, "run", "hall-effect", "--simulate", *impossible)

    assert done.returncode == 3
    assert "2 A is beyond ±0.105 A" in done.stderr
    assert "5 T is beyond ±1.7525 T" in done.stderr
    assert "Traceback" not in done.stderr


def test_three_pellets_tell_the_contacts_from_the_bulk(
    tmp_path: Path, shared_runs: SharedRuns
) -> None:
    pellet = ("run", "pellet-conductivity", "--simulate", "--json", "--sample")
    thin = shared_runs("pellet-conductivity", "pellet-oxidised-0.5mm")
    thick = shared_runs("pellet-conductivity", "pellet-oxidised-2mm")
    earlier = [str(run.folder) for run in (thin, thick)]

    done = _labctl(
        tmp_path,
        *(*pellet, "pellet-oxidised-1mm"),
        *(word for run in earlier for word in ("--earlier", run)),
        *("--set", "sleeve_conductance=1 pS"),
    )

    found = _results(done)
    conductivity, contacts = found["conductivity"], found["contact_resistance"]
    alone = thin.results["conductivity"].value
    assert isinstance(alone, float)
    assert conductivity["quality"] == "good"
    assert abs(conductivity["value"] - 1e-3) < 2 * conductivity["uncertainty"]
    assert abs(contacts["value"] - 400.0) < 2 * contacts["uncertainty"]
    assert alone < 0.95e-3  # 400 Ω of contacts on 5 kΩ of powder
