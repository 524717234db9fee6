"""Fits a circuit to a spectrum: values, uncertainties, and how good the fit is.

Parameters are searched as logarithms (all are positive and spread over decades), the
exponents of constant phase elements within 0.5–1. Residuals are weighted with 1/|Z|
on both parts (modulus weighting). Starts are drawn from the spectrum itself: arcs get
ordered time constants within the measured range; the best of many are refined. The
covariance is the Gauss–Newton one, scaled by the residual. Circuits are compared by
AICc. In a spectrum whose lowest frequency is far above 1/τ only Z0/√τ of a finite
diffusion is known, not the two: `CircuitFit.warburg` gives σ = Z0/√(2τ).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.spectra.impedance import (
    Circuit,
    Element,
    InSeries,
    Parallel,
    ParameterScale,
    Part,
)
from labctl.analysis.uncertainty import Measured, estimated

Floats = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

STARTS = 12
DRAWS = 400
"""Random starts that are only evaluated; the best `STARTS` of them are refined."""
EXPONENTS = (0.5, 1.0)
DECADES = 12.0
"""How far a parameter may move from its scale in the spectrum, either way."""
VAGUE = 0.5
"""Relative uncertainty above which a parameter is called undetermined."""
CORRELATED = 0.98
STEP = 6e-6
"""Of the differences: the cube root of the precision of a double."""
REFUSED = 1e6
"""Residual that makes the search step back."""
EDGE = 1e-3
"""A logarithm this near its bound has run into it."""
MOST_STEPS = 120
"""Evaluations of one refinement; what has not converged by then is a bad start."""
SAME = 1e-3
"""Two starts agree when their χ² differ by less than this (relative)."""


@dataclass(frozen=True, slots=True)
class CircuitFit:
    """A circuit with the numbers that fit it best."""

    circuit: Circuit
    parameters: Mapping[str, Measured]
    """By name; standard uncertainty from the covariance."""
    covariance: Floats
    """Of the logarithms of the parameters, shape (p, p), in order of names."""
    predicted: Complexes
    """Ẑ in Ω at the measured frequencies."""
    chi_squared: float
    """Σ |Z - Ẑ|²/|Z|²."""
    residual: float
    """Root mean square of |Z - Ẑ|/|Z|."""
    aicc: float
    """Akaike's criterion for few data; lower is better, only differences mean much."""
    agreeing: int
    """How many of the refined starts ended at this minimum."""
    warnings: tuple[str, ...]
    """Parameters at a bound, undetermined or correlated; empty when all is well."""

    def value(self, name: str) -> float:
        """Return a parameter's value."""
        return self.parameters[name].value

    def warburg(self, label: str) -> Measured:
        """Return σ = Z0/√(2τ) in Ω s^-1/2 of the finite diffusion ``label``."""
        names = self.circuit.names
        a, b = names.index(f"{label}_Z0"), names.index(f"{label}_tau")
        value = self.value(names[a]) / math.sqrt(2 * self.value(names[b]))
        c = self.covariance
        variance = c[a, a] + c[b, b] / 4 - c[a, b]
        relative = math.sqrt(max(float(variance), 0.0))
        return estimated(value, value * relative, "circuit fit")


def fit_circuit(
    circuit: Circuit,
    frequency: ArrayLike,
    impedance: ArrayLike,
    *,
    start: Mapping[str, float] | None = None,
    starts: int = STARTS,
    weighting: bool = True,
    seed: int = 0,
) -> CircuitFit:
    """Fit ``circuit`` to a spectrum (Hz; Ω, Im < 0 for a capacitance; shape (n,)).

    Parameters
    ----------
    circuit, frequency, impedance
        See above; the order of the points does not matter.
    start
        A start by parameter name, tried besides the drawn ones.
    starts
        How many starts are refined; 0 with ``start`` refines only that one.
    weighting
        True: rows over |Z|; False: all rows alike.
    seed
        Of the drawn starts; the same seed gives the same fit.

    Raises
    ------
    ValueError
        Fewer data than parameters, or a frequency or impedance that is not usable.
    """
    f = np.asarray(frequency, dtype=np.float64)
    z: Complexes = np.asarray(impedance, dtype=np.complex128)
    count = len(circuit.names)
    if len(f) != len(z) or 2 * len(f) <= count + 1:
        raise ValueError(
            f"circuit {circuit}: {count} parameters cannot be fitted to "
            f"{len(z)} impedances at {len(f)} frequencies"
        )
    if not (np.isfinite(z).all() and (np.abs(z) > 0).all() and (f > 0).all()):
        raise ValueError("spectrum: frequencies and |Z| must be finite and above 0")
    problem = _Problem(circuit, f, z, weighting)
    best, agreeing = problem.solve(start, starts, np.random.default_rng(seed))
    return problem.report(best, agreeing)


