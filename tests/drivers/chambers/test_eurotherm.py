"""A Eurotherm: words, roles over pymodbus and the twin, spoiled replies, real TCP."""

import json
import math
import random
import socketserver
import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.eurotherm.registers import Numbers, Registers
from drivers.twins.eurotherm.controller import EurothermTwin
from drivers.twins.eurotherm.framing import answer_rtu, answer_tcp, crc
from drivers.twins.eurotherm.twin import TwinPort
from drivers.twins.world.world import BenchWorld
from labctl import plugins
from labctl.clock import SystemClock, VirtualClock
from labctl.errors import (
    InstrumentError,
    LimitError,
    LinkError,
    NotOursError,
    RefusedError,
)
from labctl.roles.chamber import Chamber
from labctl.roles.driver import Setup
from labctl.roles.playing import plays
from labctl.roles.safing_order import Stage, stage_of
from labctl.roles.thermometer import Thermometer

TCP, RTU = "192.168.0.20", "/dev/ttyUSB0"


class Rig:
    """A simulated furnace, opened by its driver."""

    def __init__(
        self, address: str = TCP, options: Any = None, **simulated: Any
    ) -> None:
        self.clock = VirtualClock(0.0)
        self.world = BenchWorld(self.clock)
        given = {"timeout": 1.0, "hold_link_for": 10.0, **(options or {})}
        self.setup = Setup("furnace", "eurotherm", address, given, simulated)
        port = plugins.twin("eurotherm")(self.setup, self.world, self.clock)
        assert isinstance(port, TwinPort)
        self.port, self.twin = port, port.twin
        self.device = plugins.driver("eurotherm").open(port, self.setup, self.clock)
        self.furnace: Any = self.device.roles[""]


@pytest.fixture(params=[TCP, RTU])
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    made = Rig(request.param)
    yield made
    made.device.close()


# ---- words


@given(st.floats(-1e6, 1e6, width=32))
def test_a_float_goes_there_and_back(value: float) -> None:
    numbers = Numbers()

    assert numbers.read(numbers.write(value, "x"), "x") == value


@given(st.integers(-32768, 32767), st.integers(0, 3))
def test_a_scaled_word_goes_there_and_back(word: int, decimals: int) -> None:
    numbers = Numbers(decimals)

    assert numbers.write(numbers.read([word & 0xFFFF], "x"), "x") == [word & 0xFFFF]


def test_what_has_no_room_in_a_word_is_refused() -> None:
    with pytest.raises(InstrumentError, match="has no room"):
        Numbers(2).write(400.0, "x")


@pytest.mark.parametrize("words", [[0x7FC0, 0], [0x7F80, 0], [0xFF80, 0]])
def test_a_float_that_is_no_number_is_an_error(words: list[int]) -> None:
    with pytest.raises(InstrumentError, match="where a number was expected"):
        Numbers().read(words, "x")


@given(st.binary(max_size=40))
def test_the_twin_answers_no_frame_that_is_none(frame: bytes) -> None:
    twin = EurothermTwin(VirtualClock(0.0))

    assert answer_rtu(frame, 1, twin) is None or frame[-2:] == crc(frame[:-2])
    answer_tcp(frame, 1, twin)


def test_the_checksum_is_that_of_the_serial_line_guide() -> None:
    assert crc(bytes([0x02, 0x07])) == bytes([0x41, 0x12])


# ---- roles


def test_it_plays_a_chamber_that_goes_off_after_the_sources(rig: Rig) -> None:
    assert plays(rig.furnace, Chamber)
    assert stage_of(rig.furnace) is Stage.HEATERS
    assert plays(rig.device.roles["sensor"], Thermometer)
    assert rig.device.identity().model == "type 3216"


def test_a_set_point_is_read_back_and_reached(rig: Rig) -> None:
    assert rig.furnace.regulate(300.0) == 300.0
    rig.clock.sleep(3 * 3600.0)

    reading = rig.furnace.read()

    assert reading.celsius == pytest.approx(300.0, abs=0.2)
    assert (reading.setpoint, reading.regulates, reading.faults) == (300.0, True, ())


def test_scaled_words_are_the_same_temperatures() -> None:
    rig = Rig(options={"numbers": "scaled", "decimals": 1})
    assert rig.furnace.regulate(80.5) == 80.5
    rig.clock.sleep(2 * 3600.0)

    assert rig.furnace.celsius() == pytest.approx(80.5, abs=0.2)
    assert (rig.furnace.bounds.lowest, rig.furnace.bounds.highest) == (0.0, 800.0)
    rig.device.close()


def test_a_ramp_is_the_instruments_own_and_goes_off_again(rig: Rig) -> None:
    rig.furnace.regulate(325.0, ramp=5.0 / 60.0)
    rig.clock.sleep(1800.0)
    half = rig.furnace.celsius()
    rig.furnace.regulate(325.0)

    # 300 K at 5 K/min take an hour
    assert half == pytest.approx(175.0, abs=5.0)
    assert rig.twin.values[35] == 0.0


