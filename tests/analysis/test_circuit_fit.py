"""Fits give back the circuit that made the spectrum, with honest uncertainties."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labctl.analysis.spectra.circuit_fit import fit_circuit
from labctl.analysis.spectra.impedance import Circuit, parse_circuit

SPECTRA: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "impedance_spectra.json").read_text()
)
FREQUENCY = np.logspace(5, -2.5, 60)


def spectrum(
    name: str, *, noise: float = 1e-3, seed: int = 1, frequency: np.ndarray = FREQUENCY
) -> tuple[Circuit, np.ndarray]:
    circuit = parse_circuit(SPECTRA[name]["circuit"])
    z = circuit.impedance(frequency, SPECTRA[name]["values"])
    wobble = np.random.default_rng(seed).standard_normal((2, len(z)))
    return circuit, z + noise * np.abs(z) * (wobble[0] + 1j * wobble[1])


def test_a_silicon_like_spectrum_is_recovered_without_a_start() -> None:
    circuit, z = spectrum("silicon")

    fit = fit_circuit(circuit, FREQUENCY, z)

    # name: value, tolerance (three times the published standard uncertainty)
    expected = {
        "R0": (5.0, 0.01), "R1": (20.0, 0.05), "R2": (45.0, 0.1),
        "CPE2_Q": (1.5e-3, 1.5e-5), "CPE2_alpha": (0.8, 0.003),
        "Wo1_Z0": (60.0, 20.0), "Wo1_tau": (800.0, 500.0),
    }  # fmt: skip
    for name, (value, tolerance) in expected.items():
        assert fit.value(name) == pytest.approx(value, abs=tolerance), name
    assert fit.parameters["R0"].uncertainty == pytest.approx(0.002, rel=0.5)
    assert fit.parameters["R2"].uncertainty == pytest.approx(0.027, rel=0.5)
    assert fit.residual == pytest.approx(1.4e-3, rel=0.2)


def test_what_the_spectrum_cannot_tell_apart_is_said() -> None:
    circuit, z = spectrum("silicon")

    fit = fit_circuit(circuit, FREQUENCY, z)

    assert "Wo1_Z0 and Wo1_tau are not told apart" in fit.warnings
    sigma = fit.warburg("Wo1")
    assert sigma.value == pytest.approx(60 / np.sqrt(1600), rel=0.02)
    assert sigma.relative < 0.2 * fit.parameters["Wo1_Z0"].relative


@pytest.mark.parametrize("name", ["randles", "warburg_admittance"])
def test_a_clean_spectrum_gives_its_parameters_exactly(name: str) -> None:
    circuit, z = spectrum(name, noise=0)

    fit = fit_circuit(circuit, FREQUENCY, z)

    for parameter, value in SPECTRA[name]["values"].items():
        assert fit.value(parameter) == pytest.approx(value, rel=1e-5)


def test_the_published_unweighted_fit_is_found_again() -> None:
    """57 points over the range of the measured example spectrum of impedance.py."""
    f = np.logspace(np.log10(0.0031623), np.log10(1258.9), 57)
    circuit, z = spectrum("measured_fit_two_arcs", noise=0, frequency=f)
    noise = np.random.default_rng(0).standard_normal((2, 57)) * 1e-5

    fit = fit_circuit(circuit, f, z + noise[0] + 1j * noise[1], weighting=False)

    for parameter, value in SPECTRA["measured_fit_two_arcs"]["values"].items():
        assert fit.value(parameter) == pytest.approx(value, rel=0.05), parameter


def test_uncertainty_is_the_scatter_of_repeats() -> None:
    fits = []
    for seed in range(25):
        circuit, z = spectrum("silicon", seed=seed)
        start = SPECTRA["silicon"]["values"]
        fits.append(fit_circuit(circuit, FREQUENCY, z, start=start, starts=0))

    for name in ("R0", "R1", "R2", "CPE1_alpha"):
        scatter = np.std([fit.value(name) for fit in fits], ddof=1)
        said = np.mean([fit.parameters[name].uncertainty for fit in fits])
        assert scatter == pytest.approx(said, rel=0.5), name


def test_akaikes_criterion_prefers_the_true_circuit() -> None:
    _, z = spectrum("silicon")
    texts = (
        "R0-p(R1,CPE1)",
        "R0-p(R1,CPE1)-p(R2,CPE2)",
        "R0-p(R1,CPE1)-p(R2-Wo1,CPE2)",
        "R0-p(R1,CPE1)-p(R2,CPE2)-p(R3-W1,CPE3)",
    )

    best = min(
        (fit_circuit(parse_circuit(t), FREQUENCY, z) for t in texts),
        key=lambda fit: fit.aicc,
    )

    assert str(best.circuit) == "R0-p(R1,CPE1)-p(R2-Wo1,CPE2)"


def test_the_same_seed_gives_the_same_fit() -> None:
    circuit, z = spectrum("silicon")

    one, two = (fit_circuit(circuit, FREQUENCY, z, seed=5) for _ in range(2))

    assert one.parameters == two.parameters


def test_fewer_data_than_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="3 parameters cannot be fitted"):
        fit_circuit(parse_circuit("R0-p(R1,C1)"), [1.0, 2.0], [1 + 0j, 2 + 0j])


def test_an_impedance_that_is_not_a_number_is_refused() -> None:
    f = [1.0, 2.0, 3.0, 4.0]

    with pytest.raises(ValueError, match="finite"):
        fit_circuit(parse_circuit("R0-C1"), f, [1, np.nan, 1, 1])
