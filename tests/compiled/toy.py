"""A kernel of two functions that compiles in a second."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from labctl.compiled import Kernels, compiled


@compiled
def damped(x: float) -> float:
    """Return a number that rounding shows in."""
    return math.asinh(x) * math.exp(-0.1 * x) + math.expm1(1e-3 * x) / 3.0


@compiled
def walk(row: list[float], steps: float) -> float:
    """Add to a row's numbers what depends on all before; return the last."""
    last = 0.0
    for _ in range(int(steps)):
        for k in range(len(row)):
            last = damped(row[k] + last)
            row[k] += last
    return last


class Toy(NamedTuple):
    """The entry points."""

    walk: Callable[[list[float], float], float]


def example() -> list[tuple[Any, ...]]:
    """Return arguments of each."""
    return [(np.zeros(1), 0.0)]


def new_toy() -> Kernels[Toy]:
    """Return the kernel as a fresh process has it."""
    return Kernels("toy:TOY", Toy(walk), example)


TOY = new_toy()
