"""Starts for the fit of a circuit, spread over everything the spectrum can be.

Each part of a circuit that stands in series (an arc, a tail) is linear in its own size:
only time constants, exponents and ratios inside it have to be guessed. These are taken
from a low-discrepancy sequence, log-uniform over the measured range, half of them
around the peaks of the distribution of relaxation times; the sizes follow by least
squares (variable projection). Of thousands of guesses the best of each cell of time
constants is kept, so that a good but false minimum does not take all the places.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.spectra.elements import Complexes, Floats, ParameterScale
from labctl.analysis.spectra.impedance import (
    Circuit,
    Element,
    InSeries,
    Parallel,
    Part,
    shape_of,
)

SLOWER = 2.5
"""Decades below the lowest frequency that the time of a finite diffusion may lie."""
FASTER = 1.0
"""Decades above the lowest period that it may begin."""
SMALLEST = 1e-3
"""Least size of a part, of the largest."""
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
class Guesses:
    """Guesses at a circuit's parameters, the best first."""

    logs: Floats
    """ln p, shape (k, p)."""
    costs: Floats
    """Σ |Z - Ẑ|² w², shape (k,)."""


def guesses(
    circuit: Circuit,
    omega: Floats,
    z: Complexes,
    weight: Floats,
    *,
    count: int,
    kept: int,
    peaks: Sequence[float],
    seed: int,
) -> Guesses:
    """Return the best of ``count`` guesses, at most ``kept`` of them.

    ``peaks``: time constants in s that the arcs may have.
    """
    tree = circuit.tree
    parts = tree.parts if isinstance(tree, InSeries) else (tree,)
    arcs = sum(isinstance(part, Parallel) for part in parts)
    cube = spread(count, max(arcs, 1) + 2 * len(circuit.names), seed)
    times = _times(cube[:, : max(arcs, 1)], omega, peaks)
    _sort_alike(times, [shape_of(p) for p in parts if isinstance(p, Parallel)])
    slowest = 1 / float(omega.min())
    free = iter(cube.T[max(arcs, 1) :])
    place = 0
    values: list[Floats] = []
    shapes = []
    for part in parts:
        time = times[:, min(place, times.shape[1] - 1)]
        place += isinstance(part, Parallel)
        own = np.array(_guess(part, time, slowest, free, top=True))
        shapes.append(part.at(omega, own[:, :, None]) * weight)
        values.append(own)
    sizes, costs = _sizes(np.stack(shapes, axis=2), z * weight)
    for k, (part, own) in enumerate(zip(parts, values, strict=True)):
        for row, (_, scale) in enumerate(part.parameters):
            if scale in _GROWING:
                own[row] *= sizes[:, k]
            elif scale in _SHRINKING:
                own[row] /= sizes[:, k]
    logs = np.log(np.vstack(values).T)
    order = _one_a_cell(times[:, :arcs], costs, kept)
    return Guesses(logs[order], costs[order])


def _times(cube: Floats, omega: Floats, peaks: Sequence[float]) -> Floats:
    """Return time constants in s, of the cube's shape; every second row by peaks."""
    low, high = np.log10(1 / omega.max()), np.log10(1 / omega.min())
    logs = low + (high - low) * cube
    if peaks:
        tops = np.log10(np.asarray(peaks))
        place = cube[::2] * len(tops)
        index = np.minimum(place.astype(int), len(tops) - 1)
        logs[::2] = tops[index] + AROUND * (2 * (place - index) - 1)
    return np.asarray(10**logs)


def _sort_alike(times: Floats, shapes: Sequence[str]) -> None:
    """Put arcs of one shape in order, fastest first: exchanged they are the same."""
    for shape in set(shapes):
        own = [k for k, other in enumerate(shapes) if other == shape]
        times[:, own] = np.sort(times[:, own], axis=1)


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


def _sizes(shapes: Complexes, target: Complexes) -> tuple[Floats, Floats]:
    """Return sizes ≥ 0 by least squares, (k, b), and what is left, (k,)."""
    rows = np.concatenate((shapes.real, shapes.imag), axis=1)
    aim = np.concatenate((target.real, target.imag))
    norm = np.linalg.norm(rows, axis=1)
    rows = rows / norm[:, None, :]
    square = rows.transpose(0, 2, 1) @ rows
    right = np.einsum("kmb,m->kb", rows, aim)
    found = np.zeros_like(right)
    wanted = np.ones(right.shape, dtype=bool)
    for _ in range(rows.shape[2]):  # what comes out negative is left out
        both = wanted[:, :, None] & wanted[:, None, :]
        matrix = np.where(both, square, 0.0)
        np.einsum("kbb->kb", matrix)[...] += np.where(wanted, 1e-9, 1.0)
        found = np.linalg.solve(matrix, np.where(wanted, right, 0.0)[:, :, None])[
            :, :, 0
        ]
        negative = found < 0
        if not negative.any():
            break
        wanted &= ~negative
    found = np.maximum(found, SMALLEST * found.max(axis=1, keepdims=True))
    left = np.einsum("kmb,kb->km", rows, found) - aim
    return found / norm, np.asarray(np.einsum("km,km->k", left, left))


def _one_a_cell(times: Floats, costs: Floats, kept: int) -> NDArray[np.intp]:
    """Return the indices of the best guess of each cell of time constants."""
    order = np.argsort(costs, kind="stable")
    cells = np.floor(np.log10(times[order]))
    _, first = np.unique(cells, axis=0, return_index=True)
    best = np.sort(first)[: max(kept // 2, 1)]
    others = np.setdiff1d(np.arange(len(order)), best)[: kept - len(best)]
    return np.asarray(order[np.sort(np.concatenate((best, others)))])
