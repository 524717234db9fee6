"""Text passes by PyVISA's resources as it passes through them."""

import warnings
from typing import Any

import pytest
from pairs import twin_alone
from pyvisa.resources import GPIBInstrument, MessageBasedResource, PXIInstrument

from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from drivers.visa import straight_way
from drivers.visa.door import Door
from labctl.clock import VirtualClock
from labctl.errors import LinkError
from labctl.roles.driver import Setup

GPIB = "GPIB0::24::INSTR"
LONG = b"7" * (3 * MessageBasedResource.chunk_size + 5)


class Chatty(LabsimLibrary):
    """Warns of an answer that goes on, as the makers' libraries do."""

    def read(self, session: Any, count: int) -> Any:
        data, status = super().read(session, count)
        return data, self.handle_return_value(session, status)


class Addressed(GPIBInstrument):
    """Has a detour, as an instrument behind a controller."""

    def write_raw(self, message: bytes) -> int:
        return super().write_raw(b"++addr 24\n" + message)


@pytest.fixture
def twin() -> Any:
    clock = VirtualClock(0.0)
    circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
    return twin_alone("keithley-2400", Setup("smu", "smu", GPIB), circuit, clock)


@pytest.fixture
def door(twin: Any) -> Door:
    made = Door(Chatty.around({GPIB: twin}), GPIB, "smu", {})
    made.open(1.0)
    return made


def test_an_answer_of_many_chunks_comes_whole_and_without_a_warning(
    twin: Any, door: Door
) -> None:
    twin.tamper = lambda _: LONG + b"\n"
    door.write("*OPC?")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert door.read(1.0) == LONG.decode()


def test_that_still_holds_after_pyvisa_read_by_itself(twin: Any, door: Door) -> None:
    door.write("*OPC?")
    assert door.read_bytes(2, 1.0, to_the_end=False) == b"1\n"
    twin.tamper = lambda _: LONG + b"\n"
    door.write("*OPC?")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert door.read(1.0) == LONG.decode()


def test_the_bytes_are_those_that_the_resource_would_send(
    twin: Any, door: Door
) -> None:
    heard: list[bytes] = []
    twin.receive = lambda data, _: heard.append(data)
    door.connection.write_termination = ";\n"

    door.write("*CLS")
    door.connection.write("*CLS")

    assert heard == [b"*CLS;\n", b"*CLS;\n"]


def test_a_session_that_was_closed_elsewhere_is_no_link(door: Door) -> None:
    door.connection.close()

    with pytest.raises(LinkError, match="was not taken"):
        door.write("*CLS")
    with pytest.raises(LinkError, match="no answer"):
        door.read(1.0)


def test_what_has_a_detour_goes_its_own_way() -> None:
    assert straight_way.is_open_to(GPIBInstrument)
    assert not straight_way.is_open_to(Addressed)
    assert not straight_way.is_open_to(PXIInstrument)  # has no messages
