"""Print what a step of the simulated cell costs.

Run: ``python tests/benchmarks/cell_model.py`` from the repository's folder.
"""

import timeit
from collections.abc import Callable

import numpy as np

from drivers.twins.world.catalogue import build_cell


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


if __name__ == "__main__":
    report("qms-0.7", -2e-4)
    report("si", -2e-4)
    report("qms-0.7-lco", 2e-4)
