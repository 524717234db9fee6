"""A sample follows the air of its chamber with a lag, whoever looks and how often."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from drivers.twins.world import catalogue
from drivers.twins.world.air import ROOM, Air
from drivers.twins.world.circuit import Circuit, Source
from drivers.twins.world.specimen import ELEMENTARY_CHARGE, Film, Pellet, warmed
from drivers.twins.world.surroundings import Surroundings
from drivers.twins.world.warmth import Warmth
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.errors import OperatorError

WARM = 318.15
LAG = 300.0


def followed(air: Air, lag: float = LAG) -> Warmth:
    return Warmth(lambda: air, lag)


def integrated(air: Air, lag: float, until: float) -> float:
    """Return what a differential equation's solver finds, K."""
    found = solve_ivp(
        lambda t, y: (air.kelvin(t) - y) / lag,
        (0.0, until),
        [air.kelvin(0.0)],
        max_step=1.0,
        rtol=1e-10,
        atol=1e-10,
    )
    return float(found.y[0, -1])


@pytest.mark.parametrize("lag", [5.0, 60.0, 300.0, 600.0])
def test_after_its_time_constant_a_sample_has_gone_63_percent_of_the_way(
    lag: float,
) -> None:
    air = Air.at(0.0, time_constant=0.0)
    air.aim(WARM, 100.0)

    way = (followed(air, lag).kelvin(100.0 + lag) - ROOM) / (WARM - ROOM)

    assert way == pytest.approx(1.0 - math.exp(-1.0), rel=1e-9)


def test_behind_a_ramp_it_is_late_by_its_time_constant() -> None:
    air = Air.at(0.0, time_constant=0.0)
    air.aim(ROOM + 100.0, 0.0, ramp=0.01)

    sample = followed(air)

    assert sample.air(6000.0) - sample.kelvin(6000.0) == pytest.approx(0.01 * LAG)


@pytest.mark.parametrize(
    ("time_constant", "ramp"),
    [
        # an oven slower than the sample, as fast, and faster
        (900.0, None),
        (LAG, None),
        (20.0, None),
        # a ramp that arrives while the sample is still under way
        (120.0, 0.05),
        (LAG, 0.05),
    ],
)
def test_it_solves_the_equation_through_several_set_points(
    time_constant: float, ramp: float | None
) -> None:
    air = Air.at(0.0, time_constant)
    air.aim(WARM, 100.0, ramp)
    air.aim(280.0, 700.0, ramp)
    air.aim(300.0, 1500.0)

    expected = integrated(air, LAG, 2500.0)

    assert followed(air).kelvin(2500.0) == pytest.approx(expected, abs=2e-5)


def test_how_often_anybody_looks_changes_nothing() -> None:
    air = Air.at(0.0, 120.0)
    often, once = followed(air), followed(air)

    for time in np.arange(0.0, 5000.0, 0.7):
        if time > 50.0 and len(air.stretches) == 1:
            air.aim(WARM, 50.0, 0.1)
        often.kelvin(time)

    assert often.kelvin(5000.0) == once.kelvin(5000.0)
    assert often.kelvin(400.0) == once.kelvin(400.0)


def test_a_set_point_forgets_what_an_earlier_ramp_had_ahead() -> None:
    air = Air.at(0.0, 0.0)
    air.aim(ROOM + 100.0, 0.0, ramp=0.1)
    air.aim(ROOM, 100.0)

    assert air.kelvin(99.0) == pytest.approx(ROOM + 9.9)
    assert air.kelvin(2000.0) == ROOM


def test_in_balance_nothing_asks_for_another_look() -> None:
    air = Air.at(0.0, 60.0)
    sample = followed(air)

    assert sample.holds_until(10.0) == math.inf
    air.aim(WARM, 20.0)
    assert sample.holds_until(10.0) == 20.0
    assert 20.0 < sample.holds_until(20.0) <= 20.0 + LAG / 50
    assert sample.holds_until(20.0 + 30 * LAG) == math.inf


def test_the_air_goes_on_where_it_was_kept() -> None:
    air = Air.at(0.0, 60.0)
    air.aim(WARM, 0.0, ramp=0.01)
    other = Air.at(5000.0, 60.0)
    other.restore(air.snapshot(100.0), 5000.0)

    for later in (0.0, 10.0, 3000.0):
        assert other.kelvin(5000.0 + later) == pytest.approx(air.kelvin(100.0 + later))


# ---- who is in which chamber


def test_a_chamber_stands_around_what_it_names() -> None:
    surroundings = Surroundings()
    surroundings.enclose("oven", Air.at(0.0, 0.0, WARM), around=["vsp300", "vmp3/2"])

    assert surroundings.surface("vsp300/4", 0.0) == pytest.approx(45.0)
    assert surroundings.ambient("vmp3/2", 0.0) == pytest.approx(45.0)
    assert surroundings.surface("vmp3/1", 0.0) == 25.0
    assert surroundings.surface("", 0.0) == 25.0


