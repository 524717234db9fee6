"""Each thermometer over its twin: what it reads, and what it does when it cannot."""

import math
from collections.abc import Mapping
from typing import Any

import pytest

from drivers.keithley import (
    keithley_2000_thermometer,
    keithley_2182a_thermometer,
    keithley_daq6510,
)
from drivers.lakeshore import lakeshore_211
from drivers.twins.keithley import keithley_2000 as twin_2000
from drivers.twins.keithley import keithley_2182a as twin_2182a
from drivers.twins.keithley import keithley_daq6510 as twin_daq6510
from drivers.twins.lakeshore import lakeshore_211 as twin_211
from drivers.twins.world.air import Air
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.errors import RefusedError
from labctl.roles.driver import Setup
from labctl.roles.playing import plays
from labctl.roles.thermometer import StatesTemperatureAccuracy, Thermometer

ADDRESS = "GPIB0::7::INSTR"
WARM = 44.0
"""°C of the air, for a long time."""


def opened(
    driver: Any, twin: Any, options: Mapping[str, Any], simulated: Mapping[str, Any]
) -> Any:
    """Return a device over its twin, in air of `WARM`."""
    device, _ = opened_on(driver, twin, options, simulated)
    return device


def opened_on(
    driver: Any, twin: Any, options: Mapping[str, Any], simulated: Mapping[str, Any]
) -> tuple[Any, Any]:
    """Return a device and its wire, in air of `WARM`."""
    clock = VirtualClock(0.0)
    world = BenchWorld(clock, seed=7)
    world.surroundings.enclose("oven", Air.at(-1e6, 0.0, WARM + 273.15))
    setup = Setup("logger", "x", ADDRESS, options, simulated)
    wire = twin(setup, world, clock)
    return driver.open(wire, setup, clock), wire


K = {"sensor": "K", "surface": "vsp300/1"}
PT = {"sensor": "Pt100", "ambient": "vsp300/1"}
CASES: list[tuple[Any, Any, dict[str, Any], dict[str, Any], str]] = [
    # A type K with its junction in the terminals, which the instrument compensates.
    (
        keithley_2182a_thermometer.driver,
        twin_2182a.twin,
        {"sensor": "K", "junction": "internal"},
        {"terminals": K},
        "",
    ),
    # The same with its junction in ice: nanovolts, and the standard's function.
    (
        keithley_2182a_thermometer.driver,
        twin_2182a.twin,
        {"sensor": "K", "junction": "0 °C"},
        {"terminals": {**K, "junction": 0.0}},
        "",
    ),
    (
        keithley_2000_thermometer.driver,
        twin_2000.twin,
        {"sensor": "T", "junction": 23.0},
        {"terminals": {**K, "sensor": "T"}},
        "",
    ),
    (
        keithley_2000_thermometer.driver,
        twin_2000.twin,
        {"sensor": "Pt100"},
        {"terminals": PT},
        "",
    ),
    (
        keithley_2000_thermometer.driver,
        twin_2000.twin,
        {"sensor": "Pt1000"},
        {"terminals": {**PT, "sensor": "Pt1000"}},
        "",
    ),
    (
        keithley_daq6510.driver,
        twin_daq6510.twin,
        {"inputs": {1: {"channel": 101, "sensor": "K"}}},
        {"terminals": {101: K}},
        "1",
    ),
    (
        keithley_daq6510.driver,
        twin_daq6510.twin,
        {"inputs": {"box": {"channel": 110, "sensor": "Pt100"}}},
        {"terminals": {110: PT}},
        "box",
    ),
    (
        keithley_daq6510.driver,
        twin_daq6510.twin,
        {"inputs": {3: {"channel": 103, "sensor": "N", "junction": "0 °C"}}},
        {"terminals": {103: {"sensor": "N", "surface": "vsp300/1", "junction": 0.0}}},
        "3",
    ),
    (
        lakeshore_211.driver,
        twin_211.twin,
        {"sensor_uncertainty": "0.1 K"},
        {"surface": "vsp300/1"},
        "",
    ),
]


@pytest.mark.parametrize(("driver", "twin", "options", "simulated", "part"), CASES)
def test_a_thermometer_reads_its_sample_within_its_uncertainty(
    driver: Any, twin: Any, options: Any, simulated: Any, part: str
) -> None:
    player = opened(driver, twin, options, simulated).roles[part]

    assert plays(player, Thermometer)
    assert plays(player, StatesTemperatureAccuracy)
    unsure = player.temperature_uncertainty(WARM)
    assert 0.0 < unsure < 2.5
    assert player.celsius() == pytest.approx(WARM, abs=min(3.0 * unsure, 0.5))


