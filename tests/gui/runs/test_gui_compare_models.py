"""What is compared, averaged and counted, without a window."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from real_station import NOW, RealStation
from values import summary
from written_runs import CELLS, MASS, run_id, scale_of, tables_of, write_run

from gui.plot.figure_file import csv_text
from gui.runs.run_rows import count_text, state_word
from gui.runs.run_statistics import statistics_of
from labctl.api.comparison import Asked, Grouping, Normalised, read_cycles
from labctl.api.run_search import RunOrder, in_order
from labctl.api.states import RunState
from labctl.thinning.curves import thinned

QMS = tuple(run_id("qms", cell) for cell in range(1, CELLS + 1))
SI = tuple(run_id("si", cell) for cell in range(1, CELLS + 1))
CAPACITY = "Capacity against cycle"
BY_WORDS: dict[str, Any] = {"by": Grouping.WORDS, "words": ("qms", "si")}


# ---- cycles as text


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1", [1]),
        # ranges hold both ends; semicolons or commas, blanks do not matter
        ("1; 17-20", [1, 17, 18, 19, 20]),
        (" 3 , 5–6 ", [3, 5, 6]),
        # what is named twice counts once
        ("2; 1-3", [1, 2, 3]),
        ("", []),
    ],
)
def test_cycles_are_read_as_people_write_them(text: str, numbers: list[int]) -> None:
    found = read_cycles(text)

    assert found.problem == ""
    assert found.numbers() == numbers
    assert read_cycles(str(found)) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("twenty", "'twenty' is no cycle; write 1; 17-20"),
        ("0", "'0': the first cycle is 1"),
        ("20-17", "'20-17' runs backwards; write 17-20"),
        ("1.5", "'1.5' is no cycle; write 1; 17-20"),
        ("1; -3", "'-3' is no cycle; write 1; 17-20"),
    ],
)
def test_what_is_no_cycle_is_complained_about_and_excludes_nothing(
    text: str, said: str
) -> None:
    found = read_cycles(text)

    assert found.problem == said
    assert not found


# ---- overlays


@pytest.mark.parametrize(
    ("recipe", "how", "labels"),
    [
        (CAPACITY, Normalised.MASS, ("Cycle", "Discharge capacity / mAh/g")),
        (CAPACITY, Normalised.FIRST, ("Cycle", "Discharge capacity / first")),
        # what grows with the material here is the abscissa
        (
            "Voltage against capacity",
            Normalised.MASS,
            ("Capacity / mAh/g", "Voltage / V"),
        ),
        (
            "Differential capacity",
            Normalised.AREA,
            ("Voltage / V", "dQ/dV / mAh/cm²/V"),
        ),
        ("Bode: modulus", Normalised.NOT, ("Frequency / Hz", "|Z| / Ω")),
        ("Bode: phase", Normalised.NOT, ("Frequency / Hz", "−Phase / °")),
        ("Nyquist", Normalised.NOT, ("Re Z / Ω", "−Im Z / Ω")),
        (
            "Capacity against rate step",
            Normalised.NOT,
            ("Rate step", "Discharge capacity / mAh"),
        ),
        (
            "Diffusivity against composition",
            Normalised.NOT,
            ("Lithium fraction θ", "D / m²/s"),
        ),
    ],
)
def test_a_recipe_draws_every_run_with_its_units(
    cells: RealStation, recipe: str, how: Normalised, labels: tuple[str, str]
) -> None:
    figure = cells.client.overlay(Asked((QMS[0], SI[0]), recipe, how)).figure

    assert [series.name for series in figure.series] == ["qms-1", "si-1"]
    assert (figure.x_label, figure.y_label) == labels
    for series in figure.series:
        assert np.isfinite(series.y).any()


def test_capacity_per_mass_scales_the_abscissa_of_the_voltage_curve(
    cells: RealStation,
) -> None:
    plain = Asked(QMS[:1], "Voltage against capacity")
    specific = Asked(QMS[:1], "Voltage against capacity", Normalised.MASS)

    per_cell = cells.client.overlay(plain).figure.series[0]
    per_gram = cells.client.overlay(specific).figure.series[0]

    np.testing.assert_allclose(per_gram.x, per_cell.x / (1e3 * MASS))
    np.testing.assert_array_equal(per_gram.y, per_cell.y)


def test_a_rate_step_is_the_median_of_its_cycles_that_are_not_excluded(
    cells: RealStation,
) -> None:
    asked = Asked(QMS[2:3], "Capacity against rate step")
    capacity = cells.client.overlay(Asked(QMS[2:3], CAPACITY)).figure.series[0].y

    every = cells.client.overlay(asked).figure.series[0]
    some = cells.client.overlay(
        Asked(asked.runs, asked.recipe, without_cycles=read_cycles("1"))
    ).figure.series[0]

    assert every.x.tolist() == [1, 2, 3, 4, 5, 6]
    assert every.y[0] == pytest.approx(np.median(capacity[:4]))
    assert some.y[0] == pytest.approx(np.median(capacity[1:4]))


def test_several_cycles_of_a_run_are_curves_of_one_owner(
    cells: RealStation,
) -> None:
    asked = Asked(QMS[:1], "Voltage against capacity", picked=read_cycles("1; 5"))

    found = cells.client.overlay(asked)

    assert [s.name for s in found.figure.series] == ["qms-1: cycle 1", "qms-1: cycle 5"]
    assert found.owners == (QMS[0], QMS[0])


def test_who_lacks_what_is_named_and_left_out(few: RealStation) -> None:
    found = few.client.overlay(Asked(tuple(few.started), "Current against voltage"))

    # a film's contacts are swept before its field is
    drawn = [series.name for series in found.figure.series]
    assert drawn == ["particle-qms-0.7", "film-qms-0.7"]
    assert found.figure.note == "Left out (no such rows): qms-0.7, lco."


def test_excluded_cycles_are_blank_not_bridged_and_the_note_says_so(
    cells: RealStation,
) -> None:
    asked = Asked(QMS, CAPACITY, without_cycles=read_cycles("1; 17-20"))

    figure = cells.client.overlay(asked).figure

    blank = figure.series[0].x[np.isnan(figure.series[0].y)]
    assert blank.tolist() == [1, 17, 18, 19, 20]
    assert figure.note == "Excluded cycles: 1; 17-20."
    assert "excluded cycles: 1; 17-20" in csv_text(figure, simulated=True).lower()


def test_excluded_runs_are_not_drawn_but_named(cells: RealStation) -> None:
    asked = Asked(QMS, CAPACITY, without_runs=frozenset({QMS[1]}))

    figure = cells.client.overlay(asked).figure

    assert "qms-2" not in [series.name for series in figure.series]
    assert figure.note == "Excluded runs: qms-2."


def test_the_mean_of_a_group_is_that_of_its_runs_at_every_cycle(
    cells: RealStation,
) -> None:
    asked = Asked((*QMS, *SI), CAPACITY, mean=True, **BY_WORDS)
    alone = [cells.client.overlay(Asked((run,), CAPACITY)) for run in QMS]
    own = [found.figure.series[0].y for found in alone]

    series = cells.client.overlay(asked).figure.series

    assert [one.name for one in series] == ["qms (n = 5)", "si (n = 5)"]
    np.testing.assert_allclose(series[0].y, np.mean(own, axis=0))
    assert series[0].error is not None
    np.testing.assert_allclose(series[0].error, np.std(own, axis=0, ddof=1))


def test_two_runs_of_one_sample_have_names_of_their_own(
    stand: Callable[..., RealStation],
) -> None:
    station = stand()
    for name in QMS[:2]:
        write_run(station.files.data, name, "qms-1", tables_of(1.0, 0.99), {})

    figure = station.client.overlay(Asked(QMS[:2], CAPACITY)).figure

    assert [series.name for series in figure.series] == ["qms-1 …1a1f", "qms-1 …2a2f"]


def test_thinning_a_cycle_does_not_join_its_halves() -> None:
    half = np.linspace(0.0, 1.0, 500)
    gap = [np.nan]

    x, y, _ = thinned(
        np.concatenate([half, gap, half]),
        np.concatenate([half, gap, 2 - half]),
        most=100,
    )

    assert len(x) < 150
    assert np.isnan(x).sum() == 1
    assert abs(y[np.flatnonzero(np.isnan(x))[0] + 1] - 2.0) < 0.05


# ---- statistics


def test_the_table_is_mean_with_its_uncertainty_and_s(cells: RealStation) -> None:
    asked = Asked((*QMS, *SI), CAPACITY, **BY_WORDS)
    values = [88.0 + 4 * scale_of("qms", cell) for cell in range(1, 6)]
    s = float(np.std(values, ddof=1))

    rows = statistics_of(cells.client.overlay(asked)).rows

    first = rows[0]
    assert (first.quantity, first.group) == ("Initial coulombic efficiency", "qms")
    assert (first.n, first.unit) == ("5", "%")
    # Student's t for 95.45 % and 4 degrees of freedom is 2.869
    half = 2.869 / 2 * s / np.sqrt(5)
    assert first.mean == f"{np.mean(values):.3f} ± {half:.3f}"
    assert first.deviation == f"{s:.2f}"


def test_the_power_of_ten_stands_with_the_unit(cells: RealStation) -> None:
    rows = statistics_of(cells.client.overlay(Asked(QMS, CAPACITY, **BY_WORDS))).rows

    diffusivity = next(row for row in rows if row.quantity == "Diffusivity")
    assert diffusivity.mean == "1.000 ± 0.020"
    assert diffusivity.unit == "10⁻¹⁵ m²/s"


def test_a_ratio_stands_below_its_means(cells: RealStation) -> None:
    asked = Asked((*QMS, *SI), CAPACITY, **BY_WORDS)

    rows = statistics_of(cells.client.overlay(asked)).rows

    assert [row.group for row in rows[:3]] == ["qms", "si", "qms : si"]
    assert (rows[2].n, rows[2].unit) == ("5 : 5", "ratio")
    assert "Hedges g" in rows[2].remarks


def test_excluded_runs_leave_the_means_and_are_named(cells: RealStation) -> None:
    asked = Asked(QMS, CAPACITY, without_runs=frozenset(QMS[:1]), **BY_WORDS)

    found = statistics_of(cells.client.overlay(asked))

    assert {row.n for row in found.rows} == {"4"}
    assert "Excluded: qms-1." in found.note


def test_what_a_single_run_has_is_no_comparison(cells: RealStation) -> None:
    asked = Asked(SI, CAPACITY, by=Grouping.RUN)

    rows = statistics_of(cells.client.overlay(asked)).rows

    assert "Only here" not in {row.quantity for row in rows}
    assert {row.n for row in rows} == {"1", "1 : 1"}


# ---- the list


def test_live_states_and_end_reasons_are_words() -> None:
    held = summary("r", "s", {}, state=RunState.HOLD, reason="by Kim: check the cell")
    ended = summary("r", "s", {}, state=RunState.COMPLETED, ended_unix=NOW)

    assert [state_word(held), state_word(ended)] == ["held", "finished"]
    assert state_word(summary("r", "s", {})) == "running: CC"


def test_a_running_run_that_says_nothing_of_its_technique_is_not_at_rest() -> None:
    assert state_word(summary("r", "s", {}, technique="", last={})) == "running"


@pytest.mark.parametrize(
    ("loaded", "total", "search", "said"),
    [
        (500, 12_345, "", "500 of 12\N{NARROW NO-BREAK SPACE}345 runs"),
        (3, 3, "qms", "3 found"),
        (1, 1, "", "1 run"),
        (0, 0, "qms", "No run matches."),
    ],
)
def test_the_count_says_what_is_loaded_and_what_there_is(
    loaded: int, total: int, search: str, said: str
) -> None:
    assert count_text(loaded, total, search) == said


def test_names_are_sorted_by_their_numbers_and_the_latest_comes_first() -> None:
    runs = [
        summary(name, name, {}, started_unix=NOW + k)
        for k, name in enumerate(("cell-10", "cell-9", "cell-9"))
    ]

    by_name = in_order(runs, RunOrder.SAMPLE, ascending=True)
    by_time = in_order(runs, RunOrder.STARTED, ascending=False)

    assert [run.sample for run in by_name] == ["cell-9", "cell-9", "cell-10"]
    assert by_name[0].started_unix > by_name[1].started_unix
    assert by_time[0].started_unix == NOW + 2
