"""The envelope on batches: what trips it, and what eases it."""

import math

import numpy as np
import pytest

from labctl.data import Batch
from labctl.limits import Envelope, LimitWatch, Violation

HALF_CELL = Envelope({"voltage_volt": (0.0, 1.5), "current_ampere": (-1e-3, 1e-3)})
FRESH_FULL_CELL = Envelope(
    {"voltage_volt": (2.95, 4.25), "current_ampere": (-1e-3, 1e-3)},
    {"voltage_volt": (0.4, 4.25)},
)


def rows(voltage: list[float], current: list[float]) -> Batch:
    columns = {"voltage_volt": voltage, "current_ampere": current}
    return Batch("timeseries", {k: np.array(v) for k, v in columns.items()})


@pytest.mark.parametrize(
    ("voltage", "current", "column"),
    [
        # both ends belong to the envelope
        ([0.0, 1.5], [1e-3, -1e-3], None),
        ([0.5, -1e-9], [0.0, 0.0], "voltage_volt"),
        ([0.5, 1.5001], [0.0, 0.0], "voltage_volt"),
        ([0.5, 0.5], [0.0, -1.1e-3], "current_ampere"),
        # a reading that is none is no permission
        ([0.5, math.nan], [0.0, 0.0], "voltage_volt"),
        ([0.5, 0.5], [math.nan, 0.0], "current_ampere"),
        ([0.5, math.inf], [0.0, 0.0], "voltage_volt"),
    ],
)
def test_what_leaves_the_envelope_trips_it(
    voltage: list[float], current: list[float], column: str | None
) -> None:
    violation = HALF_CELL.violation(rows(voltage, current))

    assert (violation.column if violation else None) == column


def test_the_first_row_that_leaves_is_the_one_that_is_told() -> None:
    violation = HALF_CELL.violation(rows([0.5, 0.5, 2.0], [0.0, 5e-3, 0.0]))

    assert violation is not None
    assert (violation.row, violation.column) == (1, "current_ampere")


@pytest.mark.parametrize(
    ("voltage", "current", "trips"),
    [
        # assembled a minute ago, at rest; then charged into its window
        (1.6, 0.0, False),
        (1.6, 2e-4, False),
        # noise at rest is no discharge, C/20 beside 5C is one
        (1.6, -1e-7, False),
        (2.9, -1e-5, True),
        # below what even a fresh cell shows; above the window; not a reading
        (0.3, 2e-4, True),
        (4.3, 2e-4, True),
        (math.nan, 2e-4, True),
        (1.6, math.nan, True),
    ],
)
def test_a_fresh_full_cell_may_be_charged_into_its_window_but_not_discharged_below(
    voltage: float, current: float, trips: bool
) -> None:
    violation = FRESH_FULL_CELL.violation(rows([voltage], [current]))

    assert (violation is not None) is trips


def test_what_is_eased_stays_inside_what_the_bench_allows() -> None:
    bench = Envelope({"voltage_volt": (0.5, 5.0)})

    both = bench.intersect(FRESH_FULL_CELL)

    assert both.bounds["voltage_volt"] == (2.95, 4.25)
    assert both.eased["voltage_volt"] == (0.5, 4.25)


def test_a_range_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="is not a range"):
        Envelope({"voltage_volt": (1.5, 0.0)})


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("voltage_volt", 1.5321, "voltage 1.5321 V is above the limit of 1.5 V"),
        ("voltage_volt", -0.2, "voltage -0.2 V is below the limit of 0 V"),
        ("voltage_volt", math.nan, "voltage could not be read"),
        # as it stands on axes, not as the file spells the unit
        ("net_capacity_ah", 1.6, "net capacity 1.6 Ah is above the limit of 1.5 Ah"),
        ("cycle_count", 2.0, "cycle count 2 is above the limit of 1.5"),
        # a column of a lab's own protocol
        ("pressure_bar", 1.6, "pressure_bar 1.6 is above the limit of 1.5"),
    ],
)
def test_a_violation_says_what_and_how_far(
    column: str, value: float, said: str
) -> None:
    assert str(Violation(column, value, 0.0, 1.5, 0)) == said


def test_soft_bounds_may_be_left_for_one_reading_but_not_for_two() -> None:
    watch = LimitWatch(
        Envelope({"voltage_volt": (0.0, 5.0)}, soft={"voltage_volt": (0.1, 4.2)})
    )

    found = [watch.check(Batch.row("s", {"voltage_volt": v})) for v in (4.3, 4.1, 4.3)]
    second = watch.check(Batch.row("s", {"voltage_volt": 4.25}))

    assert found == [None, None, None]
    assert second is not None
    assert second.high == 4.2


def test_hard_bounds_trip_on_one_reading_whatever_the_soft_ones_say() -> None:
    watch = LimitWatch(
        Envelope({"voltage_volt": (0.0, 5.0)}, soft={"voltage_volt": (0.1, 4.2)})
    )

    assert watch.check(Batch.row("s", {"voltage_volt": 5.1})) is not None


def test_soft_bounds_must_lie_within_the_hard_ones() -> None:
    with pytest.raises(ValueError, match="do not lie within"):
        Envelope({"voltage_volt": (0.0, 5.0)}, soft={"voltage_volt": (0.1, 5.2)})


def test_a_bounded_quantity_that_is_no_longer_read_counts_as_left() -> None:
    watch = LimitWatch(Envelope({"voltage_volt": (0.0, 5.0)}))
    watch.check(Batch.row("s", {"voltage_volt": 3.0}))

    polls = [watch.poll_ended() for _ in range(5)]

    assert polls[:3] == [None, None, None]
    assert polls[3] is not None
    assert math.isnan(polls[3].value)


def test_a_soft_margin_narrows_the_bounds_and_must_leave_something() -> None:
    low, high = HALF_CELL.with_soft("voltage_volt", 0.1).soft["voltage_volt"]

    assert low == 0.1
    assert high == pytest.approx(1.4)
    with pytest.raises(ValueError, match="not a range"):
        HALF_CELL.with_soft("voltage_volt", 1.0)
