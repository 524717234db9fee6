"""A heated body: without its heater, with it, on a ramp, and whoever asks when."""

import math

import pytest

from drivers.twins.world.surroundings import ROOM, Surroundings
from drivers.twins.world.thermal_plant import Build, ThermalPlant

OVEN = Build(time_constant=1800.0, heating=250.0)
COOLED = Build(time_constant=1800.0, heating=100.0, cooling=60.0)


def test_without_its_heater_it_cools_as_newton_says() -> None:
    plant = ThermalPlant(OVEN)
    plant.aim(ROOM + 50.0, 0.0)
    warm = plant.kelvin(7200.0) - ROOM
    plant.release(7200.0)

    # dT/dt = −(T − room)/τ; steps of 2 s and stretches of 5 mK leave 10 mK
    for passed in (300.0, 1800.0, 7200.0):
        left = plant.kelvin(7200.0 + passed) - ROOM
        assert left == pytest.approx(warm * math.exp(-passed / 1800.0), abs=0.03)


def test_what_holds_it_is_its_loss() -> None:
    plant = ThermalPlant(OVEN)
    plant.aim(ROOM + 50.0, 0.0)

    assert plant.share(86400.0) == pytest.approx(50.0 / 250.0, rel=1e-3)


@pytest.mark.parametrize("kelvin", [10.0, 50.0, 200.0])
def test_the_overshoot_is_small(kelvin: float) -> None:
    plant = ThermalPlant(OVEN)
    plant.aim(ROOM + kelvin, 0.0)

    warmest = max(plant.kelvin(60.0 * k) for k in range(240)) - ROOM
    assert kelvin < warmest < 1.05 * kelvin
    assert plant.kelvin(86400.0) - ROOM == pytest.approx(kelvin, abs=0.01)


def test_it_goes_no_farther_than_its_power() -> None:
    plant = ThermalPlant(COOLED)
    plant.aim(ROOM - 90.0, 0.0)

    assert plant.kelvin(86400.0) - ROOM == pytest.approx(-60.0, abs=0.01)
    assert plant.share(86400.0) == -1.0


def test_one_without_a_compressor_waits_for_the_room() -> None:
    plant = ThermalPlant(OVEN)
    plant.aim(ROOM - 20.0, 0.0)

    assert plant.kelvin(86400.0) == pytest.approx(ROOM, abs=0.01)


def test_a_ramp_is_followed_with_a_lag() -> None:
    plant = ThermalPlant(OVEN)
    plant.aim(ROOM + 60.0, 0.0, ramp=1.0 / 60.0)

    for minutes in (20, 40):
        assert plant.working(60.0 * minutes) - ROOM == pytest.approx(minutes, abs=0.1)
        assert plant.kelvin(60.0 * minutes) - ROOM == pytest.approx(minutes, abs=2.0)


def test_it_does_not_depend_on_who_looks_when() -> None:
    seldom, often = ThermalPlant(OVEN), ThermalPlant(OVEN)
    for plant in (seldom, often):
        plant.aim(ROOM + 50.0, 0.0)
    for k in range(4000):
        often.kelvin(0.9 * k)

    assert often.kelvin(3600.0) == seldom.kelvin(3600.0)


def test_its_history_is_kept_for_hours_and_not_for_ever() -> None:
    plant = ThermalPlant(OVEN)
    for day in range(30):
        plant.aim(ROOM + 20.0 + 20.0 * (day % 2), 86400.0 * day)
        plant.kelvin(86400.0 * (day + 1))

    assert len(plant.stretches) < 300
    assert plant.kelvin(30 * 86400.0 - 3600.0) == pytest.approx(ROOM + 40.0, abs=0.01)


def test_a_sample_follows_it_however_seldom_it_is_looked_at() -> None:
    found = []
    for step in (10.0, 5400.0):
        surroundings = Surroundings()
        plant = ThermalPlant(OVEN)
        surroundings.enclose("oven", plant)
        sample = surroundings.put(["vsp300/1"], 300.0)
        plant.aim(ROOM + 50.0, 0.0)
        for k in range(1, round(5400.0 / step) + 1):
            sample.kelvin(step * k)
        found.append(sample.kelvin(5400.0))

    assert found[0] == pytest.approx(found[1], abs=0.02)
    assert found[1] - ROOM == pytest.approx(50.0, abs=0.3)
