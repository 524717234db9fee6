"""A disk that fails, fills and recovers, under journals and under whole runs."""

import json
import queue
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import disk_writer
import invariants
import numpy as np
from campaign_table import Tally, Work, side_by_side
from campaign_wires import TO_BE_ON, Job, holds
from faulty_disk import FaultyDisk, built, reason_against
from rigs import LABCTL, PATIENCE, Rig, wait_until
from truth import Truth

from labctl.clock import SystemClock
from labctl.store.folder import RunFolder, list_runs
from labctl.store.journal.reader import JournalReader
from labctl.store.run_file.seal import child_environment

COMMITS = 8
AT_ONCE = 20
"""Journals that one process writes."""
FAULTS = ("write:{n}:EIO", "fsync:{n}:EIO", "write:{n}:ENOSPC", "fsync:{n}:ENOSPC")
UNWRITTEN = 10.0
"""s that a reading may wait for the disk while its output is on: 5 s of patience, what
a commit and the switching off take, and a margin."""
FULL_FOR = 12.0
"""s."""


def failing_calls(work: Work, tally: Tally) -> None:
    """Let the n-th write or sync of a journal fail, for every n."""
    if reason_against():
        tally.remark = reason_against()
        return
    wanted = [
        (number, kind.format(n=number))
        for number in range(1, work.tries + 1)
        for kind in FAULTS
    ]
    for first in range(0, len(wanted), AT_ONCE):
        if first and work.is_over:
            break
        _journals(work.folder / f"from-{first}", wanted[first : first + AT_ONCE], tally)
    tally.remark = "EIO and ENOSPC; write and sync"


