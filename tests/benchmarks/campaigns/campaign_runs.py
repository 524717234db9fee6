"""Kill simulated runs at any moment: nothing acknowledged is lost, all come to the end.

Acknowledged is what a second process saw committed before the kill. Each protocol is
run once undisturbed; a resumed one has to give the same results, every row it had
before, no row twice, and time that only grows.
"""

import contextlib
import json
import os
import random
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import invariants
import numpy as np
from campaign_table import Tally, Work, side_by_side
from rigs import PRODUCT, wait_until
from warm import Child, Warm

from labctl.clock import SystemClock
from labctl.data import Array
from labctl.store.folder import RunFolder, list_runs
from labctl.store.journal.reader import JournalReader

PATIENCE = 240.0
"""s for a run or its resumption; a run that takes longer is a violation."""
STEPS = (
    "steps=[{do: rest, duration: 10 min}, {do: current, rate: D/5, duration: 3 h}, "
    "{do: voltage, hold: 0.1 V, duration: 2 h}, {do: current, rate: C/5, duration: "
    "3 h}, {do: rest, duration: 1 h}]"
)
SHORT: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "formation-cycling": ("si", ("cycles=1", "record_every=5 min")),
    "hall-effect": ("film-si", ()),
    "pellet-conductivity": ("pellet-si", ()),
    "sequence": ("si", (STEPS, "record_every=10 s")),
    "gitt": (
        "si",
        ("directions=opening", "pulse=3 min", "fine_below=0", "formation_cycles=0"),
    ),
    "insitu-eis": (
        "si",
        (
            "dc_rates=[1C]",
            "states=[0.3]",
            "second_every=60 s",
            "drift_correction=false",
            "record_every=1 min",
        ),
    ),
}
"""Protocol -> sample and settings that make it short."""


@dataclass(slots=True)
class Seen:
    """What one disturbed run was like."""

    what: str
    kills: int = 0
    wrong: list[str] = field(default_factory=list)


Tables = dict[str, dict[str, Array]]


def kills_of_simulated_runs(work: Work, tally: Tally) -> None:
    """Kill and resume, protocol after protocol."""
    environment = {**os.environ, "PYTHONPATH": str(PRODUCT), "HOME": str(work.folder)}
    with Warm(environment) as warm:
        undisturbed = _Undisturbed(warm, work.folder)
        names = tuple(SHORT)

        def one(number: int) -> Seen:
            chance = work.chance(number)
            name = names[number % len(names)]
            folder = work.folder / f"killed-{number}"
            folder.mkdir()
            return _killed(warm, name, folder, chance, undisturbed)

        def take(seen: Seen) -> None:
            tally.tries += 1
            kills[0] += seen.kills
            for each in seen.wrong:
                tally.wrong(f"{seen.what}: {each}")

        kills = [0]
        side_by_side(work, one, take)
    tally.remark = f"{kills[0]} kills; rows, results, seal"


class _Undisturbed:
    """The same runs without a fault, each made when it is first asked for."""

    def __init__(self, warm: Warm, folder: Path) -> None:
        self._warm, self._folder = warm, folder
        self._known: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def __call__(self, name: str) -> tuple[dict[str, Any], float]:
        """Return results, and how long the run took in s."""
        with self._lock:
            if name not in self._known:
                folder = self._folder / f"undisturbed-{name}"
                folder.mkdir()
                clock = SystemClock()
                child = _begin(self._warm, name, folder)
                code = child.wait(PATIENCE)
                if code:
                    said = (folder / "said").read_text()[-400:]
                    raise RuntimeError(
                        f"{name} without any fault ended with {code}: {said}"
                    )
                answer = _answer(folder / "said")
                self._known[name] = {**answer, "seconds": clock.now()}
            known = self._known[name]
            return known["results"], float(known["seconds"])


def _begin(warm: Warm, name: str, folder: Path) -> Child:
    sample, settings = SHORT[name]
    words = ["run", name, "--simulate", "--sample", sample, "--json"]
    words += ["--out", str(folder / "runs")]
    for setting in settings:
        words += ["--set", setting]
    return warm.start(words, folder, folder / "said")


