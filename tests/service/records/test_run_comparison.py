"""The station compares runs on one page, and finds and sorts them."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labctl.api.comparison import Asked, Grouping, Normalised, read_cycles
from labctl.api.requests import OrderIn
from labctl.api.run_search import RunOrder
from labctl.errors import OperatorError, RefusedError
from labctl.figures import comparisons
from labctl.figures.curves_of_runs import curves_of_run
from labctl.report import of_run
from labctl.service.records import comparison, reports
from labctl.store.run_file.reader import RunFile

Orders = Callable[..., OrderIn]
VOLTAGE, CHARGE = comparisons.VOLTAGE.title, comparisons.CHARGE.title


@pytest.fixture(scope="module")
def runs(station: Any) -> list[str]:
    """Return three runs of two samples that have ended."""
    made = []
    for channel, sample in (
        ("vsp300/1", "si"),
        ("vsp300/2", "si"),
        ("vmp3/1", "qms-0.7"),
    ):
        order = OrderIn(
            protocol="formation-cycling",
            sample=sample,
            parameters={"cycles": 2},
            channels={"cell": channel},
        )
        made.append(station.client.start(order).run)
    for run in made:
        station.wait_until(run, lambda r: r.rows > 20)
        station.client.stop(run)
        station.wait_until(run, lambda r: r.state == "stopped")
    return made


def test_one_page_compares_several_runs_by_sample(
    station: Any, runs: list[str]
) -> None:
    page = station.client.compare(runs)

    assert "<title>3 runs compared</title>" in page
    assert "SIMULATED" in page
    for run in runs:
        assert run in page
    assert "qms-0.7, si" in page or "si, qms-0.7" in page


def test_words_group_as_they_are_typed_and_excluded_runs_are_named(
    station: Any, runs: list[str]
) -> None:
    page = station.client.compare(runs, Grouping.WORDS, ("qms", "si"), runs[:1])

    assert "words: qms; si" in page
    assert f"si …{runs[0][-4:]}: excluded from figures and means" in page
    assert f"si …{runs[0][-4:]} (excluded)" in page


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (lambda _: (["no-such-run"],), OperatorError, "there is no run"),
        (lambda _: ([],), RefusedError, "query.run"),
        # one more than a page can hold
        (lambda runs: ([runs[0]] * 41,), RefusedError, "at most 40"),
        (lambda _: (["../../etc/passwd"],), RefusedError, "query.run.0"),
        (lambda runs: (runs, Grouping.WORDS), OperatorError, "go together"),
        (lambda runs: (runs, Grouping.SAMPLE, ("si",)), OperatorError, "go together"),
        (
            lambda runs: (runs[:2], Grouping.SAMPLE, (), runs[2:]),
            OperatorError,
            "is not one of the runs compared",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(
    station: Any,
    runs: list[str],
    asked: Callable[[list[str]], tuple[Any, ...]],
    error: type[Exception],
    said: str,
) -> None:
    with pytest.raises(error, match=said):
        station.client.compare(*asked(runs))


def test_a_page_of_runs_is_sorted_before_it_is_cut(
    station: Any, runs: list[str]
) -> None:
    latest = station.client.runs(limit=1)
    by_sample = station.client.runs(limit=1, order=RunOrder.SAMPLE, ascending=True)
    last = station.client.runs(limit=1, offset=2, order=RunOrder.SAMPLE, ascending=True)

    assert latest.runs[0].run == runs[2]
    assert (by_sample.total, by_sample.runs[0].sample) == (3, "qms-0.7")
    assert last.runs[0].sample == "si"


@pytest.mark.usefixtures("runs")
def test_numbers_are_searched_at_the_station(station: Any) -> None:
    assert station.client.runs("rows>20 sample:si").total == 2
    assert station.client.runs("rows>1000000").total == 0
    with pytest.raises(OperatorError, match="'many' in 'rows>many' is not a number"):
        station.client.runs("rows>many")


def test_what_was_read_ahead_is_not_read_again_and_then_forgotten(
    station: Any, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [station.data / run for run in runs]
    read: list[Path] = []
    real = of_run.read_report

    def counted(folder: Path) -> Any:
        read.append(folder)
        return real(folder)

    monkeypatch.setattr(reports, "read_report", counted)
    for folder in folders:
        reports.read_ahead(folder)

    page = reports.comparison(folders, Grouping.SAMPLE, (), frozenset())

    assert read == folders
    assert "3 runs compared" in page
    assert not reports._reports


# ---- laid over each other


def test_runs_are_laid_over_each_other_and_averaged_at_the_station(
    station: Any, runs: list[str]
) -> None:
    asked = Asked((*runs,), VOLTAGE, without_runs=frozenset(runs[2:]))

    found = station.client.overlay(asked)

    assert found.asked == asked
    assert found.owners == tuple(runs[:2])
    assert found.simulated == 3
    assert found.names[runs[2]] == "qms-0.7"
    assert found.figure.note == "Excluded runs: qms-0.7."
    for series, run in zip(found.figure.series, runs, strict=False):
        table = RunFile(station.data / run).table("timeseries")
        assert set(series.x) <= set(table["test_time_second"] / 3600.0)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"recipe": "Voltage against mood"}, "is not one of"),
        # a range that would take all memory to write down
        ({"recipe": CHARGE, "picked": read_cycles("1-9999999")}, "too many"),
        ({"without_runs": frozenset({"20200101-000000-other"})}, "is not one of the"),
        ({"by": Grouping.WORDS}, "go together"),
    ],
)
def test_an_overlay_that_cannot_be_made_is_refused_in_words(
    station: Any, runs: list[str], more: dict[str, Any], said: str
) -> None:
    asked = dataclasses.replace(Asked((*runs,), VOLTAGE), **more)

    with pytest.raises(OperatorError, match=said):
        station.client.overlay(asked)


def test_a_run_that_has_ended_is_read_once_however_it_is_normalised(
    station: Any, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [station.data / run for run in runs]
    taken: list[str] = []
    real = curves_of_run

    def counted(run: Any, *given: Any) -> Any:
        taken.append(run.run)
        return real(run, *given)

    monkeypatch.setattr(comparison, "curves_of_run", counted)
    for how in Normalised:
        asked = Asked((*runs,), VOLTAGE, how)
        comparison.compare(folders, asked)

    assert taken == runs
