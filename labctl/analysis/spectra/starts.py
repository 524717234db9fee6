"""Starts for the fit of a circuit, spread over everything the spectrum can be.

A circuit is guessed by which of its parts' `shapes` it takes; its sizes follow by least
squares (variable projection). Each part in turn is then exchanged for the best of all
its shapes while the sizes of the others follow. Of the guesses the best of each cell of
time constants is kept, so that a good but false minimum does not take all the places.

The same exchange leads on from a minimum (`elsewhere`): the rest of the circuit stays
where it is, and each part looks for other places where it would take away as much.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.spectra.elements import Floats
from labctl.analysis.spectra.impedance import Circuit, InSeries, Parallel, Part
from labctl.analysis.spectra.shapes import Drawn, Shapes, spread

COUNT = 48
"""Circuits that are guessed in one round …"""
EXCHANGES = 2
"""… and how often each of their parts is exchanged for a better one."""
PLACES = 4
"""Other places that a part of a fitted circuit is tried at."""
CELLS = 2
"""Cells of time constants in a decade that such places differ in."""
SMALLEST = 1e-3
"""Least size of a part, of the largest."""
ALIKE = 1e-6
"""Part of a shape's square, not said by the others, below which it says nothing."""
RIDGE = 1e-9
"""Added to squares of unit length: parts that are the same share a size."""

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Guesses:
    """Guesses at a circuit's parameters, the best first."""

    logs: Floats
    """ln p, shape (k, p)."""
    costs: Floats
    """Σ |Z - Ẑ|² w², shape (k,)."""


def guesses(
    circuit: Circuit, shapes: Shapes, *, kept: int, seed: int, count: int = COUNT
) -> Guesses:
    """Return at most ``kept`` of one round's ``count`` guesses, the best."""
    parts = parts_of(circuit)
    drawn = [shapes.of(part, seed) for part in parts]
    ends = np.array([len(one.times) for one in drawn])
    begun: Places = (spread(count, len(parts), seed) * ends).astype(np.intp)
    places = begun.copy()
    for _ in range(EXCHANGES):
        for k in np.flatnonzero(ends > 1):
            _exchange(shapes, drawn, places, int(k))
    places = np.vstack((places, begun))
    square, right = _normal(shapes, drawn, places)
    sizes = _sizes(square, right)
    rises = np.einsum("kb,kbc,kc->k", sizes, square, sizes, optimize=True)
    whole = float(shapes.aim @ shapes.aim)
    costs = whole + rises - 2 * np.einsum("kb,kb->k", right, sizes)
    logs = [_sized(one, places[:, k], sizes[:, k]) for k, one in enumerate(drawn)]
    arcs = [k for k, part in enumerate(parts) if isinstance(part, Parallel)] or [0]
    times = np.stack([drawn[k].times[places[:, k]] for k in arcs], axis=1)
    order = _one_a_cell(times, costs, kept)
    return Guesses(np.hstack(logs)[order], costs[order])


def elsewhere(circuit: Circuit, shapes: Shapes, logs: Floats, seed: int) -> Floats:
    """Return starts, (k, p), at which one part of the circuit at ``logs`` is elsewhere.

    Its best places of all others, `PLACES` for each part.
    """
    parts = parts_of(circuit)
    ends = np.cumsum([part.count for part in parts])
    own = [slice(end - part.count, end) for part, end in zip(parts, ends, strict=True)]
    rows = np.vstack(
        [shapes.rows(part, logs[None, at]) for part, at in zip(parts, own, strict=True)]
    )
    norms = np.sqrt(np.einsum("km,km->k", rows, rows))
    rows /= norms[:, None]
    out = []
    for k, part in enumerate(parts):
        if not isinstance(part, Parallel):
            continue
        drawn = shapes.of(part, seed)
        others = np.delete(np.arange(len(parts)), k)
        fixed = rows[others]
        square, across = fixed @ fixed.T, fixed @ drawn.rows.T
        gain = _gain(square[None], (fixed @ shapes.aim)[None], across[None], drawn)[0]
        for place in _best_places(drawn.times, gain):
            both = np.vstack((fixed, drawn.rows[place]))
            sizes = _sizes((both @ both.T)[None], (both @ shapes.aim)[None])[0]
            start = logs.copy()
            for size, at in zip(sizes[:-1], others, strict=True):
                sizing = shapes.of(parts[at], seed).sizing
                start[own[at]] += sizing * np.log(size / norms[at])
            one = np.array([place])
            start[own[k]] = _sized(drawn, one, sizes[-1:])[0]
            out.append(start)
    return np.array(out).reshape(-1, len(logs))


