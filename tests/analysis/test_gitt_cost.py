"""χ² of pulses, its slope and its minima, against plain least squares."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.interpolate import Akima1DInterpolator
from titrated_pulse import titrated

from labctl.analysis.cells.gitt_cost import Costs
from labctl.analysis.cells.gitt_courses import Courses
from labctl.analysis.cells.gitt_fit import GRID, fitted, minima, told
from labctl.analysis.cells.gitt_models import PulseModels
from labctl.analysis.cells.gitt_spread import SPREADS, akima
from labctl.analysis.uncertainty import known

Floats = NDArray[np.float64]
ONE = np.array([0])


@pytest.fixture(scope="module")
def costs() -> Costs:
    """One pulse of 5 mV, τ' = 0.06, whose bends are not known to be 0."""
    time, voltage, pulse = titrated()
    models = PulseModels.of(time, voltage, [pulse], 2.0)
    bend = known(4e-4, 2e-4, "curvature"), known(-1e-4, 1e-4, "third order")
    return Costs.of(models.bent([bend]))


def design(costs: Costs, log_tau: float, sigma: float) -> tuple[Floats, Floats]:
    """Return the whole weighted system of one pulse, what is known of it below."""
    models = costs.models
    x = models.courses.surface(ONE, np.array([log_tau]), sigma)[0][0]
    y, on = x - 0.5, models.on[0]
    columns = [np.ones(len(x)), x, on, on * y, y**2, y**3 - y / 4]
    columns += [models.mean_course()[0], models.tail()[0]]
    bins = np.stack(columns, axis=1) * models.weight[0][:, None]
    errors = models.bend_error, models.third_error, models.crossing, models.tail_error()
    firm = [1 / float(error[0]) for error in errors]
    held = np.zeros((4, 8))
    held[range(4), range(4, 8)] = firm
    right = [firm[0] * float(models.bend[0]), firm[1] * float(models.third[0]), 0, 0]
    return np.vstack([bins, held]), np.append(
        models.voltage[0] * models.weight[0], right
    )


