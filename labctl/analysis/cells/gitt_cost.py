"""χ² of many pulses at once against ln D, with its slope and its bend.

At a given D the model of `gitt_models` is linear in everything else, so the best of
that is eliminated (variable projection, Golub and Pereyra 1973): columns that no D
changes, once for all D, by an orthonormal basis; the four that the surface composition
makes, by their normal equations, whose residuals are formed in full. The slope of χ² is
then that at fixed linear numbers, the bend is Gauss and Newton's (Kaufman 1975).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.analysis.cells.gitt_models import PulseModels

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

HELD = 2
"""Rows below the bins: what is known of h and of d."""
RIDGE = 1e-13
"""Of a column's square: what keeps columns that no bin tells apart solvable."""
FILL = 128
"""Candidates whose columns are in work at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """χ² at some ln τ', all of shape (m,)."""

    cost: Floats
    slope: Floats
    """dχ²/d ln τ'."""
    bend: Floats
    """d²χ²/d(ln τ')² as far as the model is a straight line; never below 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The best linear part at some ln τ', shape (m, …)."""

    surface: Floats
    """x of the bins."""
    shown: Floats
    """Voltage that the model gives the bins, V, less their mean."""
    change: Floats
    """ΔE, V."""
    branch: Floats
    """h, V."""
    jump: Floats
    """b, V."""


