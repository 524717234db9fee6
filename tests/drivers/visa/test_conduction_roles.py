"""Every driver keeps the contract of its roles over its twin, and fails loudly."""

import math
from typing import Any

import numpy as np
import pytest
from pairs import driver_of, twin_alone, twin_of

from drivers.twins.scpi.exchange import Exchange
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Film, Particle, Pellet, Specimen
from drivers.visa.opening import Opened
from labctl.clock import VirtualClock
from labctl.errors import (
    FirmwareError,
    IdentityError,
    InstrumentError,
    LimitError,
    LinkError,
    RefusedError,
)
from labctl.roles.current_source import CurrentSettings
from labctl.roles.delta_meter import DeltaReadings, DeltaSettings
from labctl.roles.driver import Setup
from labctl.roles.electrometer import ElectrometerSettings
from labctl.roles.source_meter import Driven, SourceSettings
from labctl.roles.switch_matrix import Connection
from labctl.roles.voltmeter import VoltmeterSettings

PELLET = Pellet(1e-3, 1e-4, 1e-3, 0.0)
"""10 kΩ."""
ADDRESS = "GPIB0::5::INSTR"
METERS = {
    "2400": ("keithley-2400", ""),
    "2450": ("keithley-2450", ""),
    "2636B": ("keithley-2636b", "a"),
    "6430": ("keithley-6430", ""),
    "B2901A": ("keysight-b2901a", ""),
}
VOLTMETERS = {"2182A": "keithley-2182a", "2000": "keithley-2000"}
ELECTROMETERS = {"6487": "keithley-6487", "6517B": "keithley-6517b"}


class Rig:
    """One clock, one circuit, drivers opened over their twins."""

    def __init__(self, specimen: Specimen = PELLET) -> None:
        self.clock = VirtualClock(0.0)
        self.circuit = Circuit(specimen)
        self.opened: list[Opened] = []
        self.twin: Exchange | None = None

    def open(
        self, driver: str, role: str = "", options: Any = None, **simulated: Any
    ) -> Any:
        setup = Setup("bench", "x", ADDRESS, options or {}, simulated)
        self.twin = twin_alone(driver, setup, self.circuit, self.clock)
        library = LabsimLibrary.around({ADDRESS: self.twin})
        opened = driver_of(driver).open(library, setup, self.clock)
        self.opened.append(opened)
        return opened.roles[role]

    def close(self) -> None:
        for opened in self.opened:
            opened.close()


@pytest.fixture
def rig() -> Any:
    made = Rig()
    yield made
    made.close()


def is_on(rig: Rig) -> bool:
    return rig.circuit.source.on


def volts(span: float = 1.0, compliance: float = 1e-3, **more: Any) -> SourceSettings:
    return SourceSettings(Driven.VOLTAGE, span, compliance, **more)


def amperes(span: float = 1e-4, compliance: float = 3.0, **more: Any) -> SourceSettings:
    return SourceSettings(Driven.CURRENT, span, compliance, **more)


meters = pytest.mark.parametrize("model", METERS)


@meters
def test_a_source_meter_finds_ten_kiloohm_both_ways(rig: Rig, model: str) -> None:
    meter = rig.open(*METERS[model])

    meter.prepare(volts(four_wire=True))
    setpoint, reading = meter.point(0.8)
    assert setpoint == pytest.approx(0.8)
    assert reading.voltage / reading.current == pytest.approx(1e4, rel=5e-3)
    meter.make_safe()

    meter.prepare(amperes(four_wire=True))
    assert meter.drive(-5e-5) == pytest.approx(-5e-5)
    reading = meter.measure()
    assert reading.voltage / reading.current == pytest.approx(1e4, rel=5e-3)
    assert not reading.in_compliance
    assert not reading.overflow


@meters
def test_errors_of_a_reading_lie_within_the_accuracy_it_states(
    rig: Rig, model: str
) -> None:
    meter = rig.open(*METERS[model])
    meter.prepare(volts(four_wire=True, nplc=10))

    _, reading = meter.point(1.0)

    allowed = meter.voltage_accuracy.gain + meter.voltage_accuracy.offset
    assert abs(reading.voltage - 1.0) < 1.1 * allowed + 1e-5
    current = meter.current_accuracy
    assert abs(reading.current - 1e-4) < 1.2 * (current.gain * 1e-4 + current.offset)


