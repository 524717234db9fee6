"""Print what a step of the simulated cell costs, and eight cells at once beside one.

Run: ``python -m tests.benchmarks.cell_model`` from the repository's folder; with
``LABCTL_KERNELS=plain`` it shows what plain Python takes.
"""

import os
import timeit
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.cell import Cell
from drivers.twins.world.kernel.entries import KERNEL
from labctl.clock import stopwatch
from labctl.compiled.kernels import HOW

CELLS = 8


def microseconds(act: Callable[[], object], number: int = 3000) -> float:
    """Return the best of three, in µs a call."""
    return min(timeit.repeat(act, number=number, repeat=3)) / number * 1e6


def report(name: str, current: float) -> None:
    """Time steps, marks and spectra of one cell, partly charged."""
    cell = build_cell(name)
    cell.step_current(current, 30_000.0)
    voltage = cell.voltage(current)
    frequencies = np.logspace(4, 0, 41)
    acts: dict[str, Callable[[], object]] = {
        "step_current 1 ms": lambda: cell.step_current(current, 1e-3),
        "step_current 1 s": lambda: cell.step_current(current, 1.0),
        "step_voltage 1 s": lambda: cell.step_voltage(voltage, 1.0),
        "mark and rewind": lambda: cell.rewind(cell.mark()),
        "snapshot": cell.snapshot,
        "impedance, 41 frequencies": lambda: cell.impedance(frequencies),
    }
    for what, act in acts.items():
        cost = microseconds(act, 100 if "impedance" in what else 3000)
        print(f"{name:12} {what:26} {cost:9.2f} µs")


def cycled(cell: Cell) -> None:
    """Go down and up at C/2, twice."""
    for current in (-2e-3, 2e-3) * 2:
        cell.advance(current, 1e5, 0.01, 1.2)


def report_many() -> None:
    """Time a cycle of one cell and of several, each in a thread."""
    for count in (1, CELLS):
        cells = [build_cell("qms-0.7") for _ in range(count)]
        for cell in cells:
            cell.step_current(0.0, 1.0)
        begun = stopwatch()
        with ThreadPoolExecutor() as threads:
            list(threads.map(cycled, cells))
        taken = 1e3 * (stopwatch() - begun)
        print(f"{count} cells, 2 cycles each, {os.cpu_count()} cores {taken:12.2f} ms")


if __name__ == "__main__":
    if os.environ.get(HOW) != "plain":
        KERNEL.load()
    report("qms-0.7", -2e-4)
    report("si", -2e-4)
    report("qms-0.7-lco", 2e-4)
    report_many()
