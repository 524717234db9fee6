"""Rows become segments, whoever recorded them."""

import math

import numpy as np
import pytest

from labctl.analysis.cells.segment import Driving, SegmentKind
from labctl.analysis.cells.segments import segments_of
from labctl.data import Array

REST, CURRENT, VOLTAGE, RAMP, UNKNOWN = (
    SegmentKind.REST,
    SegmentKind.CURRENT,
    SegmentKind.VOLTAGE,
    SegmentKind.RAMP,
    SegmentKind.UNKNOWN,
)


def _cccv(noise: float = 0.0, every: float = 10.0) -> tuple[Array, Array, Array]:
    """Rest, CC charge, CV, rest, CC discharge."""
    random = np.random.default_rng(1)
    t = np.arange(0, 8000, every)
    i = np.select(
        [t < 500, t < 3000, t < 4500, t < 5000],
        [0.0, 1e-3, 1e-3 * np.exp(-(t - 3000) / 400), 0.0],
        -1e-3,
    )
    v = np.select(
        [t < 500, t < 3000, t < 4500, t < 5000],
        [3.0, 3.0 + 1.2 * np.sqrt((t - 500).clip(0) / 2500), 4.2, 4.1],
        4.0 - 0.9 * ((t - 5000).clip(0) / 3000) ** 2,
    )
    n = len(t)
    return (
        t,
        v + noise * random.standard_normal(n),
        i * (1 + 5 * noise * random.standard_normal(n)),
    )


@pytest.mark.parametrize("noise", [0.0, 1e-4, 5e-4])
@pytest.mark.parametrize("every", [1.0, 10.0, 60.0])
def test_a_charge_with_a_hold_is_told_from_the_rows_alone(
    noise: float, every: float
) -> None:
    found = segments_of(*_cccv(noise, every))

    assert [one.kind for one in found] == [REST, CURRENT, VOLTAGE, REST, CURRENT]
    assert found[1].current == pytest.approx(1e-3, rel=5e-3)
    assert found[1].charge == pytest.approx(2.5, rel=0.05)
    assert found[4].charge == pytest.approx(-3.0, rel=0.03)


def test_every_row_is_in_one_segment() -> None:
    found = segments_of(*_cccv(1e-4))

    ends = [one.end_row for one in found]
    assert [one.first_row for one in found] == [0, *ends[:-1]]


def test_a_voltammogram_is_ramps_and_its_crossing_of_zero_no_rest() -> None:
    v = np.concatenate([np.arange(1.2, 0, -0.005), np.arange(0, 1.2, 0.005)] * 2)
    t = np.arange(len(v)) * 5.0
    i = 1e-4 * np.gradient(v) / 0.005 + 2e-4 * np.exp(-(((v - 0.4) / 0.05) ** 2))

    found = segments_of(t, v + 1e-4 * np.random.default_rng(0).random(len(v)), i)

    assert [one.kind for one in found] == [RAMP] * 4
    assert found[0].slope == pytest.approx(-1e-3, rel=0.02)


def test_a_hold_before_a_ramp_is_no_part_of_it() -> None:
    v = np.concatenate([np.full(60, 1.2), np.arange(1.2, 0, -0.005)])
    t = np.arange(len(v)) * 5.0
    i = np.concatenate(
        [1e-4 * np.exp(-np.arange(60) / 20), np.linspace(-1e-5, -1e-3, 240)]
    )

    found = segments_of(t, v, i)

    assert [one.kind for one in found] == [VOLTAGE, RAMP]
    assert found[1].rows == pytest.approx(240, abs=4)


def test_titration_pulses_and_rests_are_all_found_with_three_rows_each() -> None:
    i = np.tile([0.0, 0, 0, -1e-3, -1e-3, -1e-3], 10)
    t = np.arange(60) * 20.0

    found = segments_of(t, 3.0 - 1e-3 * np.arange(60), i)

    assert [one.kind for one in found] == [REST, CURRENT] * 10


def test_a_row_with_the_mean_over_a_switch_belongs_to_what_follows() -> None:
    i = np.array([0.0, 0, 0, 0.4e-3, 1e-3, 1e-3, 1e-3, 0.2e-3, 0, 0, 0])

    found = segments_of(np.arange(11.0), 3 + 0.01 * np.arange(11), i)

    assert [(one.kind, one.rows) for one in found] == [
        (REST, 3),
        (CURRENT, 4),
        (REST, 4),
    ]
    assert found[1].current == pytest.approx(1e-3)


