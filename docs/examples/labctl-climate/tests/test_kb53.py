"""The chamber: its bytes, its roles over its twin, each fault once, and its warmth."""

import math

import pytest
from labctl_climate.humidifier import Humidifier, HumidityReading
from labctl_climate.kb53 import Kb53
from pymeasure.test import expected_protocol

from drivers.twins.world.world import BenchWorld
from drivers.visa.talk import SAFING_TRIES
from labctl import plugins
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError, LimitError, OperatorError
from labctl.roles.chamber import Chamber, ChamberReading
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.playing import plays
from labctl.roles.safing_order import Stage, stage_of

SETUP = Setup("oven", "kb53", "TCPIP::10.0.0.8::5025::SOCKET")


class Rig:
    """A simulated bench with a cell at vsp300/1, in a chamber."""

    def __init__(self) -> None:
        self.clock = VirtualClock(0.0)
        self.world = BenchWorld(self.clock)
        self.world.place("si", ["vsp300/1"])
        self.wire = plugins.twin("kb53")(SETUP, self.world, self.clock)
        self.device = plugins.driver("kb53").open(self.wire, SETUP, self.clock)
        self.chamber = self.device.roles[""]
        self.water = self.device.roles["water"]


@pytest.fixture
def rig():
    made = Rig()
    yield made
    made.device.close()


def bare(pairs):
    identity = Identity("ACME", "KB53", "0042", "1.0", SETUP.address)
    return expected_protocol(
        Kb53, pairs, identity=identity, setup=SETUP, clock=VirtualClock(0.0)
    )


def test_a_reading_is_one_question() -> None:
    with bare([(":READ?", "+44.812,+45.00,1")]) as chamber:
        assert chamber.read() == ChamberReading(44.812, 45.0, True)


def test_regulating_is_read_back() -> None:
    pairs = [
        (":SOUR:TEMP 45.00", None),
        (":OUTP 1", None),
        (":SYST:ERR?", '0,"No error"'),
        (":SOUR:TEMP?", "+4.500000E+01"),
        (":OUTP?", "1"),
    ]
    with bare(pairs) as chamber:
        assert chamber.regulate(45.0) == 45.0


def test_wetting_is_read_back() -> None:
    pairs = [
        (":SOUR:HUM 60.0", None),
        (":OUTP:WAT 1", None),
        (":SYST:ERR?", '0,"No error"'),
        (":SOUR:HUM?", "+6.000000E+01"),
        (":OUTP:WAT?", "1"),
        (":READ:HUM?", "+45.20,+60.0,1"),
    ]
    with bare(pairs) as chamber:
        water = chamber.roles["water"]
        assert water.humidify(60.0) == 60.0
        assert water.read() == HumidityReading(45.2, 60.0, True)


def test_an_output_that_stays_on_is_told() -> None:
    tries = [
        pair
        for _ in range(SAFING_TRIES)
        for pair in ((":OUTP 0", None), (":OUTP?", "1"))
    ]
    with (
        bare(tries) as chamber,
        pytest.raises(InstrumentError, match="goes on regulating"),
    ):
        chamber.make_safe()


def test_it_plays_a_chamber_and_goes_off_after_the_sources(rig: Rig) -> None:
    assert plays(rig.chamber, Chamber)
    assert plays(rig.water, Humidifier)
    assert {stage_of(rig.chamber), stage_of(rig.water)} == {Stage.HEATERS}


@pytest.mark.parametrize("celsius", [-41.0, 181.0, math.nan])
def test_a_temperature_it_has_not_is_refused_before_it_is_sent(
    rig: Rig, celsius: float
) -> None:
    with pytest.raises(LimitError, match="oven: a temperature of"):
        rig.chamber.regulate(celsius)
    assert not rig.chamber.read().regulates


@pytest.mark.parametrize("percent", [9.0, 99.0, math.nan])
def test_a_humidity_it_has_not_is_refused_before_it_is_sent(
    rig: Rig, percent: float
) -> None:
    with pytest.raises(LimitError, match="oven/water: a humidity of"):
        rig.water.humidify(percent)
    assert not rig.water.read().regulates


def test_the_air_takes_up_water_and_drifts_back(rig: Rig) -> None:
    rig.water.humidify(80.0)
    rig.clock.sleep(300.0)
    damp = rig.water.read().humidity
    rig.water.make_safe()
    rig.clock.sleep(3000.0)

    assert damp == pytest.approx(80.0 - 35.0 * math.exp(-1.0), abs=0.3)
    assert rig.water.read().humidity == pytest.approx(45.0, abs=0.1)
    assert not rig.chamber.read().regulates


def test_the_air_follows_and_drifts_back_when_it_is_off(rig: Rig) -> None:
    rig.chamber.regulate(45.0)
    rig.clock.sleep(600.0)
    warm = rig.chamber.read().celsius
    rig.chamber.make_safe()
    rig.clock.sleep(6000.0)

    assert warm == pytest.approx(45.0 - 20.0 * math.exp(-1.0), abs=0.1)
    assert rig.chamber.read().celsius == pytest.approx(25.0, abs=0.1)


def test_the_simulated_cell_in_it_conducts_better(rig: Rig) -> None:
    socket = rig.world.socket("vsp300/1")
    cell = socket.cell
    cold = cell.voltage(1e-3) - cell.voltage()
    rig.chamber.regulate(45.0)
    rig.clock.sleep(7200.0)
    socket.bring_to(rig.clock.now())

    warm = cell.voltage(1e-3) - cell.voltage()
    falls = math.exp(15e3 / 8.314462618 * (1 / 318.15 - 1 / 298.15))
    assert warm / cold == pytest.approx(falls, rel=1e-3)


def test_a_resumed_bench_is_as_warm_as_it_was(rig: Rig) -> None:
    rig.chamber.regulate(45.0)
    rig.clock.sleep(600.0)
    before, state = rig.chamber.read(), rig.world.snapshot()
    other = Rig()
    other.world.restore(state)

    after = other.chamber.read()
    other.device.close()
    assert after.celsius == pytest.approx(before.celsius, abs=0.01)
    assert (after.setpoint, after.regulates) == (45.0, True)


def test_a_bench_has_one_chamber(rig: Rig) -> None:
    with pytest.raises(OperatorError, match="in the chamber oven already"):
        plugins.twin("kb53")(Setup("second", "kb53", "X"), rig.world, rig.clock)
