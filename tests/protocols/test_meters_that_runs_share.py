"""What one meter gets wrong, it gets wrong in every run that it measured."""

from pathlib import Path

import pytest
from conduction_bench import Bench

from labctl.analysis.groups import group_mean
from labctl.analysis.uncertainty import Measured


@pytest.fixture
def films(tmp_path: Path) -> dict[str, Measured]:
    """Sheet resistances of two films, measured one after the other."""
    samples = ("film-qms-0.7", "film-si")
    bench = Bench(tmp_path)
    found = [bench.run("van-der-pauw", name).results for name in samples]
    return {
        name: Measured.of_result(results["sheet_resistance"], name)
        for name, results in zip(samples, found, strict=True)
    }


def test_the_gain_of_one_voltmeter_does_not_average_away(
    films: dict[str, Measured],
) -> None:
    relative = {one.part("current gain") / one.value for one in films.values()}

    found = group_mean(films)

    assert min(relative) > 1e-5
    assert found.part("current gain") / found.value == pytest.approx(
        max(relative), rel=0.01
    )


def test_it_cancels_in_the_ratio_of_two_films(films: dict[str, Measured]) -> None:
    first, second = films.values()

    ratio = first / second

    assert ratio.part("current gain") < 1e-9 * ratio.value
