import csv
from pathlib import Path

import numpy as np
import pytest

from labctl.analysis.averages import averages, differences
from labctl.data import Result
from labctl.figures.figure import Figure, Plot, Series
from labctl.figures.from_plot import from_plot
from labctl.figures.merged import combine, combine_all
from labctl.report.compare import differences_tables, groups_table, runs_table
from labctl.report.figures_csv import write_csv


def capacity(unit: str = "mAh g⁻¹", note: str = "") -> Figure:
    n = np.arange(1.0, 4.0)
    series = (Series("Delithiation", n, 3350 - n), Series("Lithiation", n, 3360 - n))
    return Figure("capacity", "Capacity", "Cycle", f"Q / {unit}", series, note=note)


def test_merged_series_carry_the_name_of_their_run() -> None:
    merged = combine({"Si-1": capacity(note="1C = 3400"), "Si-2": capacity()})

    assert [series.name for series in merged.series] == [
        "Si-1: Delithiation",
        "Si-1: Lithiation",
        "Si-2: Delithiation",
        "Si-2: Lithiation",
    ]
    assert merged.note == "1C = 3400"


def test_runs_of_one_group_are_coloured_alike() -> None:
    figures = {"a": capacity(), "b": capacity(), "c": capacity()}
    merged = combine(figures, {"a": "Si", "b": "Si", "c": "QMS"})

    assert [series.group for series in merged.series] == ["Si"] * 4 + ["QMS"] * 2


def test_figures_with_other_axes_are_not_merged() -> None:
    found = combine_all({"a": [capacity()], "b": [capacity("mAh")], "c": [capacity()]})

    assert [len(figure.series) for figure in found] == [4, 2]


def test_groups_are_averaged_and_doubts_are_counted() -> None:
    results = {
        "a": {"ice": Result(92.0, "%")},
        "b": {"ice": Result(93.0, "%").suspect("drift")},
        "c": {"ice": Result.absent("%", "stopped")},
        "d": {"ice": Result(87.4, "%")},
    }
    groups = dict.fromkeys("abc", "QMS") | {"d": "Si"}
    table = groups_table(averages(results, groups))
    rows = table.rows

    assert rows[0][:4] == ["suspect", "Ice", "QMS", "2"]
    assert rows[0][6] == "0.71"
    assert table.remarks[0].startswith("1 suspect, 1 absent; b: drift")
    assert rows[1][2:4] == ["Si", "1"]
    assert rows[1][6] == "–"


def test_a_large_deviation_is_written_without_an_exponent() -> None:
    results = {"a": {"q": Result(2800.0, "m")}, "b": {"q": Result(3000.0, "m")}}

    assert groups_table(averages(results)).rows[0][6] == "140"


def test_a_value_far_off_is_named_and_stays_in_the_mean() -> None:
    values = {"a": 92.5, "b": 92.4, "c": 92.6, "d": 92.5, "e": 80.0}
    results = {run: {"ice": Result(value, "%")} for run, value in values.items()}

    table = groups_table(averages(results))
    [row] = table.rows

    assert (row[0], row[3]) == ("suspect", "5")
    assert "e lies 1.79 s off (Grubbs' limit 1.72" in table.remarks[0]


def test_each_group_is_compared_with_the_last_one() -> None:
    values = {"a": 92.3, "b": 92.6, "c": 92.5, "d": 87.2, "e": 87.6, "f": 87.4}
    results = {run: {"ice": Result(value, "%", 0.01)} for run, value in values.items()}
    two = dict.fromkeys("abc", "QMS") | dict.fromkeys("def", "Si")

    [table] = differences_tables(differences(results, two))
    [row] = table.rows
    three = differences(results, two | {"f": "other"})

    assert table.title == "QMS against Si: ratio and difference"
    assert row[1:4] == ["Ice", "1.0580 ± 0.0026", "5.07 ± 0.21"]
    assert row[5] == "< 0.0001"
    assert [one.groups for one in three] == [("QMS", "other"), ("Si", "other")]