def test_a_ramp_begins_where_it_is_and_not_where_it_was_sent_before(rig: Rig) -> None:
    rig.furnace.regulate(700.0)
    rig.furnace.make_safe()
    rig.furnace.regulate(100.0, ramp=1.0 / 60.0)
    rig.clock.sleep(600.0)

    # 10 K in ten minutes from the room's 25 °C, not down from 700 °C
    assert rig.furnace.celsius() == pytest.approx(35.0, abs=3.0)


def test_opening_and_reading_write_nothing(rig: Rig) -> None:
    rig.furnace.read()
    rig.furnace.celsius()

    assert rig.twin.writes == 0


def test_beyond_its_set_point_limits_nothing_is_sent(rig: Rig) -> None:
    for celsius in (-1.0, 801.0, math.nan):
        with pytest.raises(LimitError, match="furnace"):
            rig.furnace.regulate(celsius)
    with pytest.raises(LimitError, match="a ramp of 90 K/min"):
        rig.furnace.regulate(100.0, ramp=1.5)

    assert rig.twin.writes == 0


def test_what_is_there_already_is_not_written_again(rig: Rig) -> None:
    rig.furnace.regulate(300.0)
    before = rig.twin.writes
    rig.furnace.regulate(300.0)

    assert rig.twin.writes == before


def test_safe_is_manual_with_nothing_put_out(rig: Rig) -> None:
    rig.furnace.regulate(500.0)
    rig.clock.sleep(600.0)
    assert rig.twin.plant.share(rig.clock.now()) > 0.5
    rig.furnace.make_safe()

    assert rig.twin.plant.share(rig.clock.now()) == 0.0
    assert (rig.twin.values[273], rig.twin.values[3]) == (1, 0.0)
    assert not rig.furnace.read().regulates


def test_one_that_goes_on_heating_is_told(rig: Rig) -> None:
    rig.furnace.regulate(500.0)
    rig.clock.sleep(60.0)
    rig.twin.act = lambda: None  # type: ignore[method-assign]

    with pytest.raises(InstrumentError, match="puts out"):
        rig.furnace.make_safe()


def test_a_broken_sensor_reads_nothing_and_is_not_heated_by(rig: Rig) -> None:
    rig.twin.fail()

    assert math.isnan(rig.furnace.celsius())
    assert rig.furnace.read().faults == ("its sensor is broken",)
    with pytest.raises(InstrumentError, match="its sensor is broken"):
        rig.furnace.regulate(100.0)
    assert rig.twin.writes == 0


def test_a_program_of_somebody_else_is_left_alone(rig: Rig) -> None:
    rig.twin.values[23] = 1

    with pytest.raises(NotOursError, match="a program runs"):
        rig.furnace.regulate(100.0)
    with pytest.raises(NotOursError):
        rig.furnace.make_safe()
    assert rig.twin.writes == 0


def test_the_older_series_counts_its_program_otherwise() -> None:
    rig = Rig(options={"series": "2000"})
    rig.twin.values[23] = 1  # reset, there

    assert rig.furnace.regulate(100.0) == 100.0
    rig.device.close()


def test_an_instrument_without_some_registers_does_with_what_it_has() -> None:
    rig = Rig(
        options={"lowest": 0.0, "highest": 300.0},
        without=[23, 35, 111, 112, 122, 258, 4],
    )

    assert rig.furnace.bounds.fastest_ramp is None
    assert rig.furnace.regulate(100.0) == 100.0
    rig.furnace.make_safe()
    assert rig.twin.values[273] == 1
    rig.device.close()


def test_without_limits_of_its_own_the_configuration_must_say_them() -> None:
    with pytest.raises(RefusedError, match="lowest: and highest:"):
        Rig(without=[111])


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"unit": 300}, "options.unit"),
        ({"highst": 60.0}, "options.highst"),
        ({"parity": "mark"}, "options.parity"),
        ({"registers": {"targt": 2}}, "options.registers.targt"),
        ({"registers": {"target": "2"}}, "options.registers.target"),
        ({"numbers": "bcd"}, "options.numbers"),
    ],
)
def test_wrong_options_are_refused_by_their_place(options: Any, where: str) -> None:
    with pytest.raises(RefusedError, match=where):
        Rig(options=options)


def test_a_register_can_be_elsewhere() -> None:
    registers = Registers.of("x", {"registers": {"target": 24, "sensor_break": None}})

    assert (registers.target, registers.sensor_break) == (24, None)
    assert registers.process_value == 1


# ---- the link


def test_a_lost_line_comes_back_to_the_same_state(rig: Rig) -> None:
    rig.furnace.regulate(300.0)
    replies = iter([b"", b"\x00\x01"])
    rig.port.tamper = lambda sound: next(replies, sound)

    assert rig.furnace.read().setpoint == 300.0
    assert rig.furnace.link.reopened >= 1


