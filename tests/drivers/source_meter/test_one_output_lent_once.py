"""An output has two names, as a source meter and on a cell; it is lent under one."""

import pytest

from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.errors import BusyError, DoubtfulError, OwnershipError, RefusedError
from labctl.roles.driver import Setup
from labctl.roles.potentiostat import PotentiostatChannel
from labctl.station import SimulatedWires, Station


@pytest.fixture
def station() -> Station:
    clock = VirtualClock(0.0)
    setups = [
        Setup("k2450", "keithley-2450", "GPIB0::1::INSTR"),
        Setup("k2636b", "keithley-2636b", "GPIB0::2::INSTR"),
    ]
    channels = {"cell": ["k2450/cell", "k2636b/cell-a"]}
    return Station(setups, channels, clock, SimulatedWires(BenchWorld(clock)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("k2450", "k2450/cell"),
        ("k2450/cell", "k2450"),
        ("k2636b/a", "k2636b/cell-a"),
        ("k2636b/cell-b", "k2636b/b"),
    ],
)
def test_the_second_name_is_busy_by_the_first(
    station: Station, first: str, second: str
) -> None:
    station.reserve("run-1", {"x": first})

    with pytest.raises(BusyError, match=f"{second} is the output of {first}"):
        station.reserve("run-2", {"x": second})


def test_the_other_channel_of_a_frame_is_free(station: Station) -> None:
    station.reserve("run-1", {"cell": "k2636b/cell-a"})

    assert station.reserve("run-2", {"x": "k2636b/b"}) == ["k2636b/b"]


def test_one_run_cannot_have_both_names(station: Station) -> None:
    with pytest.raises(OwnershipError, match="are one output"):
        station.reserve("run-1", {"cell": "k2450/cell", "meter": "k2450"})


def test_a_free_channel_is_found_beside_a_lent_output(station: Station) -> None:
    station.reserve("run-1", {"meter": "k2450"})

    cast = station.cast({"cell": PotentiostatChannel}, {}, {})

    assert cast == {"cell": "k2636b/cell-a"}


def test_nothing_is_found_where_every_output_is_lent(station: Station) -> None:
    station.reserve("run-1", {"meter": "k2450", "other": "k2636b/a"})

    with pytest.raises(RefusedError, match="none of"):
        station.cast({"cell": PotentiostatChannel}, {}, {})


def test_a_doubt_is_a_doubt_under_either_name(station: Station) -> None:
    station.doubt("k2450", "the link was lost")

    with pytest.raises(DoubtfulError, match="clear k2450`"):
        station.reserve("run-1", {"cell": "k2450/cell"})
