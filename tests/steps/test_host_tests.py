"""Conditions that the host tests: blocks of rows against one row after the other."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labctl.data import Array, Batch
from labctl.steps.host_tests import HostTests
from labctl.steps.voltage_rate import RATE_ROWS, RATE_SPAN
from labctl.techniques import Comparison, Condition, ConditionQuantity

EVERY_QUANTITY = tuple(
    q for q in ConditionQuantity if q is not ConditionQuantity.TEMPERATURE
)


def _block(index: Array, time: Array, voltage: Array, current: Array) -> Batch:
    columns = {
        "instrument_time_second": time,
        "voltage_volt": voltage,
        "current_ampere": current,
        "technique_index": index,
    }
    return Batch("timeseries", columns)


def _rows(seed: int, n: int) -> Batch:
    """Return rows of up to four techniques, in uneven steps of time."""
    rng = np.random.default_rng(seed)
    index = np.sort(rng.integers(0, 4, n))
    time = np.cumsum(rng.choice([0.0, 0.5, 1.0, 60.0, 700.0], n))
    return _block(index, time, rng.normal(3.7, 1e-3, n), rng.normal(0.0, 1e-3, n))


def _parts(rows: Batch, edges: Sequence[int]) -> list[Batch]:
    cuts = [0, *sorted({e for e in edges if 0 < e < len(rows)}), len(rows)]
    return [
        Batch(rows.stream, {k: v[a:b] for k, v in rows.columns.items()})
        for a, b in itertools.pairwise(cuts)
    ]


def _readings_one_by_one(rows: Batch) -> list[dict[ConditionQuantity, float]]:
    """Return what each row says, worked out from the whole technique before it."""
    names = ("instrument_time_second", "voltage_volt", "current_ampere")
    time, voltage, current = (rows.columns[name] for name in names)
    index = rows.columns["technique_index"]
    found = []
    for row in range(len(rows)):
        mine = np.flatnonzero(index[: row + 1] == index[row])
        t, v, i = time[mine], voltage[mine], current[mine]
        near = t >= t[-1] - RATE_SPAN
        near[-RATE_ROWS:] = True
        slope = math.nan
        if len(t) >= RATE_ROWS and np.ptp(t[near]) > 0.0:
            away = t[near] - t[near].mean()
            slope = abs(float(away @ v[near])) / float(away @ away)
        found.append(
            {
                ConditionQuantity.VOLTAGE: v[-1],
                ConditionQuantity.CURRENT: i[-1],
                ConditionQuantity.ABSOLUTE_CURRENT: abs(i[-1]),
                ConditionQuantity.CHARGE: abs(np.trapezoid(i, t)),
                ConditionQuantity.ENERGY: abs(np.trapezoid(i * v, t)),
                ConditionQuantity.VOLTAGE_CHANGE: abs(v[-1] - v[0]),
                ConditionQuantity.VOLTAGE_RATE: slope,
            }
        )
    return found


@settings(deadline=None)
@given(
    seed=st.integers(0, 10_000),
    quantity=st.sampled_from(EVERY_QUANTITY),
    comparison=st.sampled_from(list(Comparison)),
    at=st.integers(0, 3),
    place=st.integers(0, 59),
    edges=st.lists(st.integers(1, 59), max_size=20),
)
def test_a_block_meets_a_condition_at_the_row_that_would_have_met_it_alone(
    seed: int,
    quantity: ConditionQuantity,
    comparison: Comparison,
    at: int,
    place: int,
    edges: list[int],
) -> None:
    rows = _rows(seed, 60)
    said = [each[quantity] for each in _readings_one_by_one(rows)]
    value = said[place] * (1.0 + 1e-6) if math.isfinite(said[place]) else 1e-6
    condition = Condition("it", quantity, comparison, value)
    mine = rows.columns["technique_index"] == at
    expected = [k for k in range(60) if mine[k] and condition.holds(said[k])]

    tests, found, taken = HostTests([(at, condition)]), None, 0
    for part in _parts(rows, edges):
        found = tests.first_met(part)
        if found is not None:
            break
        taken += len(part)

    assert (found is None) == (not expected)
    if expected:
        assert found == (at, condition)
        assert taken <= expected[0] < taken + len(part)


def test_of_two_conditions_the_one_that_an_earlier_row_meets_counts() -> None:
    high = Condition("high", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 3.0)
    much = Condition("much", ConditionQuantity.CHARGE, Comparison.AT_LEAST, 3.0)
    time = np.arange(10.0)
    rows = _block(np.zeros(10, int), time, time, np.ones(10))
    early = Condition("early", ConditionQuantity.CHARGE, Comparison.AT_LEAST, 2.0)

    assert HostTests([(0, high), (0, early)]).first_met(rows) == (0, early)
    assert HostTests([(0, high), (0, much)]).first_met(rows) == (0, high)
    assert HostTests([(0, much), (0, high)]).first_met(rows) == (0, much)


def test_a_charge_is_expected_no_sooner_than_it_flows_at_twice_the_pace() -> None:
    much = Condition("much", ConditionQuantity.CHARGE, Comparison.AT_LEAST, 100.0)
    tests = HostTests([(0, much)])
    n = 11
    tests.first_met(_block(np.zeros(n, int), np.arange(11.0), np.ones(n), np.ones(n)))

    quiet = tests.quiet(12.0)  # two s after the last row
    assert quiet.seconds == pytest.approx(0.5 * 90.0 - 2.0)
    assert quiet.within["current_ampere"] == pytest.approx((-(2.0**0.5), 2.0**0.5))


@pytest.mark.parametrize(
    ("quantity", "column", "expected"),
    [
        (ConditionQuantity.VOLTAGE, "voltage_volt", (-math.inf, 2.0)),
        (ConditionQuantity.VOLTAGE_CHANGE, "voltage_volt", (-0.5, 2.5)),
        (ConditionQuantity.CURRENT, "current_ampere", (-math.inf, 1.0)),
        (ConditionQuantity.ABSOLUTE_CURRENT, "current_ampere", (-2.0, 1.0)),
    ],
)
def test_a_condition_on_a_reading_is_announced_by_it(
    quantity: ConditionQuantity, column: str, expected: tuple[float, float]
) -> None:
    tests = HostTests([(0, Condition("far", quantity, Comparison.AT_LEAST, 3.0))])
    volts, amperes = np.array([1.0, 1.0]), np.array([-1.0, -1.0])
    tests.first_met(_block(np.zeros(2, int), np.arange(2.0), volts, amperes))

    quiet = tests.quiet(3.0)
    assert quiet.seconds == math.inf
    assert quiet.within == {column: expected}


@pytest.mark.parametrize(
    "quantity", [ConditionQuantity.TEMPERATURE, ConditionQuantity.VOLTAGE_RATE]
)
def test_every_look_is_taken_at_what_no_reading_announces(
    quantity: ConditionQuantity,
) -> None:
    tests = HostTests([(0, Condition("far", quantity, Comparison.AT_LEAST, 3.0))])
    steady = np.ones(3)
    tests.first_met(_block(np.zeros(3, int), np.arange(3.0), steady, steady))

    assert tests.quiet(3.0).seconds == 0.0
