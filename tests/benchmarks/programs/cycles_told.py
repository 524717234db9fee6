"""Times how a program makes cycles of the columns, then looks what memory it takes.

From numpy files to a table of capacities by cycle. Programs of other environments
import this: nothing of labctl.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from spent import allocated, spent, tell


def column(name: str) -> NDArray[np.float64]:
    """Return a whole column."""
    found: NDArray[np.float64] = np.load(f"{name}.npy")
    return found


def tell_cycles(work: Callable[[], float]) -> None:
    """Tell what work costs that returns the last whole cycle's charge in mAh.

    It is done three times: the first loads what is loaded once in a program's life.
    """
    work()
    with spent() as took:
        charge = work()
    with allocated() as held:
        work()
    tell(s=took.wall, cpu_s=took.cpu, mb=held.mb, charge_mah=charge)
