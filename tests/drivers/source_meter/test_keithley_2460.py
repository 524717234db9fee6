"""A 2460 is a 2450 with 7 A and 105 V: what it takes, what it refuses."""

import pytest
from meter_rig import MeterRig
from pairs import driver_of, twin_alone

from drivers.keithley.keithley_2460 import Keithley2460
from drivers.twins.scpi.exchange import Exchange
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from labctl.clock import VirtualClock
from labctl.errors import IdentityError, LimitError
from labctl.roles.capability import capability_of
from labctl.roles.driver import Setup
from labctl.roles.source_meter import Driven, SourceSettings

ADDRESS = "GPIB0::5::INSTR"
SETUP = Setup("smu", "keithley-2460", ADDRESS)


@pytest.fixture
def twin() -> Exchange:
    return twin_alone(
        "keithley-2460", SETUP, Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0)), VirtualClock()
    )


@pytest.fixture
def meter(twin: Exchange) -> Keithley2460:
    opened = driver_of("keithley-2460").open(
        LabsimLibrary.around({ADDRESS: twin}), SETUP, VirtualClock()
    )
    found = opened.roles[""]
    assert isinstance(found, Keithley2460)
    return found


def test_it_measures_ten_kiloohm(meter: Keithley2460) -> None:
    meter.prepare(SourceSettings(Driven.VOLTAGE, 5.0, 1e-2))

    setpoint, reading = meter.point(5.0)

    assert setpoint == 5.0
    assert reading.voltage / reading.current == pytest.approx(1e4, rel=1e-3)


@pytest.mark.parametrize(
    "settings",
    [
        SourceSettings(Driven.VOLTAGE, 110.0, 1e-3),
        SourceSettings(Driven.VOLTAGE, 1.0, 7.5),
        SourceSettings(Driven.CURRENT, 7.5, 1.0),
    ],
)
def test_what_it_has_not_is_refused(
    meter: Keithley2460, settings: SourceSettings
) -> None:
    with pytest.raises(LimitError):
        meter.prepare(settings)


def test_it_takes_seven_amperes_where_a_2450_takes_one(meter: Keithley2460) -> None:
    held = meter.prepare(SourceSettings(Driven.VOLTAGE, 5.0, 7.0))

    assert held.compliance == pytest.approx(7.0)


def test_the_twin_refuses_seven_amperes_at_twenty_volts(twin: Exchange) -> None:
    for message in (":SOUR:FUNC VOLT", ":SOUR:VOLT:RANG 20", ":SOUR:VOLT:ILIM 7"):
        twin.execute(message)

    assert [code for code, _ in twin.status.errors] == [-221]


def test_a_2450_is_no_2460(twin: Exchange) -> None:
    with pytest.raises(IdentityError, match="2460, not a 2450"):
        driver_of("keithley-2450").open(
            LabsimLibrary.around({ADDRESS: twin}), SETUP, VirtualClock()
        )


def test_a_channel_says_that_it_has_no_sine_and_guesses_its_current() -> None:
    facts = capability_of(MeterRig("2460").channel)

    assert facts is not None
    assert facts.impedance is False
    assert facts.galvanostat
    assert facts.potentiostat
    assert facts.current == 7.35
    assert "current" in facts.assumed
