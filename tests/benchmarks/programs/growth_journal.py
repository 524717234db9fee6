"""Whether labctl's journal gets slower as it grows: ``growth_journal.py POINTS``."""

import sys
from pathlib import Path

from growth import tell_growth
from rows_to_record import Column

from labctl.columns import TIMESERIES
from labctl.data import Batch
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal

NAMES = [column.name for column in TIMESERIES.columns]


def main() -> None:
    """Record and tell."""
    header = RunHeader("b", "b", "b", (TIMESERIES,))
    with Journal.create(Path("b") / "journal.sqlite", header) as journal:

        def add(columns: dict[str, Column]) -> None:
            named = dict(zip(NAMES, columns.values(), strict=True))
            journal.append(Batch(TIMESERIES.name, named))
            journal.commit()

        tell_growth(add, int(sys.argv[1]))


if __name__ == "__main__":
    main()
