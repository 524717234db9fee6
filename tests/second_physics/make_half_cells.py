"""Make the titrations of this folder: half cells whose physics PyBaMM solves.

Run once by hand, in an environment of its own: ``pip install pybamm`` (26.10.1.1),
``python make_half_cells.py``. Nothing of labctl is used. A silicon-like host against
lithium, concentrations and Butler-Volmer kinetics by PyBaMM's single-particle model,
or by its many-particle model where particles differ in size. Each file is one cell:
columns ``time_s``, ``voltage_v``, ``current_a`` (positive delithiates, the opposite of
PyBaMM's sign), and the truths as scalars: ``capacity_c`` (θ from 0 to 1), ``start``
(θ before the first row), ``radius_m`` (volume-weighted mean), ``sigma`` (of ln r by
volume), ``diffusivity_m2_per_s`` D(θ) = mid · exp(slope · θ) as ``mid`` and ``slope``.
Voltages are noise-free; tests add noise and converter steps.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pybamm  # type: ignore[import-not-found, unused-ignore]

RADIUS = 1e-6
START = 0.3
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Cell:
    """One half cell and what is done to it."""

    name: str
    mid: float
    slope: float = 0.0
    sigma: float = 0.0
    pulse: float = 300.0
    rest: float = 3600.0
    hours: float = 10.0
    """Of a full lithiation: C/10."""
    pulses: Sequence[int] = (-1,) * 6
    """Directions: -1 lithiates."""
    start: float = START
    cycled: bool = False
    """A slow cycle goes before the pulses."""


CELLS = (
    *(
        Cell(f"constant_{pulse:g}s", 2e-16, pulse=pulse, rest=6 * pulse + 1800)
        for pulse in (60.0, 300.0, 1200.0)
    ),
    *(
        Cell(f"rising_{pulse:g}s", 1e-17, slope=10.0, pulse=pulse, rest=7200.0)
        for pulse in (60.0, 300.0, 1200.0)
    ),
    *(
        Cell(f"falling_{pulse:g}s", 4e-15, slope=-10.0, pulse=pulse, rest=7200.0)
        for pulse in (60.0, 300.0, 1200.0)
    ),
    Cell("delithiation", 2e-16, pulses=(1,) * 6, start=0.6),
    *(
        Cell(f"sizes_{sigma:g}", 2e-16, sigma=sigma, rest=7200.0)
        for sigma in (0.2, 0.4, 0.6)
    ),
    Cell(
        "cycled",
        2e-16,
        pulses=(-1,) * 30 + (1,) * 30,
        pulse=600.0,
        start=0.05,
        cycled=True,
    ),
)


def open_circuit(stoichiometry: Any) -> Any:
    """Return a silicon-like open-circuit voltage in V, smooth and curved."""
    x = stoichiometry
    mixing = 0.5 * 0.0256926 * pybamm.log((1 - x) / x)
    return (
        0.185
        + 0.14 * (1 - x)
        + 0.05 * pybamm.exp(-x / 0.08)
        + mixing
        + 1.2 * pybamm.exp(-x / 0.004)
    )


def simulated(cell: Cell) -> tuple[Any, float]:
    """Return PyBaMM's simulation of the cell and its capacity in C."""
    options: dict[str, str] = {"working electrode": "positive"}
    if cell.sigma:
        options |= {"particle size": "distribution", "surface form": "algebraic"}
    model = pybamm.lithium_ion.SPM(options)
    values = pybamm.ParameterValues("Xu2019")
    maximum = values["Maximum concentration in positive electrode [mol.m-3]"]

    def diffusivity(stoichiometry: Any, _temperature: Any) -> Any:
        return cell.mid * pybamm.exp(cell.slope * stoichiometry)

    values.update(
        {
            "Positive particle radius [m]": RADIUS,
            "Positive particle diffusivity [m2.s-1]": diffusivity
            if cell.slope
            else cell.mid,
            "Positive electrode OCP [V]": open_circuit,
            "Initial concentration in positive electrode [mol.m-3]": cell.start
            * maximum,
            "Lower voltage cut-off [V]": -1.0,
            "Upper voltage cut-off [V]": 3.0,
            "Current function [A]": "[input]",
        },
        check_already_exists=False,
    )
    points = {"x_n": 10, "x_s": 10, "x_p": 10, "r_n": 20, "r_p": 150}
    if cell.sigma:
        values.update(by_size(cell.sigma), check_already_exists=False)
        points |= {"R_p": 40, "r_p": 60}
    volume = (
        values["Positive electrode active material volume fraction"]
        * values["Positive electrode thickness [m]"]
        * values["Electrode width [m]"]
        * values["Electrode height [m]"]
    )
    capacity = float(volume * maximum * pybamm.constants.F.value)
    simulation = pybamm.Simulation(
        model,
        parameter_values=values,
        var_pts=points,
        solver=pybamm.IDAKLUSolver(rtol=1e-8, atol=1e-8),
    )
    return simulation, capacity


