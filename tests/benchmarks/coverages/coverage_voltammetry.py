"""Cyclic voltammetry: b and D from peaks that a power law or √v makes.

The rows of whole voltammograms would take a minute each. The generator is independent
of the analysis: peaks of a given law, each read on the range that holds it, by an
ammeter with gain and zero of its own per range, and one or two per cent of scatter.
"""

import math
import random
from collections.abc import Sequence

import numpy as np
from coverage_table import Finding, Technique

from drivers.twins.biologic.imperfections import Imperfections
from labctl.analysis.cells.voltammetry import b_value, randles_sevcik

RATES = np.array([1e-4, 2e-4, 3e-4, 5e-4, 7e-4, 1e-3])
"""V/s."""
ROOM, GAS, FARADAY = 298.15, 8.31446261815324, 96485.33212331


def read(currents: np.ndarray, seed: int, scatter: float) -> np.ndarray:
    """Return what an ammeter makes of the peaks, each on the range that holds it."""
    rng = random.Random(f"{seed}:peaks")  # noqa: S311
    meter = Imperfections(f"{seed}")
    seen = []
    for current in currents.tolist():
        span = 10.0 ** math.ceil(math.log10(current))
        real = current * (1.0 + rng.gauss(0.0, scatter))
        seen.append(meter.reads_current(span).apply(real, 0.0))
    return np.array(seen)


def exponent(seed: int) -> Sequence[Finding]:
    """b of three to six rates."""
    rng = random.Random(f"{seed}:b")  # noqa: S311
    found = []
    for count in (3, 4, 6):
        b, rates = rng.uniform(0.5, 1.0), RATES[:count]
        peaks = 0.02 * (rates / 1e-3) ** b
        got = b_value(rates, read(peaks, seed + 10_000 * count, 0.01)).to_result()
        found.append(Finding.of(f"b, {count} rates", b, got))
    return found


def diffusivity(seed: int) -> Sequence[Finding]:
    """D of a reversible couple, with area and concentration as they are."""
    rng = random.Random(f"{seed}:D")  # noqa: S311
    true = 10.0 ** rng.uniform(-15.0, -12.0)
    area, concentration = 1e-4, 1e3
    height = 0.4463 * FARADAY * area * concentration
    peaks = height * np.sqrt(FARADAY * RATES * true / (GAS * ROOM))
    found = randles_sevcik(
        RATES, read(peaks, seed, 0.01), area=area, concentration=concentration
    )
    return [Finding.of("D (Randles–Ševčík)", true, found.diffusivity.to_result())]


def voltammetry(seed: int) -> Sequence[Finding]:
    """Both."""
    return [*exponent(seed), *diffusivity(seed)]


TECHNIQUES = (Technique("cv", "peaks of a law, no whole run", voltammetry, 400, 100),)
