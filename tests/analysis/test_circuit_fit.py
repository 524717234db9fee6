"""Fits give back the circuit that made the spectrum, with honest uncertainties."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labctl.analysis.spectra.circuit_fit import fit_circuit
from labctl.analysis.spectra.impedance import Circuit, parse_circuit

DATA = Path(__file__).parents[1] / "data"
SPECTRA: dict[str, Any] = json.loads((DATA / "impedance_spectra.json").read_text())
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


def measured() -> tuple[np.ndarray, np.ndarray]:
    """Return the measured example spectrum of impedance.py, Im Z < 0."""
    rows = np.loadtxt(DATA / "impedance_py_example.csv", delimiter=",")
    z = rows[:, 1] + 1j * rows[:, 2]
    return rows[z.imag < 0, 0], z[z.imag < 0]


# circuit, weighted, half of Σ r² at the best minimum that any search has found
MEASURED = [
    ("R0-p(R1,CPE1)-p(R2,CPE2)-Wo1", True, 0.004840),
    ("R0-p(R1,C1)-p(R2-Wo1,C2)", True, 0.009194),
    ("R0-p(R1,C1)-p(R2,C2)-Wo1", False, 0.008110),
    ("R0-p(R1,CPE1)-p(R2,CPE2)-p(R3-Sp1,CPE3)", True, 0.002185),
]


@pytest.mark.parametrize(("text", "weighting", "cost"), MEASURED)
def test_every_seed_finds_the_best_minimum_of_a_measured_spectrum(
    text: str, weighting: bool, cost: float
) -> None:
    f, z = measured()

    for seed in range(4):
        fit = fit_circuit(parse_circuit(text), f, z, weighting=weighting, seed=seed)

        assert fit.cost < cost * 1.001, seed


def test_the_published_global_fit_of_the_measured_spectrum_is_found() -> None:
    """The test of impedance.py's own global optimisation: R0 … C2, unweighted."""
    fit = fit_circuit(
        parse_circuit("R0-p(R1,C1)-p(R2-Wo1,C2)"), *measured(), weighting=False
    )

    published = {"R0": 1.65e-2, "R1": 5.34e-3, "C1": 0.22, "R2": 9.15e-3, "C2": 2.78}
    for name, value in published.items():
        assert fit.value(name) == pytest.approx(value, rel=0.01), name


def test_the_published_local_fit_is_left_for_a_better_one() -> None:
    circuit, published = (
        parse_circuit("R0-p(R1,C1)-p(R2-Wo1,C2)"),
        SPECTRA["measured_fit_two_arcs"],
    )
    f, z = measured()

    fit = fit_circuit(circuit, f, z, weighting=False)

    there = circuit.impedance(f, published["values"])
    assert np.sqrt(np.mean(abs(there - z) ** 2)) == pytest.approx(
        published["rmse"], rel=0.01
    )
    assert np.sqrt(np.mean(abs(fit.predicted - z) ** 2)) < 0.9 * published["rmse"]


def test_a_time_beyond_the_measured_frequencies_is_unknown_and_not_exact() -> None:
    fit = fit_circuit(
        parse_circuit("R0-p(R1,C1)-p(R2,C2)-Wo1"), *measured(), weighting=False
    )

    assert math.isnan(fit.parameters["Wo1_tau"].uncertainty)
    assert not fit.parameters["Wo1_tau"].valid
    assert fit.parameters["R2"].relative > 0.05


def test_waves_in_the_residuals_widen_the_intervals() -> None:
    circuit, z = spectrum("silicon")
    ripple = 1e-3 * np.abs(z) * np.sin(np.arange(len(z)) / 2)

    noisy = fit_circuit(circuit, FREQUENCY, z)
    waves = fit_circuit(circuit, FREQUENCY, z + ripple * (1 + 1j))

    assert noisy.waviness < 0.2 < waves.waviness
    wider = waves.parameters["R2"].uncertainty / noisy.parameters["R2"].uncertainty
    assert wider > 1.3 * waves.residual / noisy.residual


def test_arcs_that_may_change_places_are_called_ambiguous() -> None:
    """Two arcs 0.4 and 0.7 s slow, one with a tail: which one carries it?"""
    circuit = parse_circuit("R0-p(R1,C1)-p(R2,C2)-p(R3-W1,C3)")
    f = np.logspace(5, -2, 50)
    truth = [17.8, 62.3, 5.4e-7, 35.6, 0.0113, 2.82, 1.26, 0.261]
    z = circuit.impedance(f, truth)
    wobble = np.random.default_rng(0).standard_normal((2, len(z)))

    fit = fit_circuit(circuit, f, z + 3e-3 * np.abs(z) * (wobble[0] + 1j * wobble[1]))

    assert not fit.parameters["R3"].valid
    assert "R3" in fit.parameters["R3"].reason


def test_intervals_hold_on_circuits_drawn_at_random() -> None:
    circuit = parse_circuit("R0-p(R1,CPE1)-p(R2-W1,CPE2)")
    f = np.logspace(5, -2, 50)
    ratios = []
    for seed in range(25):
        draw = np.random.default_rng(seed)
        r0, r1, r2, w = 10 ** draw.uniform((0, 0, 0, -0.5), (2, 2, 2, 1.5))
        fast, slow = 10 ** np.sort(draw.uniform(-4.5, 0.5, 2))
        a, b = draw.uniform(0.7, 1.0, 2)
        truth = [r0, r1, fast**a / r1, a, r2, w, slow**b / r2, b]
        z = circuit.impedance(f, truth)
        wobble = draw.standard_normal((2, len(z)))
        fit = fit_circuit(circuit, f, z + 3e-3 * abs(z) * (wobble[0] + 1j * wobble[1]))
        for name, true in zip(circuit.names, truth, strict=True):
            found = fit.parameters[name]
            if found.valid and name.startswith("R"):
                ratios.append(abs(found.value - true) / found.uncertainty)

    assert len(ratios) >= 30
    assert np.mean(np.array(ratios) < 2) > 0.9
    assert max(ratios) < 4


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


def test_a_circuit_without_an_arc_is_fitted_too() -> None:
    circuit = parse_circuit("R0-Wo1")
    z = circuit.impedance(FREQUENCY, [5.0, 60.0, 20.0])

    fit = fit_circuit(circuit, FREQUENCY, z)

    assert fit.value("Wo1_tau") == pytest.approx(20.0, rel=1e-4)


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


def test_a_spectrum_without_noise_ends_the_search() -> None:
    f = np.logspace(4, 0, 33)
    z = parse_circuit("R0-p(R1,CPE1)").impedance(f, [5.0, 20.0, 1.2e-5, 1.0])

    for text in ("R0-p(R1,CPE1)-p(R2-Sp1,CPE2)", "R0-p(R1,CPE1)-p(R2,CPE2)"):
        assert fit_circuit(parse_circuit(text), f, z).residual < 1e-6