def parts_of(circuit: Circuit) -> tuple[Part, ...]:
    """Return the parts that stand in series."""
    tree = circuit.tree
    return tree.parts if isinstance(tree, InSeries) else (tree,)


def _normal(
    shapes: Shapes, drawn: Sequence[Drawn], places: Places
) -> tuple[Floats, Floats]:
    """Return the normal equations of all sizes: (k, b, b) and (k, b)."""
    count = len(drawn)
    square = np.ones((len(places), count, count))
    for a, one in enumerate(drawn):
        for b, other in enumerate(drawn[:a]):
            product = shapes.product(one, other)[places[:, a], places[:, b]]
            square[:, a, b] = square[:, b, a] = product
    towards = [one.towards[places[:, k]] for k, one in enumerate(drawn)]
    return square, np.stack(towards, axis=1)


def _exchange(
    shapes: Shapes, drawn: Sequence[Drawn], places: Places, part: int
) -> None:
    """Put the best of its shapes in place of ``part`` of each guess."""
    others = [k for k in range(len(drawn)) if k != part]
    rest = [drawn[k] for k in others]
    square, towards = _normal(shapes, rest, places[:, others])
    across = np.empty((len(places), len(rest), len(drawn[part].times)))
    for a, (k, one) in enumerate(zip(others, rest, strict=True)):
        across[:, a] = shapes.product(one, drawn[part])[places[:, k]]
    places[:, part] = _gain(square, towards, across, drawn[part]).argmax(axis=1)


def _gain(square: Floats, towards: Floats, across: Floats, drawn: Drawn) -> Floats:
    """Return what each shape takes from the cost beside others, (k, m).

    Where others leave d' of a shape d it is (d'·y)²/(d'·d'), if its size is above 0.
    """
    if not square.shape[1]:
        return np.maximum(drawn.towards, 0.0)[None] ** 2
    b = square.shape[1]
    shares = np.linalg.solve(square + RIDGE * np.eye(b), across)
    left = drawn.towards - (towards[:, None] @ shares)[:, 0]
    new = 1.0 - np.einsum("kbm,kbm->km", across, shares)
    return np.asarray(np.maximum(left, 0.0) ** 2 / np.maximum(new, ALIKE))


def _sizes(square: Floats, right: Floats) -> Floats:
    """Return sizes above 0 of unit rows by least squares, (k, b)."""
    found = np.zeros_like(right)
    wanted = np.ones(right.shape, dtype=bool)
    for _ in range(right.shape[1]):  # what comes out negative is left out
        both = wanted[:, :, None] & wanted[:, None, :]
        matrix = np.where(both, square, 0.0)
        np.einsum("kbb->kb", matrix)[...] += np.where(wanted, RIDGE, 1.0)
        aim = np.where(wanted, right, 0.0)
        found = np.linalg.solve(matrix, aim[:, :, None])[:, :, 0]
        negative = found < 0
        if not negative.any():
            break
        wanted &= ~negative
    least = SMALLEST * found.max(axis=1, keepdims=True)
    return np.asarray(np.maximum(found, least))


def _sized(drawn: Drawn, places: Places, sizes: Floats) -> Floats:
    """Return ln p of shapes, (k, p), at these sizes of their unit rows, (k,)."""
    ohms = np.log(sizes / drawn.norms[places])
    return np.asarray(drawn.logs[places] + ohms[:, None] * drawn.sizing)


def _best_places(times: Floats, gain: Floats) -> Places:
    """Return the best place of each of the best cells of time constants."""
    order = np.argsort(-gain, kind="stable")
    _, first = np.unique(np.floor(CELLS * np.log10(times[order])), return_index=True)
    return np.asarray(order[np.sort(first)[:PLACES]])


def _one_a_cell(times: Floats, costs: Floats, kept: int) -> Places:
    """Return the indices of the best guess of each cell of time constants."""
    order = np.argsort(costs, kind="stable")
    cells = np.floor(np.log10(times[order]))
    _, first = np.unique(cells, axis=0, return_index=True)
    best = np.sort(first)[: max(kept // 2, 1)]
    others = np.setdiff1d(np.arange(len(order)), best)[: kept - len(best)]
    return np.asarray(order[np.sort(np.concatenate((best, others)))])