def test_a_glitch_of_the_range_parts_nothing() -> None:
    i = np.full(50, 1e-3)
    i[20] = 7e-3
    i[30:32] = 0.3e-3

    found = segments_of(np.arange(50.0), 3 + 0.01 * np.sqrt(np.arange(50)), i)

    assert [one.kind for one in found] == [CURRENT]


def test_two_currents_of_one_sense_are_two_segments() -> None:
    i = np.repeat([1e-3, 2e-3, 1.5e-3], 20)

    found = segments_of(np.arange(60.0), 3 + 0.01 * np.sqrt(np.arange(60)), i)

    assert [round(1e3 * one.current, 6) for one in found] == [1.0, 2.0, 1.5]


def test_a_current_that_the_file_does_not_tell_is_no_rest() -> None:
    found = segments_of(np.arange(9.0), np.full(9, 3.0), np.full(9, np.nan))

    assert [one.kind for one in found] == [UNKNOWN]
    assert math.isnan(found[0].charge)
    assert math.isnan(found[0].current)


@pytest.mark.parametrize("driving", [None, Driving.VOLTAGE])
def test_a_voltage_that_rises_without_a_known_current_is_no_ramp(
    driving: Driving | None,
) -> None:
    t = np.arange(200.0)
    told = None if driving is None else np.full(200, driving)

    found = segments_of(t, 1 + 1e-3 * t, np.full(200, np.nan), driving=told)

    assert [one.kind for one in found] == [UNKNOWN]


def test_what_the_file_says_was_driven_decides() -> None:
    driving = np.repeat([Driving.REST, Driving.CURRENT, Driving.VOLTAGE], 10)
    i = np.r_[np.full(10, np.nan), np.full(10, 1e-3), 1e-3 * 0.9 ** np.arange(10)]

    found = segments_of(np.arange(30.0), np.full(30, 3.0), i, driving=driving)

    assert [one.kind for one in found] == [REST, CURRENT, VOLTAGE]


def test_a_step_of_the_file_ends_a_segment_though_nothing_changes() -> None:
    found = segments_of(
        np.arange(20.0), np.full(20, 3.0), np.full(20, 1e-3), step=np.repeat([4, 5], 10)
    )

    assert [(one.kind, one.step) for one in found] == [(CURRENT, 4), (CURRENT, 5)]


def test_what_flowed_in_a_hole_is_not_counted() -> None:
    t = np.r_[np.arange(10.0), 1000 + np.arange(10.0)]

    (found,) = segments_of(t, 3 + 0.001 * np.sqrt(t), np.full(20, 1e-3))

    assert found.charge == pytest.approx(18e-3)


def test_the_charge_of_the_file_has_precedence() -> None:
    (found,) = segments_of(
        np.arange(3.0), [3.0, 3.1, 3.2], np.full(3, 1e-3), charge=[0.0, 2e-3, 4e-3]
    )

    assert found.charge == pytest.approx(4e-3)


@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_few_rows_are_segments_too(rows: int) -> None:
    found = segments_of(np.arange(float(rows)), np.full(rows, 3.0), np.full(rows, 1e-3))

    assert sum(one.rows for one in found) == rows


def test_a_driving_profile_is_one_segment_and_not_one_a_row() -> None:
    random = np.random.default_rng(0)
    i = 1e-3 * random.standard_normal(400) - 2e-4

    found = segments_of(np.arange(400.0), 3.7 + 100 * i, i)

    assert len(found) < 12
    assert max(found, key=lambda one: one.rows).kind is SegmentKind.VARYING


def test_an_ammeters_noise_at_rest_is_a_rest() -> None:
    # 1 mA there and back with rests of an hour; the ammeter scatters by 5 µA
    levels = np.repeat([-1e-3, 0.0, 1e-3, 0.0], [120, 60, 110, 60])
    current = np.tile(levels, 3)
    current = current + 5e-6 * np.random.default_rng(1).standard_normal(len(current))
    time = 60.0 * np.arange(len(current))

    found = segments_of(time, 1 + 2 * np.cumsum(current), current)

    kinds = [one.kind for one in found]
    assert kinds == [SegmentKind.CURRENT, SegmentKind.REST] * 6
    assert [one.rows for one in found] == [120, 60, 110, 60] * 3


def test_a_small_current_beside_a_large_one_is_no_noise() -> None:
    # C/50 pulses of six rows in both directions, and a step at 1C
    pulses = np.tile(np.repeat([-2e-5, 0.0, 2e-5, 0.0], [6, 6, 6, 6]), 4)
    current = np.concatenate((pulses, np.full(40, 1e-3)))
    time = 10.0 * np.arange(len(current))

    found = segments_of(time, np.full(len(time), 0.5), current)

    assert sum(one.kind is SegmentKind.CURRENT for one in found) == 9
