"""What a protocol draws, on its way to a client: bounded, and never a failure."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from labctl import plugins
from labctl.api.figures import RunFigures
from labctl.data import Array
from labctl.errors import OperatorError
from labctl.figures.bounded import BOUNDS, MOST_FIGURES, bounded
from labctl.figures.figure import Figure, Series
from labctl.service.http import catalogue
from labctl.service.records import figures as worked_out
from labctl.service.records import reports
from labctl.session.run_figures import Drawn
from protocols.cells.formation_cycling import FormationCycling


def figure(*series: Series, **more: Any) -> Figure:
    return Figure("f", "F", "x / 1", "y / 1", series, **more)


def noisy_loop(n: int) -> tuple[Array, Array]:
    angle = np.linspace(0, 2 * np.pi, n)
    return np.cos(angle), np.sin(angle) + 0.01 * np.sin(50 * angle)


def test_a_long_curve_is_thinned_and_keeps_its_extremes() -> None:
    x, y = noisy_loop(100_000)
    [sent] = bounded([figure(Series("loop", x, y))])

    seen = sent.series[0]

    assert len(seen.x) <= 1.1 * BOUNDS.points
    assert (seen.y.min(), seen.y.max()) == (y.min(), y.max())


def test_a_gap_stays_a_gap_in_a_thinned_curve() -> None:
    x = np.linspace(0, 1, 10_000)
    y = np.where((x > 0.4) & (x < 0.6), np.nan, x)
    [sent] = bounded([figure(Series("broken", x, y, error=np.full(10_000, 0.1)))])

    seen = sent.series[0]

    inside = (seen.x > 0.39) | ~np.isfinite(seen.x)
    assert np.isnan(seen.y).sum() == 1
    assert inside[np.flatnonzero(np.isnan(seen.y))].all()
    assert seen.error is not None
    assert len(seen.error) == len(seen.x)


def test_what_is_not_finite_travels_as_null() -> None:
    y = np.array([1.0, math.nan, math.inf])
    sent = bounded([figure(Series("s", np.arange(3.0), y, shade=math.nan))])
    answer = RunFigures(figures=list(sent), rows=3)

    text = answer.model_dump_json()

    assert json.loads(text)["figures"][0]["series"][0]["y"] == [1.0, None, None]
    back = RunFigures.model_validate_json(text).figures[0].series[0]
    np.testing.assert_array_equal(back.y, [1.0, math.nan, math.nan])


def test_too_many_curves_are_counted_in_the_note() -> None:
    many = [Series(f"{k}", np.arange(2.0), np.arange(2.0)) for k in range(500)]

    [sent] = bounded([figure(*many, note="Of 500 cycles.")])

    assert len(sent.series) == BOUNDS.series
    assert (sent.series[0].name, sent.series[-1].name) == ("0", "499")
    assert sent.note == "Of 500 cycles. 420 of 500 curves are not drawn."
    assert len(bounded([figure()] * 50)) == MOST_FIGURES


def test_a_figure_arrives_as_it_was_sent() -> None:
    one = Series(
        "a", np.arange(3.0), np.arange(3.0), np.ones(3), points=True, group="g"
    )
    other = Series("b", np.arange(2.0), np.ones(2), right=True, shade=0.5)
    sent = figure(one, other, right_label="z / V", x_log=True, note="So.")

    seen = bounded([sent])[0]

    assert (seen.x_log, seen.right_label, seen.note) == (True, "z / V", "So.")
    assert [(s.points, s.right, s.shade, s.group) for s in seen.series] == [
        (True, False, None, "g"),
        (False, True, 0.5, ""),
    ]
    np.testing.assert_array_equal(cast(Array, seen.series[0].error), np.ones(3))


@pytest.fixture
def half_done(station: Any, order: Any) -> tuple[Any, str]:
    """Return a station and a run of it that has just begun."""
    run = station.client.start(order("vsp300/5")).run
    station.wait_until(run, lambda r: r.rows > 3)
    return station, run


def test_a_run_that_goes_on_is_drawn_as_far_as_it_has_come(
    half_done: tuple[Any, str],
) -> None:
    station, run = half_done
    # rows are drawn once they are committed, a second behind at most
    station.wait_until(run, lambda _: station.client.figures(run).rows > 0)

    found = station.client.figures(run)

    names = [one.name for one in found.figures]
    assert found.rows > 0
    assert "capacity" not in names  # that needs a whole cycle
    assert {"plot", "current"} <= set(names)
    station.client.stop(run)
    station.wait_until(run, lambda r: r.state == "stopped")
    assert station.client.figures(run).rows >= found.rows
    with pytest.raises(OperatorError, match="there is no run"):
        station.client.figures("20200101-000000-nothing")


def test_a_protocol_that_fails_is_an_answer_and_costs_no_report(
    half_done: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    station, run = half_done
    station.client.stop(run)
    station.wait_until(run, lambda r: r.state == "stopped")

    def fails(*_: Any) -> Sequence[Figure]:
        raise IndexError("no row at all")

    monkeypatch.setattr(FormationCycling, "figures", fails)
    found = worked_out.figures(station.data / run)

    assert "IndexError: no row at all" in found.why
    page = reports.report(station.data / run)
    assert "figures are missing" in page
    assert "IndexError: no row at all" in page


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return which runs were worked out; each takes 2 s."""
    asked: list[Any] = []
    now = [100.0]

    def draws(file: Any) -> Drawn:
        asked.append(file)
        now[0] += 2.0
        return Drawn((figure(),))

    monkeypatch.setattr(worked_out, "figures_of", draws)
    monkeypatch.setattr(worked_out, "_known", type(worked_out._known)())
    monkeypatch.setattr(worked_out, "stopwatch", lambda: now[0])
    return asked


def test_the_same_rows_are_worked_out_once(
    half_done: tuple[Any, str], worked: list[Any]
) -> None:
    station, run = half_done
    station.client.stop(run)
    station.wait_until(run, lambda r: r.state == "stopped")
    folder: Path = station.data / run

    first, second = worked_out.figures(folder), worked_out.figures(folder)

    assert first is second
    assert len(worked) == 1


def test_a_run_that_goes_on_costs_a_tenth_of_a_core_however_many_look(
    half_done: tuple[Any, str], worked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    station, run = half_done
    folder: Path = station.data / run
    worked_out.figures(folder)
    before = station.wait_until(run, lambda r: r.rows > 3).rows
    station.wait_until(run, lambda r: r.rows > before + 3)

    for _ in range(20):
        worked_out.figures(folder)
    soon = len(worked)
    monkeypatch.setattr(worked_out, "stopwatch", lambda: 100.0 + 11 * 2.0 + 0.1)
    worked_out.figures(folder)

    assert (soon, len(worked)) == (1, 2)


@pytest.mark.parametrize("name", plugins.names(plugins.PROTOCOLS))
def test_a_protocols_word_fits_a_tab(name: str) -> None:
    assert len(catalogue.view_of(name)) <= 14


def test_a_run_over_temperatures_is_known_by_its_parameters() -> None:
    assert catalogue.is_series("peis", {"temperatures": "10 °C; 25 °C; 45 °C"})
    assert not catalogue.is_series("peis", {})
    assert not catalogue.is_series("of another lab, not installed here", {})


def test_cycling_draws_nothing_that_every_cell_does_not_show() -> None:
    assert catalogue.view_of("cycling") == ""
    assert catalogue.view_of("gitt") == "GITT"
    assert catalogue.view_of("of another lab, not installed here") == ""
