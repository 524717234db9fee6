"""Charges know which error of the ammeter they share, and ratios what is left of it."""

import math

import numpy as np
import pytest

from labctl.analysis.meter import (
    ASSUMED_ZERO,
    ASYMMETRY_OF_GAIN,
    DRIFT_OF_ZERO,
    ChargeErrors,
    charge_errors,
    reading,
)
from labctl.analysis.uncertainty import Measured
from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import (
    ChannelAccuracy,
    ImpedanceAccuracy,
    ImpedanceRegion,
    MeterAccuracy,
    Origin,
    RangeAccuracy,
)

ROOT = math.sqrt(3.0)
LIMITS = Accuracy(1e-3, 2e-6, asymmetry=0.0)
METER = MeterAccuracy(
    (
        RangeAccuracy(7, 1e-3, Accuracy(1e-3, 2e-7, asymmetry=0.0)),
        RangeAccuracy(8, 1e-2, LIMITS),
    ),
    Origin.SHEET,
)
HOUR = 3600.0


def halves(*currents: float, seconds: float = HOUR) -> tuple[np.ndarray, ...]:
    """Return time, current and group of half cycles of constant current."""
    time, current, group = [0.0], [currents[0]], [0]
    for number, i in enumerate(currents):
        time += [time[-1] + seconds / 2, time[-1] + seconds]
        current += [i, i]
        group += [number, number]
    return np.array(time), np.array(current), np.array(group)


def charges(*currents: float, instrument: str = "") -> ChargeErrors:
    """Return half cycles on the range of 10 mA."""
    time, current, group = halves(*currents)
    return charge_errors(
        time,
        current,
        group,
        accuracy=METER,
        codes=np.full(len(time), 8),
        instrument=instrument,
    )


def efficiency(errors: ChargeErrors) -> Measured:
    """Return |Q of group 1| / |Q of group 0|."""
    return errors.of_group(1) / errors.of_group(0)


def test_a_gain_cancels_in_an_efficiency_and_a_zero_moves_it_by_twice_its_share() -> (
    None
):
    errors = charges(-2e-3, 2e-3)

    found = efficiency(errors).budget

    assert "current gain" not in found
    assert found["current zero"] == pytest.approx(2 * (2e-6 / 2e-3) / ROOT)


def test_a_zero_does_not_average_away_over_a_hundred_cycles() -> None:
    errors = charges(*[-2e-3, 2e-3] * 100)
    charge = np.abs(errors.charge)
    first, second = charge[0::2], charge[1::2]
    weight = np.empty(200)
    weight[0::2] = second / first**2  # the discharge is negative: -∂/∂|Q|
    weight[1::2] = 1 / first

    mean = errors.measured(float(np.mean(second / first)), weight / 100)

    assert mean.budget["current zero"] == pytest.approx(2 * (2e-6 / 2e-3) / ROOT)


def test_the_law_of_errors_is_what_a_wrong_ammeter_does() -> None:
    currents = np.array([-2e-3, 1.5e-3, 2.1e-3])
    true = charges(*currents)
    wrong = charges(*(currents * (1 + LIMITS.gain) + LIMITS.offset))
    by = {s.term: p * ROOT for s, p in zip(true.sources, true.parts, strict=True)}

    moved = wrong.charge - true.charge

    assert moved == pytest.approx(by["current gain"] + by["current zero"])


def test_gains_of_two_ranges_do_not_cancel() -> None:
    time, current, group = halves(-2e-3, 1e-4)
    codes = np.where(current < 0, 8, 7)

    found = efficiency(charge_errors(time, current, group, accuracy=METER, codes=codes))

    assert found.budget["current gain"] / found.value == pytest.approx(
        math.sqrt(2) * 1e-3 / ROOT
    )


def test_what_is_not_stated_of_the_signs_is_a_line_of_its_own() -> None:
    silent = MeterAccuracy(
        (RangeAccuracy(8, 1e-2, Accuracy(1e-3, 0.0)),), Origin.MEMORY
    )
    rows = halves(-2e-3, 2e-3)

    found = efficiency(charge_errors(*rows, accuracy=silent, codes=[8] * 5))

    assert found.budget["current gain by sign (assumed)"] == pytest.approx(
        ASYMMETRY_OF_GAIN * 1e-3 / ROOT
    )


def test_an_instrument_that_states_nothing_gets_a_declared_default() -> None:
    errors = charge_errors(*halves(-2e-3, 2e-3), accuracy=None)

    found = efficiency(errors)

    assert list(found.budget) == ["current accuracy (assumed)"]
    assert all(source.assumed for source in found.parts)
    assert found.uncertainty > 2 * ASSUMED_ZERO / ROOT


