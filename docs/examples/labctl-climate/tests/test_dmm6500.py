"""The DMM6500: its bytes, its role over its twin, and what it refuses."""

import pytest
from labctl_climate.dmm6500 import Dmm6500
from pymeasure.test import expected_protocol

from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from labctl import plugins
from labctl.clock import VirtualClock
from labctl.errors import IdentityError, LimitError
from labctl.roles.driver import Setup
from labctl.roles.identity import Identity
from labctl.roles.playing import plays
from labctl.roles.voltmeter import Voltmeter, VoltmeterSettings

SETUP = Setup("dmm", "dmm6500", "TCPIP::10.0.0.7::5025::SOCKET")
PELLET = Pellet(1e-3, 1e-4, 1e-3, 0.0, emf=0.5)


@pytest.fixture
def device():
    clock, driver = VirtualClock(0.0), plugins.driver("dmm6500")
    wire = plugins.twin("dmm6500")(SETUP, Circuit(PELLET), clock)
    opened = driver.open(wire, SETUP, clock)
    yield opened
    opened.close()


def test_a_reading_is_one_message() -> None:
    identity = Identity("KEITHLEY", "DMM6500", "0434", "1.7", SETUP.address)
    pairs = [(":READ?", "+1.500000E-03"), (":READ?", "+9.9E37")]
    with expected_protocol(
        Dmm6500, pairs, identity=identity, setup=SETUP, clock=VirtualClock(0.0)
    ) as meter:
        assert meter.read().voltage == 1.5e-3
        assert meter.read().overflow


def test_it_plays_a_voltmeter_within_its_accuracy(device) -> None:
    meter = device.roles[""]
    held = meter.prepare(VoltmeterSettings(nplc=2.0, range=0.9, averages=4))

    assert plays(meter, Voltmeter)
    assert (held.nplc, held.range, held.averages) == (2.0, 1.0, 4)
    assert meter.read().voltage == pytest.approx(0.5, abs=4e-5 * 0.5 + 4e-5)


def test_pymeasures_own_class_talks_on_the_same_link(device) -> None:
    device.roles[""].prepare(VoltmeterSettings(nplc=2.0))

    assert device.instrument.ask(":SENS:VOLT:NPLC?").strip() == "+2.000000E+00"


@pytest.mark.parametrize(
    "settings",
    [
        VoltmeterSettings(range=2000.0),
        VoltmeterSettings(nplc=20.0),
        VoltmeterSettings(averages=101),
    ],
)
def test_nothing_is_clipped(device, settings: VoltmeterSettings) -> None:
    with pytest.raises(LimitError, match="dmm: "):
        device.roles[""].prepare(settings)


def test_another_instrument_at_the_address_is_refused() -> None:
    clock = VirtualClock(0.0)
    other = plugins.twin("keithley-2000")(SETUP, Circuit(PELLET), clock)

    with pytest.raises(IdentityError, match="not a DMM6500"):
        plugins.driver("dmm6500").open(other, SETUP, clock)