def _killed(
    warm: Warm,
    name: str,
    folder: Path,
    chance: random.Random,
    undisturbed: _Undisturbed,
) -> Seen:
    seen = Seen(name)
    wanted, seconds = undisturbed(name)
    child = _begin(warm, name, folder)
    runs = folder / "runs"
    if not wait_until(lambda: _run_of(runs) or child.poll() is not None, PATIENCE):
        child.kill_group()
        seen.wrong.append("did not begin")
        return seen
    run = _run_of(runs)
    before: Tables = {}
    kills = chance.choice((1, 1, 1, 2, 3))
    for _ in range(kills):
        acknowledged = _kill(child, run, chance.uniform(0.0, seconds))
        seen.kills += 1
        if run is None:
            break
        found = _tables(run)
        seen.wrong += invariants.rows_complete(acknowledged, found)
        seen.wrong += _changed(before, found)
        before = found
        child = warm.start(
            ["resume", str(run.path), "--json"], folder, folder / f"said-{seen.kills}"
        )
    if run is None:
        seen.wrong.append("left no run")
        return seen
    try:
        code = child.wait(PATIENCE)
    except TimeoutError:
        child.kill_group()
        seen.wrong.append("the resumed run did not come to its end")
        return seen
    said = folder / f"said-{seen.kills}"
    seen.wrong += _ended(said, code, run, before, wanted)
    return seen


def _kill(child: Child, run: RunFolder | None, after: float) -> dict[str, int]:
    """Kill it ``after`` s from now; return what was durable then."""
    clock = SystemClock()
    durable: dict[str, int] = {}
    while clock.now() < after and child.poll() is None:
        if run is not None:
            with contextlib.suppress(Exception), JournalReader(run.journal) as reader:
                durable = reader.rows_stored
        clock.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait(PATIENCE)
    return durable


def _run_of(runs: Path) -> RunFolder | None:
    return next((r for r in list_runs(runs) if r.journal.exists()), None)


def _tables(run: RunFolder) -> Tables:
    with JournalReader(run.journal) as reader:
        return {
            stream.name: dict(reader.table(stream.name))
            for stream in reader.header.streams
        }


def _changed(before: Tables, after: Tables) -> list[str]:
    """Return the streams whose earlier rows are not what they were."""
    return [
        f"{stream}: earlier rows changed"
        for stream, table in before.items()
        if any(
            not np.array_equal(
                values,
                after[stream][name][: len(values)],
                equal_nan=values.dtype.kind == "f",
            )
            for name, values in table.items()
        )
    ]


def _ended(
    said: Path, code: int, run: RunFolder, before: Tables, wanted: Mapping[str, Any]
) -> list[str]:
    answer: dict[str, Any]
    if code and _had_ended(run):  # it was killed behind its end
        answer = {"results": _results(run), "file": str(run.sealed)}
    elif code:
        words = said.read_text("utf-8", "replace").strip() if said.exists() else ""
        return [f"the resumed run ended with {code}: {words[-200:]}"]
    else:
        answer = _answer(said)
    wrong = []
    if not (answer.get("file") and Path(answer["file"]).is_file()):
        wrong.append("no sealed file")
    after = _tables(run)
    wrong += _changed(before, after)
    with JournalReader(run.journal) as reader:
        begun = [claim.test_time for claim in reader.claims]
    for stream, table in after.items():
        found = invariants.rows_in_order(table, begun)
        wrong += [f"{stream}: {each}" for each in found]
    return wrong + different(wanted, answer["results"])


def _had_ended(run: RunFolder) -> bool:
    with JournalReader(run.journal) as reader:
        return reader.finished and reader.status.state == "completed"


def _results(run: RunFolder) -> dict[str, Any]:
    with JournalReader(run.journal) as reader:
        return {name: result.to_json() for name, result in reader.results.items()}


def different(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return the results that are others than those of the undisturbed run.

    They may differ by the noise that was drawn: two standard uncertainties, or a part
    in a thousand where a result states none.
    """
    wrong = []
    for name, result in wanted.items():
        value, other = result.get("value"), found.get(name, {}).get("value")
        if not isinstance(value, (int, float)) or not isinstance(other, (int, float)):
            if type(value) is not type(other):
                wrong.append(f"{name} is {other}, not {value}")
            continue
        grain = 2.0 * float(result.get("uncertainty") or 0.0)
        if not abs(other - value) <= max(grain, 1e-3 * abs(value)):
            wrong.append(f"{name} is {other:g}, not {value:g}")
    return wrong


def _answer(said: Path) -> dict[str, Any]:
    """Return the JSON object that a command wrote on its last line."""
    lines = said.read_text("utf-8", "replace").splitlines() if said.exists() else []
    for line in reversed(lines):
        if line.startswith("{"):
            with contextlib.suppress(ValueError):
                found: dict[str, Any] = json.loads(line)
                return found
    return {"results": {}}
