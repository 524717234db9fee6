"""Make ``pybamm_gitt.csv``: a titration of a sphere with known diffusivity, by PyBaMM.

Run once by hand, in an environment of its own: ``pip install pybamm`` (26.10.1.1),
``python make_pybamm_gitt.py``. A half cell of one particle (SPM) with a curved
open-circuit voltage, exchange current that depends on the surface composition, and a
constant D = 1e-16 m²/s at r = 1 µm; 5 pulses of C/20 for 600 s with 1 h of rest, first
lithiating; 200 radial points. Columns:
time s, voltage V, current A (positive delithiates: the opposite of PyBaMM's sign).
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pybamm  # type: ignore[import-not-found, unused-ignore]

DIFFUSIVITY = 1e-16
RADIUS = 1e-6
PULSES = 5
PULSE, REST = 600.0, 3600.0
CAPACITY_H = 20.0


def open_circuit(stoichiometry: Any) -> Any:
    """Return a smooth, curved open-circuit voltage in V."""
    return (
        0.5
        - 0.4 * stoichiometry
        + 0.15 * (1 - stoichiometry) ** 2
        + 0.05 * pybamm.exp(-stoichiometry / 0.08)
    )


def main() -> None:
    """Solve and write."""
    model = pybamm.lithium_ion.SPM({"working electrode": "positive"})
    values = pybamm.ParameterValues("Xu2019")
    maximum = values["Maximum concentration in positive electrode [mol.m-3]"]
    values.update(
        {
            "Positive particle radius [m]": RADIUS,
            "Positive particle diffusivity [m2.s-1]": DIFFUSIVITY,
            "Positive electrode OCP [V]": open_circuit,
            "Initial concentration in positive electrode [mol.m-3]": 0.3 * maximum,
            "Lower voltage cut-off [V]": -1.0,
            "Upper voltage cut-off [V]": 3.0,
            "Current function [A]": "[input]",
        },
        check_already_exists=False,
    )
    volume = (
        values["Positive electrode active material volume fraction"]
        * values["Positive electrode thickness [m]"]
        * values["Electrode width [m]"]
        * values["Electrode height [m]"]
    )
    capacity = float(volume * maximum * pybamm.constants.F.value)
    current = capacity / 3600 / CAPACITY_H
    simulation = pybamm.Simulation(
        model,
        parameter_values=values,
        var_pts={"x_n": 10, "x_s": 10, "x_p": 10, "r_n": 100, "r_p": 200},
        solver=pybamm.IDAKLUSolver(rtol=1e-9, atol=1e-9),
    )
    simulation.step(60.0, inputs={"Current function [A]": 0.0}, save=True)
    rows = [(0.0, float(simulation.solution["Voltage [V]"].entries[0]), 0.0)]
    start = 60.0
    for number in range(2 * PULSES):
        span, drive = (PULSE, current) if number % 2 == 0 else (REST, 0.0)
        times = np.concatenate((np.arange(0, 60, 2.0), np.arange(60, span + 1, 20.0)))
        before = simulation.solution.t[-1]
        simulation.step(
            span, t_interp=times, inputs={"Current function [A]": drive}, save=True
        )
        wanted = before + times[1:]
        voltage = simulation.solution["Voltage [V]"](wanted)
        rows += [
            (start + t, float(v), -drive)
            for t, v in zip(times[1:], voltage, strict=True)
        ]
        if number == 0:
            rows.insert(1, (60.0, rows[0][1], 0.0))
        start += span
    with Path(__file__).with_name("pybamm_gitt.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("time_s", "voltage_V", "current_A"))
        writer.writerows((f"{t:.1f}", f"{v:.9f}", f"{i:.9e}") for t, v, i in rows)
    print(f"capacity {capacity:.6f} C, {len(rows)} rows")  # noqa: T201


if __name__ == "__main__":
    main()
