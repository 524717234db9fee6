"""The charge of an import: the instrument's own first, an integral only by its rule."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from labctl.session.importing.charges import charges_of
from labctl.store.imported_from import Origin
from labctl.store.importers.foreign import (
    EMPTY,
    ForeignColumn,
    ForeignFile,
    ForeignTable,
)

MAH = 1e-3


def table(**columns: list[float]) -> ForeignTable:
    return of_columns(columns)


def of_columns(
    columns: Mapping[str, list[float]], *, means: bool = False
) -> ForeignTable:
    return ForeignTable(
        {
            name: ForeignColumn(
                np.array(values, dtype=float),
                name.upper(),
                is_mean=means and name == "current_ampere",
            )
            for name, values in columns.items()
        }
    )


def file(series: ForeignTable, eis: ForeignTable = EMPTY) -> ForeignFile:
    return ForeignFile(Path("x"), "nobody", series, eis)


TIME = [0.0, 1800.0, 3600.0, 5400.0, 7200.0]
OUT_AND_IN = {
    "net_capacity_ah": [0.0, -0.5, -1.0, -0.5, 0.0],
    "charging_capacity_ah": [0.0, 0.0, 0.0, 0.5, 1.0],
    "discharging_capacity_ah": [0.0, 0.5, 1.0, 1.0, 1.0],
    "half_cycle_capacity_ah": [0.0, -0.5, -1.0, 0.5, 1.0],
    "half_cycle": [0.0, 0.0, 0.0, 1.0, 1.0],
    "cycle_charging_capacity_ah": [0.0, 0.0, 0.0, 0.5, 1.0],
    "cycle_discharging_capacity_ah": [0.0, 0.5, 1.0, 1.0, 1.0],
    "step_net_capacity_ah": [0.0, -0.5, -1.0, 0.5, 1.0],
    "interval_charge_ah": [0.0, -0.5, -0.5, 0.5, 0.5],
    "step_id": [1.0, 1.0, 1.0, 2.0, 2.0],
    "current_ampere": [0.0, -1.0, -1.0, 1.0, 1.0],
}
"""1 A out for an hour and in for an hour, counted in every way."""
WAYS = [
    ("net_capacity_ah", "", ["net_capacity_ah"]),
    (
        "charging and discharging",
        "net-from-charge-and-discharge",
        ["charging_capacity_ah", "discharging_capacity_ah"],
    ),
    (
        "since the half cycle began",
        "net-from-half-cycle-charges",
        ["half_cycle_capacity_ah", "half_cycle"],
    ),
    ("with no half cycle", "net-from-half-cycle-charges", ["half_cycle_capacity_ah"]),
    (
        "of the cycle",
        "net-from-cycle-capacities",
        ["cycle_charging_capacity_ah", "cycle_discharging_capacity_ah"],
    ),
    ("of the step", "net-from-step-capacities", ["step_net_capacity_ah", "step_id"]),
    ("of the interval", "net-from-interval-charges", ["interval_charge_ah"]),
    ("the current", "charge-from-sampled-current", ["current_ampere", "step_id"]),
]


@pytest.mark.parametrize(("how", "rule", "names"), WAYS)
def test_every_count_gives_the_same_net_charge(
    how: str, rule: str, names: list[str]
) -> None:
    own = {name: OUT_AND_IN[name] for name in names}

    found = charges_of(file(table(test_time_second=TIME, **own)))

    assert found.timeseries == pytest.approx(OUT_AND_IN["net_capacity_ah"]), how
    assert found.origin.rule == rule
    counted = found.interval is not None
    assert counted is (how != "the current")
    if found.interval is not None:
        assert found.interval == pytest.approx(OUT_AND_IN["interval_charge_ah"])


def test_the_first_count_there_is_wins() -> None:
    own = {**OUT_AND_IN, "net_capacity_ah": [0.0, -0.4, -0.9, -0.4, 0.1]}

    found = charges_of(file(table(test_time_second=TIME, **own)))

    assert found.timeseries is not None
    assert found.timeseries[-1] == 0.1
    assert found.origin.origin is Origin.FILE


def test_a_mean_current_flows_through_the_interval_that_ends_at_its_row() -> None:
    rows = {"test_time_second": TIME, "current_ampere": [0.0, -1.0, -0.5, 0.5, 0.0]}
    series = of_columns(rows, means=True)

    found = charges_of(file(series))

    assert found.timeseries == pytest.approx([0.0, -0.5, -0.75, -0.5, -0.5])
    assert found.origin.rule == "charge-from-mean-current"


def test_no_charge_is_counted_across_a_hole() -> None:
    series = table(
        test_time_second=[0.0, 10.0, 20.0, 2000.0, 2010.0],
        current_ampere=[-1.0, -1.0, -1.0, -1.0, -1.0],
        step_id=[1.0, 1.0, 1.0, 2.0, 2.0],
    )

    found = charges_of(file(series))

    assert found.timeseries is not None
    assert found.timeseries[-1] * 3600 == pytest.approx(-30.0)
    assert found.remarks[0].startswith("1 holes between steps, 1980 s in all")


def test_the_time_of_a_step_says_how_far_behind_its_start_a_row_stands() -> None:
    series = table(
        test_time_second=[0.0, 10.0, 2000.0],
        current_ampere=[-1.0, -1.0, -1.0],
        step_id=[1.0, 1.0, 2.0],
        step_time_second=[0.0, 10.0, 4.0],
    )

    found = charges_of(file(series))

    assert found.timeseries is not None
    assert found.timeseries[-1] * 3600 == pytest.approx(-14.0)


def test_a_row_without_a_current_adds_no_charge_and_it_is_said() -> None:
    series = table(test_time_second=TIME, current_ampere=[1.0, 1.0, np.nan, 1.0, 1.0])

    found = charges_of(file(series))

    assert found.timeseries is not None
    assert np.isfinite(found.timeseries).all()
    assert found.remarks == ("1 rows have no CURRENT_AMPERE: they add no charge",)


def test_the_charge_of_a_spectrum_goes_to_the_half_cycle_that_it_was_in() -> None:
    series = table(
        test_time_second=[0.0, 10.0, 40.0],
        interval_charge_ah=[0.0, -1.0, 4.0],
        half_cycle=[0.0, 0.0, 1.0],
    )
    eis = table(
        test_time_second=[20.0, 30.0, 35.0],
        interval_charge_ah=[-2.0, -3.0, 5.0],
        half_cycle=[0.0, 0.0, 1.0],
        frequency_hertz=[2.0, 1.0, 1.0],
    )

    found = charges_of(file(series, eis))

    assert found.interval is not None
    assert found.interval.tolist() == [0.0, -6.0, 9.0]
    assert found.timeseries is not None
    assert found.timeseries.tolist() == [0.0, -1.0, 3.0]
    assert found.eis is not None
    assert found.eis.tolist() == [-3.0, -6.0, -1.0]
    assert found.interval_origin.rule == "charge-between-rows"


def test_a_count_that_began_before_the_file_is_not_the_first_rows() -> None:
    series = table(test_time_second=TIME, net_capacity_ah=[9.0, 9.5, 10.0, 9.5, 9.0])

    found = charges_of(file(series))

    assert found.interval is not None
    assert found.interval.tolist() == [0.0, 0.5, 0.5, -0.5, -0.5]


def test_a_file_without_a_current_has_no_charge() -> None:
    found = charges_of(file(table(test_time_second=TIME, voltage_volt=TIME)))

    assert found.timeseries is None
    assert found.origin.origin is Origin.ABSENT


def test_a_mean_over_a_long_interval_is_not_taken_for_a_count() -> None:
    time = np.r_[np.arange(0.0, 1860.0, 60.0), np.arange(3660.0, 5460.0, 60.0)]
    means = {
        "test_time_second": time.tolist(),
        "current_ampere": [0.0, *[-1.0] * (len(time) - 1)],
    }

    found = charges_of(file(of_columns(means, means=True)))

    assert found.timeseries is not None
    assert found.interval is None


def test_means_of_intervals_alike_are_a_count() -> None:
    time = np.arange(0.0, 3660.0, 60.0)
    means = {
        "test_time_second": time.tolist(),
        "current_ampere": [0.0, *[-1.0] * (len(time) - 1)],
    }

    found = charges_of(file(of_columns(means, means=True)))

    assert found.interval is not None
    assert found.interval.sum() == pytest.approx(-1.0)