@meters
def test_settings_come_back_as_the_instrument_holds_them(rig: Rig, model: str) -> None:
    meter = rig.open(*METERS[model])
    asked = volts(0.9, 5e-4, nplc=2.0, four_wire=True, delay=0.02, measure_range=9e-4)

    held = meter.prepare(asked)

    assert held.span == 0.9
    assert held.compliance == pytest.approx(5e-4)
    assert held.nplc == 2.0
    assert held.four_wire is True
    assert held.delay == pytest.approx(0.02)
    told = 1.05e-3 if model in {"2400", "6430"} else 1e-3  # some say their over-range
    assert held.measure_range == pytest.approx(told)


@meters
def test_compliance_is_flagged_and_holds_the_current(rig: Rig, model: str) -> None:
    meter = rig.open(*METERS[model])
    meter.prepare(volts(compliance=2e-5))

    _, reading = meter.point(1.0)

    assert reading.in_compliance
    assert reading.current == pytest.approx(2e-5, rel=1e-2)


@meters
def test_a_hundred_nanoamperes_are_not_rounded_to_nothing(rig: Rig, model: str) -> None:
    meter = rig.open(*METERS[model])
    meter.prepare(amperes(2e-7, 1.0))

    assert meter.drive(1.234567e-7) == pytest.approx(1.234567e-7, rel=1e-6)
    assert rig.circuit.source.level == pytest.approx(1.234567e-7, rel=1e-6)


BEYOND = [
    volts(span=300.0),
    volts(compliance=5.0),
    volts(compliance=0.0),
    volts(nplc=0.0),
    volts(delay=-1.0),
    volts(span=math.nan),
    amperes(span=3.0),
    amperes(compliance=1000.0),
]


@meters
@pytest.mark.parametrize("settings", BEYOND)
def test_settings_beyond_the_meter_are_refused_before_a_byte_is_sent(
    rig: Rig, model: str, settings: SourceSettings
) -> None:
    meter = rig.open(*METERS[model])
    sent: list[str] = []
    assert rig.twin is not None
    rig.twin.execute = sent.append  # type: ignore[assignment,method-assign]

    with pytest.raises(LimitError, match="bench"):
        meter.prepare(settings)
    assert sent == []


@meters
@pytest.mark.parametrize("level", [1.01, -1.01, math.nan, math.inf])
def test_a_level_beyond_the_prepared_span_is_refused_not_clipped(
    rig: Rig, model: str, level: float
) -> None:
    meter = rig.open(*METERS[model])
    meter.prepare(volts())

    for act in (meter.drive, meter.point):
        with pytest.raises(LimitError, match="level"):
            act(level)
    assert not rig.circuit.source.on


@meters
def test_the_output_stays_off_until_it_is_driven_and_ends_off(
    rig: Rig, model: str
) -> None:
    meter = rig.open(*METERS[model])

    meter.prepare(volts())
    assert not is_on(rig)
    with pytest.raises(InstrumentError):
        meter.measure()
    meter.drive(0.5)
    assert is_on(rig)
    meter.make_safe()
    assert not is_on(rig)


@meters
def test_driving_what_was_not_prepared_is_refused(rig: Rig, model: str) -> None:
    meter = rig.open(*METERS[model])

    with pytest.raises(InstrumentError, match="not prepared"):
        meter.drive(0.1)


@meters
def test_a_reading_that_does_not_fit_is_no_number(rig: Rig, model: str) -> None:
    meter = rig.open(*METERS[model])
    meter.prepare(amperes(1e-4, 10.0))
    rig.circuit.source.limit = 1e9
    meter.drive(1e-4)
    assert rig.twin is not None
    answer = {"2636B": b"1e-4\t9.91e37\tfalse\t1", "2450": b"1E-4,9.9E37,1.0;0"}
    usual = b"+9.900000E+37,+1.000000E-04,+9.91E+37,+1.0E+00,+1"
    answer["B2901A"] = b"+9.910000E+37,+1.0E-04,+1.0;0"
    reply = answer.get(model, usual)
    assert rig.twin is not None
    mark = b"\t" if model == "2636B" else b";"

    def tamper(real: bytes) -> bytes:
        if len(real) < 12:
            return real
        return reply + mark + real.rpartition(mark)[2]

    rig.twin.tamper = tamper

    reading = meter.measure()

    assert reading.overflow
    assert math.isnan(reading.voltage)


