"""Columns of half-cell cycles with noise: ``cycling_columns.py ROWS``.

A numpy file each. What only some programs want to be given (steps, running charges
in Ah) is made here, before any clock starts.
"""

import sys

import numpy as np

CYCLES = 500


def main() -> None:
    """Write them here."""
    rows = int(sys.argv[1])
    time = np.arange(rows, dtype=np.float64)
    half = (time * (2 * CYCLES) // rows).astype(np.int64)
    up = half % 2 == 1
    current = np.where(up, 1.34e-3, -1.34e-3)
    current += 1e-7 * np.random.default_rng(1).standard_normal(rows)
    phase = time * (2 * CYCLES) / rows - half
    passed = np.cumsum(current) / 3600
    first = np.searchsorted(half, half)  # the first row of each row's half cycle
    own = np.abs(passed - passed[first])
    columns = {
        "time": time,
        "voltage": np.where(up, 0.2 + 0.6 * phase, 0.6 - 0.5 * phase),
        "current": current,
        "half_cycle": half,
        "step": up + np.int64(1),
        "cycle": half // 2 + 1,
        "step_time": (np.arange(rows) - first).astype(float),
        "capacity": passed,
        "charge": np.where(up, own, 0.0),
        "discharge": np.where(up, 0.0, own),
    }
    for name, column in columns.items():
        np.save(f"{name}.npy", column)


if __name__ == "__main__":
    main()
