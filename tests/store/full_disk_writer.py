"""Write a journal in files that may not grow; print what came of it as JSON.

SIGXFSZ must be ignored: the write then fails with EFBIG.
"""

import json
import resource
import signal
import sys
from pathlib import Path

from labctl.columns import TIMESERIES
from labctl.data import Batch, Event, Level
from labctl.errors import StoreError
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal


def main() -> None:
    import numpy as np  # noqa: PLC0415

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    header = RunHeader("full", "Full", "none", (TIMESERIES,))
    journal = Journal.create(Path(sys.argv[1]), header)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    done, refused, trouble, stopped = 0, 0, "", ""
    for number in range(200):
        if number == 150:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        at = np.arange(number * 50, number * 50 + 50)
        journal.append(
            Batch("timeseries", {c.name: at * 1 for c in TIMESERIES.columns})
        )
        journal.event(Event(Level.INFO, "batch", str(number)), float(number), 0.0)
        try:
            before = journal.sequence
            done = journal.commit()
            refused += journal.sequence == before
        except StoreError as e:
            stopped = str(e)
            break
        trouble = trouble or journal.trouble
    durable, at_end = journal.sequence - 1, journal.trouble
    if not stopped:
        journal.close()
    print(  # noqa: T201
        json.dumps(
            {
                "done": done,
                "durable": durable,
                "refused": refused,
                "trouble": trouble,
                "trouble_at_end": at_end,
                "stopped": stopped,
            }
        )
    )


if __name__ == "__main__":
    main()