def test_a_long_silence_is_a_link_error_in_bounded_time(rig: Rig) -> None:
    rig.port.silent = True
    began = rig.clock.now()

    with pytest.raises(LinkError, match="check cable, power and address"):
        rig.furnace.read()
    assert rig.clock.now() - began < 20.0


def test_one_that_was_changed_meanwhile_is_refused_until_told_again(rig: Rig) -> None:
    rig.furnace.regulate(300.0)
    rig.port.refusing = True
    with pytest.raises(LinkError):
        rig.furnace.read()
    rig.port.refusing = False
    rig.twin.values[2] = 700.0

    with pytest.raises(InstrumentError, match="not as it was left"):
        rig.furnace.read()
    assert rig.furnace.regulate(300.0) == 300.0
    assert rig.furnace.read().setpoint == 300.0


def test_safing_reopens_and_asks_nothing_about_settings(rig: Rig) -> None:
    rig.furnace.regulate(300.0)
    rig.port.refusing = True
    with pytest.raises(LinkError):
        rig.furnace.read()
    rig.port.refusing, rig.twin.values[2] = False, 700.0

    rig.furnace.make_safe()

    assert rig.twin.values[273] == 1


@pytest.mark.parametrize("address", [TCP, RTU])
def test_ten_thousand_spoiled_replies_give_no_other_temperature(address: str) -> None:
    """Cut, damaged, doubled, another's: RTU's CRC and TCP's header show it.

    TCP itself protects the bytes behind the header, so those are left as they are.
    """
    rig = Rig(address)
    rig.clock = VirtualClock(0.0)
    rig.twin.latency = 0.0
    door = rig.furnace._door
    rng = random.Random(14)  # noqa: S311
    is_rtu = address == RTU
    head = 1000 if is_rtu else 8

    def spoil(sound: bytes) -> bytes:
        body = bytearray(sound)
        match rng.randrange(4):
            case 0:
                del body[rng.randrange(len(body)) :]
            case 1:
                at = rng.randrange(min(len(body), head))
                body[at] ^= 1 << rng.randrange(8)
            case 2:
                body[:] = rng.randbytes(rng.randrange(1, 30))
            case 3:
                body[:0] = rng.randbytes(rng.randrange(1, 4))
        return bytes(body)

    rig.port.tamper = spoil
    found, refused = set(), 0
    for _ in range(5_000):
        try:
            found.add(rig.furnace._temperature())
        except InstrumentError:
            refused += 1
        if door._client is None or not door._client.connected:
            door.open()

    assert refused > 4_000
    assert all(abs(celsius - 25.0) < 1e-3 for celsius in found)
    rig.device.close()


# ---- a resumed bench, and real TCP


def test_a_resumed_bench_is_as_warm_as_it_was(rig: Rig) -> None:
    rig.furnace.regulate(100.0)
    rig.clock.sleep(3 * 3600.0)
    state = json.loads(json.dumps(rig.world.snapshot()))
    other = Rig()
    other.world.restore(state)

    reading = other.furnace.read()
    assert reading.celsius == pytest.approx(100.0, abs=0.2)
    assert (reading.setpoint, reading.regulates) == (100.0, True)
    other.device.close()


class Served(socketserver.ThreadingTCPServer):
    """A twin behind a real port, its frames cut into single bytes."""

    daemon_threads = True

    def __init__(self, twin: EurothermTwin, *, pieces: bool) -> None:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                while frame := self.request.recv(512):
                    reply = answer_tcp(frame, twin.unit, twin) or b""
                    step = 1 if pieces else len(reply) or 1
                    for at in range(0, len(reply), step):
                        self.request.sendall(reply[at : at + step])

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()


@pytest.mark.parametrize("pieces", [False, True])
def test_over_a_real_socket(pieces: bool) -> None:
    clock = SystemClock()
    twin = EurothermTwin(clock, latency=0.0)
    served = Served(twin, pieces=pieces)
    address = f"127.0.0.1:{served.server_address[1]}"
    driver = plugins.driver("eurotherm")
    setup = Setup("furnace", "eurotherm", address, {"timeout": 2.0})
    device = driver.open(driver.wire(setup), setup, clock)
    furnace: Any = device.roles[""]

    assert furnace.regulate(120.0) == 120.0
    furnace.make_safe()
    assert struct.pack(">H", twin.get(273)) == b"\x00\x01"
    device.close()
    served.close()


def test_a_safe_temperature_is_refused_where_safe_is_an_output_of_zero() -> None:
    driver = plugins.driver("eurotherm")
    options = {"safe_temperature": "60 °C"}
    setup = Setup("furnace", "eurotherm", "127.0.0.1:1", options)

    with pytest.raises(RefusedError, match="safe_temperature: there is no such option"):
        driver.open(driver.wire(setup), setup, SystemClock())


def test_nobody_at_the_address_is_a_link_error() -> None:
    driver = plugins.driver("eurotherm")
    setup = Setup("furnace", "eurotherm", "127.0.0.1:1", {"timeout": 0.2})

    with pytest.raises(LinkError, match="furnace"):
        driver.open(driver.wire(setup), setup, SystemClock())
