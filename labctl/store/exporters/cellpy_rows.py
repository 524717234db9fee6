"""Hand a time series on to cellpy: ``cellpy.get(path, instrument="batmo_bdf")``.

cellpy 1.0 reads no standard Battery Data Format file: its loader takes the dialect of
BatMo, with the test time in hours, a current without a sign, the direction in words,
and capacities that begin at 0 with each step. All of it follows from the run's rows;
source: ``cellpy/readers/instruments/batmo_bdf.py`` and its configuration.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.exporters.csv_files import BLOCK, write_rows
from labctl.store.run_file.reader import RunFile, Table

STREAM = "timeseries"
HEADS = (
    "Test Time / h",
    "Cycle Count / 1",
    "Step Index / 1",
    "Step Type / 1",
    "Current / A",
    "Voltage / V",
    "Charge Capacity / Ah",
    "Discharge Capacity / Ah",
)
NEEDED = (
    "test_time_second",
    "cycle_count",
    "voltage_volt",
    "current_ampere",
    "net_capacity_ah",
)
HOUR = 3600.0


def write_for_cellpy(run: RunFile, path: Path) -> None:
    """Write the rows of a run's time series. OSError.

    StoreError: a row has no time, cycle, voltage, current or charge.
    """
    table = run.table(STREAM)
    for name in NEEDED:
        if name not in table or not _whole(table[name]):
            raise StoreError(
                f"run {run.header.run_id}: rows have no {name}, which cellpy's loader "
                "needs in every row: export it as bdf or csv"
            )
    write_rows(path, HEADS, _rows(table))


def _rows(table: Table) -> Iterator[Iterable[object]]:
    steps = steps_of(table)
    charged, discharged = capacities(table["net_capacity_ah"], steps)
    for begin in range(0, table.rows, BLOCK):
        end = begin + BLOCK
        current = table.part("current_ampere", begin, end)
        back = np.where(current < 0.0, "discharge", "rest")
        ways = np.where(current > 0.0, "charge", back)
        columns = (
            table.part("test_time_second", begin, end) / HOUR,
            table.part("cycle_count", begin, end),
            steps[begin:end],
            ways,
            np.abs(current),
            table.part("voltage_volt", begin, end),
            charged[begin:end],
            discharged[begin:end],
        )
        yield from zip(*(column.tolist() for column in columns), strict=True)


def steps_of(table: Table) -> Array:
    """Return 1, 2, … : a new number wherever another technique began."""
    changes = np.zeros(table.rows, bool)
    for name in ("step_count", "technique_index", "cycle_count"):
        if name in table:
            values = table[name]
            changes |= np.diff(values, prepend=values[:1]) != 0
    numbers: Array = 1 + np.cumsum(changes)
    return numbers


def capacities(net: Array, steps: Array) -> tuple[Array, Array]:
    """Return what was charged and discharged in Ah since each row's step began.

    The charge of the interval that ends at a row belongs to the row's step.
    """
    passed = np.diff(net, prepend=net[:1])
    begins = np.flatnonzero(np.diff(steps, prepend=0))
    sums = []
    for part in (np.maximum(passed, 0.0), np.maximum(-passed, 0.0)):
        total = np.cumsum(part)
        before = (total - part)[begins]
        sums.append(total - np.repeat(before, np.diff(begins, append=len(net))))
    return sums[0], sums[1]


def _whole(values: Array) -> bool:
    """Tell whether every row has a value."""
    if values.dtype.kind == "f":
        return bool(np.isfinite(values).all())
    return bool((values >= 0).all())
