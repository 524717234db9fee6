"""How two forms of one measurement are recognised: numbers of their rows agree.

A program's text export and its binary file differ in every byte, and in the last
digits of every number. Rows spread over the file whose time and voltage agree within
rounding are one measurement where the files' names agree as well; rows that hardly
differ from each other tell nothing.
"""

import numpy as np
from numpy.typing import NDArray

from labctl.store.imported_from import Likeness
from labctl.store.importers.foreign import ForeignFile, ForeignTable

SPREAD = 32
"""Rows that are compared, the first and the last among them."""
ROUNDING = 1e-5
"""Relative difference of two numbers of which one was written as text."""
LEAST = 1e-6
"""s, V, Hz, ohm: numbers that differ by less are alike."""
TELLING = 8
"""Different numbers, of voltage or impedance, below which rows tell nothing."""
TIMESERIES = ("test_time_second", "voltage_volt")
EIS = ("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm")


def likeness_of(file: ForeignFile) -> Likeness:
    """Return the numbers by which the file's rows are recognised."""
    return Likeness(
        file.timeseries.rows,
        file.eis.rows,
        _numbers(file.timeseries, TIMESERIES),
        _numbers(file.eis, EIS),
    )


def is_alike(one: Likeness, other: Likeness) -> bool:
    """Return whether two files surely hold one measurement."""
    return (
        (one.rows, one.spectra_rows) == (other.rows, other.spectra_rows)
        and _tells(one)
        and _agree(one.timeseries, other.timeseries)
        and _agree(one.eis, other.eis)
    )


def _tells(one: Likeness) -> bool:
    half = len(one.timeseries) // len(TIMESERIES)
    voltage = one.timeseries[half:]
    impedance = one.eis[len(one.eis) // len(EIS) :]
    return max(len(set(voltage)), len(set(impedance))) >= TELLING


def _agree(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return len(one) == len(other) and bool(
        np.allclose(one, other, rtol=ROUNDING, atol=LEAST, equal_nan=True)
    )


def _numbers(table: ForeignTable, names: tuple[str, ...]) -> tuple[float, ...]:
    if not table.rows:
        return ()
    at = np.unique(np.linspace(0, table.rows - 1, SPREAD).astype(int))
    columns: list[NDArray[np.float64]] = [
        table[name].values[at] if name in table else np.full(len(at), np.nan)
        for name in names
    ]
    return tuple(float(x) for column in columns for x in column)
