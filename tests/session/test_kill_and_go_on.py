"""A run whose process is killed: nothing acknowledged is lost, and it goes on."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from labctl.errors import LabctlError
from labctl.session.run import Finished
from labctl.store.folder import RunFolder, list_runs
from labctl.store.journal.reader import JournalReader

LABCTL = [sys.executable, "-m", "labctl"]
PLAN = ("formation-cycling", "--simulate", "--sample", "si", "--json")
SHORT = ("--set", "cycles=0", "--set", "record_every=10 min")
NAMES = ("initial_coulombic_efficiency", "first_delithiation_capacity")
PATIENCE = 60.0


def acknowledged(folder: Path) -> tuple[RunFolder | None, int]:
    """Return the run and its durable rows; none before its journal is there."""
    for found in list_runs(folder):
        try:
            with JournalReader(found.journal) as reader:
                return found, reader.rows_stored.get("timeseries", 0)
        except LabctlError:
            return None, 0
    return None, 0


def kill_at(rows: int, folder: Path, *more: str) -> tuple[RunFolder, int]:
    """Run, kill -9 once ``rows`` rows are durable; return what was durable then."""
    words = [*LABCTL, "run", *PLAN, *SHORT, *more, "--out", str(folder)]
    process = subprocess.Popen(
        words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    pause, run, durable = threading.Event(), None, 0
    try:
        for _ in range(int(PATIENCE / 0.01)):
            run, durable = acknowledged(folder)
            if run is not None and durable >= rows:
                break
            assert process.poll() is None, "it ended before it was killed"
            pause.wait(0.01)
    finally:
        process.kill()
        process.wait(PATIENCE)
    assert run is not None
    return run, durable


@pytest.mark.parametrize("rows", [0, 100, 400])
def test_a_killed_run_has_every_acknowledged_row_and_ends_as_if_nothing_had_been(
    rows: int, tmp_path: Path, undisturbed: Finished
) -> None:
    run, durable = kill_at(rows, tmp_path)
    with JournalReader(run.journal) as reader:
        found = len(reader.table("timeseries")["test_time_second"])

    words = [*LABCTL, "resume", str(run.path), "--json"]
    resumed = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=PATIENCE
    )

    assert found >= durable
    assert resumed.returncode == 0, resumed.stderr
    answer = json.loads(resumed.stdout)
    for name in NAMES:
        # noise and half a row at the interruption
        assert answer["results"][name]["value"] == pytest.approx(
            undisturbed.results[name].value, rel=1e-4
        )


def test_a_killed_channel_that_keeps_no_rows_has_lost_no_charge_that_counts(
    tmp_path: Path, undisturbed: Finished
) -> None:
    run, _ = kill_at(100, tmp_path, "--role", "cell=emstat4")

    words = [*LABCTL, "resume", str(run.path), "--json"]
    resumed = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=2 * PATIENCE
    )

    found = json.loads(resumed.stdout)["results"][NAMES[0]]
    assert found["quality"] == "good"
    # two instruments differ by 0.1; rows 9 min old, as of its first days, by 0.7
    assert found["value"] == pytest.approx(undisturbed.results[NAMES[0]].value, abs=0.2)


@pytest.mark.parametrize("channel", ["vsp300/1", "neware/1-1-1", "eclab/1"])
def test_a_resumed_run_has_no_row_twice_and_time_that_only_grows(
    channel: str, tmp_path: Path
) -> None:
    run, _ = kill_at(200, tmp_path, "--role", f"cell={channel}")

    subprocess.run([*LABCTL, "resume", str(run.path)], check=True, timeout=PATIENCE)

    with JournalReader(run.journal) as reader:
        table = reader.table("timeseries")
        events = [record.event.code for record in reader.events]
    # a technique begins up to one tick of the instrument's clock (24 µs) early
    assert np.all(np.diff(table["test_time_second"]) > -5e-5)
    again = np.diff(table["step_time_second"]) == 0.0
    again &= np.diff(table["instrument_time_second"]) >= 0.0
    # one technique's last row and the next one's first are of the same moment
    again &= np.diff(table["technique_index"]) == 0
    assert not again.any()
    assert events.count("gap") == 1


def test_ctrl_c_ends_a_run_safely_with_exit_code_6(tmp_path: Path) -> None:
    import signal  # noqa: PLC0415

    words = [*LABCTL, "run", *PLAN, "--speed", "600", "--out", str(tmp_path)]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    pause = threading.Event()
    while acknowledged(tmp_path)[1] == 0 and process.poll() is None:
        pause.wait(0.05)

    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 6, said
    answer = json.loads(out)
    assert answer["status"] == "stopped"
    assert Path(answer["file"]).is_file()
    assert "ending safely" in said