@pytest.mark.parametrize("state", ["open", "shorted"])
@pytest.mark.parametrize("at", [6, 3, 4, 8])
def test_a_broken_resistor_or_diode_reads_nothing(at: int, state: str) -> None:
    driver, twin, options, simulated, part = CASES[at]
    if at == 8:
        simulated = {**simulated, "state": state}
    else:
        simulated = {
            "terminals": {**simulated["terminals"], "state": state}
            if "sensor" in simulated["terminals"]
            else {k: {**v, "state": state} for k, v in simulated["terminals"].items()}
        }
    player = opened(driver, twin, options, simulated).roles[part]

    assert math.isnan(player.celsius())


def test_an_open_thermocouple_reads_nothing() -> None:
    for at in (5, 7, 0, 1):
        driver, twin, options, simulated, part = CASES[at]
        told = simulated["terminals"]
        told = (
            {**told, "state": "open"}
            if "sensor" in told
            else {k: {**v, "state": "open"} for k, v in told.items()}
        )
        player = opened(driver, twin, options, {"terminals": told}).roles[part]

        assert math.isnan(player.celsius())


WRONG = [
    # what is wrong, the driver, its options, the key that is named
    ("no sensor", keithley_2000_thermometer, {}, ("sensor",)),
    ("no such letter", keithley_2000_thermometer, {"sensor": "Q"}, ("sensor",)),
    ("its junction", keithley_2000_thermometer, {"sensor": "K"}, ("junction",)),
    (
        "a junction that it cannot know",
        keithley_2000_thermometer,
        {"sensor": "K", "junction": "internal"},
        ("junction",),
    ),
    ("no inputs", keithley_daq6510, {}, ("inputs",)),
    (
        "a channel twice",
        keithley_daq6510,
        {
            "inputs": {
                1: {"channel": 101, "sensor": "K"},
                2: {"channel": 101, "sensor": "K"},
            }
        },
        ("inputs", "2", "channel"),
    ),
    (
        "no channel",
        keithley_daq6510,
        {"inputs": {1: {"sensor": "K"}}},
        ("inputs", "1", "channel"),
    ),
]


@pytest.mark.parametrize(("what", "module", "options", "key"), WRONG)
def test_options_that_say_no_sensor_are_refused_where_they_stand(
    what: str, module: Any, options: Any, key: tuple[str, ...]
) -> None:
    twins = {keithley_2000_thermometer: twin_2000, keithley_daq6510: twin_daq6510}

    with pytest.raises(RefusedError) as refused:
        opened(module.driver, twins[module].twin, options, {})

    paths = [c.path for c in refused.value.complaints]
    assert ("instruments", "logger", "options", *key) in paths, what


def test_channels_do_not_disturb_each_other() -> None:
    inputs = {
        1: {"channel": 101, "sensor": "K"},
        2: {"channel": 109, "sensor": "Pt100"},
    }
    terminals = {101: K, 109: PT}
    roles = opened(
        keithley_daq6510.driver,
        twin_daq6510.twin,
        {"inputs": inputs},
        {"terminals": terminals},
    ).roles

    for _ in range(3):
        assert roles["1"].celsius() == pytest.approx(WARM, abs=0.5)
        assert roles["2"].celsius() == pytest.approx(WARM, abs=0.1)


@pytest.mark.parametrize("at", range(8))
def test_after_a_restart_another_quantity_is_not_taken_for_degrees(at: int) -> None:
    driver, twin, options, simulated, part = CASES[at]
    device, wire = opened_on(driver, twin, options, simulated)
    player = device.roles[part]
    player.celsius()
    for instrument in wire.instruments.values():
        instrument.reset()  # switched off and on; its link never noticed

    assert player.celsius() == pytest.approx(WARM, abs=0.5)


def test_a_meters_error_counts_also_where_it_compensates_the_junction() -> None:
    # A calibrated K and a perfect junction: what is left is the meter's 3.6 µV at
    # 41 µV/K, as a rectangular limit.
    exact = {"sensor": "K", "sensor_uncertainty": 0.0, "junction_uncertainty": 0.0}
    roles = opened(
        keithley_daq6510.driver,
        twin_daq6510.twin,
        {"inputs": {1: {"channel": 101, **exact}}},
        {"terminals": {101: K}},
    ).roles

    assert roles["1"].temperature_uncertainty(WARM) == pytest.approx(0.050, abs=0.002)
