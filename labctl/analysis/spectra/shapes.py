"""What a part of a circuit may look like in one spectrum: shapes drawn by the hundred.

Each part of a circuit that stands in series (an arc, a tail) is linear in its own size:
what it looks like is said by time constants, exponents and ratios alone. A few hundred
shapes of each kind of part are drawn once for a spectrum, log-uniform over the measured
range, half of them around the peaks of the distribution of relaxation times. What any
two of them are to each other, and each to the spectrum, are inner products, made once
however many circuits have such parts; least squares needs nothing else.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labctl.analysis.spectra.elements import Complexes, Floats, ParameterScale
from labctl.analysis.spectra.impedance import Element, InSeries, Part, shape_of
from labctl.analysis.spectra.relaxation_times import peak_times

COUNT = 160
"""How many of each kind of part are drawn."""
SLOWER = 2.5
"""Decades below the lowest frequency that the time of a finite diffusion may lie."""
FASTER = 1.0
"""Decades above the lowest period that it may begin."""
AROUND = 0.4
"""Decades that a guess may lie from a peak, either way."""
EXPONENTS = (0.55, 1.0)
_GROWING = (ParameterScale.OHM, ParameterScale.WARBURG, ParameterScale.HENRY)
_SHRINKING = (ParameterScale.FARAD, ParameterScale.ADMITTANCE)


def spread(count: int, dimensions: int, seed: int) -> Floats:
    """Return ``count`` points of the unit cube, evenly spread, shape (count, d).

    The additive recurrence on the generalised golden ratio (Roberts 2018); ``seed``
    shifts it.
    """
    ratio = 2.0
    for _ in range(60):
        ratio = (1 + ratio) ** (1 / (dimensions + 1))
    steps = ratio ** -np.arange(1.0, dimensions + 1)
    shift = np.random.default_rng(seed).random(dimensions)
    return np.asarray((shift + np.outer(np.arange(1, count + 1), steps)) % 1.0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Shapes of one kind of part."""

    key: tuple[str, int]
    """Kind of part, and seed."""
    logs: Floats
    """Logarithms of the parameters at the size 1 Ω, shape (m, p)."""
    sizing: Floats
    """By how much ln p follows ln of the size: 1, -1 or 0, shape (p,)."""
    times: Floats
    """Time constants in s that they were drawn with, shape (m,)."""
    rows: Floats
    """Weighted impedances of unit length, parts in turn, shape (m, 2n)."""
    norms: Floats
    """What the rows were divided by, shape (m,)."""
    towards: Floats
    """Products with the weighted spectrum, shape (m,)."""


class Shapes:
    """The shapes of one spectrum."""

    def __init__(self, frequency: Floats, z: Complexes, weight: Floats) -> None:
        """Frequencies in Hz, ascending; ``weight`` of the rows in 1/Ω."""
        self.omega, self.weight = 2 * np.pi * frequency, weight
        self.aim: Floats = (z * weight).view(np.float64)
        """The weighted spectrum, parts in turn, shape (2n,)."""
        self._peaks = _peaks(frequency, z)
        self._drawn: dict[tuple[str, int], Drawn] = {}
        self._products: dict[tuple[tuple[str, int], tuple[str, int]], Floats] = {}

    def of(self, part: Part, seed: int) -> Drawn:
        """Return shapes of a part; of its alikes they are the same."""
        key = shape_of(part), seed
        if key not in self._drawn:
            self._drawn[key] = self._draw(part, key)
        return self._drawn[key]

    def product(self, one: Drawn, other: Drawn) -> Floats:
        """Return the inner products of all of one with all of another, (m, m')."""
        if (one.key, other.key) not in self._products:
            product = one.rows @ other.rows.T
            self._products[one.key, other.key] = product
            self._products[other.key, one.key] = product.T
        return self._products[one.key, other.key]

    def rows(self, part: Part, logs: Floats) -> Floats:
        """Return weighted impedances of ``part``, (k, 2n); ``logs``: (k, p)."""
        z = part.at(self.omega, np.exp(logs.T)[:, :, None]) * self.weight
        return np.ascontiguousarray(z, dtype=np.complex128).view(np.float64)

    def _draw(self, part: Part, key: tuple[str, int]) -> Drawn:
        alone = isinstance(part, Element) and part.count == 1
        cube = spread(1 if alone else COUNT, 1 + 2 * part.count, key[1])
        times = _times(cube[:, 0], self.omega, self._peaks)
        slowest = 1 / float(self.omega.min())
        guessed = _guess(part, times, slowest, iter(cube.T[1:]), top=True)
        logs = np.log(np.stack(guessed, axis=1))
        rows = self.rows(part, logs)
        norms = np.sqrt(np.einsum("km,km->k", rows, rows))
        rows = rows / norms[:, None]
        sizing = np.array(
            [(s in _GROWING) - (s in _SHRINKING) for _, s in part.parameters], float
        )
        return Drawn(key, logs, sizing, times, rows, norms, rows @ self.aim)


def _peaks(frequency: Floats, z: Complexes) -> tuple[float, ...]:
    try:
        return peak_times(frequency, z)
    except (RuntimeError, ValueError, np.linalg.LinAlgError):
        return ()  # the even draws do without


def _times(cube: Floats, omega: Floats, peaks: Sequence[float]) -> Floats:
    """Return time constants in s, of the cube's shape; every second one by peaks."""
    low, high = np.log10(1 / omega.max()), np.log10(1 / omega.min())
    logs = low + (high - low) * cube
    if peaks:
        tops = np.log10(np.asarray(peaks))
        place = cube[::2] * len(tops)
        index = np.minimum(place.astype(int), len(tops) - 1)
        logs[::2] = tops[index] + AROUND * (2 * (place - index) - 1)
    return np.asarray(10**logs)


def _guess(
    part: Part,
    time: Floats,
    slowest: float,
    free: Iterator[Floats],
    *,
    top: bool,
) -> list[Floats]:
    """Return the parameters of ``part`` at size 1 Ω, each of shape (k,)."""
    if not isinstance(part, Element):
        inner = part.parts if isinstance(part, InSeries) else part.branches
        return [
            values
            for one in inner
            for values in _guess(one, time, slowest, free, top=False)
        ]
    first, second = next(free), next(free)
    alpha = EXPONENTS[0] + (EXPONENTS[1] - EXPONENTS[0]) * first
    tail = np.ones_like(time) if top else 10 ** (2.5 * first - 1)
    late = slowest * 10 ** ((SLOWER + FASTER) * second - FASTER)
    known: dict[str, list[Floats]] = {
        "R": [np.ones_like(time)],
        "C": [time],
        "L": [time],
        "CPE": [time**alpha, alpha],
        "W": [tail / math.sqrt(slowest)],
    }
    return known.get(part.kind, [tail * np.maximum(late / slowest, 1.0), late])
