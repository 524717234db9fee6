"""The rows that every recorder is given: twelve columns, as a cycler's rows have.

Programs of other environments import this: nothing of labctl.
"""

import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

NAMES = tuple(f"c{number}" for number in range(12))
WHOLE = frozenset({"c2", "c3", "c4", "c7"})
"""Counts, int64; the others are float64."""
Column = NDArray[np.float64] | NDArray[np.int64]


def asked() -> tuple[int, int]:
    """Return rows a batch and rows in all, as the command line says them."""
    return int(sys.argv[1]), int(sys.argv[2])


def batches(size: int, points: int) -> Iterator[dict[str, Column]]:
    """Return the rows in batches."""
    chance = np.random.default_rng(1)
    for first in range(0, points, size):
        yield {
            name: np.arange(first, first + size)
            if name in WHOLE
            else chance.normal(size=size)
            for name in NAMES
        }
