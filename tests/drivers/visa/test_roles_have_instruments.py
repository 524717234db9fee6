"""A role has PyMeasure's instrument, on one link with it, and is none itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from pairs import driver_of, twin_alone
from pymeasure.instruments import Instrument

from drivers.twins.scpi.exchange import Exchange
from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from drivers.visa.opening import Opened, VisaDriver
from drivers.visa.talk import Talk
from labctl import plugins
from labctl.clock import VirtualClock
from labctl.errors import LinkError
from labctl.roles.driver import Setup
from labctl.roles.source_meter import Driven, SourceSettings
from labctl.roles.voltmeter import VoltmeterSettings

ADDRESS = "GPIB0::5::INSTR"
PELLET = Pellet(1e-3, 1e-4, 1e-3, 0.0)
"""10 kΩ."""
VISA = [
    name
    for name in plugins.names(plugins.DRIVERS)
    if isinstance(plugins.driver(name), VisaDriver)
]
OPTIONS: dict[str, dict[str, Any]] = {
    "julabo": {"lowest": 5.0, "highest": 90.0},
    "keithley-2000-thermometer": {"sensor": "Pt100"},
    "keithley-2182a-thermometer": {"sensor": "K", "junction": "internal"},
    "keithley-daq6510": {"inputs": {1: {"channel": 101, "sensor": "K"}}},
}
"""What some cannot be opened without."""
PYMEASURE = {
    "keithley-2000": ("Keithley2000", {"mode": "voltage", "voltage_nplc": 1.0}),
    "keithley-2182a": ("Keithley2182", {"voltage_nplc": 5.0}),
    "keithley-2400": ("Keithley2400", {"source_mode": "voltage"}),
    "keithley-2450": ("Keithley2450", {"source_enabled": False}),
    "keithley-2636b": ("Keithley2600", {}),
    "keithley-6221": ("Keithley6221", {"source_enabled": False}),
    "keithley-6517b": ("Keithley6517B", {"source_enabled": False}),
    "lakeshore-425": ("LakeShore425", {"unit": "T"}),
}
"""PyMeasure's class, and what some of its properties say of a fresh twin."""


class Bench:
    """Drivers opened over their twins, on a socket or a bus."""

    def __init__(self) -> None:
        self.clock = VirtualClock(0.0)
        self.opened: list[Opened] = []

    def open(self, driver: str, address: str = ADDRESS) -> tuple[Opened, Exchange]:
        setup = Setup("bench", driver, address, OPTIONS.get(driver, {}))
        twin = twin_alone(driver, setup, Circuit(PELLET), self.clock)
        library = LabsimLibrary.around({address: twin})
        opened = driver_of(driver).open(library, setup, self.clock)
        self.opened.append(opened)
        return opened, twin


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    for opened in made.opened:
        opened.close()


@pytest.mark.parametrize("name", VISA)
def test_the_instrument_is_asked_and_answers_as_pymeasure_means_it(
    bench: Bench, name: str
) -> None:
    opened, _ = bench.open(name)

    introduction = driver_of(name).introduction

    answer = opened.instrument.ask(introduction.question).strip()

    assert introduction.parse(answer, ADDRESS) == opened.identity()


@pytest.mark.parametrize("name", VISA)
def test_no_role_is_an_instrument(bench: Bench, name: str) -> None:
    opened, _ = bench.open(name)

    for role in opened.roles.values():
        assert not isinstance(role, Instrument)
        assert getattr(role, "instrument", None) is opened.instrument


def test_a_role_that_is_an_instrument_too_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="Acme100: a role has an instrument"):
        type("Acme100", (Talk, Instrument), {})


@pytest.mark.parametrize(
    ("name", "cls", "properties"), [(n, *row) for n, row in PYMEASURE.items()]
)
def test_pymeasures_own_class_is_taken_where_it_has_one(
    bench: Bench, name: str, cls: str, properties: dict[str, Any]
) -> None:
    instrument = bench.open(name)[0].instrument

    assert type(instrument).__name__ == cls
    assert type(instrument).__module__.startswith("pymeasure.instruments.")
    assert {key: getattr(instrument, key) for key in properties} == properties


@pytest.mark.parametrize("address", [ADDRESS, "TCPIP::10.0.0.7::5025::SOCKET"])
def test_role_and_instrument_take_turns_on_one_link(bench: Bench, address: str) -> None:
    opened, _ = bench.open("keithley-2000", address)
    role: Any = opened.roles[""]
    instrument: Any = opened.instrument
    held = role.prepare(VoltmeterSettings(nplc=2.0, range=0.5))

    seen = [(instrument.voltage_nplc, role.read().overflow) for _ in range(3)]

    assert (held.nplc, held.range) == (2.0, 1.0)
    assert seen == [(2.0, False)] * 3
    assert opened.link_counts.repeated == opened.link_counts.reopened == 0


def test_what_is_said_by_hand_is_never_sent_twice(bench: Bench) -> None:
    opened, twin = bench.open("keithley-2450")
    role: Any = opened.roles[""]
    role.prepare(SourceSettings(Driven.VOLTAGE, 1.0, 1e-3))
    role.drive(0.1)
    opened.instrument.write(":SOUR:VOLT 0.2")

    def lose(_: bytes) -> None:
        twin.tamper = None

    twin.tamper = lose

    with pytest.raises(LinkError, match=r"SOUR:VOLT 0\.2.*not sent twice"):
        role.measure()


def test_an_answer_that_stays_out_is_owed_and_mended_for_the_role(
    bench: Bench,
) -> None:
    opened, twin = bench.open("keithley-2182a")
    role: Any = opened.roles[""]
    role.prepare(VoltmeterSettings())
    twin.deaf = True
    with pytest.raises(LinkError):
        opened.instrument.ask("*IDN?")
    twin.deaf = False

    reading = role.read()

    assert not reading.overflow
    assert opened.link_counts.cleared == 1


def test_a_475_gets_its_pause_by_hand_as_from_its_role(bench: Bench) -> None:
    opened, _ = bench.open("lakeshore-475")
    began = bench.clock.now()

    for unit in (1, 2):
        opened.instrument.write(f"UNIT {unit}")

    assert bench.clock.now() - began >= 2 * 0.05
    assert opened.instrument.ask("UNIT?").strip() == "2"


@pytest.mark.parametrize("name", ["lakeshore-475", "lakeshore-643", "keithley-7001"])
def test_an_error_by_hand_is_found_where_the_instrument_keeps_it(
    bench: Bench, name: str
) -> None:
    instrument = bench.open(name)[0].instrument
    before = instrument.check_errors()
    instrument.write("NONSENSE 1")

    errors = instrument.check_errors()

    assert before == []
    assert len(errors) == 1
    assert instrument.check_errors() == []
