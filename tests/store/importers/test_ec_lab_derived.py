"""What EC-Lab leaves out of a file is derived by named rules, or stays absent."""

from pathlib import Path

import numpy as np
import pytest
from ec_lab_files import mpt, written

from labctl.store.importers.foreign import ForeignTable
from labctl.store.importers.readers import read

NAN = float("nan")


def series(
    folder: Path, titles: str, rows: list[tuple[object, ...]], *header: str
) -> ForeignTable:
    text = mpt(titles.split("|"), rows, header=header)
    return read(written(folder, text)).timeseries


def test_the_current_is_the_charge_of_the_interval_that_ends_at_the_row(
    tmp_path: Path,
) -> None:
    rows: list[tuple[object, ...]] = [
        ("1", 0.0, 3.0, 0.0),
        ("1", 3600.0, 3.0, -1.0),
        ("3", 4200.0, 3.0, 0.0),
        ("1", 7800.0, 3.0, 1.0),
    ]
    column = series(tmp_path, "mode|time/s|Ewe/V|dq/mA.h", rows)["current_ampere"]

    assert column.rule == "current-from-charge-steps"
    assert column.title == "dq/mA.h, time/s"
    assert column.values == pytest.approx([NAN, -1e-3, 0.0, 1e-3], nan_ok=True)


def test_no_time_between_two_rows_is_no_current(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(0.0, 3.0, 0.0), (10.0, 3.0, 1e-3)]
    rows += [(10.0, 3.0, 0.0), (9.0, 3.0, 1e-3)]
    column = series(tmp_path, "time/s|Ewe/V|dq/mA.h", rows)["current_ampere"]

    assert column.values == pytest.approx([NAN, 3.6e-4, NAN, NAN], nan_ok=True)


def test_the_charge_alone_gives_a_current_too(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(0.0, 3.0, 5.0), (3600.0, 3.0, 7.0)]
    column = series(tmp_path, "time/s|Ewe/V|(Q-Qo)/mA.h", rows)["current_ampere"]

    assert column.values == pytest.approx([NAN, 2e-3], nan_ok=True)


def test_the_charge_of_half_cycles_gives_a_current_too(tmp_path: Path) -> None:
    titles = "time/s|Ewe/V|Q charge/discharge/mA.h|half cycle"
    rows: list[tuple[object, ...]] = [(0.0, 3.0, 0.0, "0"), (3600.0, 2.5, -2.0, "0")]
    rows += [(7200.0, 2.7, 1.0, "1"), (10800.0, 3.0, 2.0, "1")]
    column = series(tmp_path, titles, rows)["current_ampere"]

    assert column.values == pytest.approx([NAN, -2e-3, 1e-3, 1e-3], nan_ok=True)
    assert column.title == "Q charge/discharge/mA.h, half cycle, time/s"


@pytest.mark.parametrize(
    ("mark", "header"),
    [
        # the sequence, or the counter of loops, or the header's loops say it
        (("0", "0", "0", "1", "1"), ()),
        (("0", "0", "0", "0", "0"), ("Loop 1 from point number 3 to 4",)),
    ],
)
def test_across_another_technique_there_is_no_current(
    tmp_path: Path, mark: tuple[str, ...], header: tuple[str, ...]
) -> None:
    times = (0.0, 300.0, 600.0, 2700.0, 3000.0)
    charges = (0.0, 0.5, 0.5, 0.1, 0.5)
    rows = [(m, t, 3.0, q) for m, t, q in zip(mark, times, charges, strict=True)]
    table = series(tmp_path, "Ns|time/s|Ewe/V|dq/mA.h", [*rows], *header)

    current = table["current_ampere"].values
    assert np.isnan(current).tolist() == [True, False, False, True, False]
    assert table["interval_charge_ah"].values.sum() == pytest.approx(1.6e-3)


