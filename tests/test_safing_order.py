"""Which instrument is made safe when: by what it can do, not by what it is called."""

import pytest

from drivers.twins.labsim.benches import build_bench
from labctl import plugins
from labctl.clock import VirtualClock
from labctl.roles.driver import Setup
from labctl.roles.safing_order import Stage, in_stages, stage_of, stage_of_role

DRIVERS = {
    # what drives the sample goes first
    "keithley-6221": Stage.SOURCES,
    "keithley-2400": Stage.SOURCES,
    "keithley-6517b": Stage.SOURCES,
    # relays never move a current
    "keithley-7001": Stage.SWITCHES,
    # a magnet takes its time
    "lakeshore-643": Stage.MAGNETS,
}


def played(name: str) -> object:
    clock = VirtualClock()
    setup = Setup("it", name, "GPIB0::9::INSTR")
    driver = plugins.driver(name)
    circuit = build_bench("hall", clock).circuit
    return driver.open(plugins.twin(name)(setup, circuit, clock), setup, clock).roles[
        ""
    ]


@pytest.mark.parametrize(("name", "stage"), DRIVERS.items())
def test_an_open_instrument_has_its_stage(name: str, stage: Stage) -> None:
    assert stage_of(played(name)) is stage


def test_a_driver_may_state_its_stage() -> None:
    class Furnace:
        safing_stage = Stage.HEATERS

    assert stage_of(Furnace()) is Stage.HEATERS


@pytest.mark.parametrize(
    ("role", "stage"),
    [
        ("current_source", Stage.SOURCES),
        ("cell", Stage.SOURCES),
        ("switch", Stage.SWITCHES),
        ("field_controller", Stage.MAGNETS),
        ("magnet", Stage.MAGNETS),
    ],
)
def test_a_role_hints_at_the_stage_of_what_is_not_open_yet(
    role: str, stage: Stage
) -> None:
    assert stage_of_role(role) is stage


def test_sources_go_before_relays_and_magnets_last() -> None:
    players = {
        "magnet": played("lakeshore-643"),
        "switch": played("keithley-7001"),
        "voltmeter": played("keithley-2182a"),
        "source": played("keithley-6221"),
    }

    assert in_stages(players) == {
        Stage.SOURCES: ("source",),
        Stage.SWITCHES: ("switch",),
        Stage.MAGNETS: ("magnet",),
    }