def _logistic(x: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


class _Problem:
    """One circuit, one spectrum: residuals, bounds, starts."""

    def __init__(
        self, circuit: Circuit, f: Floats, z: Complexes, weighting: bool
    ) -> None:
        self.circuit, self.f, self.z = circuit, f, z
        self.omega = 2 * np.pi * f
        scale = float(np.median(np.abs(z)))
        self.weight = 1 / np.abs(z) if weighting else np.full(len(f), 1 / scale)
        self.size = scale
        self.span = max(float(np.ptp(z.real)), 0.05 * scale)
        middle = 1 / math.sqrt(float(self.omega.min() * self.omega.max()))
        typical = {
            ParameterScale.OHM: scale,
            ParameterScale.FARAD: middle / scale,
            ParameterScale.HENRY: scale * middle,
            ParameterScale.ADMITTANCE: middle**0.8 / scale,
            ParameterScale.WARBURG: scale / math.sqrt(middle),
            ParameterScale.SECOND: middle,
        }
        reach = DECADES / 2 * math.log(10)
        self.low, self.high = np.array(
            [
                tuple(map(math.log, EXPONENTS))
                if s is ParameterScale.EXPONENT
                else (math.log(typical[s]) - reach, math.log(typical[s]) + reach)
                for s in circuit.scales
            ]
        ).T

    def residuals(self, logs: Floats) -> Floats:
        """Return residuals, real parts first: (p,) → (2n,), (k, p) → (k, 2n)."""
        values = np.exp(logs.T)
        if logs.ndim > 1:
            values = values[:, :, None]
        left = (self.circuit.tree.at(self.omega, values) - self.z) * self.weight
        return np.concatenate((left.real, left.imag), axis=-1)

    def jacobian(self, logs: Floats) -> Floats:
        """Return central differences, shape (2n, p), all from one evaluation."""
        steps = STEP * np.eye(len(logs))
        both = self.residuals(np.vstack((logs + steps, logs - steps)))
        return np.asarray((both[: len(logs)] - both[len(logs) :]).T / (2 * STEP))

    def solve(
        self,
        start: Mapping[str, float] | None,
        starts: int,
        generator: np.random.Generator,
    ) -> tuple[Floats, int]:
        from scipy import optimize  # noqa: PLC0415  (start-up time)

        first = []
        if start is not None:
            first.append(np.log([start[name] for name in self.circuit.names]))
        drawn = np.array([self._draw(generator) for _ in range(DRAWS)])
        left = self.residuals(np.clip(drawn, self.low, self.high))
        drawn = drawn[np.argsort((left**2).sum(axis=1))]
        found: list[tuple[float, Floats]] = []
        for guess in [*first, *drawn[:starts]]:
            inside = np.clip(guess, self.low + 0.02, self.high - 0.02)
            free = self._free(inside)
            solution = optimize.least_squares(
                self._free_residuals,
                free,
                jac=self._free_jacobian,
                method="lm",
                max_nfev=MOST_STEPS,
                xtol=1e-9,
                ftol=1e-9,
            )
            found.append((float(solution.cost), self._logs(solution.x)))
            least = min(cost for cost, _ in found)
            agreeing = sum(cost <= least * (1 + SAME) + 1e-20 for cost, _ in found)
            if agreeing >= 3:  # noqa: PLR2004 - three starts at one minimum are enough
                break
        found.sort(key=lambda pair: pair[0])
        least = found[0][0]
        return found[0][1], sum(c <= least * (1 + SAME) + 1e-20 for c, _ in found)

    def _free_residuals(self, free: Floats) -> Floats:
        if not np.isfinite(free).all():  # MINPACK's step at a singular Jacobian
            return np.full(2 * len(self.f), REFUSED)
        return self.residuals(self._logs(free))

    def _free_jacobian(self, free: Floats) -> Floats:
        return self.jacobian(self._logs(free)) * self._slope(free)

    def _logs(self, free: Floats) -> Floats:
        """Return logarithms inside their bounds from unbounded variables."""
        share = _logistic(4 * free / (self.high - self.low))
        return np.asarray(self.low + (self.high - self.low) * share)

    def _free(self, logs: Floats) -> Floats:
        width = self.high - self.low
        share = (logs - self.low) / width
        return np.asarray(np.log(share / (1 - share)) * width / 4)

    def _slope(self, free: Floats) -> Floats:
        """Return d logs / d free; 1 in the middle of the range."""
        share = _logistic(4 * free / (self.high - self.low))
        return np.asarray(4 * share * (1 - share))

    def _draw(self, generator: np.random.Generator) -> Floats:
        """Return a start: R from the width of the spectrum, times from its range."""
        tree = self.circuit.tree
        parts = tree.parts if isinstance(tree, InSeries) else (tree,)
        arcs = [part for part in parts if isinstance(part, Parallel)]
        low, high = math.log(1 / self.omega.max()), math.log(1 / self.omega.min())
        times = iter(np.sort(generator.uniform(low, high, len(arcs))))
        shares = iter(generator.dirichlet(np.ones(max(len(arcs), 1))) * self.span)
        fastest = float(self.z.real[np.argmax(self.f)])
        values: list[float] = []
        for part in parts:
            if isinstance(part, Parallel):
                values += self._draw_part(
                    part, float(next(shares)), math.exp(float(next(times))), generator
                )
            else:
                ohms = max(fastest, 0.01 * self.size) * generator.uniform(0.5, 1.1)
                values += self._draw_part(part, ohms, math.exp(high), generator)
        return np.log(values)

    def _draw_part(
        self, part: Part, ohms: float, time: float, generator: np.random.Generator
    ) -> list[float]:
        if not isinstance(part, Element):
            inner = part.parts if isinstance(part, InSeries) else part.branches
            return [
                value
                for p in inner
                for value in self._draw_part(p, ohms, time, generator)
            ]
        slowest = 1 / float(self.omega.min())
        alpha = generator.uniform(0.7, 0.98)
        tail = self.span * 10 ** generator.uniform(-1, 0.7)
        late = slowest * 10 ** generator.uniform(-1, 2.5)
        draws: dict[str, list[float]] = {
            "R": [max(ohms, 1e-3 * self.size)],
            "C": [time / max(ohms, 1e-3 * self.size)],
            "L": [0.1 * self.size / float(self.omega.max())],
            "CPE": [time**alpha / max(ohms, 1e-3 * self.size), alpha],
            "W": [tail / math.sqrt(slowest)],
        }
        return draws.get(part.kind, [tail * late / slowest, late])

    def report(self, logs: Floats, agreeing: int) -> CircuitFit:
        names = self.circuit.names
        left = self.residuals(logs)
        n, p = len(left), len(logs)
        jacobian = self.jacobian(logs)
        variance = float(left @ left) / (n - p)
        covariance = np.asarray(
            np.linalg.pinv(jacobian.T @ jacobian, rcond=1e-18) * variance,
            dtype=np.float64,
        )
        spread: Floats = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        predicted = self.circuit.tree.at(self.omega, np.exp(logs))
        off = np.abs(predicted - self.z) / np.abs(self.z)
        parameters, warnings = {}, []
        for k, name in enumerate(names):
            value = math.exp(logs[k])
            found = estimated(value, value * float(spread[k]), f"circuit fit of {name}")
            free = self.circuit.scales[k] is not ParameterScale.EXPONENT
            if min(logs[k] - self.low[k], self.high[k] - logs[k]) < EDGE:
                if free:
                    found = found.suspect(f"{name} ran to the end of its range")
            elif spread[k] > VAGUE:
                found = found.suspect(f"{name} is not determined by this spectrum")
            parameters[name] = found
            warnings += [found.reason] if found.reason else []
        warnings += _correlated(names, covariance, spread)
        cost = max(float(left @ left), 1e-30)
        aicc = n * math.log(cost / n) + 2 * (p + 1) * n / max(n - p - 2, 1)
        return CircuitFit(
            circuit=self.circuit,
            parameters=parameters,
            covariance=covariance,
            predicted=predicted,
            chi_squared=float((off**2).sum()),
            residual=float(np.sqrt(np.mean(off**2))),
            aicc=aicc,
            agreeing=agreeing,
            warnings=tuple(warnings),
        )


def _correlated(names: Sequence[str], covariance: Floats, spread: Floats) -> list[str]:
    out = []
    for a in range(len(names)):
        for b in range(a):
            scale = spread[a] * spread[b]
            if scale > 0 and abs(covariance[a, b]) > CORRELATED * scale:
                out.append(f"{names[b]} and {names[a]} are not told apart")
    return out
