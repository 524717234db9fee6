"""What an instrument's errors of |Z| and phase add does not average away."""

import math

import numpy as np
import pytest

from labctl.analysis.spectra.calibration import ASSUMED, with_calibration
from labctl.analysis.spectra.circuit_fit import fit_circuit
from labctl.analysis.spectra.impedance import parse_circuit
from labctl.analysis.uncertainty import known
from labctl.roles.channel_accuracy import ImpedanceAccuracy, ImpedanceRegion, Origin

CIRCUIT = parse_circuit("R0-p(R1,CPE1)")
VALUES = [5.0, 20.0, 2e-3, 0.9]


def stated(size: float, degrees: float) -> ImpedanceAccuracy:
    region = ImpedanceRegion(0, 1e9, 0, 1e7, size, math.radians(degrees))
    return ImpedanceAccuracy((region,), Origin.SHEET)


def budget(points: int, accuracy: ImpedanceAccuracy | None) -> dict[str, float]:
    """Return the budget of R1 in ohm, of a spectrum of so many points."""
    f = np.logspace(4, -1, points)
    z = CIRCUIT.impedance(f, VALUES)
    fit = fit_circuit(CIRCUIT, f, z)
    found = with_calibration(known(20.0, 0.0, "fit"), fit.response[1], f, z, accuracy)
    return found.budget


def test_a_gain_passes_into_a_resistance_in_full() -> None:
    found = budget(41, stated(0.01, 0.0))

    assert found["impedance magnitude"] == pytest.approx(0.2 / math.sqrt(3), rel=0.2)


def test_ten_times_the_points_leave_it_as_it_was() -> None:
    few, many = (budget(n, stated(0.01, 1.0)) for n in (30, 300))

    assert many["impedance magnitude"] == pytest.approx(
        few["impedance magnitude"], rel=0.1
    )
    assert many["impedance phase"] == pytest.approx(few["impedance phase"], rel=0.1)


def test_an_instrument_that_states_nothing_has_a_line_called_assumed() -> None:
    found = budget(41, None)

    assert set(found) == {
        "impedance magnitude (assumed)",
        "impedance phase (assumed)",
    }


def test_where_nothing_is_stated_the_default_stands_in() -> None:
    narrow = ImpedanceRegion(1e6, 1e9, 0, 1e7, 1e-3, 1e-3)
    beyond = budget(41, ImpedanceAccuracy((narrow,), Origin.SHEET))

    assert beyond == budget(41, ASSUMED)


def test_errors_of_a_smooth_instrument_stay_within_the_interval() -> None:
    f = np.logspace(4, -1, 41)
    z = CIRCUIT.impedance(f, VALUES)
    fit = fit_circuit(CIRCUIT, f, z)
    limits = stated(0.01, 0.5)
    u = with_calibration(known(20, 0, "fit"), fit.response[1], f, z, limits).uncertainty
    draw, away = np.random.default_rng(3), []
    for _ in range(40):
        level, wave, turn, swing = draw.uniform(-1, 1, 4)
        bent = np.sin(np.log10(f) * draw.uniform(0.8, 2) + draw.uniform(0, 6))
        off = 0.01 * (0.7 * level + 0.3 * wave * bent)
        phase = math.radians(0.5) * (0.7 * turn + 0.3 * swing * bent)
        wrong = z * (1 + off) * np.exp(1j * phase)
        there = fit_circuit(
            CIRCUIT,
            f,
            wrong,
            start=dict(zip(CIRCUIT.names, VALUES, strict=True)),
            starts=0,
        )
        away.append(abs(there.value("R1") - 20) / u)

    assert np.mean(np.array(away) < 2) > 0.93
    assert max(away) < 3