@meters
def test_nonsense_is_an_instrument_error(rig: Rig, model: str) -> None:
    meter = rig.open(*METERS[model])
    meter.prepare(volts())
    meter.drive(0.1)
    assert rig.twin is not None
    assert rig.twin is not None
    rig.twin.tamper = lambda _real: b"\x7fgarbage\n"

    with pytest.raises(InstrumentError):
        meter.measure()


@meters
def test_silence_is_a_link_error(rig: Rig, model: str) -> None:
    meter = rig.open(*METERS[model])
    meter.prepare(volts())
    assert rig.twin is not None
    rig.twin.deaf = True

    with pytest.raises(LinkError, match="bench"):
        meter.drive(0.1)


ALL = {
    **{name: driver for name, (driver, _) in METERS.items()},
    **VOLTMETERS,
    **ELECTROMETERS,
    "6221": "keithley-6221",
    "7001": "keithley-7001",
    "475": "lakeshore-475",
    "425": "lakeshore-425",
    "643": "lakeshore-643",
}


@pytest.mark.parametrize("model", ALL)
def test_another_instrument_at_the_address_gets_only_the_question(model: str) -> None:
    rig = Rig()
    setup = Setup("bench", "x", ADDRESS)
    other = "7001" if model != "7001" else "2400"
    twin = twin_alone(ALL[other], setup, rig.circuit, rig.clock)
    heard: list[str] = []
    honest = twin.execute

    def listen(message: str) -> Any:
        heard.append(message)
        return honest(message)

    twin.execute = listen  # type: ignore[method-assign]

    with pytest.raises(IdentityError, match="nothing was sent"):
        driver_of(ALL[model]).open(
            LabsimLibrary.around({ADDRESS: twin}), setup, rig.clock
        )
    assert heard == ["*IDN?"]


@pytest.mark.parametrize("model", ALL)
def test_another_serial_number_is_refused(model: str) -> None:
    rig = Rig()
    setup = Setup("bench", "x", ADDRESS, {"serial": "0815"})

    with pytest.raises(IdentityError, match="0815"):
        driver_of(ALL[model]).open(
            twin_of(ALL[model])(setup, rig.circuit, rig.clock), setup, rig.clock
        )


@pytest.mark.parametrize("model", ALL)
def test_nobody_at_the_address_is_a_link_error(model: str) -> None:
    setup = Setup("bench", "x", "GPIB0::9::INSTR")

    with pytest.raises(LinkError, match="check cable"):
        driver_of(ALL[model]).open(LabsimLibrary.around({}), setup, VirtualClock(0.0))


def test_a_2450_in_another_language_is_refused_with_the_cure(rig: Rig) -> None:
    with pytest.raises(FirmwareError, match="Command Set"):
        rig.open("keithley-2450", language="SCPI2400")


def test_the_2400_with_an_open_interlock_stays_off(rig: Rig) -> None:
    meter = rig.open("keithley-2400", interlock_open=True)
    meter.prepare(volts())

    with pytest.raises(InstrumentError, match="interlock"):
        meter.drive(0.1)
    with pytest.raises(InstrumentError, match=r"80[23]"):
        meter.measure()


@pytest.mark.parametrize("model", VOLTMETERS)
def test_a_voltmeter_reads_what_the_source_leaves(rig: Rig, model: str) -> None:
    meter = rig.open(VOLTMETERS[model])
    source = rig.open("keithley-6221")
    held = meter.prepare(VoltmeterSettings(nplc=5, range=10.0, averages=3))
    source.prepare(CurrentSettings(1e-4, 10.0))

    source.drive(1e-4)
    reading = meter.read()

    assert (held.nplc, held.averages) == (5, 3)
    assert reading.voltage == pytest.approx(1.0, rel=2e-3)
    assert not reading.overflow


