"""Write journals to a disk that may fail; print as JSON what came of each.

``python disk_writer.py '[TRY, …]'``. A try has the folder of a run, its commits, what
the disk is told at which of them (``{"0": "fsync:3:EIO", "5": "full"}``, see
`faultfs.c`), the bytes to reserve and those that may wait. A run is held, as the engine
does it, while the disk takes nothing: it appends no rows.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from labctl.clock import stopwatch
from labctl.columns import TIMESERIES
from labctl.data import Batch, EndReason, Event, Level, Outcome
from labctl.errors import StoreError
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.journal.reserve import reserve

ROWS = 20
"""A commit."""
PATIENCE = 0.5
"""s that a disk without room is waited for at the end."""


def rows_of(first: int, count: int) -> Batch:
    """Return rows whose every value follows from its row number."""
    at = np.arange(first, first + count)
    columns = {
        column.name: at * 7 + place if column.dtype == "i8" else at * 0.5 + place
        for place, column in enumerate(TIMESERIES.columns)
    }
    return Batch("timeseries", columns)


def main() -> None:
    for number, one in enumerate(json.loads(sys.argv[1])):
        said: dict[str, object] = {"acknowledged": 0, "error": "", "longest": 0.0}
        troubles: list[str] = []
        states: list[str] = []
        words = {int(at): word for at, word in one.get("words", {}).items()}
        _tell("ok", number)
        try:
            _write(one, words, said, troubles, states)
        except StoreError as error:
            said["error"] = str(error)
        _tell("ok", number)
        print(json.dumps(said | {"troubles": troubles, "states": states}), flush=True)  # noqa: T201


def _write(
    one: dict[str, Any],
    words: dict[int, str],
    said: dict[str, object],
    troubles: list[str],
    states: list[str],
) -> None:
    folder, commits = RunFolder(Path(one["folder"])), int(one["commits"])
    if -1 in words:
        _tell(words[-1], commits)
    size = int(one.get("reserve", 0))
    room = reserve(folder.path, size) if size else None
    header = RunHeader(folder.run_id, "Faulty", "none", (TIMESERIES,))
    journal = Journal.create(folder.journal, header)
    journal.keep(room)
    journal.end_patience = PATIENCE
    journal.pending_bytes_limit = one.get("pending", journal.pending_bytes_limit)
    longest = 0.0
    with journal:
        for number in range(commits):
            if number in words:
                _tell(words[number], number)
            first = journal.rows("timeseries")
            journal.begin_step(number + 1, {"label": f"{number}"}, float(first))
            journal.append(rows_of(first, ROWS))
            outcome = Outcome(EndReason.COMPLETED)
            journal.end_step(number + 1, outcome, float(first))
            journal.event(Event(Level.INFO, "commit", str(number)), 0.0, 0.0)
            begun = stopwatch()
            journal.commit()
            longest = max(longest, stopwatch() - begun)
            troubles.append(journal.trouble)
            states.append(journal.room.state)
            for _ in range(3):  # on hold: tries go on, rows do not
                if journal.trouble:
                    journal.commit()
            said["longest"] = longest
            if not journal.room.rows_waiting:
                said["acknowledged"] = journal.rows("timeseries")
        if commits in words:
            _tell(words[commits], commits)
        journal.finish("completed", {}, 1.0)
        said["acknowledged"] = journal.rows("timeseries")


def _tell(word: str, nonce: int) -> None:
    """Tell the disk; where the text is another one, calls are counted from now on."""
    control = Path(os.environ["FF_CONTROL"])
    fresh = control.with_suffix(".new")
    fresh.write_text(f"{word} {nonce}-{stopwatch()}", "utf-8")
    fresh.replace(control)


if __name__ == "__main__":
    main()
