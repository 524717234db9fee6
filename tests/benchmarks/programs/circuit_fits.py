"""What a blind fit costs, and how many seeds find the best minimum.

``circuit_fits.py SEEDS [CIRCUIT…|all]`` fits the measured spectrum that impedance.py
has as its example: by default the circuits of nine parameters, with ``all`` every
candidate of the analysis. A line a circuit, then what they come to.
"""

import statistics
import sys
import time
from dataclasses import dataclass

from spectrum import NINE, example
from spent import tell

from labctl.analysis.spectra.charge_transfer import CANDIDATES
from labctl.analysis.spectra.circuit_fit import fit_circuit
from labctl.analysis.spectra.impedance import Circuit, parse_circuit

PARAMETERS = 9
SAME = 1.001
"""Costs within this factor are of one minimum."""


@dataclass(frozen=True, slots=True)
class Fits:
    """One circuit, fitted from every seed."""

    seconds: list[float]
    """CPU, each fit."""
    costs: list[float]

    @property
    def share(self) -> float:
        """Return how many of the fits ended in the best of the minima, in %."""
        best = SAME * min(self.costs)
        return 100.0 * sum(cost <= best for cost in self.costs) / len(self.costs)


def fitted(circuit: Circuit, seeds: int) -> Fits:
    """Fit one circuit from every seed."""
    frequency, impedance = example()
    seconds, costs = [], []
    for seed in range(seeds):
        began = time.process_time()
        fit = fit_circuit(circuit, frequency, impedance, seed=seed)
        seconds.append(time.process_time() - began)
        costs.append(fit.cost)
    return Fits(seconds, costs)


def main() -> None:
    """Fit and tell."""
    seeds, *which = sys.argv[1:]
    circuits = {text: parse_circuit(text) for text in (*CANDIDATES, NINE)}
    if which != ["all"]:
        circuits = {
            text: circuit
            for text, circuit in circuits.items()
            if (text in which if which else len(circuit.names) == PARAMETERS)
        }
    fitted(parse_circuit("R0-p(R1,C1)"), 1)  # imports
    found = {text: fitted(one, int(seeds)) for text, one in circuits.items()}
    for text, fits in found.items():
        print(
            f"{text:42} {len(circuits[text].names):2} parameters "
            f"{statistics.median(fits.seconds):6.3f} s, at most "
            f"{max(fits.seconds):.3f}; Σr²/2 {min(fits.costs):.6f}, worst seed "
            f"×{max(fits.costs) / min(fits.costs):.4f}"
        )
    seconds = [second for fits in found.values() for second in fits.seconds]
    tell(
        cpu_s=statistics.median(seconds),
        worst_cpu_s=max(seconds),
        share=statistics.mean(fits.share for fits in found.values()),
    )


if __name__ == "__main__":
    main()
