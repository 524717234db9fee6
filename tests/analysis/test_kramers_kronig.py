"""Spectra that a steady linear cell can give pass; others fail and say where."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.analysis.spectra.impedance import parse_circuit
from labctl.analysis.spectra.kramers_kronig import Verdict, linear_kramers_kronig
from labctl.analysis.spectra.relaxation_times import relaxation_times

SILICON: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "impedance_spectra.json").read_text()
)["silicon"]
FREQUENCY = np.logspace(5, -2.5, 60)


def silicon(rct: float | np.ndarray = 45.0, noise: float = 0.0) -> np.ndarray:
    """Return the silicon-like spectrum; ``rct`` may change from point to point."""
    circuit = parse_circuit(SILICON["circuit"])
    r = np.broadcast_to(rct, FREQUENCY.shape)
    z = np.array(
        [
            circuit.impedance([f], {**SILICON["values"], "R2": x})[0]
            for f, x in zip(FREQUENCY, r, strict=True)
        ]
    )
    generator = np.random.default_rng(4)
    wobble = generator.standard_normal((2, len(z)))
    noisy: np.ndarray = z + noise * np.abs(z) * (wobble[0] + 1j * wobble[1])
    return noisy


def test_a_clean_spectrum_is_good() -> None:
    result = linear_kramers_kronig(FREQUENCY, silicon())

    assert result.verdict is Verdict.GOOD
    assert result.largest < 0.001
    assert result.elements == pytest.approx(31, abs=3)
    assert result.mu == pytest.approx(0.829, abs=0.03)


def test_noise_of_a_thousandth_is_still_good() -> None:
    result = linear_kramers_kronig(FREQUENCY, silicon(noise=0.001))

    assert result.verdict is Verdict.GOOD
    assert result.largest > 0.001


def test_a_cell_that_drifts_in_time_fails_at_the_lowest_frequencies() -> None:
    elapsed = np.cumsum(3 / FREQUENCY)

    result = linear_kramers_kronig(
        FREQUENCY, silicon(45 * (1 + 0.3 * elapsed / elapsed[-1]))
    )

    assert result.verdict is Verdict.FAIL
    assert result.worst_frequency < 0.1
    assert result.largest == pytest.approx(0.033, abs=0.015)
    assert "residual" in result.reason


def test_a_drift_even_in_the_points_passes_and_so_the_test_is_not_enough() -> None:
    result = linear_kramers_kronig(FREQUENCY, silicon(np.linspace(45, 54, 60)))

    assert result.verdict is not Verdict.FAIL


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(0.5, 100), min_size=1, max_size=4),
    st.lists(st.floats(-4, 1.5), min_size=4, max_size=4),
)
def test_every_chain_of_parallel_rc_obeys_kramers_and_kronig(
    resistances: list[float], decades: list[float]
) -> None:
    z = np.full(60, 5.0 + 0j)
    for r, decade in zip(resistances, decades, strict=False):
        z += r / (1 + 2j * np.pi * FREQUENCY * 10**decade)

    assert linear_kramers_kronig(FREQUENCY, z).verdict is not Verdict.FAIL


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 6 points"):
        linear_kramers_kronig([1.0, 2.0], [1 + 0j, 2 + 0j])


def test_relaxation_times_find_both_arcs() -> None:
    circuit = parse_circuit("R0-p(R1,C1)-p(R2,C2)")
    z = circuit.impedance(FREQUENCY, [5, 20, 1e-6, 45, 1e-3])

    found = relaxation_times(FREQUENCY, z)

    assert found.series == pytest.approx(5, rel=0.03)
    assert [p.tau for p in found.peaks] == pytest.approx([2e-5, 4.5e-2], rel=0.15)
    assert [p.resistance.value for p in found.peaks] == pytest.approx(
        [20, 45], rel=0.03
    )
    assert found.residual < 0.015


def test_relaxation_times_see_a_blocked_tail_as_a_capacitance() -> None:
    circuit = parse_circuit("R0-p(R1,C1)-C2")
    z = circuit.impedance(FREQUENCY, [5, 20, 1e-5, 2.0])

    found = relaxation_times(FREQUENCY, z)

    assert found.capacitance == pytest.approx(2.0, rel=0.05)
    assert sum(p.resistance.value for p in found.peaks) == pytest.approx(20, rel=0.05)