def test_values_of_different_units_are_not_averaged() -> None:
    results = {"a": {"q": Result(3.0, "mAh")}, "b": {"q": Result(3000.0, "mAh/g")}}

    assert [row[3] for row in groups_table(averages(results)).rows] == ["1", "1"]


def test_every_run_shows_its_own_value() -> None:
    results = {"a": {"ice": Result(92.4817, "%", 0.153)}, "b": {}}
    table = runs_table(results)

    assert table.header == ["Run", "Ice"]
    assert table.rows == [["a", "92.48 ± 0.15 %"], ["b", "–"]]


def test_a_csv_reads_back_exactly_with_nothing_thinned(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=5000), rng.normal(size=5000)
    y[7] = np.nan
    series = (Series("a", x, y, error=abs(y)), Series("b", x[:3], y[:3], right=True))
    figure = Figure("iv", "I-V", "V / V", "I / A", series, right_label="T / K")
    with write_csv(figure, tmp_path / "iv.csv").open(encoding="utf-8", newline="") as f:
        head, *rows = csv.reader(f)

    assert head == ["V / V (a)", "I / A (a)", "u(I / A) (a)", "V / V (b)", "T / K (b)"]
    assert [float(row[0]) for row in rows] == x.tolist()
    assert rows[7][1] == ""
    assert rows[3][3:] == ["", ""]


def test_no_heading_of_a_csv_is_a_formula(tmp_path: Path) -> None:
    series = Series("cell", np.ones(1), np.ones(1))
    path = write_csv(Figure("f", "f", "=1+1", "-y", (series,)), tmp_path / "f.csv")

    assert path.read_text(encoding="utf-8").startswith("'=1+1 (cell),'-y (cell)")


def test_a_default_plot_puts_the_second_unit_on_the_right() -> None:
    t = np.linspace(0, 100, 11)
    columns = {"test_time_second": t, "voltage_volt": t, "current_ampere": t}
    plot = Plot(
        "plot", "", "timeseries", "test_time_second", ("voltage_volt", "current_ampere")
    )
    figure = from_plot(plot, columns)

    assert (figure.x_label, figure.y_label) == ("Test Time / s", "Voltage / V")
    assert figure.right_label == "Current / A"
    assert [series.right for series in figure.series] == [False, True]


def test_a_long_run_is_shown_in_hours_or_days() -> None:
    plot = Plot("plot", "", "s", "test_time_second", ("voltage_volt",))
    for last, label in ((7200.0, "s"), (36000.0, "h"), (1e6, "d")):
        t = np.array([0.0, last])
        figure = from_plot(plot, {"test_time_second": t, "voltage_volt": t})
        assert figure.x_label == f"Test Time / {label}"
        seconds = {"s": 1.0, "h": 3600.0, "d": 86400.0}[label]
        assert figure.series[0].x[-1] * seconds == pytest.approx(last)


def test_a_nyquist_plot_has_equal_scales() -> None:
    plot = Plot(
        "nyquist", "", "eis", "real_impedance_ohm", ("minus_imaginary_impedance_ohm",)
    )
    ones = np.ones(2)
    columns = {"real_impedance_ohm": ones, "minus_imaginary_impedance_ohm": ones}

    assert from_plot(plot, columns).equal_scale
    assert not from_plot(plot, {}).series


def test_what_a_plot_cannot_show_is_named() -> None:
    t = np.arange(3.0)
    names = ("voltage_volt", "current_ampere", "field", "lost")
    plot = Plot("plot", "", "hall", "test_time_second", names)
    columns = dict.fromkeys(("test_time_second", *names[:3]), t)
    figure = from_plot(plot, columns, {"field": "Field / T"})

    assert len(figure.series) == 2
    assert figure.note == "Not shown: lost, Field / T."