def test_beside_a_chamber_around_everything_another_has_what_it_names() -> None:
    surroundings = Surroundings()
    surroundings.enclose("oven", Air.at(0.0, 0.0, WARM))
    surroundings.enclose("fridge", Air.at(0.0, 0.0, 278.15), around=["specimen"])

    assert surroundings.surface("vsp300/1", 0.0) == pytest.approx(45.0)
    assert surroundings.surface("", 0.0) == pytest.approx(5.0)


def test_nothing_is_in_two_chambers() -> None:
    surroundings = Surroundings()
    surroundings.enclose("oven", Air.at(0.0, 0.0), around=["vsp300"])

    with pytest.raises(OperatorError, match="vsp300 is in the chamber oven already"):
        surroundings.enclose("fridge", Air.at(0.0, 0.0), around=["vsp300"])


def test_a_bench_in_a_chamber_goes_on_as_warm_as_it_was_left() -> None:
    clock = VirtualClock()
    world = BenchWorld(clock)
    air = Air.at(0.0, 0.0)
    world.surroundings.enclose("oven", air)
    world.place("si", ["vsp300/1"])
    world.place("film-si", [])
    air.aim(WARM, 0.0)
    clock.sleep(30.0)
    kept = world.snapshot()
    again = BenchWorld(VirtualClock())
    again.surroundings.enclose("oven", Air.at(0.0, 0.0, WARM))

    again.restore(kept)

    assert again.surface("vsp300/1") == pytest.approx(world.surface("vsp300/1"))
    assert again.surface("") == pytest.approx(world.surface(""))
    assert again.surface("") > again.surface("vsp300/1") > 25.0


# ---- what follows the temperature


def test_a_resting_cell_looks_again_while_it_warms() -> None:
    world = BenchWorld(VirtualClock())
    air = Air.at(0.0, 0.0)
    world.surroundings.enclose("oven", air)
    world.place("si", ["vsp300/1"])
    socket = world.socket("vsp300/1")
    series = socket.cell.voltage(1e-4) - socket.cell.voltage()
    air.aim(WARM, 0.0)

    socket.rest_to(LAG)

    kelvin = ROOM + (WARM - ROOM) * -math.expm1(-1.0)
    now = socket.cell.voltage(1e-4) - socket.cell.voltage()
    falls = math.exp(15e3 / 8.314462618 * (1 / kelvin - 1 / ROOM))
    assert now == pytest.approx(series * falls, rel=1e-6)


def test_the_slope_of_tafel_is_that_of_the_temperature() -> None:
    cell = catalogue.build_cell("si")
    cell.warm_to(WARM)

    assert cell.working.thermal == pytest.approx(8.314462618 * WARM / 96485.33212)


@pytest.mark.parametrize(
    ("film", "mobility", "density"),
    [
        # phonons: fewer collisions in the cold
        ({"mobility_exponent": -1.5}, (WARM / ROOM) ** -1.5, 1.0),
        # a donor 0.1 eV deep is emptied further
        (
            {"mobility_exponent": -1.5, "donor_level": 0.1},
            (WARM / ROOM) ** -1.5,
            math.exp(-0.1 / 8.617333262e-5 * (1 / WARM - 1 / ROOM)),
        ),
        # hopping: the mobility is activated
        (
            {"activation": 30e3},
            math.exp(-30e3 / 8.314462618 * (1 / WARM - 1 / ROOM)),
            1.0,
        ),
    ],
)
def test_a_films_carriers_follow_their_laws(
    film: dict[str, float], mobility: float, density: float
) -> None:
    cold = Film.of("n", 1e21, 0.1, 5e-4, **film)

    warm = warmed(cold, WARM)

    assert isinstance(warm, Film)
    n_sheet = -1.0 / (ELEMENTARY_CHARGE * warm.sheet_hall)
    assert n_sheet == pytest.approx(1e21 * 5e-4 * density)
    assert abs(warm.sheet_hall) / warm.sheet_resistance == pytest.approx(0.1 * mobility)
    assert warmed(cold, ROOM) == cold


def test_a_pellet_in_its_cylinder_lags_ten_minutes_behind() -> None:
    surroundings = Surroundings()
    air = Air.at(0.0, 0.0)
    surroundings.enclose("oven", air)
    circuit = Circuit(surroundings=surroundings)
    circuit.mount(Pellet(1e-3, 1e-4, 1e-3, 0.0))
    circuit.source = Source(on=True, holds_voltage=False, level=1e-6, limit=100.0)
    cold = circuit.operate(0.0).sensed
    air.aim(WARM, 0.0)

    warm = circuit.operate(600.0).sensed

    kelvin = ROOM + (WARM - ROOM) * -math.expm1(-1.0)
    falls = math.exp(20e3 / 8.314462618 * (1 / kelvin - 1 / ROOM))
    assert warm / cold == pytest.approx(falls, rel=1e-4)
