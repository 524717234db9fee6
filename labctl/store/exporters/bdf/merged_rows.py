"""The rows of several streams of one cell as one table in the order of time.

Each stream keeps its own order; a row of a later stream stands behind the rows of the
first that are not younger. What a stream does not record is missing in its rows. The
rows stay in their file until they are asked for, block by block.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.data import Array, Column
from labctl.store.run_file.reader import RunFile, Table

TIME = "test_time_second"


def merged(run: RunFile, streams: Sequence[str], columns: Sequence[Column]) -> Table:
    """Return the rows of one or two streams with these columns."""
    tables = [run.table(name) for name in streams]
    order = (
        np.arange(tables[0].rows)
        if len(tables) == 1
        else _order(tables[0][TIME], tables[1][TIME])
    )
    found = {column.name: _Merged(column, tables, order) for column in columns}
    return Table(found, len(order))


def _order(first: Array, second: Array) -> Array:
    """Return where each row of the table lies: in ``first``, then in ``second``."""
    places = np.searchsorted(np.fmax.accumulate(first), second, side="right")
    places = np.maximum.accumulate(places)
    order: Array = np.insert(
        np.arange(len(first)), places, len(first) + np.arange(len(second))
    )
    return order


@dataclass(frozen=True, slots=True)
class _Merged:
    """One column; read like an array, by slices."""

    column: Column
    tables: Sequence[Table]
    order: Array

    def __getitem__(self, rows: slice) -> Array:
        wanted = self.order[rows]
        dtype = np.int64 if self.column.dtype == "i8" else np.float64
        gap = -1 if self.column.dtype == "i8" else np.nan
        values: Array = np.full(len(wanted), gap, dtype)
        before = 0
        for table in self.tables:
            own = (wanted >= before) & (wanted < before + table.rows)
            if own.any():
                at = wanted[own] - before
                part = _read(table, self.column.name, int(at[0]), int(at[-1]) + 1)
                if part is not None:
                    values[own] = part
            before += table.rows
        return values


def _read(table: Table, name: str, begin: int, end: int) -> Array | None:
    """Return rows of a column; of a spectrum also what follows from the impedance."""
    if name in table:
        return table.part(name, begin, end)
    if "real_impedance_ohm" not in table:
        return None
    real = table.part("real_impedance_ohm", begin, end)
    imaginary = table.part("imaginary_impedance_ohm", begin, end)
    if name == "absolute_impedance_ohm":
        size: Array = np.hypot(real, imaginary)
        return size
    if name == "phase_degree":
        phase: Array = np.degrees(np.arctan2(imaginary, real))
        return phase
    return None
