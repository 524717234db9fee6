"""A single particle model cycled by PyBaMM: ``spm_pybamm.py CYCLES``.

Constant current at C/2 both ways with rests of 600 s and a point each 120 s, as
`cycling` records; graphite against NMC (Chen 2020), its own fastest solver. No
instrument, no noise, no file, no fade: what a model alone costs.
"""

import importlib
import sys
from typing import Any

from spent import spent, tell

CYCLE = (
    "Discharge at C/2 until 2.5 V",
    "Rest for 600 seconds",
    "Charge at C/2 until 4.2 V",
    "Rest for 600 seconds",
)


def main() -> None:
    """Cycle and tell."""
    # not a dependency of labctl, so that mypy cannot know it
    pybamm: Any = importlib.import_module("pybamm")
    pybamm.set_logging_level("ERROR")
    cycles = int(sys.argv[1])
    with spent() as of:
        simulation = pybamm.Simulation(
            pybamm.lithium_ion.SPM(),
            experiment=pybamm.Experiment([CYCLE] * cycles, period="120 seconds"),
            parameter_values=pybamm.ParameterValues("Chen2020"),
            solver=pybamm.IDAKLUSolver(),
        )
        solution = simulation.solve(calc_esoh=False)
    done = len(solution.cycles)
    if done != cycles:
        raise SystemExit(f"{done} cycles of {cycles}")
    tell(solved_s=of.cpu)


if __name__ == "__main__":
    main()
