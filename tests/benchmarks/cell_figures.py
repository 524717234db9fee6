"""Draw what the simulated cells do, as an electrochemist would look at them first.

Run: ``python tests/benchmarks/cell_figures.py [FOLDER]`` from the repository's folder.
Writes ``cell-*.png`` into FOLDER, by default ``docs/images``; they are on the page
``docs/explanations/simulated-cells.md``.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.cell import Cell

Floats = NDArray[np.float64]
GRAM = 1.19e-3
C_20 = 3.5 * GRAM / 20
"""A: C/20 of 3.5 A/g, as formation has it."""
NAMES = ("qms-0.7", "si")


def half_cycle(cell: Cell, current: float, limit: float) -> tuple[Floats, Floats]:
    """Go to a limit; return charge in mAh/g and voltage in V."""
    charges, volts = [0.0], [cell.voltage(current)]
    while True:
        lower, upper = (limit, np.inf) if current < 0 else (-np.inf, limit)
        step = cell.advance(current, 60.0, lower=lower, upper=upper)
        charges.append(charges[-1] + step * abs(current) / 3.6 / GRAM)
        volts.append(cell.voltage(current))
        if step < 60.0:
            return np.array(charges), np.array(volts)


def first_cycles(curves: Axes, slopes: Axes, name: str) -> None:
    """Draw cycles at C/20 in 5 mV to 1.5 V, the third from 85 mV, and their dQ/dV."""
    cell = build_cell(name)
    for cycle, colour, lower in ((1, "C0", 0.005), (2, "C3", 0.005), (3, "C2", 0.085)):
        for current, limit in ((-C_20, lower), (C_20, 1.5)):
            charge, volts = half_cycle(cell, current, limit)
            curves.plot(charge, volts, colour, label=f"cycle {cycle}")
            order = 1 if current > 0 else -1
            grid = np.arange(0.01, 0.8, 0.004)
            slope = np.gradient(np.interp(grid, volts[::order], charge[::order]), grid)
            slopes.plot(grid, slope / 1e3, colour)
    handles, labels = curves.get_legend_handles_labels()
    curves.legend(handles[::2], labels[::2])
    curves.set(title=name, xlabel="Q / mAh g⁻¹", ylabel="E / V", ylim=(0, 1.5))
    slopes.set(xlabel="E / V", ylabel="dQ/dE / Ah g⁻¹ V⁻¹", ylim=(-50, 50))


def voltammograms(axes: Axes, name: str) -> None:
    """Draw the second sweeps of a formed cell between 1.2 and 0.01 V."""
    formed = build_cell(name)
    half_cycle(formed, -C_20, 0.005)
    half_cycle(formed, C_20, 1.2)
    down = np.arange(1.2, 0.0099, -0.002)
    for rate, colour in zip(
        (0.1, 0.2, 0.5, 1.0), ("C0", "C1", "C2", "C3"), strict=True
    ):
        cell = formed.copy()
        for sweep in (down, down[::-1]):
            for v in sweep:
                cell.step_voltage(v, 2.0 / rate)
        second = np.concatenate((down, down[::-1]))
        current = [1e3 * cell.step_voltage(v, 2.0 / rate) for v in second]
        axes.plot(second, current, colour, label=f"{rate:g} mV/s")
    axes.legend()
    axes.set(title=name, xlabel="E / V", ylabel="I / mA")


def nyquist(axes: Axes, name: str) -> None:
    """Draw the spectrum a quarter full at three temperatures, 100 kHz to 5 mHz."""
    cell = build_cell(name)
    half_cycle(cell, -C_20, 0.005)
    half_cycle(cell, C_20, 1.2)
    cell.step_current(-4e-4, 0.25 * cell.working.capacity / 4e-4)
    cell.step_current(0.0, 40_000.0)
    for celsius, colour in ((10.0, "C0"), (25.0, "C2"), (45.0, "C3")):
        cell.warm_to(celsius + 273.15)
        z = cell.impedance(np.logspace(5, -2.3, 90))
        axes.plot(z.real, -z.imag, f"{colour}.-", label=f"{celsius:g} °C", ms=3)
    axes.legend()
    axes.set_aspect("equal", "datalim")
    axes.set(title=name, xlabel="Re Z / Ω", ylabel="−Im Z / Ω")


def rates(axes: Axes, name: str) -> None:
    """Draw lithiation at 0.2C, 1C and 3C of 1.9 mA/cm², each after the same rate."""
    for rate, colour in ((0.2, "C0"), (1.0, "C2"), (3.0, "C3")):
        cell = build_cell(name)
        half_cycle(cell, -C_20, 0.005)
        half_cycle(cell, C_20, 1.5)
        current = rate * 1.9e-3 * 1.131
        half_cycle(cell, -current, 0.01)
        half_cycle(cell, current, 1.2)
        axes.plot(*half_cycle(cell, -current, 0.01), colour, label=f"{rate:g}C")
        axes.plot(*half_cycle(cell, current, 1.2), colour)
    axes.legend()
    axes.set(title=name, xlabel="Q / mAh g⁻¹", ylabel="E / V", ylim=(0, 1.2))


def draw(folder: Path, name: str, panel: Callable[..., None], rows: int = 1) -> None:
    """Write one image: a column for each sample, ``rows`` axes for its panel."""
    figure, axes = plt.subplots(rows, 2, figsize=(8, 3.4 * rows), squeeze=False)
    for column, sample in enumerate(NAMES):
        panel(*axes[:, column], sample)
    figure.tight_layout()
    figure.savefig(folder / f"cell-{name}.png", dpi=80)


def main(folder: Path) -> None:
    """Write every image."""
    draw(folder, "first-cycles", first_cycles, rows=2)
    draw(folder, "voltammograms", voltammograms)
    draw(folder, "nyquist", nyquist)
    draw(folder, "rates", rates)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
