"""Which spectrum a row belongs to, by the order in which frequencies were measured."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.importers.foreign import ForeignColumn

RULE = "spectrum-from-frequency-order"


def spectrum_of(path: Path, frequency: ForeignColumn) -> ForeignColumn:
    """Return the column ``spectrum_id``, from 0, by the order of the frequencies.

    StoreError: a row has no frequency above 0.
    """
    bad = np.flatnonzero(~(frequency.values > 0))
    if len(bad):
        raise StoreError(
            f"{path}: row {int(bad[0]) + 1} below the titles has no frequency above "
            "0: remove it"
        )
    begins = np.zeros(len(frequency.values), dtype=bool)
    numbers = np.cumsum(sweeps(frequency.values, begins), dtype=np.float64)
    return ForeignColumn(numbers, frequency.title, RULE)


def sweeps(
    frequency: Array, begins: npt.NDArray[np.bool], sequence: Array | None = None
) -> npt.NDArray[np.bool]:
    """Return where a spectrum begins: also where a sweep turns or begins again.

    Between two beginnings frequencies rise, or they fall. One that is measured twice
    where a sweep turns belongs to both sweeps. A new ``sequence`` begins one, unless
    the sweep goes on through it.
    """
    out = begins.copy()
    first, direction, repeated = 0, 0.0, False
    for k, sign in enumerate(np.sign(np.diff(frequency)), start=1):
        new_sequence = sequence is not None and sequence[k] != sequence[k - 1]
        if out[k] or (new_sequence and (sign == 0 or sign != direction)):
            out[k] = True
            first, direction, repeated = k, 0.0, False
        elif sign == 0:
            repeated = True
        elif direction in (0.0, sign):
            direction, repeated = float(sign), False
        else:
            again = (frequency[k] - frequency[first]) * sign >= 0
            turned = repeated and not (again and k - first > 3)  # noqa: PLR2004
            first = k - 1 if turned else k
            out[first] = True
            direction, repeated = float(sign) if turned else 0.0, False
    return out


def doubts_of_sign(imaginary: ForeignColumn) -> Iterator[str]:
    """Yield what a person should know where Z'' looks like -Z''."""
    if 2 * (imaginary.values > 0).sum() > len(imaginary.values):
        yield (
            f"most of {imaginary.title} is positive, as of an inductance; if the file "
            "holds -Z'', change its sign before the import"
        )
