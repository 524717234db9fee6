"""A hold gives what was found; no drift in compliance, no good G of a diode."""

import math

import numpy as np
import pytest

from labctl.analysis.uncertainty import Calibration
from labctl.verdicts.particle import RECTIFIES
from protocols.conduction.bias_hold import _conductance, _drift, _mean_current
from protocols.conduction.conduction_readings import Points


def _tail(current: np.ndarray, *, limited: bool = False) -> Points:
    time = np.arange(float(len(current)))
    return Points(
        np.full(len(current), 3.0),
        current,
        np.full(len(current), limited),
        time,
        Calibration(),
        (),
    )


def test_a_decaying_current_has_its_rate() -> None:
    rng = np.random.default_rng(1)
    time = np.arange(20.0)
    current = 1e-8 * (1 - 2e-3 * (time - time.mean()))

    rate, spread = _drift(_tail(current + rng.normal(0, 1e-12, 20)))

    assert rate == pytest.approx(-2e-3, abs=4 * spread)
    assert spread == pytest.approx(1e-4 / math.sqrt(665.0), rel=0.5)  # σ/√Σ(t-t̄)²


def test_a_steady_current_drifts_within_its_uncertainty_not_exactly_zero() -> None:
    rng = np.random.default_rng(2)

    rate, spread = _drift(_tail(1e-8 + rng.normal(0, 1e-12, 20)))

    assert rate != 0.0
    assert abs(rate) < 4 * spread


def test_a_current_held_back_by_the_compliance_has_no_drift() -> None:
    assert math.isnan(_drift(_tail(np.full(20, 1e-5), limited=True))[0])


def test_a_contact_that_rectifies_gives_no_good_conductance() -> None:
    noise = np.random.default_rng(3).normal(0, 1e-12, (2, 20))
    tails = {1: _tail(1e-8 + noise[0]), -1: _tail(-1e-10 + noise[1])}
    tails[-1].voltage[:] = -3.0

    found = _conductance(tails, {way: _mean_current(t) for way, t in tails.items()})
    assert RECTIFIES.code in {doubt.code for doubt in found.doubts}
