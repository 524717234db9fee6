"""Cycles out of columns of rows by labctl's analysis, which integrates by itself."""

import numpy as np
from cycles_told import tell_cycles

from labctl.analysis.cells.cycling import Pairing, pair_cycles
from labctl.analysis.cells.half_cycles import split_half_cycles
from labctl.analysis.cells.retention import retention


def work() -> float:
    """Return what the last whole cycle gave back, from files to number."""
    time, voltage, current = (
        np.load(f"{name}.npy", mmap_mode="r") for name in ("time", "voltage", "current")
    )
    halves = split_half_cycles(time, voltage, current)
    cycles = pair_cycles(halves, Pairing.DISCHARGE_FIRST)
    retention(cycles)
    return float(cycles.second[-2]) / 3.6


if __name__ == "__main__":
    tell_cycles(work)