def test_where_no_range_was_recorded_the_one_that_fits_is_taken_and_it_is_said() -> (
    None
):
    errors = charge_errors(*halves(-5e-4, 5e-4), accuracy=METER, codes=[-1] * 5)

    terms = {source.term: part[0] for source, part in zip(errors.sources, errors.parts)}  # noqa: B905

    assert terms["current zero (range assumed)"] == pytest.approx(2e-7 * HOUR / ROOT)


def test_a_rest_at_open_circuit_carries_no_error() -> None:
    time, current, group = halves(-2e-3, 0.0)

    group, codes = np.zeros_like(group), np.full(len(time), 8)
    errors = charge_errors(time, current, group, accuracy=METER, codes=codes)

    zeros = [
        each.measured(1.0, [1.0]).budget["current zero"]
        for each in (errors, charges(-2e-3))
    ]
    # Between the last row with a current and the first without one it flows no more.
    assert zeros[0] == pytest.approx(zeros[1], rel=0.51)


def test_rows_of_no_group_count_for_nothing() -> None:
    time, current, group = halves(-2e-3, 2e-3)
    errors = charge_errors(
        time, current, np.where(group > 0, -1, group), accuracy=METER
    )

    assert errors.charge == pytest.approx([-2e-3 * HOUR])


def test_two_runs_on_one_channel_share_its_errors() -> None:
    whose = "VSP-300 #7/1"
    one = charges(-2e-3, instrument=whose).of_group(0)
    other = charges(-2e-3, instrument=whose).of_group(0)

    own = {"current zero drift (assumed)", "current gain drift (assumed)"}
    assert {source.term for source in one.parts if source.shared != whose} <= own
    assert "current gain" not in (one / other).budget


def test_two_runs_on_one_channel_drift_each_its_own_way() -> None:
    errors = charges(*[-2e-3, 2e-3] * 50, instrument="VSP-300 #7/1")
    left = (errors.of_group(99) / errors.of_group(1)).to_result()
    one, other = (Measured.of_result(left, run) for run in ("a", "b"))

    drift = left.budget["current zero drift (assumed)"] if left.budget else 0.0
    apart = (one - other).part("current zero drift (assumed)")
    assert drift > 0
    assert apart == pytest.approx(math.sqrt(2) * drift)


def test_the_zero_cancels_in_the_difference_of_two_readings() -> None:
    first = reading("current", 2e-3, "A", METER, code=8)
    found = reading("current", 3e-3, "A", METER, code=8) - first

    assert found.budget["current gain"] == pytest.approx(1e-3 * 1e-3 / ROOT)
    assert found.part("current zero") == 0


def test_a_reading_whose_range_nobody_recorded_says_so_where_it_matters() -> None:
    found = reading("current", 5e-4, "A", METER)

    assert set(found.budget) == {"current gain", "current zero (range assumed)"}
    assert found.budget["current zero (range assumed)"] == pytest.approx(2e-7 / ROOT)


def test_the_limits_of_a_channel_come_back_from_its_json() -> None:
    region = ImpedanceRegion(1.0, 1e6, 1e-2, 1e5, 0.01, math.radians(1))
    stated = ChannelAccuracy(
        "VSP-300 #7/1",
        current=METER,
        impedance=ImpedanceAccuracy((region,), Origin.MEMORY, "contour plot"),
    )

    assert ChannelAccuracy.from_json(stated.to_json(), "VSP-300 #7/1") == stated


def test_beyond_the_contour_plot_nothing_is_known_of_an_impedance() -> None:
    loose = ImpedanceRegion(1e-2, 1e9, 1e-5, 1e6, 0.03, 0.05)
    tight = ImpedanceRegion(1.0, 1e6, 1e-2, 1e5, 0.003, 0.005)
    stated = ImpedanceAccuracy((tight, loose), Origin.SHEET)

    magnitude, phase = stated.at([1.0, 3e5, 2e6], [10.0, 10.0, 10.0])

    assert magnitude[:2] == pytest.approx([0.003, 0.03])
    assert phase[:2] == pytest.approx([0.005, 0.05])
    assert np.isnan(magnitude[2])
    assert np.isnan(phase[2])


def test_limits_widen_beyond_the_temperatures_of_the_sheet() -> None:
    limits = Accuracy(1e-3, 1e-6, per_kelvin=0.1)

    assert limits.at(27.0) == limits
    assert limits.at(38.0).gain == pytest.approx(2e-3)


def test_an_ammeter_that_drifts_moves_what_it_is_read_for_later() -> None:
    errors = charges(*[-2e-3, 2e-3] * 50)

    left = errors.of_group(99) / errors.of_group(1)

    assert left.part("current gain", "current zero") == 0
    drift = DRIFT_OF_ZERO * (2e-6 / 2e-3) / ROOT
    assert left.budget["current zero drift (assumed)"] == pytest.approx(drift, rel=0.05)
    assert "current gain drift (assumed)" in left.budget