def test_a_long_interval_inside_a_sequence_is_a_current(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [("0", 0.0, 3.0, 0.0), ("0", 60.0, 3.0, 1e-2)]
    rows += [("0", 7260.0, 3.0, 1.2), ("1", 7260.001, 3.0, 1e-7)]
    table = series(tmp_path, "Ns|time/s|Ewe/V|dq/mA.h", rows)

    assert table["current_ampere"].values[1:] == pytest.approx(
        [6e-4, 6e-4, 3.6e-4], rel=1e-3
    )


def test_a_rest_has_no_current_column_and_no_zero(tmp_path: Path) -> None:
    table = series(tmp_path, "mode|time/s|Ewe/V", [("3", 0.0, 3.2), ("3", 60.0, 3.2)])

    assert set(table) == {"driving_code", "test_time_second", "voltage_volt"}


LOOPS = "time/s|Ewe/V|<I>/mA|dQ/C|(Q-Qo)/C"
TWICE: list[tuple[object, ...]] = [
    (10.0, 3.4, 10.0, 0.1, 0.1),
    (20.0, 3.4, 10.0, 0.2, 0.2),
    (30.0, 3.4, 10.0, 0.3, 0.3),
    (190.0, 3.4, 10.0, 0.1, 0.1),  # the loop's first 10 s
    (200.0, 3.4, 10.0, 0.2, 0.2),
]


def test_a_charge_that_begins_again_is_joined_and_said(tmp_path: Path) -> None:
    header = ("Loop 0 from point number 0 to 2", "Loop 1 from point number 3 to 4")
    text = mpt(LOOPS.split("|"), TWICE, header=header)
    file = read(written(tmp_path, text))

    net = file.timeseries["net_capacity_ah"]
    assert net.values * 3600 == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert net.rule == "joined-across-restarts"
    assert file.remarks == ("(Q-Qo)/C begins again 1 times",)
    assert file.untaken == ("dQ/C",)  # the charge of a step, of no interval


def test_a_charge_that_begins_again_is_seen_by_its_intervals(tmp_path: Path) -> None:
    titles = "time/s|Ewe/V|I/mA|dq/mA.h|(Q-Qo)/mA.h"
    charges = [(0.0, 0.0), (1.0, 1.0), (1.0, 2.0), (0.5, 0.5), (1.0, 1.5)]
    rows = [(1.0 * k, 3.0, 1.0, *both) for k, both in enumerate(charges)]
    net = series(tmp_path, titles, [*rows])["net_capacity_ah"]

    assert net.values * 1e3 == pytest.approx([0.0, 1.0, 2.0, 2.5, 3.5])


def test_a_charge_that_goes_on_is_the_files(tmp_path: Path) -> None:
    rows = [(*row[:-1], 0.1 * k) for k, row in enumerate(TWICE)]
    header = ("Loop 0 from point number 0 to 2", "Loop 1 from point number 3 to 4")
    net = series(tmp_path, LOOPS, [*rows], *header)["net_capacity_ah"]

    assert net.rule == ""
    assert net.values[-1] == pytest.approx(0.4 / 3600)


def test_a_charge_of_intervals_is_known_by_its_numbers(tmp_path: Path) -> None:
    rows = [(*row[:-2], 0.1, 0.1 * k) for k, row in enumerate(TWICE)]
    table = series(tmp_path, LOOPS, [*rows])

    assert table["interval_charge_ah"].values == pytest.approx(np.full(5, 0.1 / 3600))


def test_charge_and_discharge_make_the_half_cycles_charge(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [(0.0, 3.0, 1.0, 0.0), (1.0, 3.0, 0.0, 2.0)]
    table = series(tmp_path, "time/s|Ewe/V|Q charge/mA.h|Q discharge/mA.h", rows)

    column = table["half_cycle_capacity_ah"]
    assert column.values == pytest.approx([1e-3, -2e-3])
    assert column.rule == "net-from-charge-and-discharge"


@pytest.mark.parametrize(
    ("cycles", "taken"),
    [
        (("1", "1", "2", "2"), True),
        # the energy falls in the midst of a cycle: what it counts is not known
        (("1", "1", "1", "2"), False),
    ],
)
def test_the_energy_is_that_of_a_cycle_if_it_begins_again_with_one(
    tmp_path: Path, cycles: tuple[str, ...], *, taken: bool
) -> None:
    energy = (1.0, 2.0, 0.5, 1.0)
    rows = [
        (float(k), 3.0, n, e)
        for k, (n, e) in enumerate(zip(cycles, energy, strict=True))
    ]
    table = series(tmp_path, "time/s|Ewe/V|cycle number|Energy charge/W.h", [*rows])

    assert ("cycle_charging_energy_wh" in table) is taken


def test_an_energy_below_0_v_is_not_taken(tmp_path: Path) -> None:
    titles = "time/s|Ewe/V|cycle number|Energy charge/W.h"
    rows: list[tuple[object, ...]] = [(0.0, 0.1, "1", 0.0), (1.0, -0.1, "1", 1.0)]

    assert "cycle_charging_energy_wh" not in series(tmp_path, titles, rows)


def test_loops_are_cycles_where_nothing_else_counts(tmp_path: Path) -> None:
    header = ("Loop 0 from point number 0 to 2", "Loop 1 from point number 3 to 4")
    table = series(tmp_path, LOOPS, TWICE, *header)

    assert table["cycle_count"].values.tolist() == [1, 1, 1, 2, 2]
    assert table["cycle_count"].rule == "cycle-from-loops"
