"""The rows of a table block by block: a long run never is in memory as a whole."""

import typing
from collections.abc import Collection, Iterator, Mapping

import numpy as np

from labctl.data import Array

Table = Mapping[str, Array]

BLOCK_ROWS = 1 << 16
"""Rows per block: five columns of doubles in 2.6 MB, the size of a level-2 cache."""


@typing.runtime_checkable
class StoredRows(typing.Protocol):
    """A table that reads some of its rows without reading all of them."""

    def rows_between(self, after: int, until: int, columns: Collection[str]) -> Table:
        """Return some columns of the rows from number ``after`` on, up to ``until``.

        Fewer rows than that where the table ends sooner.
        """
        ...


def blocks(table: Table, columns: Collection[str]) -> Iterator[tuple[int, Table]]:
    """Yield the number of the first row and some columns of each block, in order.

    Of ``columns`` those that the table has, but at least one. Every block has
    `BLOCK_ROWS` rows but the last; none is empty.
    """
    names = [name for name in columns if name in table]
    read = (
        table.rows_between if isinstance(table, StoredRows) else _slices(table, names)
    )
    first, rows = 0, BLOCK_ROWS
    while rows == BLOCK_ROWS:
        block = read(first, first + BLOCK_ROWS, names)
        rows = len(block[names[0]])
        if rows:
            yield first, block
        first += rows


def _slices(
    table: Table, names: Collection[str]
) -> typing.Callable[[int, int, Collection[str]], Table]:
    whole = {name: np.asarray(table[name]) for name in names}
    return lambda after, until, _: {name: whole[name][after:until] for name in whole}


def gathered(
    table: Table,
    columns: Collection[str],
    wanted: typing.Callable[[Table], Array] | None = None,
) -> dict[str, Array]:
    """Return some columns of the rows that are ``wanted``; None: of all of them.

    ``wanted`` tells of a block which of its rows are, shape (n,).
    """
    kept: list[Table] = []
    for _, rows in blocks(table, columns):
        own = slice(None) if wanted is None else wanted(rows)
        kept.append({name: column[own] for name, column in rows.items()})
    names = [name for name in columns if name in table]
    if not kept:
        return {name: np.empty(0) for name in names}
    return {name: np.concatenate([each[name] for each in kept]) for name in names}


def largest_size(table: Table, column: str) -> float:
    """Return the largest absolute value of a column; 0 if none is known."""
    each = (
        float(np.fmax.reduce(np.abs(rows[column]), initial=0))
        for _, rows in blocks(table, [column])
    )
    return max(each, default=0.0)