@pytest.mark.parametrize("model", VOLTMETERS)
def test_a_voltmeter_says_when_its_range_is_too_small(rig: Rig, model: str) -> None:
    meter = rig.open(VOLTMETERS[model])
    source = rig.open("keithley-6221")
    meter.prepare(VoltmeterSettings(range=0.1))
    source.prepare(CurrentSettings(1e-4, 10.0))
    source.drive(1e-4)

    reading = meter.read()

    assert reading.overflow
    assert math.isnan(reading.voltage)


@pytest.mark.parametrize("model", VOLTMETERS)
@pytest.mark.parametrize(
    "settings",
    [
        VoltmeterSettings(nplc=1e4),
        VoltmeterSettings(averages=0),
        VoltmeterSettings(range=2000.0),
    ],
)
def test_a_voltmeter_refuses_what_it_has_not(
    rig: Rig, model: str, settings: VoltmeterSettings
) -> None:
    with pytest.raises(LimitError):
        rig.open(VOLTMETERS[model]).prepare(settings)


def test_the_6221_refuses_currents_pymeasure_would_clip(rig: Rig) -> None:
    source = rig.open("keithley-6221")

    with pytest.raises(LimitError, match=r"0\.2 A is beyond ±0\.105"):
        source.prepare(CurrentSettings(0.2, 10.0))
    with pytest.raises(LimitError):
        source.prepare(CurrentSettings(1e-3, 200.0))
    source.prepare(CurrentSettings(1e-3, 10.0))
    with pytest.raises(LimitError, match="current"):
        source.drive(2e-3)


def test_the_6221_says_when_it_is_in_compliance_and_ends_off(rig: Rig) -> None:
    source = rig.open("keithley-6221")
    source.prepare(CurrentSettings(1e-3, 2.0))

    source.drive(1e-3)

    assert source.in_compliance()
    source.make_safe()
    assert not rig.circuit.source.on


def test_the_6221_with_an_open_interlock_is_refused(rig: Rig) -> None:
    source = rig.open("keithley-6221", interlock_open=True)

    with pytest.raises(InstrumentError, match="interlock"):
        source.prepare(CurrentSettings(1e-3, 10.0))


def collected(rig: Rig, source: Any) -> list[DeltaReadings]:
    """Ask every half second until the delta measurement is done."""
    found: list[DeltaReadings] = []
    while not found or not found[-1].done:
        rig.clock.sleep(0.5)
        found.append(source.collect())
    return found


def test_delta_cancels_a_drifting_emf() -> None:
    rig = Rig(Pellet(1.0, 1e-4, 1e-3, 0.0, emf=5e-5))
    rig.circuit.emf_drift = 1e-6
    source = rig.open("keithley-6221")

    high = source.arm(DeltaSettings(1e-3, 10.0, count=30, voltage_range=0.1))
    source.start()
    found = collected(rig, source)
    source.make_safe()

    rig.close()
    voltage = np.concatenate([each.voltage for each in found])
    assert high == found[0].current == 1e-3
    assert voltage.shape == (30,)
    assert voltage.mean() == pytest.approx(1e-2, rel=1e-3)
    assert voltage.std() < 2e-7
    assert not any(each.in_compliance.any() for each in found)
    assert not rig.circuit.source.on


def test_delta_readings_come_while_it_runs_each_of_them_once(rig: Rig) -> None:
    source = rig.open("keithley-6221")
    source.arm(DeltaSettings(1e-5, 10.0, count=200, nplc=1))
    source.start()

    found = collected(rig, source)

    time = np.concatenate([each.time for each in found])
    assert len(found) > 5
    assert len(time) == 200
    assert np.all(np.diff(time) > 0)


def test_a_delta_that_is_stopped_still_gives_what_it_has_read(rig: Rig) -> None:
    source = rig.open("keithley-6221")
    source.arm(DeltaSettings(1e-5, 10.0, count=1000, nplc=5))
    source.start()
    rig.clock.sleep(2.0)
    source.make_safe()

    rig.clock.sleep(60.0)
    found = source.collect()

    # 2 s at 5 PLC, 2 ms delay and 5 ms beside: 18 conversions, 16 values of three.
    assert len(found.voltage) == pytest.approx(16, abs=1)
    assert found.done
    assert not is_on(rig)


