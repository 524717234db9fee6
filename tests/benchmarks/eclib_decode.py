"""What it costs to turn 1000 words into numbers: in numpy, and word by word in C.

Run by hand: ``PYTHONPATH=tests/wires python tests/benchmarks/eclib_decode.py``. The
library is the oracle of tests/eclib, compiled on the spot: a call into it costs what a
call into any DLL does.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from oracle_library import Oracle, build

from drivers.biologic.dialect import Dialect
from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.encodings import TI, ieee_floats, ti_floats
from drivers.biologic.eclib.library import EClib
from drivers.biologic.rows.reading import Fetched, Reader
from labctl.clock import stopwatch

WORDS = 1000


def best(action: Callable[[], object], times: int) -> float:
    """Return the shortest of several runs, µs."""
    took = []
    for _ in range(times):
        begun = stopwatch()
        action()
        took.append(stopwatch() - begun)
    return min(took) * 1e6


def by_the_library(words: list[int]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        table = Oracle.placed(build(place), place / "sdk", "call_seconds = 0").table()

        def all_of_them(lib: EClib) -> float:
            return best(lambda: [lib.single(word, 2) for word in words], 20)

        return table.exchange(all_of_them)


def main() -> None:
    words = np.random.default_rng(1).integers(0, 2**32, WORDS, dtype=np.uint32)
    rows = words.reshape(200, 5).copy()
    rows[:, :2] = 0
    reader = Reader("v/1", Board.PREMIUM, TI, 0, Dialect())
    block = Fetched(rows, 0, 102, 0, 0, 0.0, 25e-6, 0)
    for what, took in (
        ("TI words in numpy", best(lambda: ti_floats(words), 1000)),
        ("IEEE words in numpy", best(lambda: ieee_floats(words), 1000)),
        (
            "200 rows of CP into columns",
            best(lambda: reader.batch(block, int, 0.0), 500),
        ),
        ("word by word through the library", by_the_library(words.tolist())),
    ):
        print(f"{what:34} {took:8.1f} µs")


if __name__ == "__main__":
    main()