@pytest.mark.parametrize("sigma", [0.0, 0.4])
@pytest.mark.parametrize("log_tau", [-10.0, -4.0, -2.8, 0.0, 3.0])
def test_chi_square_is_that_of_least_squares(
    costs: Costs, log_tau: float, sigma: float
) -> None:
    matrix, target = design(costs, log_tau, sigma)
    numbers = np.linalg.lstsq(matrix, target, rcond=None)[0]
    left = target - matrix @ numbers

    best = costs.best(np.array([log_tau]), sigma)

    cost = costs.at(ONE, np.array([log_tau]), sigma)
    assert cost[0] == pytest.approx(left @ left, rel=1e-6, abs=1e-9)
    shown = (matrix @ numbers)[:-4] / costs.models.weight[0]
    np.testing.assert_allclose(best.shown[0], shown, atol=1e-9)
    assert best.change[0] == pytest.approx(numbers[1], rel=1e-5)
    assert best.jump[0] == pytest.approx(numbers[2], rel=1e-5)
    assert best.branch[0] == pytest.approx(numbers[6], rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("log_tau", [-8.0, -3.5, -2.0, 1.0])
def test_the_slope_is_that_of_chi_square(costs: Costs, log_tau: float) -> None:
    step = 1e-4
    at = [costs.at(ONE, np.array([log_tau + s]), 0.2)[0] for s in (-step, step)]

    slope = costs.look(ONE, np.array([log_tau]), 0.2).slope[0]

    assert slope == pytest.approx((at[1] - at[0]) / (2 * step), rel=1e-4)


@pytest.mark.parametrize("guess", [None, -8.0, -3.0, 2.0])
def test_the_minimum_is_found_from_anywhere(costs: Costs, guess: float | None) -> None:
    fine = np.linspace(-3.2, -2.4, 8001)
    least = fine[np.argmin(costs.over(fine, 0.0)[0])]

    low = minima(costs, 0.0, None if guess is None else np.array([guess]))

    assert low.log_tau[0] == pytest.approx(least, abs=1e-4)
    assert costs.look(ONE, low.log_tau, 0.0).slope[0] == pytest.approx(0, abs=1e-2)


def test_the_bend_at_the_minimum_tells_the_uncertainty(costs: Costs) -> None:
    low = minima(costs, 0.0)
    at = low.log_tau[0]
    step = 0.02
    rise = costs.over(at + np.array([-step, step]), 0.0)[0].mean() - low.cost[0]

    tells = told(costs, 0.0, low)

    assert not tells.at_edge[0]
    assert tells.bend[0] == pytest.approx(2 * rise / step**2, rel=0.02)
    assert tells.uncertainty[0] == pytest.approx(np.sqrt(2 / tells.bend[0]))


def test_a_pulse_that_only_shows_noise_tells_nothing() -> None:
    time, voltage, pulse = titrated()
    noise = 1e-3 * np.random.default_rng(1).standard_normal(len(time))
    costs = Costs.of(PulseModels.of(time, 0.3 + noise + 0 * voltage, [pulse], 2.0))

    low = minima(costs, 0.0)

    assert told(costs, 0.0, low).uncertainty[0] == np.inf
    assert GRID[0] <= low.log_tau[0] <= GRID[-1]


def test_a_search_asks_for_few_candidates(
    costs: Costs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a guess next to the minimum: five around it, a few steps."""
    asked = 0
    looked_up = type(costs.models.courses).surface

    def counting(
        courses: object, rows: NDArray[np.intp], log_tau: Floats, sigma: float
    ) -> tuple[Floats, Floats]:
        nonlocal asked
        asked += len(rows)
        return looked_up(courses, rows, log_tau, sigma)  # type: ignore[arg-type]

    monkeypatch.setattr(type(costs.models.courses), "surface", counting)
    minima(costs, 0.1, np.array([-2.7]))

    assert 5 < asked <= 12


def test_pulses_fitted_together_are_fitted_each_for_itself() -> None:
    """Of unlike many bins: shorter rows are filled up, and no fit sees it."""
    time, voltage, pulse = titrated()
    early = replace(pulse, rows=replace(pulse.rows, end=pulse.rows.end - 60))
    pair = [PulseModels.of(time, voltage, [p], 2.0) for p in (pulse, early)]
    both = PulseModels.of(
        time, voltage, [pulse, replace(early, start=pulse.start)], 2.0
    )
    crossing = np.concatenate([models.crossing for models in pair])
    both = replace(both, courses=_without_past(both), crossing=crossing)

    each = [fitted(c, 0.0, minima(c, 0.0))[0] for c in map(Costs.of, pair)]
    together = fitted(Costs.of(both), 0.0, minima(Costs.of(both), 0.0))

    assert both.count[0] > both.count[1]
    for one, other in zip(each, together, strict=True):
        assert other.tau == pytest.approx(one.tau, rel=1e-6)
        assert other.rms == pytest.approx(one.rms, rel=1e-6)
        assert other.unrelaxed == pytest.approx(one.unrelaxed, rel=1e-6)


def _without_past(models: PulseModels) -> Courses:
    """Return the courses of pulses that no other one came before."""
    alone = [
        Courses.of([pulse], [0], models.time[k : k + 1])
        for k, pulse in enumerate(models.pulses)
    ]
    columns = ("since", "moved", "passed", "quiet")
    return Courses(*(np.concatenate([getattr(a, c) for a in alone]) for c in columns))


def test_the_smooth_curve_is_akimas() -> None:
    y = np.array([40.0, 12.0, 3.0, 3.0, 8.0, 30.0])
    fine = np.linspace(0.0, 0.8, 81)

    np.testing.assert_allclose(
        akima(SPREADS, y, fine), Akima1DInterpolator(SPREADS, y)(fine), atol=1e-12
    )
