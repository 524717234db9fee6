"""Columns as pandas, polars, Arrow and xarray keep them, missing values included."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from labctl.data import Array, Column
from labctl.notebook.libraries import library

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    import xarray as xr

MISSING = -1
"""In a column of integers."""
Arrays = Mapping[str, Array]
Facts = Mapping[str, str]


def pandas_frame(
    columns: Sequence[Column], arrays: Arrays, facts: Facts
) -> "pd.DataFrame":
    """Return a data frame; integers know missing values."""
    pd = library("pandas", "to_pandas()")
    found = {
        c.name: pd.arrays.IntegerArray(
            arrays[c.name].astype(np.int64), arrays[c.name] == MISSING
        )
        if c.dtype == "i8"
        else arrays[c.name]
        for c in columns
    }
    frame = pd.DataFrame(found)
    frame.attrs |= {
        **facts,
        "units": {c.name: c.unit for c in columns},
        "long_names": {c.name: c.long_name for c in columns},
    }
    return frame


def polars_frame(columns: Sequence[Column], arrays: Arrays) -> "pl.DataFrame":
    """Return a data frame; missing is null."""
    pl = library("polars", "to_polars()")
    frame = pl.DataFrame({c.name: arrays[c.name] for c in columns})
    known = [
        pl.when(pl.col(c.name) != MISSING).then(pl.col(c.name))
        if c.dtype == "i8"
        else pl.col(c.name).fill_nan(None)
        for c in columns
    ]
    return frame.with_columns(*known)


def arrow_table(columns: Sequence[Column], arrays: Arrays, facts: Facts) -> "pa.Table":
    """Return an Arrow table; fields carry ``units`` and ``long_name``."""
    pa = library("pyarrow", "to_arrow()")
    types: dict[str, Any] = {"f8": pa.float64(), "i8": pa.int64()}
    fields = [
        pa.field(
            c.name,
            types[c.dtype],
            metadata={"units": c.unit, "long_name": c.long_name},
        )
        for c in columns
    ]
    data = [
        pa.array(arrays[c.name], types[c.dtype], mask=_missing(c, arrays[c.name]))
        for c in columns
    ]
    return pa.table(data, schema=pa.schema(fields, metadata=dict(facts)))


def xarray_dataset(
    columns: Sequence[Column], arrays: Arrays, facts: Facts
) -> "xr.Dataset":
    """Return a dataset along ``row``, units as attributes."""
    xr = library("xarray", "to_xarray()")
    found = {}
    for column in columns:
        values, missing = arrays[column.name], _missing(column, arrays[column.name])
        if column.dtype == "i8" and missing.any():
            values = np.where(missing, np.nan, values)
        about = {"units": column.unit or "1", "long_name": column.long_name}
        found[column.name] = ("row", values, about)
    return xr.Dataset(found, attrs=dict(facts))


def _missing(column: Column, values: Array) -> Array:
    return np.asarray(values == MISSING if column.dtype == "i8" else np.isnan(values))
