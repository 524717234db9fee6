"""What a cell calls of this package, in plain Python and as machine code."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from drivers.twins.world.kernel.leg import MOST_ROWS, Gone, Leg, Rows, follow
from drivers.twins.world.kernel.memory import SHAPE_SIZE, Floats, Memory
from drivers.twins.world.kernel.steps import advance, hold
from labctl.compiled import Kernels


class CellKernel(NamedTuple):
    """The entry points."""

    advance: Callable[[Memory, float, float, float, float], float]
    """Current in A, time in s, limits in V; returns s passed."""
    hold: Callable[[Memory, float, float], float]
    """Voltage in V, time in s; returns A at the end."""
    follow: Callable[[Memory, Leg, Rows], Gone]
    """A constant current with its rows."""


def in_arrays(memory: Memory) -> Memory:
    """Return the same numbers as machine code takes them."""
    shape: Any = np.array(memory.shape, dtype=np.int64)
    return Memory(
        shape,
        _row(memory.parameters),
        _row(memory.state),
        _row(memory.after),
        _row(memory.work),
        _shared(tuple(memory.tables)),
    )


def room_for(memory: Memory, *, as_arrays: bool) -> Rows:
    """Return where `follow` may write, for cells like this one."""
    sizes = (MOST_ROWS, MOST_ROWS, MOST_ROWS, len(memory.state))
    lists = ([0.0] * size for size in sizes)
    return Rows(*(_row(one) if as_arrays else one for one in lists))


def _row(numbers: Floats) -> Any:
    return np.array(numbers, dtype=np.float64)


@cache
def _shared(numbers: tuple[float, ...]) -> Any:
    """Return one array for all cells."""
    return _row(list(numbers))


def _example() -> list[tuple[Any, ...]]:
    cell = in_arrays(Memory([0] * SHAPE_SIZE, [0.0], [0.0], [0.0], [0.0], [0.0]))
    leg = Leg(*[0.0] * len(Leg._fields))
    rows = room_for(cell, as_arrays=True)
    return [(cell, 0.0, 0.0, 0.0, 0.0), (cell, 0.0, 0.0), (cell, leg, rows)]


KERNEL = Kernels(f"{__name__}:KERNEL", CellKernel(advance, hold, follow), _example)
