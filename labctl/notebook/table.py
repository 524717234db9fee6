"""A table whose columns are read when they are asked for, and what it turns into.

Missing is NaN in a column of floats and -1 in a column of integers, as the file has
it; whatever knows a missing value (pandas, polars, Arrow) is given one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from labctl.data import Array, Column
from labctl.notebook import frames
from labctl.notebook.markup import table_html
from labctl.notebook.unknown import UnknownNameError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    import xarray as xr

SHOWN = 5
"""Rows that a notebook shows of a table."""

Reader = Callable[[str, int, int], Array]
"""Gives rows ``begin`` to ``end`` (exclusive) of one column."""


class Table(Mapping[str, Array]):
    """Columns by name; each is read from the disk when it is asked for, shape (n,).

    ``table["voltage_volt"]`` reads that column and no other, every time anew: what it
    returns is yours to change.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[Column],
        read: Reader,
        rows: int,
        *,
        title: str = "",
        begin: int = 0,
    ) -> None:
        self.name = name
        """Name of the stream: ``timeseries``, ``eis``, ``cycles``."""
        self.title = title
        """What it holds, in words."""
        self.rows = rows
        """How many rows every column has."""
        self._columns = {column.name: column for column in columns}
        self._read = read
        self._begin = begin

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self._columns)

    @property
    def units(self) -> dict[str, str]:
        """Column -> unit as the file has it (``V``, ``A*h``); empty for counts."""
        return {name: column.unit for name, column in self._columns.items()}

    @property
    def described(self) -> tuple[Column, ...]:
        """What is known of each column: unit, label of an axis, type."""
        return tuple(self._columns.values())

    @property
    def arrays(self) -> dict[str, Array]:
        """Every column, read now."""
        return dict(self.items())

    def part(self, begin: int = 0, end: int | None = None) -> "Table":
        """Return rows ``begin`` to ``end`` (exclusive) as a table; nothing is read.

        Counted from the end where negative, as in a slice of a list.
        """
        first, last, _ = slice(begin, end).indices(self.rows)
        return Table(
            self.name,
            self.described,
            self._read,
            max(0, last - first),
            title=self.title,
            begin=self._begin + first,
        )

    def to_numpy(self) -> Array:
        """Return all columns as one structured array, shape (n,)."""
        found = np.empty(self.rows, [(c.name, c.dtype) for c in self.described])
        for name in self:
            found[name] = self[name]
        return found

    def to_pandas(self) -> "pd.DataFrame":
        """Return a data frame; ``frame.attrs["units"]`` has the units.

        Integers become ``Int64``, which knows missing values.
        """
        return frames.pandas_frame(self.described, self.arrays, self._facts)

    def to_polars(self) -> "pl.DataFrame":
        """Return a data frame; missing is null. Units: `units`, polars keeps none."""
        return frames.polars_frame(self.described, self.arrays)

    def to_arrow(self) -> "pa.Table":
        """Return an Arrow table; the units are in the fields' metadata."""
        return frames.arrow_table(self.described, self.arrays, self._facts)

    def to_xarray(self) -> "xr.Dataset":
        """Return a dataset along ``row``; each variable has ``units``, ``long_name``.

        A column of integers with missing values becomes one of floats with NaN.
        """
        return frames.xarray_dataset(self.described, self.arrays, self._facts)

    @property
    def _facts(self) -> dict[str, str]:
        return {"name": self.name, "title": self.title}

    def __getitem__(self, column: str) -> Array:
        if column not in self._columns:
            raise UnknownNameError(f"column of {self.name}", column, self.columns)
        return self._read(column, self._begin, self._begin + self.rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __len__(self) -> int:
        return len(self._columns)

    def __contains__(self, column: object) -> bool:
        return column in self._columns

    def __repr__(self) -> str:
        said = [f"{c.name} [{c.unit}]" if c.unit else c.name for c in self.described]
        return f"<{self.name}: {self.rows} rows; {', '.join(said)}>"

    def _repr_html_(self) -> str:
        head = self.part(0, SHOWN)
        columns = [head[name].tolist() for name in head]
        missing = {c.name: c.dtype == "i8" for c in self.described}
        cells = [
            ["–" if missing[name] and value == -1 else value for value in column]
            for name, column in zip(head, columns, strict=True)
        ]
        titles = [f"{c.name}|{c.unit}" for c in self.described]
        more = f"{self.name}: {self.rows} rows" + (
            f", the first {SHOWN} shown" if self.rows > SHOWN else ""
        )
        return table_html(titles, list(zip(*cells, strict=True)), more)


def table_of(
    name: str, columns: Sequence[Column], arrays: Mapping[str, Array], title: str = ""
) -> Table:
    """Return a table of columns that are in memory already."""

    def read(column: str, begin: int, end: int) -> Array:
        return arrays[column][begin:end].copy()

    rows = len(next(iter(arrays.values()), ()))
    return Table(name, columns, read, rows, title=title)
