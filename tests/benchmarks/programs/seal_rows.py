"""What sealing costs: ``seal_rows.py CYCLES`` of 240 rows and four steps each.

From a finished journal to the file that was verified against it.
"""

import sys
from pathlib import Path

from rows_to_record import batches
from spent import spent, tell

from labctl.columns import TIMESERIES
from labctl.data import Batch
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.seal import seal

NAMES = [column.name for column in TIMESERIES.columns]
ROWS = 240
"""A cycle, as with a row each 120 s at C/4."""
A_STEP = 60


def main() -> None:
    """Record, seal, tell."""
    rows = int(sys.argv[1]) * ROWS
    folder = RunFolder(Path("s"))
    with Journal.create(
        folder.journal, RunHeader("s", "s", "s", (TIMESERIES,))
    ) as journal:
        for number, columns in enumerate(batches(A_STEP, rows)):
            journal.begin_step(number + 1, {"label": "cc"}, 0.0)
            named = dict(zip(NAMES, columns.values(), strict=True))
            journal.append(Batch(TIMESERIES.name, named))
        journal.commit()
        journal.finish("completed", {}, 0.0)
    with spent() as of:
        path = seal(folder)
    tell(
        s=of.wall,
        cpu_s=of.cpu,
        bytes_a_row=path.stat().st_size / rows,
        journal_bytes_a_row=folder.journal.stat().st_size / rows,
    )


if __name__ == "__main__":
    main()