def test_nothing_of_an_earlier_delta_is_collected(rig: Rig) -> None:
    source = rig.open("keithley-6221")
    source.arm(DeltaSettings(1e-5, 10.0, count=20))
    source.start()
    rig.clock.sleep(5.0)
    source.make_safe()

    source.arm(DeltaSettings(2e-5, 10.0, count=20))
    source.make_safe()
    found = source.collect()

    assert found.done
    assert len(found.voltage) == 0


def test_delta_readings_that_stay_away_are_an_error(rig: Rig) -> None:
    source = rig.open("keithley-6221")
    source.arm(DeltaSettings(1e-5, 10.0, count=20))
    source.start()
    assert rig.twin is not None
    rig.twin.execute(":SOUR:SWE:ABOR")  # somebody at the front panel
    rig.clock.sleep(60.0)

    with pytest.raises(InstrumentError, match="0 of 20 delta readings"):
        source.collect()


@pytest.mark.parametrize("said", ["+9.91E37", "7.5", "21", "-1", "OVERFLOW"])
def test_a_number_of_delta_readings_that_cannot_be_is_refused(
    rig: Rig, said: str
) -> None:
    source = rig.open("keithley-6221")
    source.arm(DeltaSettings(1e-5, 10.0, count=20))
    source.start()
    assert rig.twin is not None
    rig.twin.tamper = lambda _answer: said.encode() + b"\n"

    with pytest.raises(InstrumentError):
        source.collect()


def test_delta_without_a_2182a_says_what_to_plug_in(rig: Rig) -> None:
    source = rig.open("keithley-6221", nanovoltmeter=False)

    with pytest.raises(InstrumentError, match="RS-232"):
        source.arm(DeltaSettings(1e-3, 10.0))


@pytest.mark.parametrize("model", ELECTROMETERS)
def test_an_electrometer_corrects_its_zero_and_reads_picoamperes(model: str) -> None:
    rig = Rig(Particle(1e-11))
    meter = rig.open(ELECTROMETERS[model])
    source = rig.open("keithley-2400")
    meter.prepare(ElectrometerSettings(nplc=5, range=2e-9))
    source.prepare(volts())
    source.drive(1.0)

    reading = meter.read()

    rig.close()
    assert reading.current == pytest.approx(1e-11, abs=1e-12)
    assert not reading.overflow


def test_the_6487_plays_a_source_meter_that_holds_a_voltage(rig: Rig) -> None:
    bias = rig.open("keithley-6487", "bias")
    bias.prepare(volts(compliance=2.5e-3))

    setpoint, reading = bias.point(1.0)

    assert setpoint == 1.0
    assert reading.current == pytest.approx(1e-4, rel=1e-2)
    bias.make_safe()
    assert not rig.circuit.source.on
    with pytest.raises(LimitError, match="cannot hold a current"):
        bias.prepare(amperes())


FILM = Film.of("n", 1e21, 0.135, 5e-4, shape=0.62)


def test_the_switch_closes_four_relays_and_reads_them_back() -> None:
    rig = Rig(FILM)
    switch = rig.open("keithley-7001")

    closed = switch.connect(Connection(2, 1, 3, 4))

    assert closed == {"1!1!2", "1!2!1", "1!3!3", "1!4!4"}
    assert rig.circuit.closed == frozenset({(1, 2), (2, 1), (3, 3), (4, 4)})
    switch.make_safe()
    assert switch.closed() == frozenset()
    rig.close()


def test_a_contact_the_card_has_not_is_refused(rig: Rig) -> None:
    switch = rig.open("keithley-7001")

    with pytest.raises(RefusedError, match="contact 5"):
        switch.connect(Connection(5, 1, 3, 4))