@dataclass(frozen=True, slots=True, eq=False)
class Costs:
    """χ² of the pulses of `PulseModels`, whatever D and the sizes are."""

    models: PulseModels
    basis: Floats
    """Orthonormal, of the columns 1, on, m and r, shape (rows, bins + HELD, 4)."""
    triangle: Floats
    """What makes these columns of the basis, shape (rows, 4, 4)."""
    target: Floats
    """Weighted voltages, shape (rows, bins + HELD)."""
    left: Floats
    """What the fixed columns leave of them, of the same shape."""

    @classmethod
    def of(cls, models: PulseModels) -> "Costs":
        """Eliminate the columns that no D changes."""
        rows, bins = models.time.shape
        fixed = np.zeros((rows, bins + HELD, 4))
        fixed[:, :bins, 0] = 1.0
        fixed[:, :bins, 1] = models.on
        fixed[:, :bins, 2] = models.mean_course()
        fixed[:, :bins, 3] = models.tail()
        fixed[:, :bins] *= models.weight[..., None]
        fixed[:, bins, 2] = 1 / models.crossing
        fixed[:, bins + 1, 3] = 1 / models.tail_error()
        basis, triangle = np.linalg.qr(fixed)
        target = np.zeros((rows, bins + HELD))
        target[:, :bins] = models.voltage * models.weight
        return cls(models, basis, triangle, target, _without(basis, target))

    def at(self, rows: Places, log_tau: Floats, sigma: float) -> Floats:
        """Return χ² of pulses ``rows`` at ``log_tau``, both (m,), for the spread σ."""
        cost = np.empty(len(rows))
        for first in range(0, len(rows), FILL):
            some = slice(first, first + FILL)
            x, _ = self.models.courses.surface(rows[some], log_tau[some], sigma)
            y = x + self.models.shift[rows[some]] - 0.5
            cost[some] = self._solved(rows[some], y).cost
        return cost

    def over(self, log_tau: Floats, sigma: float) -> Floats:
        """Return χ² of all pulses at each of ``log_tau`` (k,), shape (rows, k)."""
        count = len(self.models)
        rows = np.repeat(np.arange(count), len(log_tau))
        costs = self.at(rows, np.tile(log_tau, count), sigma)
        return costs.reshape(count, len(log_tau))

    def look(self, rows: Places, log_tau: Floats, sigma: float) -> Look:
        """Return χ², slope and bend of pulses ``rows`` at ``log_tau``, both (m,)."""
        parts = [
            self._look(rows[k : k + FILL], log_tau[k : k + FILL], sigma)
            for k in range(0, len(rows), FILL)
        ]
        if not parts:
            nothing = np.zeros(0)
            return Look(nothing, nothing, nothing)
        return Look(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _look(
        self, rows: Places, log_tau: Floats, sigma: float
    ) -> tuple[Floats, Floats, Floats]:
        models = self.models
        x, rise = models.courses.surface(rows, log_tau, sigma)
        y = x + models.shift[rows] - 0.5
        solved = self._solved(rows, y)
        linear, on = solved.numbers.T[..., None], models.on[rows]
        steep = (
            linear[0]
            + linear[1] * on
            + 2 * linear[2] * y
            + linear[3] * (3 * y**2 - 0.25)
        )
        moved = np.zeros(solved.residuals.shape)
        moved[:, : y.shape[1]] = models.weight[rows] * rise * steep
        slope = -2 * (solved.residuals * moved).sum(axis=1)
        apart = _without(self.basis[rows], moved)
        along = np.matmul(solved.columns, apart[..., None])
        taken = np.linalg.solve(solved.normal, along)
        bend = (apart**2).sum(axis=1) - (taken * along).sum(axis=(1, 2))
        return solved.cost, slope, 2 * np.maximum(bend, 0.0)

    def best(self, log_tau: Floats, sigma: float) -> Best:
        """Return the linear part of every pulse at its ``log_tau`` (rows,)."""
        models = self.models
        rows = np.arange(len(models))
        x = models.courses.surface(rows, log_tau, sigma)[0] + models.shift
        bins = x.shape[1]
        solved = self._solved(rows, x - 0.5)
        whole = self.target - solved.residuals
        rest = whole - np.matmul(solved.bare, solved.numbers[..., None])[..., 0]
        along = np.matmul(self.basis.swapaxes(1, 2), rest[..., None])
        fixed = np.matmul(np.linalg.inv(self.triangle), along)[..., 0]
        weight = models.weight
        shown = whole[:, :bins] / np.where(weight > 0, weight, 1.0)
        return Best(x, shown, solved.numbers[:, 0], fixed[:, 2], fixed[:, 1])

    def _solved(self, rows: Places, y: Floats) -> "_Solved":
        """Solve for the numbers of y, on·y, y² and y³ - y/4 of pulses ``rows``."""
        models, (m, bins) = self.models, y.shape
        bare = np.zeros((m, 4, bins + HELD))
        square = y**2
        bare[:, 0, :bins] = y
        bare[:, 1, :bins] = models.on[rows] * y
        bare[:, 2, :bins] = square
        bare[:, 3, :bins] = y * (square - 0.25)
        bare[..., :bins] *= models.weight[rows, None]
        basis = self.basis[rows]
        columns = bare - np.matmul(np.matmul(bare, basis), basis.swapaxes(1, 2))
        firmness = 1 / np.stack([models.bend_error, models.third_error], 1)[rows]
        known = np.zeros((m, 4))
        known[:, 2:] = np.stack([models.bend, models.third], 1)[rows]
        normal = np.matmul(columns, columns.swapaxes(1, 2))
        stiff = RIDGE * (bare**2).sum(axis=2)
        stiff[:, 2:] += firmness**2
        normal[:, range(4), range(4)] += stiff
        right = np.matmul(columns, self.left[rows][..., None])[..., 0]
        right[:, 2:] += firmness**2 * known[:, 2:]
        numbers = np.linalg.solve(normal, right[..., None])[..., 0]
        seen = np.matmul(numbers[:, None], columns)[:, 0]
        return _Solved(
            bare.swapaxes(1, 2),
            columns,
            normal,
            numbers,
            known,
            firmness,
            self.left[rows] - seen,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """The best numbers of four columns, and what they leave."""

    bare: Floats
    """The weighted columns, shape (m, bins + HELD, 4)."""
    columns: Floats
    """What the basis leaves of them, shape (m, 4, bins + HELD)."""
    normal: Floats
    """Their normal equations, shape (m, 4, 4)."""
    numbers: Floats
    """ΔE (with c, κ, λ in V), shape (m, 4)."""
    known: Floats
    firmness: Floats
    """1/σ of κ and λ, shape (m, 2)."""
    residuals: Floats
    """Shape (m, bins + HELD)."""

    @property
    def cost(self) -> Floats:
        """Return χ², with what is known of κ and λ, shape (m,)."""
        away = self.firmness * (self.numbers - self.known)[:, 2:]
        cost: Floats = (self.residuals**2).sum(axis=1) + (away**2).sum(axis=1)
        return cost


def _without(basis: Floats, column: Floats) -> Floats:
    """Return what orthonormal ``basis`` (m, n, 4) leaves of ``column`` (m, n)."""
    seen = np.matmul(basis.swapaxes(1, 2), column[..., None])
    left: Floats = column - np.matmul(basis, seen)[..., 0]
    return left