def by_size(sigma: float) -> dict[str, Any]:
    """Return the parameters of a lognormal distribution of radii.

    PyBaMM weights by area. Lognormal by volume with median m is lognormal by area
    with median m exp(-σ²) and the same σ; the volume-weighted mean is m exp(σ²/2).
    """
    by_area = RADIUS * math.exp(-1.5 * sigma**2)

    def area(radius: Any) -> Any:
        spread = pybamm.log(radius / by_area) / sigma
        return pybamm.exp(-0.5 * spread**2) / (radius * sigma * math.sqrt(2 * math.pi))

    return {
        "Positive area-weighted particle-size distribution [m-1]": area,
        "Positive minimum particle radius [m]": by_area * math.exp(-3.2 * sigma),
        "Positive maximum particle radius [m]": by_area * math.exp(4.2 * sigma),
    }


def titrate(cell: Cell) -> None:
    """Solve one cell and write its file."""
    simulation, capacity = simulated(cell)
    current = capacity / 3600 / cell.hours
    rows: list[tuple[float, float, float]] = []

    def play(span: float, drive: float, every: float) -> None:
        """Add ``span`` s at ``drive`` A, dense at first, then each ``every`` s."""
        dense = np.concatenate((np.arange(0, 10, 1.0), np.arange(10, 60, 5.0)))
        late = np.arange(60.0, span + 1e-6, every)
        times = np.unique(np.concatenate((dense[dense < span], late, [span])))
        solution = simulation.solution
        before = solution.t[-1] if solution else 0.0
        simulation.step(
            span, t_interp=times, inputs={"Current function [A]": -drive}, save=True
        )
        seen = before + times[1:]
        voltage = simulation.solution["Voltage [V]"](seen)
        rows.extend((t, float(v), drive) for t, v in zip(seen, voltage, strict=True))

    play(300.0, 0.0, 30.0)
    if cell.cycled:
        slow = capacity / 3600 / 20
        for direction in (-1, 1):
            play(20 * 3600 * 0.85, direction * slow, 120.0)
            play(3600.0, 0.0, 60.0)
    for direction in cell.pulses:
        play(cell.pulse, direction * current, max(cell.pulse / 60, 5.0))
        play(cell.rest, 0.0, 60.0)
    time, voltage, flow = np.array(rows).T
    np.savez_compressed(
        FOLDER / f"{cell.name}.npz",
        time_s=time,
        voltage_v=voltage.astype(np.float64),
        current_a=flow,
        capacity_c=capacity,
        start=cell.start,
        radius_m=RADIUS,
        sigma=cell.sigma,
        mid=cell.mid,
        slope=cell.slope,
        pybamm=pybamm.__version__,
    )
    print(f"{cell.name}: {len(time)} rows, capacity {capacity:.4f} C")  # noqa: T201


if __name__ == "__main__":
    for each in CELLS:
        titrate(each)