def test_a_7065_takes_its_channels_from_a_table(rig: Rig) -> None:
    table = {"I21,V34": ["1!1", "1!11"]}
    wiring = {"1!1": (1, 2), "1!11": (2, 1)}
    switch = rig.open("keithley-7001", options={"table": table}, wiring=wiring)

    assert switch.connect(Connection(2, 1, 3, 4)) == {"1!1", "1!11"}
    with pytest.raises(RefusedError, match="I12,V34"):
        switch.connect(Connection(1, 2, 3, 4))


def test_a_missing_card_is_an_instrument_error(rig: Rig) -> None:
    switch = rig.open("keithley-7001", missing=["1!1!2"])

    with pytest.raises(InstrumentError, match="1!1!2"):
        switch.connect(Connection(2, 1, 3, 4))


def test_a_stuck_relay_shows_in_the_voltage() -> None:
    rig = Rig(FILM)
    switch = rig.open("keithley-7001", stuck_open=["1!3!3"])
    source, meter = rig.open("keithley-6221"), rig.open("keithley-2182a")
    source.prepare(CurrentSettings(1e-3, 10.0))
    meter.prepare(VoltmeterSettings())
    switch.connect(Connection(2, 1, 3, 4))

    source.drive(1e-3)

    assert abs(meter.read().voltage - 14.07e-3) > 5e-3
    rig.close()


def test_a_gaussmeter_reads_the_field_and_says_when_it_does_not_fit(rig: Rig) -> None:
    meter = rig.open("lakeshore-475")
    rig.circuit.magnet.aim(rig.clock.now(), 20.0, 1000.0)
    rig.clock.sleep(10.0)
    true = rig.circuit.field(rig.clock.now())

    assert meter.prepare(0.5) == 3.5
    assert meter.read().field == pytest.approx(true, rel=3e-3)
    assert meter.prepare(0.3) == 0.35
    reading = meter.read()
    assert reading.overflow
    assert math.isnan(reading.field)
    with pytest.raises(LimitError):
        meter.prepare(40.0)


def test_a_gaussmeter_without_a_probe_says_so(rig: Rig) -> None:
    meter = rig.open("lakeshore-475", probe=0)

    with pytest.raises(InstrumentError, match="no probe"):
        meter.read()


def test_a_supply_ramps_at_its_rate_and_says_when_it_is_there(rig: Rig) -> None:
    supply = rig.open("lakeshore-643", options={"rate": 5.0, "largest_current": 60.0})

    assert supply.ramp_to(20.0) == 20.0
    assert not supply.is_settled()
    rig.clock.sleep(2.0)
    assert 5.0 < supply.current() < 15.0
    rig.clock.sleep(2.5)
    assert supply.is_settled()
    assert supply.current() == pytest.approx(20.0, abs=1e-2)
    with pytest.raises(LimitError, match="60"):
        supply.ramp_to(61.0)


@pytest.mark.parametrize(
    ("fault", "word"),
    [({"interlock_open": True}, "interlock"), ({"water_missing": True}, "water")],
)
def test_a_supply_without_water_or_interlock_gets_no_current(
    rig: Rig, fault: dict[str, Any], word: str
) -> None:
    supply = rig.open("lakeshore-643", **fault)

    with pytest.raises(InstrumentError, match=word):
        supply.ramp_to(10.0)
    assert rig.circuit.magnet.ramp.last == 0.0


def test_a_supply_beyond_its_model_is_refused_with_all_complaints(rig: Rig) -> None:
    with pytest.raises(RefusedError) as caught:
        rig.open("lakeshore-643", options={"rate": 100.0, "largest_current": 90.0})
    assert len(caught.value.complaints) == 2


def _settle(rig: Rig, magnet: Any, deadline: float = 300.0) -> float:
    start = rig.clock.now()
    while not magnet.is_settled():
        rig.clock.sleep(0.25)
        assert rig.clock.now() - start < deadline
    return float(magnet.field())


def test_the_475_holds_a_field_in_closed_loop(rig: Rig) -> None:
    rig.open("lakeshore-643", options={"external": True})
    control = rig.open("lakeshore-475", "control", options={"largest_field": 1.0})

    control.ramp_to_field(0.4)

    assert _settle(rig, control) == pytest.approx(0.4, abs=5e-3)
