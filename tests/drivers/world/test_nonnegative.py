"""Least squares without negative unknowns, against SciPy's and by their conditions."""

import numpy as np
import pytest
from scipy.optimize import nnls

from drivers.twins.world.nonnegative import nonnegative_least_squares


def arc(exponent: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the system of a ladder: parallel RC pairs against a depressed arc."""
    omega, times = np.logspace(-3, 3, 110), np.logspace(-2.5, 2.5, 11)
    wanted = 1.0 / (1.0 + (1j * omega) ** exponent)
    pairs = 1.0 / (1.0 + 1j * np.multiply.outer(omega, times))
    return (
        np.concatenate((pairs.real, pairs.imag)),
        np.concatenate((wanted.real, wanted.imag)),
    )


@pytest.mark.parametrize("exponent", [0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99])
def test_a_ladder_has_the_rungs_that_scipy_finds(exponent: float) -> None:
    matrix, wanted = arc(exponent)
    theirs, _ = nnls(matrix, wanted)

    ours = nonnegative_least_squares(matrix, wanted)

    assert np.array_equal(ours > 0.0, theirs > 0.0)
    assert ours == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_no_unknown_is_negative_and_none_wants_to_move(seed: int) -> None:
    noise = np.random.default_rng(seed)
    matrix, wanted = noise.normal(size=(30, 8)), noise.normal(size=30)

    found = nonnegative_least_squares(matrix, wanted)

    slope = matrix.T @ (wanted - matrix @ found)
    assert found.min() >= 0.0
    assert np.abs(slope[found > 0.0]).max(initial=0.0) < 1e-12
    assert slope[found == 0.0].max(initial=0.0) < 1e-12


def test_what_only_negative_unknowns_would_reach_is_met_by_zeros() -> None:
    matrix = np.eye(4)[:, :3]

    found = nonnegative_least_squares(matrix, np.array([-1.0, -2.0, -3.0, 1.0]))

    assert found.tolist() == [0.0, 0.0, 0.0]