def _journals(place: Path, wanted: list[tuple[int, str]], tally: Tally) -> None:
    place.mkdir()
    tries = [
        {"folder": str(place / f"victim-{k}"), "commits": COMMITS, "words": {"0": word}}
        for k, (_, word) in enumerate(wanted)
    ]
    disk = FaultyDisk(built(), "victim", place)
    done = subprocess.run(
        [sys.executable, disk_writer.__file__, json.dumps(tries)],
        check=False,
        capture_output=True,
        text=True,
        timeout=300.0,
        env=disk.environment(base=child_environment()),
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    if len(said) != len(tries):
        tally.wrong(f"a writer ended with {done.returncode}: {done.stderr[-200:]}")
    for (_, word), one, told in zip(wanted, tries, said, strict=False):
        tally.tries += 1
        for each in _wrong(RunFolder(Path(str(one["folder"]))), told):
            tally.wrong(f"{word}: {each}")


def _wrong(folder: RunFolder, told: dict[str, Any]) -> list[str]:
    """Return what of a journal is not as it was written and acknowledged."""
    if not folder.journal.exists():
        return ["acknowledged rows lost"] if told["acknowledged"] else []
    with JournalReader(folder.journal) as reader:
        table = reader.table("timeseries")
    rows = len(table["voltage_volt"])
    expected = disk_writer.rows_of(0, rows).columns
    wrong = [
        f"{name} is not what was written"
        for name in expected
        if not np.array_equal(table[name], expected[name])
    ]
    if rows < told["acknowledged"]:
        wrong.append(f"{told['acknowledged'] - rows} acknowledged rows lost")
    if not told["error"] and rows != COMMITS * disk_writer.ROWS:
        wrong.append(f"{rows} rows of {COMMITS * disk_writer.ROWS}, without a word")
    return wrong


def full_disks(work: Work, tally: Tally) -> None:
    """Fill the disk under a run on real wires, free it, and let the run go on."""
    if reason_against():
        tally.remark = reason_against()
        return
    ends: dict[int, int] = {}
    with Rig(work.folder / "rig", "--smus", "--cells", "2") as rig:
        free: queue.Queue[Job] = queue.Queue()
        for job in holds(12.0):
            if job.output != "vsp/1":  # an instrument has one owner
                free.put(job)

        def one(number: int) -> tuple[int, Tally]:
            own, job = Tally(""), free.get(timeout=PATIENCE)
            try:
                return _filled(rig, job, number, work.chance(number), own), own
            finally:
                free.put(job)

        def take(done: tuple[int, Tally]) -> None:
            code, own = done
            ends[code] = ends.get(code, 0) + 1
            tally.tries += 1
            tally.violations += own.violations
            tally.times += own.times
            tally.worst = max(tally.times, default=None)

        side_by_side(work, one, take)
    words = ", ".join(f"{n} × {code}" for code, n in sorted(ends.items()))
    tally.remark = f"time unwritten; exit codes {words}"


def _filled(
    rig: Rig, job: Job, number: int, chance: random.Random, tally: Tally
) -> int:
    """Fill the disk under one run; every fifth is never freed.

    Half the time what was reserved has room, half the time nothing has.
    """
    for_good = number % 5 == 4
    word = ("full", "fail ENOSPC")[number // 2 % 2]
    out = rig.folder / f"victim-{number}"
    control = rig.folder / f"disk-{number}"
    control.mkdir()
    disk = FaultyDisk(built(), out.name, control)
    words = ["run", job.protocol, "-s", str(rig.samples[job.sample]), *job.words]
    words += ["--config", str(rig.config), "--out", str(out), "--json"]
    truth = rig.truth.from_now()
    said = control / "said"
    with said.open("wb") as page:
        process = subprocess.Popen(
            [*LABCTL, *words],
            cwd=rig.folder,
            stdin=subprocess.DEVNULL,
            stdout=page,
            stderr=page,
            env=disk.environment(base=rig.environment),
            start_new_session=True,
        )
    rig.adopt(process)
    what = f"{word}, {job.output}"
    if not truth.wait_on(job.output, TO_BE_ON):
        tally.wrong(f"{what}: its output never came on: {said.read_text()[-200:]}")
        _end(process)
        return -1
    SystemClock().sleep(chance.uniform(0.0, 3.0))
    disk.say(word)
    tally.took(_unwritten(out, truth, job.output), UNWRITTEN, what)
    durable = {name: invariants.length(t) for name, t in _durable(out).items()}
    if for_good:
        process.send_signal(signal.SIGINT)
    else:
        disk.say("ok")
    try:
        code = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        tally.wrong(f"{what}: it did not end after the disk was freed")
        _end(process)
        return -1
    disk.say("ok")
    found = _durable(out)
    for each in invariants.rows_complete(durable, found):
        tally.wrong(f"{what}: {each}")
    for stream, table in found.items():
        for each in invariants.rows_in_order(table):
            tally.wrong(f"{what}: {stream}: {each}")
    if not for_good and code:
        tally.wrong(f"{what}: freed, it ended with {code}: {said.read_text()[-200:]}")
    if truth.refresh().now_on([job.output]):
        tally.wrong(f"{what}: left on")
    return code


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait(10.0)


def _unwritten(out: Path, truth: Truth, output: str) -> float:
    """Return how long a reading waited for the disk while its output was on, in s."""
    clock, longest = SystemClock(), 0.0
    while clock.now() < FULL_FOR:
        times = [
            float(table["unix_time_second"][-1])
            for table in _durable(out).values()
            if invariants.length(table)
        ]
        if times and truth.refresh().now_on([output]):
            longest = max(longest, clock.unix() - max(times))
        clock.sleep(0.5)
    return longest


def _durable(out: Path) -> dict[str, Any]:
    """Return the rows that are on the disk."""
    run = next((r for r in list_runs(out) if r.journal.exists()), None)
    if run is None:
        return {}
    found: dict[str, Any] = {}

    def read() -> bool:
        with JournalReader(run.journal) as reader:
            for stream in reader.header.streams:
                found[stream.name] = dict(reader.table(stream.name))
        return True

    wait_until(read, 5.0)
    return found
