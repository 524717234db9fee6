"""Print what a fit costs and whether every seed finds the same minimum.

Run: ``python tests/benchmarks/circuit_fits.py`` from the repository's folder. Goal:
0.3 s of CPU for fifty points and nine parameters.
"""

import time
from pathlib import Path

import numpy as np

from labctl.analysis.spectra.charge_transfer import CANDIDATES
from labctl.analysis.spectra.circuit_fit import fit_circuit
from labctl.analysis.spectra.impedance import parse_circuit

SEEDS = 4


def main() -> None:
    """Fit every candidate to the measured example spectrum of impedance.py."""
    path = Path(__file__).parents[1] / "data" / "impedance_py_example.csv"
    rows = np.loadtxt(path, delimiter=",")
    z = rows[:, 1] + 1j * rows[:, 2]
    f, z = rows[z.imag < 0, 0], z[z.imag < 0]
    fit_circuit(parse_circuit("R0-p(R1,C1)"), f, z)  # imports
    for text in (*CANDIDATES, "R0-p(R1,CPE1)-p(R2,CPE2)-Wo1"):
        circuit = parse_circuit(text)
        began = time.process_time()
        fits = [fit_circuit(circuit, f, z, seed=seed) for seed in range(SEEDS)]
        cost = (time.process_time() - began) / SEEDS
        worst = max(fit.cost for fit in fits) / min(fit.cost for fit in fits)
        print(
            f"{text:42} {len(circuit.names):2} parameters {cost:6.3f} s, "
            f"Σr²/2 {fits[0].cost:.5f}, worst seed ×{worst:.4f}"
        )


if __name__ == "__main__":
    main()
