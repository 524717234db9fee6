"""Print how many seeds of a blind fit end in the best minimum that is known.

Run: ``python tests/benchmarks/programs/circuit_minima.py [SEEDS]``; 200 take an hour.
Each seed is another cell, its parameters drawn over decades, and other noise of 0.3 %;
57 points, nine parameters. The best minimum known is the least of what the fit, three
fits with other seeds and four times the descents, and a descent from the true
parameters come to. Some arcs lie in the noise or beyond the frequencies: their minima
are many, shallow, and differ by less than noise does, so larger misses have a column
of their own. Goal: none, at 0.3 s of CPU.
"""

import sys
import time

import numpy as np

from labctl.analysis.spectra.circuit_fit import fit_circuit, search_circuit
from labctl.analysis.spectra.elements import Complexes
from labctl.analysis.spectra.impedance import Circuit, parse_circuit

CIRCUITS = (
    "R0-p(R1,CPE1)-p(R2-Wo1,CPE2)",
    "R0-p(R1,CPE1)-p(R2-Sp1,CPE2)",
    "R0-p(R1,CPE1)-p(R2,CPE2)-Wo1",
    "L0-R0-p(R1,CPE1)-p(R2-W1,CPE2)",
    "R0-p(R1,C1)-p(R2,C2)-p(R3-Ws1,C3)",
    "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3,C3)",
)
FREQUENCY = np.logspace(5, -2, 57)
NOISE = 3e-3
SAME = 1.001
"""Times the least sum of squares that is the same minimum …"""
FAR = 1.05
"""… and beyond which it is one that noise would tell apart."""
STARTS = 96
OTHERS = 3


def truth(circuit: Circuit, draw: np.random.Generator) -> list[float]:
    """Return parameters of a cell: arcs from 20 µs to 3 s, tails from 1 s on."""
    times = iter(10 ** np.sort(draw.uniform(-4.7, 0.5, 4)))
    values: dict[str, float] = {}
    for name in circuit.names:
        if name.startswith("R"):
            values[name] = 10 ** draw.uniform(0, 2)
        elif name.startswith("L"):
            values[name] = 10 ** draw.uniform(-7, -5.5)
        elif name.endswith("alpha"):
            values[name] = draw.uniform(0.65, 1.0)
        elif name.endswith("Z0"):
            values[name] = 10 ** draw.uniform(0.5, 2.5)
        elif name.endswith("tau"):
            values[name] = 10 ** draw.uniform(0, 3)
        elif name.startswith("W"):
            values[name] = 10 ** draw.uniform(-0.5, 1.5)
    for name in circuit.names:
        if name.startswith("C"):
            number = name.removeprefix("CPE").removeprefix("C").split("_")[0]
            exponent = values.get(f"CPE{number}_alpha", 1.0)
            if name not in values:
                values[name] = next(times) ** exponent / values[f"R{number}"]
    return [values[name] for name in circuit.names]


def best_known(circuit: Circuit, z: Complexes, true: list[float]) -> float:
    """Return the least half sum of squares that longer searches come to."""
    there = search_circuit(circuit, FREQUENCY, z, given=np.log([true]), starts=0)
    longer = [
        search_circuit(circuit, FREQUENCY, z, starts=STARTS, seed=1000 + k)
        for k in range(OTHERS)
    ]
    return min(there.cost, *(one.cost for one in longer))


def main(seeds: int) -> None:
    """Print a row for each circuit."""
    for text in CIRCUITS:
        circuit = parse_circuit(text)
        misses, costs = [], []
        for seed in range(seeds):
            draw = np.random.default_rng([seed, len(text)])
            true = truth(circuit, draw)
            z = circuit.impedance(FREQUENCY, true)
            wobble = draw.standard_normal((2, len(z)))
            z = z + NOISE * np.abs(z) * (wobble[0] + 1j * wobble[1])
            began = time.process_time()
            found = fit_circuit(circuit, FREQUENCY, z, seed=seed).cost
            costs.append(time.process_time() - began)
            misses.append(found / min(found, best_known(circuit, z, true)))
        same, far = (np.mean(np.array(misses) > limit) for limit in (SAME, FAR))
        print(
            f"{text:36} {np.median(costs):.3f} s (worst {max(costs):.3f} s), best "
            f"minimum at {100 * (1 - same):5.1f} % of {seeds} seeds, more than 5 % "
            f"above it at {100 * far:.1f} %",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
