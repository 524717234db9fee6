"""Basytec's text exports: a header of `~` lines, a balance of charge."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import samples_cyclers as samples

from labctl.errors import StoreError
from labctl.store.importers.readers import read

R = samples.rows()


def write(folder: Path, **changed: Iterable[object] | None) -> Path:
    """Write the sample with other cells; None leaves a column out."""
    grid = samples.changed_table(samples.basytec(), changed)
    grid[0][0] = f"~{grid[0][0]}"
    return samples.text(folder / "b.txt", grid, "\t", samples.BASYTEC_HEAD, "latin-1")


def test_every_number_is_that_of_the_file(tmp_path: Path) -> None:
    file = read(samples.write_basytec(tmp_path))

    c = {name: column.values for name, column in file.timeseries.items()}
    assert file.started is not None
    assert file.started.isoformat() == "2024-01-15T09:00:00"
    assert file.facts == {
        "cell": "A17",
        "channel": "3",
        "operator": "Kim",
        "comment": "C10",
    }
    np.testing.assert_allclose(c["test_time_second"], R["time"], rtol=1e-15)
    np.testing.assert_array_equal(c["current_ampere"], 1e-3 * R["current"])
    # 1 mAh out, then 1 mAh in
    assert c["net_capacity_ah"][12] == pytest.approx(-1e-3, rel=1e-12)
    assert c["net_capacity_ah"][-1] == pytest.approx(0.0, abs=1e-15)
    assert set(c["temperature_t1_celsius"]) == {25.0}


@pytest.mark.parametrize(
    "balance",
    [
        # 0 again when the charge begins
        np.where(R["step"] == 3, R["charged"], -R["discharged"]),
        # 0 again when the discharge begins: down, as the current is, but at once
        np.where(R["step"] == 1, 0.5 - R["discharged"], -R["discharged"])
        - 0.5 * (R["step_time"] > 0) * (R["step"] == 1),
    ],
)
def test_a_balance_that_the_plan_sets_back_is_not_taken(
    balance: np.ndarray, tmp_path: Path
) -> None:
    balance = 1e-3 * balance

    file = read(write(tmp_path, **{"Ah[Ah]": balance}))

    assert "net_capacity_ah" not in file.timeseries
    assert file.untaken == ("Command", "Ah[Ah]")


@pytest.mark.parametrize(
    ("line", "started", "said"),
    [
        ("~Start of Test: 03.04.2024 09:00:00", "2024-04-03T09:00:00", ""),
        ("~Start of Test: yesterday", None, "yesterday"),
        ("~End of Test: 03.04.2024 09:00:00", None, ""),
    ],
)
def test_the_start_is_what_the_header_says(
    line: str, started: str | None, said: str, tmp_path: Path
) -> None:
    path = samples.write_basytec(tmp_path)
    head = "~Start of Test: 15.01.2024 09:00:00"
    path.write_text(path.read_text("latin-1").replace(head, line), "latin-1")

    file = read(path)

    assert (file.started and file.started.isoformat()) == started
    assert file.started_said == said


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"I[A]": None}, "of current_ampere there is none"),
        ({"U[V]": None, "U[parsec]": R["voltage"]}, "unknown unit parsec"),
        # a bare `Time` is the time of day
        ({"Time[h]": None, "Time": R["time"]}, "of test_time_second there is none"),
    ],
)
def test_what_is_not_told_is_refused(
    changed: dict[str, Iterable[object] | None], why: str, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=re.escape(why)):
        read(write(tmp_path, **changed))


def test_columns_apart_by_spaces_are_columns(tmp_path: Path) -> None:
    path = samples.write_basytec(tmp_path)
    whole = read(path)
    path.write_text(path.read_text("latin-1").replace("\t", "  "), "latin-1")

    file = read(path)

    assert file.timeseries.keys() == whole.timeseries.keys()
    np.testing.assert_array_equal(
        file.timeseries["current_ampere"].values, 1e-3 * R["current"]
    )


def test_a_time_of_day_beside_the_tests_own_is_left_out(tmp_path: Path) -> None:
    file = read(write(tmp_path, Date=["15.01.2024"] * 29, Time=["09:00:00"] * 29))

    assert file.timeseries["test_time_second"].title == "~Time[h]"
    assert {"Date", "Time"} <= set(file.untaken)
