"""Columns in numpy, pandas, polars, Arrow and xarray: same values, units kept."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import labctl
from labctl.errors import OperatorError
from labctl.notebook.table import Table
from labctl.store.run_file.reader import RunFile


@pytest.fixture
def table(cycled: Path) -> Table:
    return labctl.open_run(cycled).table("timeseries")


def test_a_column_is_that_of_the_file_bit_by_bit(cycled: Path, table: Table) -> None:
    with RunFile(cycled) as file:
        stored = file.table("timeseries")
        for name in table:
            assert table[name].tobytes() == stored[name].tobytes()


def test_a_part_reads_only_its_rows(table: Table) -> None:
    whole = table["voltage_volt"]

    assert np.array_equal(table.part(10, 30)["voltage_volt"], whole[10:30])
    assert np.array_equal(table.part(-5)["voltage_volt"], whole[-5:])
    assert np.array_equal(table.part(10, 30).part(5)["voltage_volt"], whole[15:30])
    assert table.part(70, 9999).rows == 10
    assert table.part(9999).rows == 0


def test_what_a_table_returns_is_yours_to_change(table: Table) -> None:
    table["voltage_volt"][:] = 0.0

    assert table["voltage_volt"].any()


def test_pandas_knows_units_and_what_is_missing(table: Table) -> None:
    frame = table.to_pandas()

    assert frame.attrs["units"]["voltage_volt"] == "V"
    assert frame.attrs["long_names"]["current_ampere"] == "Current / A"
    assert frame["technique_index"].isna().all()  # -1 in the file
    assert str(frame["cycle_count"].dtype) == "Int64"
    assert frame["cycle_count"].tolist() == table["cycle_count"].tolist()
    assert np.array_equal(frame["voltage_volt"].to_numpy(), table["voltage_volt"])


def test_polars_and_arrow_have_null_where_nothing_is_known(table: Table) -> None:
    frame, arrow = table.to_polars(), table.to_arrow()

    assert frame["technique_index"].null_count() == table.rows
    assert frame["net_capacity_ah"].null_count() == table.rows  # NaN in the file
    assert frame["voltage_volt"].null_count() == 0
    assert arrow["technique_index"].null_count == table.rows
    assert arrow.schema.field("voltage_volt").metadata[b"units"] == b"V"


def test_xarray_carries_units_as_attributes(table: Table) -> None:
    data = table.to_xarray()

    assert data["voltage_volt"].attrs == {"units": "V", "long_name": "Voltage / V"}
    assert data["cycle_count"].dtype == np.int64
    assert np.isnan(data["technique_index"]).all()
    assert data.sizes == {"row": table.rows}


def test_numpy_has_all_columns_in_one_array(table: Table) -> None:
    rows = table.to_numpy()

    assert rows.dtype.names == table.columns
    assert np.array_equal(rows["current_ampere"], table["current_ampere"])


def test_an_empty_stream_is_an_empty_frame_of_the_same_columns(cycled: Path) -> None:
    table = labctl.open_run(cycled).table("cycles")

    assert table.rows == 0
    for frame in (table.to_pandas(), table.to_polars()):
        assert list(frame.columns) == list(table.columns)
        assert len(frame) == 0
    assert "0 rows" in table._repr_html_()


def test_a_library_that_is_missing_is_named_with_the_line_that_installs_it(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)

    with pytest.raises(OperatorError, match=r"pip install polars.*bench\[notebook\]"):
        table.to_polars()


def test_cycles_are_those_of_the_charges_that_passed(cycled: Path) -> None:
    cycles = labctl.open_run(cycled).cycles

    assert cycles["cycle_count"].tolist() == [1, 2]
    assert cycles["discharge_capacity_mah"] == pytest.approx([1.0, 1.0])
    assert cycles["charge_capacity_mah"] == pytest.approx([0.9, 0.99])
    assert cycles["charge_capacity_mah_g"] == pytest.approx([900.0, 990.0])
    assert cycles["coulombic_efficiency_percent"] == pytest.approx([90.0, 99.0])
    assert (cycles["coulombic_efficiency_uncertainty_percent"] > 0).all()
    assert cycles["complete"].tolist() == [1, 1]


def test_a_specific_capacity_is_as_uncertain_as_the_mass(cycled: Path) -> None:
    cycles = labctl.open_run(cycled).cycles
    own = cycles["charge_capacity_uncertainty_mah"] / cycles["charge_capacity_mah"]
    with_mass = (
        cycles["charge_capacity_uncertainty_mah_g"] / cycles["charge_capacity_mah_g"]
    )

    assert (with_mass > own).all()


def test_cycles_are_the_same_as_in_the_results(formation: Path) -> None:
    run = labctl.open_run(formation)
    told = run.results["coulombic_efficiency"].to_table()
    name = "coulombic_efficiency_percent"
    spread = "coulombic_efficiency_uncertainty_percent"

    assert run.cycles[name] == pytest.approx(told[name])
    assert run.cycles[spread] == pytest.approx(told[spread])


def test_results_print_as_the_command_line_prints_them(cycled: Path) -> None:
    results = labctl.open_run(cycled).results

    assert str(results["initial_coulombic_efficiency"]) == "90.00 ± 0.15 %"
    assert float(results["initial_coulombic_efficiency"]) == 90.0
    assert str(results["carrier"]) == "n"
    assert str(results["retention"]).startswith("absent: – (one cycle")
    assert "good     initial coulombic efficiency  90.00 ± 0.15 %" in repr(results)
    assert "one cycle says nothing" in results._repr_html_()
    with pytest.raises(OperatorError, match="one cycle says nothing"):
        float(results["retention"])


def test_a_frame_of_cycles_can_be_grouped(cycled: Path) -> None:
    frame = labctl.open_run(cycled).table().to_pandas()
    means = frame.groupby("half_cycle")["current_ampere"].mean()

    assert isinstance(means, pd.Series)
    assert means.tolist() == pytest.approx([-1e-3, 0.9e-3, -1e-3, 0.99e-3])
