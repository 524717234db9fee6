"""Starts of a circuit's fit: near the spectrum, and elsewhere than the minimum."""

import numpy as np
import pytest

from labctl.analysis.spectra.impedance import parse_circuit
from labctl.analysis.spectra.shapes import Shapes
from labctl.analysis.spectra.starts import elsewhere, guesses

FREQUENCY = np.logspace(-2, 5, 57)
CIRCUIT = parse_circuit("R0-p(R1,CPE1)-p(R2-W1,CPE2)")
TRUTH = [5.0, 20.0, 1e-5, 0.9, 45.0, 2.0, 1.5e-3, 0.8]
Z = CIRCUIT.impedance(FREQUENCY, TRUTH)


def test_the_best_guess_is_within_some_percent_of_the_spectrum() -> None:
    found = guesses(CIRCUIT, Shapes(FREQUENCY, Z, 1 / np.abs(Z)), kept=24, seed=0)

    there = CIRCUIT.impedance(FREQUENCY, np.exp(found.logs[0]).tolist())
    assert np.sqrt(np.mean(np.abs(there / Z - 1) ** 2)) < 0.05


def test_a_guess_costs_what_its_residuals_are() -> None:
    found = guesses(CIRCUIT, Shapes(FREQUENCY, Z, 1 / np.abs(Z)), kept=24, seed=0)

    for logs, cost in zip(found.logs, found.costs, strict=True):
        off = CIRCUIT.impedance(FREQUENCY, np.exp(logs).tolist()) / Z - 1
        assert cost == pytest.approx(np.sum(np.abs(off) ** 2), rel=1e-6, abs=1e-9)


def test_elsewhere_one_part_alone_has_another_shape() -> None:
    shapes, logs = Shapes(FREQUENCY, Z, 1 / np.abs(Z)), np.log(TRUTH)

    starts = elsewhere(CIRCUIT, shapes, logs, seed=0)

    # what does not follow a size: R Q of an arc, its exponent, W/R
    shape = np.array(
        [
            [0, 1, 1, 0, 0, 0, 0, 0],
            [0, 0, 0, 1, 0, 0, 0, 0],
            [0, 0, 0, 0, 1, 0, 1, 0],
            [0, 0, 0, 0, -1, 1, 0, 0],
            [0, 0, 0, 0, 0, 0, 0, 1],
        ]
    )
    moved = np.abs((starts - logs) @ shape.T) > 1e-9
    first, second = moved[:, :2].any(axis=1), moved[:, 2:].any(axis=1)
    assert first.any()
    assert second.any()
    assert not (first & second).any()


def test_shapes_that_circuits_have_in_common_are_drawn_once() -> None:
    shapes = Shapes(FREQUENCY, Z, 1 / np.abs(Z))
    other = parse_circuit("R0-p(R7,CPE7)-p(R8,CPE8)")

    first = shapes.of(CIRCUIT.tree.parts[1], 0)  # type: ignore[union-attr]
    same = shapes.of(other.tree.parts[2], 0)  # type: ignore[union-attr]

    assert same is first
    assert shapes.product(first, same) is shapes.product(same, first)
