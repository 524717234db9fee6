"""Whether a spectrum can be the answer of a linear, causal, steady cell (lin-KK).

A chain of Voigt elements R0 + Σ R_k/(1 + jωτ_k) + jωL + 1/(jωC), whose τ_k are fixed
and even in the logarithm between 1/ω_max and 1/ω_min, obeys Kramers and Kronig
whatever its resistances; what it cannot follow breaks the relations. Rows are weighted
with 1/|Z|; the number of elements M grows until μ = 1 - Σ_{R<0}|R| / Σ_{R≥0}|R| falls
below c (Schönleber, Klotz & Ivers-Tiffée 2014), from three per decade: with fewer, one
clean RC arc makes μ fall before the chain can follow it. A slow drift passes this test:
also compare the DC voltage before and after, and repeat the first frequency at the end.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.verdicts.condition import Doubts
from labctl.verdicts.spectra import CAUSAL

Floats = NDArray[np.float64]
Complexes = NDArray[np.complexfloating[Any, Any]]

PER_DECADE = 3
THRESHOLD = 0.85
"""c: lower lets the chain grow longer."""
FEWEST = 3
GOOD = 0.005
PASS = 0.01
OUTLIER = 3.5
"""Noise stays below this many times its root mean square in a hundred residuals."""
SYSTEMATIC = 0.3
"""Correlation of neighbouring residuals above which they are no noise."""


class Verdict(StrEnum):
    """What the residuals say."""

    GOOD = "good"
    """Below 0.5 % of |Z| everywhere."""
    ACCEPTABLE = "acceptable"
    """Below 1 % everywhere, or noise below 1 % without a pattern."""
    FAIL = "fail"
    """Above 1 % somewhere, and not by noise."""


@dataclass(frozen=True, slots=True)
class KramersKronig:
    """Outcome of the test; residuals are (Z - Ẑ)/|Z|, shape (n,), input order."""

    verdict: Verdict
    largest: float
    """Largest |real or imaginary residual|, a fraction of |Z|."""
    worst_frequency: float
    """Hz, where it is."""
    residual_real: Floats
    residual_imaginary: Floats
    elements: int
    """M, the number of Voigt elements."""
    mu: float
    """μ at that M."""
    drifting: bool
    """True when the worst tenth of the points are the lowest frequencies."""
    reason: str
    """Why it fails; empty otherwise."""

    @property
    def doubts(self) -> Doubts:
        """Return what to doubt of numbers from this spectrum."""
        return CAUSAL.met(self.verdict is not Verdict.FAIL, self.reason)


def linear_kramers_kronig(
    frequency: ArrayLike,
    impedance: ArrayLike,
    *,
    threshold: float = THRESHOLD,
    inductance: bool = True,
    capacitance: bool = True,
) -> KramersKronig:
    """Test a spectrum (Hz, Ω with Im < 0 for a capacitance; shape (n,), n ≥ 6).

    ``inductance`` and ``capacitance`` put jωL and 1/(jωC) in series, which blocked
    electrodes and cables need.
    """
    f = np.asarray(frequency, dtype=np.float64)
    z: Complexes = np.asarray(impedance, dtype=np.complex128)
    if len(f) < 2 * FEWEST or len(f) != len(z):
        raise ValueError(
            f"{len(f)} frequencies and {len(z)} impedances: a spectrum of at least "
            f"{2 * FEWEST} points is needed"
        )
    omega = 2 * np.pi * f
    size = np.abs(z)
    decades = math.log10(f.max() / f.min())
    first = max(FEWEST, min(math.ceil(PER_DECADE * decades), len(f) // 2))
    mu, left, used = math.nan, z, first
    for used in range(first, len(f) + 1):
        mu, left = _chain(omega, z, used, inductance, capacitance)
        if mu < threshold:
            break
    real, imaginary = left.real / size, left.imag / size
    off = np.maximum(np.abs(real), np.abs(imaginary))
    worst = int(off.argmax())
    largest = float(off[worst])
    verdict = _verdict(f, real, imaginary, largest)
    few = max(len(f) // 10, 1)
    drifting = bool(np.isin(np.argsort(f)[:few], np.argsort(off)[-2 * few :]).all())
    reason = ""
    if verdict is Verdict.FAIL:
        reason = f"Kramers–Kronig residual {100 * largest:.2g} % at {f[worst]:.3g} Hz"
        if drifting:
            reason += ": the cell drifted during the lowest frequencies"
    return KramersKronig(
        verdict, largest, float(f[worst]), real, imaginary, used, mu, drifting, reason
    )


def _verdict(f: Floats, real: Floats, imaginary: Floats, largest: float) -> Verdict:
    if largest < GOOD:
        return Verdict.GOOD
    order = np.argsort(f)
    both = np.concatenate((real[order], imaginary[order]))
    rms = float(np.sqrt(np.mean(both**2)))
    alike = float(np.mean(both[1:] * both[:-1])) / rms**2
    noise = rms < PASS and largest < OUTLIER * rms and abs(alike) < SYSTEMATIC
    return Verdict.ACCEPTABLE if largest < PASS or noise else Verdict.FAIL


def _chain(
    omega: Floats, z: Complexes, elements: int, inductance: bool, capacitance: bool
) -> tuple[float, Complexes]:
    """Return μ and the residual of the chain with ``elements`` Voigt elements."""
    tau = np.geomspace(1 / omega.max(), 1 / omega.min(), elements)
    columns = [np.ones_like(omega, dtype=complex)]
    columns += list(1 / (1 + 1j * np.multiply.outer(tau, omega)))
    if inductance:
        columns.append(1j * omega)
    if capacitance:
        columns.append(1 / (1j * omega))
    matrix = np.stack(columns, axis=1)
    weight = 1 / np.abs(z)
    scaled = matrix * weight[:, None]
    rows = np.concatenate((scaled.real, scaled.imag))
    norm = np.linalg.norm(rows, axis=0)
    target = z * weight
    found, *_ = np.linalg.lstsq(
        rows / norm, np.concatenate((target.real, target.imag)), rcond=None
    )
    found /= norm
    resistances = found[1 : 1 + elements]
    negative = -resistances[resistances < 0].sum()
    positive = resistances[resistances >= 0].sum()
    mu = 1 - negative / positive if positive > 0 else -math.inf
    return float(mu), z - matrix @ found
