"""Write tables with pyarrow, which is an extra: ``labctl-bench[parquet]``."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labctl.data import Array, Column
from labctl.errors import StoreError
from labctl.store.run_file.reader import Table

ROWS = 500_000
"""Rows turned into Arrow at once; a row group of the file."""


def write_parquet(
    path: Path,
    table: Table,
    columns: Sequence[Column],
    heads: Sequence[str],
    about: Mapping[str, str],
    more: Sequence[Mapping[str, str]] = (),
) -> None:
    """Write columns of a table under ``heads``, each with its unit and long name.

    ``about``: the file's metadata; ``more``: further metadata of each column. NaN and a
    missing whole number are null. OSError; StoreError: pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    types = [arrow.int64() if c.dtype == "i8" else arrow.float64() for c in columns]
    schema = arrow.schema(
        [
            arrow.field(
                head,
                kind,
                metadata={
                    "name": column.name,
                    "long_name": column.long_name,
                    "unit": column.unit,
                    **further,
                },
            )
            for head, kind, column, further in zip(
                heads, types, columns, more or [{}] * len(types), strict=True
            )
        ],
        metadata=dict(about),
    )
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for begin in range(0, table.rows, ROWS):
            parts = [table.part(c.name, begin, begin + ROWS) for c in columns]
            arrays = [
                arrow.array(part, mask=missing(part), type=kind)
                for part, kind in zip(parts, types, strict=True)
            ]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))


def missing(values: Array) -> Array:
    """Tell where there is no value: NaN, or -1 among whole numbers."""
    return np.isnan(values) if values.dtype.kind == "f" else values == -1


def _pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module(
            "pyarrow.parquet"
        )
    except ImportError as e:
        raise StoreError(
            "parquet needs pyarrow, which is not installed: "
            "pip install 'labctl-bench[parquet]', or export csv"
        ) from e
