"""Say whether a run on Windows and the same run on Linux hold the same numbers.

``python tests/windows/same_rows.py LINUX.h5 WINDOWS.h5`` compares every number of the
two sealed files but times of day and how often it was committed. Bit by bit they
cannot agree: the two systems' `exp` differ in the last place, and numpy and scipy may
be of other versions. A row may so come one poll earlier, which moves nothing by more
than `ROWS` of its column's largest value.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
ROWS = 1e-3
"""Of a column's largest value; seen: 4e-4 (the voltage at the end of a half cycle)."""
RESULTS = 1e-4
"""Of a result; seen: 1e-5 (the energy efficiency of a cycle); figures: 2e-6."""


def main(arguments: list[str]) -> int:
    """Print what differs, or how far the two agree; return 1 if something differs."""
    linux, windows = (numbers(Path(each)) for each in arguments)
    faults = list(differences(linux, windows))
    rows = max(each.size for each in linux.values())
    furthest = max(_apart(linux[name], windows[name]) for name in _results(linux))
    said = f"{len(linux)} datasets, up to {rows} rows; results within {furthest:.0e}"
    sys.stdout.write("\n".join(faults or [said]) + "\n")
    return 1 if faults else 0


def numbers(path: Path) -> dict[str, Numbers]:
    """Return every dataset of numbers in a run file by name, times of day left out."""
    found: dict[str, Numbers] = {}

    def take(name: str, node: object) -> None:
        if "unix" in name or name.startswith("status/"):
            return
        if isinstance(node, h5py.Dataset) and node.dtype.kind in "iuf":
            found[name] = np.asarray(node[()], dtype=float)

    with h5py.File(path) as file:
        file["entry"].visititems(take)
    return found


def differences(
    linux: dict[str, Numbers], windows: dict[str, Numbers]
) -> Iterator[str]:
    """Yield a sentence for each dataset that is not the same."""
    for name in sorted(linux.keys() ^ windows.keys()):
        yield f"{name}: only {'on Linux' if name in linux else 'on Windows'}"
    allowed = dict.fromkeys(linux, ROWS) | dict.fromkeys(_results(linux), RESULTS)
    for name in sorted(linux.keys() & windows.keys()):
        one, other = linux[name], windows[name]
        if one.shape != other.shape:
            yield f"{name}: {one.shape} on Linux, {other.shape} on Windows"
        elif not _apart(one, other) <= allowed[name]:
            yield f"{name}: {_apart(one, other):.1e} apart, {allowed[name]:.0e} allowed"


def _results(names: dict[str, Numbers]) -> list[str]:
    return [name for name in names if name.startswith("results/")]


def _apart(one: Numbers, other: Numbers) -> float:
    """Return the largest difference against the largest value; NaN equals NaN only."""
    if not np.array_equal(np.isnan(one), np.isnan(other)):
        return float("inf")
    there = ~np.isnan(one)
    if not there.any():
        return 0.0
    size = float(np.abs(one[there]).max()) or 1.0
    return float(np.abs(one[there] - other[there]).max()) / size


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
