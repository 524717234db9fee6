"""Write a journal flat out and say what is durable, until somebody kills this.

``python kill_writer.py JOURNAL SEED``; every line on standard output is the number of
rows that a commit has returned for.
"""

import random
import sys
from pathlib import Path

import numpy as np

from labctl.columns import TIMESERIES
from labctl.data import Batch, EndReason, Event, Level, Outcome
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal


def rows_of(first: int, count: int) -> Batch:
    """Return rows whose every value follows from its row number."""
    at = np.arange(first, first + count)
    columns = {
        column.name: at * 7 + place if column.dtype == "i8" else at * 0.5 + place
        for place, column in enumerate(TIMESERIES.columns)
    }
    return Batch("timeseries", columns)


def main() -> None:
    path, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))  # noqa: S311
    if path.exists():
        journal = Journal.open(path)
    else:
        header = RunHeader("killed", "Killed", "none", (TIMESERIES,))
        journal = Journal.create(path, header)
    with open(1, "w", buffering=1) as out:
        while True:
            step, first = journal.sequence, journal.rows("timeseries")
            journal.begin_step(step, {"label": f"step {step}"}, float(first))
            journal.append(rows_of(first, chance.choice((1, 10, 100, 1000))))
            journal.end_step(step, Outcome(EndReason.COMPLETED), float(first))
            journal.event(Event(Level.INFO, "step", str(step)), float(first), 0.0)
            journal.commit()
            out.write(f"{journal.rows('timeseries')}\n")


if __name__ == "__main__":
    main()
