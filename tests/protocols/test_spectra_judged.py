"""A spectrum is causal, steady and linear, each seen, before its R_ct is good."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labctl.analysis.spectra.impedance import parse_circuit
from protocols.spectra.recorded_spectra import (
    RecordedSpectrum,
    at_one_time,
    drift_in_a_period,
)
from protocols.spectra.spectra_results import judged, relaxation_result, steadiness

FREQUENCY = np.logspace(4, 0, 33)
CIRCUIT = parse_circuit("R0-p(R1,CPE1)")


def spectrum(number: int = 0, growth: float = 0.0) -> RecordedSpectrum:
    """Return R_ct = 20 Ω and 0.1 % of noise, growing by ``growth`` a second."""
    time = 100.0 * number + np.cumsum(3 / FREQUENCY)
    z = np.array(
        [
            CIRCUIT.impedance([f], [5.0, 20.0 * (1 + growth * t), 2e-4, 0.95])[0]
            for f, t in zip(FREQUENCY, time, strict=True)
        ]
    )
    noise = 1e-3 * np.random.default_rng(number).standard_normal((2, len(z)))
    return RecordedSpectrum(
        number=number,
        label="1C",
        state=0.1 * number,
        moved=0.0,
        frequency=FREQUENCY,
        impedance=z * (1 + noise[0] + 1j * noise[1]),
        voltage=0.3,
        current=0.0,
        drift=1e-3,
        time=time,
        amplitude=0.01,
        returned=1e-4,
    )


def codes(taken: RecordedSpectrum) -> list[str]:
    doubts = judged(taken, temperature=298.15, corrected=False).resistance.doubts
    return [doubt.code for doubt in doubts]


def test_a_steady_small_answer_is_good() -> None:
    found = judged(spectrum(), temperature=298.15, corrected=False)

    assert found.resistance.valid, found.resistance.reason
    assert found.resistance.value == pytest.approx(20, rel=0.02)
    assert "impedance magnitude (assumed)" in found.resistance.budget


def test_rows_of_one_second_have_a_drift_all_the_same() -> None:
    time = np.array([1.0, 1.0, 2.0, 3.0, 4.0])

    drift = drift_in_a_period(time, 3 + 1e-3 * time, np.full(5, 0.1), np.full(5, 0.01))

    assert drift == pytest.approx(1.0)  # 1 mV/s for 10 s, in 10 mV


# what is wrong or unknown, the condition that says so
WRONG = [
    ({"drift": 0.1}, "spectra-drift"),
    ({"drift": np.nan}, "spectra-drift"),
    ({"amplitude": 0.03}, "spectra-linear"),
    ({"amplitude": np.nan}, "spectra-linear"),
    ({"returned": 0.02}, "spectra-voltage-returned"),
    ({"returned": np.nan}, "spectra-voltage-returned"),
    ({"moved": np.nan}, "spectra-state"),
    ({"driven": True, "moved": 0.02}, "spectra-changed"),
]


@pytest.mark.parametrize(("fault", "code"), WRONG)
def test_each_fault_and_each_gap_is_a_condition_of_its_own(
    fault: dict[str, Any], code: str
) -> None:
    said = steadiness(replace(spectrum(), **fault), corrected=False)

    if code == "spectra-linear":
        assert codes(replace(spectrum(), **fault)) == [code]
    else:
        assert [doubt.code for doubt in said] == [code]


# area of the lithium in m², whether an arc of 12 µF may be lithium's
AREAS = [(0.0, False), (1e-6, False), (1.13e-4, True), (np.nan, True)]


@pytest.mark.parametrize(("lithium", "doubted"), AREAS)
def test_an_arc_with_a_foils_capacitance_may_be_lithiums(
    lithium: float, doubted: bool
) -> None:
    fast = CIRCUIT.impedance(FREQUENCY, [5.0, 20.0, 1.2e-5, 1.0])
    taken = replace(spectrum(), impedance=fast)

    found = judged(taken, temperature=298.15, corrected=False, lithium=lithium)

    said = [doubt.code for doubt in found.resistance.doubts]
    assert said == (["spectra-counter-apart"] if doubted else [])


def test_in_a_full_cell_nobody_knows_whose_arc_it_is() -> None:
    found = judged(spectrum(), temperature=298.15, corrected=False, both=True)

    for number in (found.resistance, found.exchange, found.peaks[0][1]):
        assert "spectra-one-electrode" in {doubt.code for doubt in number.doubts}


def test_spectra_under_current_are_moved_to_one_time() -> None:
    taken = [replace(spectrum(k, 5e-3), driven=True, current=1e-3) for k in range(3)]

    moved = at_one_time(taken)

    middle = 0.5 * (taken[1].time[0] + taken[1].time[-1])
    truth = CIRCUIT.impedance(FREQUENCY, [5, 20 * (1 + 5e-3 * middle), 2e-4, 0.95])
    before = np.abs(taken[1].impedance / truth - 1)
    after = np.abs(moved[1].impedance / truth - 1)
    assert before.max() > 0.012
    assert after.max() < 0.005
    assert moved[1].change == pytest.approx(0.035, rel=0.4)


def test_what_the_move_cannot_see_is_part_of_the_uncertainty() -> None:
    taken = [replace(spectrum(k, 5e-3), driven=True, current=1e-3) for k in range(3)]

    found = judged(at_one_time(taken)[1], temperature=298.15, corrected=True)

    assert found.resistance.budget["state during the sweep"] > 0
    assert found.resistance.valid, found.resistance.reason


def test_a_lone_spectrum_under_current_does_not_know_its_drift() -> None:
    (alone,) = at_one_time([replace(spectrum(), driven=True, current=1e-3)])

    assert np.isnan(alone.change)


def test_relaxation_times_give_a_second_opinion_on_the_resistance() -> None:
    found = judged(spectrum(), temperature=298.15, corrected=False)

    result = relaxation_result([found])

    assert isinstance(result.value, float)
    assert result.uncertainty is not None
    assert result.table is not None
    assert result.value == pytest.approx(20, rel=0.1)
    assert abs(result.value - 20) < 2 * result.uncertainty
    assert len(result.table["top_hertz"]) == len(found.peaks)
