"""A law says from which temperatures it was taken, and which of them are doubtful."""

from labctl.analysis.temperature.law import Kind, Law
from labctl.analysis.uncertainty import Measured
from labctl.data import Quality, Result
from labctl.series.results import PointResults, fitted_laws, series_results
from labctl.sources import Source

LAW = Law("resistance", "activation_energy", Kind.RESISTANCE)


def at(celsius: float, ohm: float) -> PointResults:
    kelvin = Measured(celsius + 273.15, "K", {Source("point", str(celsius)): 0.1})
    result = Measured(ohm, "Ω", {Source("noise"): 0.01 * ohm}).to_result()
    name = f"{celsius:g}"
    return PointResults(f"{name}_celsius", f"{name} °C", kelvin, {"resistance": result})


def doubtful(point: PointResults) -> PointResults:
    results = {k: r.suspect("noisy") for k, r in point.results.items()}
    return PointResults(point.name, point.said, point.temperature, results)


def told(*points: PointResults) -> Result:
    return series_results(points, fitted_laws([LAW], points))["activation_energy"]


def test_a_suspect_law_says_which_point_is_not_good() -> None:
    found = told(at(10, 2.9), at(25, 1.0), doubtful(at(45, 0.26)))

    assert found.quality is Quality.SUSPECT
    assert found.reason.startswith("from 10.0, 25.0, 45.0 °C; not good: 45 °C; ")
    assert "noisy" in found.reason


def test_a_point_that_is_not_needed_is_left_out_and_counted() -> None:
    found = told(at(5, 3.8), at(10, 2.9), at(25, 1.0), doubtful(at(45, 0.26)))

    assert found.reason.startswith("from 5.0, 10.0, 25.0 °C; 1 left out")


def test_a_law_without_a_number_says_only_why() -> None:
    found = told(at(25, 1.0))

    assert found.quality is Quality.ABSENT
    assert "from" not in found.reason
