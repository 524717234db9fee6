"""Say whether a run on Windows and the same run on Linux hold the same numbers.

``python tests/windows/same_rows.py LINUX.h5 WINDOWS.h5`` compares every number of the
two sealed files but times of day and how often it was committed. Bit by bit they
cannot agree: the two systems' `exp` differ in the last place, and numpy and scipy may
be of other versions. Where that turns one step of a converter, the row that a change of
voltage asks for comes a little earlier, and all behind it, since each is counted from
the one before. So rows are compared as what they are, points of one curve in time.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
ROWS = 5e-3
"""Of a column's largest value, between curves whose points are 5 mV apart …"""
ASTRAY = 5e-3
"""… but for this share of the rows: where a step ends, a curve jumps. Also what the
number of rows may differ by."""
RESULTS = 1e-4
"""Of a result; seen: 1e-5 (the energy efficiency of a cycle); figures: 2e-6."""
BUDGETS = 0.1
"""Of an uncertainty; seen: 5e-2 (the voltmeter's part of a capacity, which hangs on the
last rows)."""
TIME = "test_time_second"


def main(arguments: list[str]) -> int:
    """Print what differs, or how far the two agree; return 1 if something differs."""
    linux, windows = (numbers(Path(each)) for each in arguments)
    faults = list(differences(linux, windows))
    rows = max(each.size for each in linux.values())
    values = [name for name in linux if _allowed(name) == RESULTS and name in windows]
    furthest = max(_apart(linux[name], windows[name]) for name in values)
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
    for name in sorted(linux.keys() & windows.keys()):
        one, other = linux[name], windows[name]
        stream = name.rpartition("/")[0]
        if f"{stream}/{TIME}" in linux and not name.startswith("steps/"):
            times = (each[f"{stream}/{TIME}"] for each in (linux, windows))
            yield from _of_curves(name, one, other, *times)
        elif one.shape != other.shape:
            yield f"{name}: {one.shape} on Linux, {other.shape} on Windows"
        elif not _apart(one, other) <= _allowed(name):
            most = _allowed(name)
            yield f"{name}: {_apart(one, other):.1e} apart, {most:.0e} allowed"


def _of_curves(
    name: str, one: Numbers, other: Numbers, time: Numbers, elsewhere: Numbers
) -> Iterator[str]:
    """Yield what is wrong between two columns, each over its own times."""
    if abs(len(one) - len(other)) > ASTRAY * len(one):
        yield f"{name}: {len(one)} rows on Linux, {len(other)} on Windows"
        return
    there, known = np.isfinite(one), np.isfinite(other)
    if there.any() != known.any():
        yield f"{name}: known on one of the two only"
    if not (there.any() and known.any()):
        return
    there_too = np.interp(time[there], elsewhere[known], other[known])
    size = float(np.abs(one[there]).max()) or 1.0
    astray = float(np.mean(np.abs(one[there] - there_too) > ROWS * size))
    if astray > ASTRAY:
        yield f"{name}: {astray:.2%} of the rows lie beside the other's curve"


def _allowed(name: str) -> float:
    if not name.startswith("results/"):
        return ROWS
    leaf = name.rpartition("/")[2]
    uncertain = "/budget/" in name or leaf in {"uncertainty", "degrees_of_freedom"}
    return BUDGETS if uncertain else RESULTS


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
