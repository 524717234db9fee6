"""Which spectrum a row belongs to, where the file does not count them."""

import numpy as np

from labctl.data import Array
from labctl.store.importers.foreign import ForeignColumn

RULE = "spectrum-from-frequency-order"


def spectrum_of(frequency: ForeignColumn) -> ForeignColumn:
    """Return the column ``spectrum_id``, from 0, by the order of the frequencies."""
    return ForeignColumn(sweeps(frequency.values), frequency.title, RULE)


def sweeps(frequency: Array) -> Array:
    """Return for each row the number of its sweep, from 0; shape (n,), float64.

    The first step of a sweep gives its direction, up or down; the first step against
    it begins the next sweep. A frequency measured again is of the same sweep.
    """
    numbers = np.zeros(len(frequency))
    number = direction = 0
    for k, step in enumerate(np.sign(np.diff(frequency)), start=1):
        if direction and step == -direction:
            number += 1
            direction = 0
        elif step:
            direction = int(step)
        numbers[k] = number
    return numbers
