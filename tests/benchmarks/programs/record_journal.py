"""What a row costs in labctl's journal: ``record_journal.py SIZE POINTS``.

Rows of `TIMESERIES` in batches of SIZE, each batch committed: a power cut after the
call loses nothing.
"""

from pathlib import Path

from rows_to_record import asked, batches
from spent import spent, tell

from labctl.columns import TIMESERIES
from labctl.data import Batch
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal


def main() -> None:
    """Record and tell."""
    size, points = asked()
    names = [column.name for column in TIMESERIES.columns]
    data = [
        Batch("timeseries", dict(zip(names, columns.values(), strict=True)))
        for columns in batches(size, points)
    ]
    header = RunHeader("b", "b", "b", (TIMESERIES,))
    with Journal.create(Path("b") / "journal.sqlite", header) as journal, spent() as of:
        for batch in data:
            journal.append(batch)
            journal.commit()
    tell(us=1e6 * of.wall / points, cpu_us=1e6 * of.cpu / points)


if __name__ == "__main__":
    main()
