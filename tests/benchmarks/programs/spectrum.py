"""The measured spectrum that every fit is given: the example of impedance.py (MIT).

Programs of other environments import this: nothing of labctl.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).parents[2] / "data" / "impedance_py_example.csv"
NINE = "R0-p(R1,CPE1)-p(R2,CPE2)-Wo1"
"""Of nine parameters."""


def example() -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
    """Return frequencies in Hz and impedances in Ω, shape (n,), Im < 0."""
    rows = np.loadtxt(DATA, delimiter=",")
    z = rows[:, 1] + 1j * rows[:, 2]
    kept = z.imag < 0
    return rows[kept, 0], z[kept]
