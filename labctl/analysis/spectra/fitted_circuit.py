"""A circuit with the numbers that fit a spectrum best, and how sure they are.

What follows from several parameters (the resistance of whichever arc is the slowest,
σ = Z0/√(2τ) of a diffusion whose Z0 and τ are not told apart) is judged by what it is
at all points that the data do not rule out, not by the parameters' own intervals.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from labctl.analysis.spectra.elements import Complexes, Floats
from labctl.analysis.spectra.impedance import Circuit
from labctl.analysis.uncertainty import Measured, estimated
from labctl.verdicts.spectra import DIFFUSION_SEEN, UNIQUE

Function = Callable[[Mapping[str, float]], float]
"""Of the parameters by name."""
APART = 2.0
"""Times the interval within which another minimum says the same."""


@dataclass(frozen=True, slots=True)
class CircuitFit:
    """A circuit with the numbers that fit it best."""

    circuit: Circuit
    parameters: Mapping[str, Measured]
    """By name; a standard uncertainty is half of what the profile leaves at 95.45 %,
    the wider side of it, and NaN where the data set no limit."""
    covariance: Floats
    """Of the logarithms of the parameters, shape (p, p), in order of names."""
    response: Complexes
    """How ln p follows a relative error ε of Z, by frequency: Re(response · ε), shape
    (p, n)."""
    predicted: Complexes
    """Ẑ in Ω at the measured frequencies."""
    chi_squared: float
    """Σ |Z - Ẑ|²/|Z|²."""
    cost: float
    """Half the weighted sum of squares that was made least."""
    residual: float
    """Root mean square of |Z - Ẑ|/|Z|."""
    waviness: float
    """Correlation of neighbouring residuals, 0–1; 0: they are noise."""
    agreeing: int
    """How many of the descents came to this minimum."""
    within: Floats
    """Logarithms of the parameters where the fit is as good at 95.45 %, shape (m, p);
    the minimum first."""
    rivals: Floats
    """The same at other minima that are not ruled out, shape (k, p)."""
    warnings: tuple[str, ...]
    """Parameters at a bound, undetermined or correlated; empty when all is well."""

    def value(self, name: str) -> float:
        """Return a parameter's value."""
        return self.parameters[name].value

    def values(self) -> dict[str, float]:
        """Return all parameters' values by name."""
        return {name: found.value for name, found in self.parameters.items()}

    @property
    def aicc(self) -> float:
        """Akaike's criterion for few data; lower is better, only differences count."""
        n = 2 * len(self.predicted)
        return n * math.log(max(2 * self.cost, 1e-30) / n) + self.penalty

    @property
    def penalty(self) -> float:
        """What AICc takes for the number of parameters."""
        return penalty(len(self.predicted), len(self.circuit.names))

    @property
    def freedom(self) -> int:
        """Residuals less parameters."""
        return 2 * len(self.predicted) - len(self.circuit.names)

    def quantity(self, function: Function, term: str) -> Measured:
        """Return a function of the parameters, by its range where the fit is as good.

        It is suspect if another minimum that is not ruled out says something else.
        """
        value = self._at(function, self.within[0])
        values = np.array([self._at(function, point) for point in self.within])
        half = float(np.max(np.abs(values - value))) / 2
        others = np.array([self._at(function, point) for point in self.rivals])
        found = estimated(value, half if math.isfinite(half) else math.nan, term)
        far = np.abs(others - value) > 2 * APART * half
        if far.any():
            other = float(others[far][0])
            said = f"{value:.3g} or {other:.3g}: the fit is as good"
            found = found.suspect(*UNIQUE.met(fulfilled=False, text=said))
        return found

    def _at(self, function: Function, logs: Floats) -> float:
        values = np.exp(logs).tolist()
        return function(dict(zip(self.circuit.names, values, strict=True)))

    def warburg(self, label: str) -> Measured:
        """Return σ = Z0/√(2τ) in Ω s^-1/2 of the finite diffusion ``label``.

        In a spectrum whose lowest frequency is far above 1/τ only this is known, not
        Z0 and τ.
        """
        found = self.quantity(
            lambda p: p[f"{label}_Z0"] / math.sqrt(2 * p[f"{label}_tau"]),
            "circuit fit",
        )
        return found.suspect(*DIFFUSION_SEEN.at_most(100 * found.relative))


def penalty(points: int, parameters: int) -> float:
    """Return what AICc takes for ``parameters`` at so many complex impedances."""
    n, p = 2 * points, parameters
    return 2 * (p + 1) * n / max(n - p - 2, 1)
