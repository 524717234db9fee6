"""A Memmert: what it answers, its roles over its twin, each fault once, real HTTP."""

import http.server
import json
import math
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.memmert import atmoweb
from drivers.memmert.memmert import OpenedMemmert
from drivers.twins.memmert.atmoweb import AtmoWebTwin
from drivers.twins.memmert.twin import AtmoWebTransport
from drivers.twins.world.world import BenchWorld
from labctl import plugins
from labctl.clock import Clock, SystemClock, VirtualClock
from labctl.errors import (
    IdentityError,
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

ADDRESS = "192.168.0.30"


class Rig:
    """A simulated oven, opened by its driver."""

    def __init__(self, options: Any = None, **simulated: Any) -> None:
        self.clock = VirtualClock(0.0)
        self.world = BenchWorld(self.clock)
        self.setup = Setup("oven", "memmert-atmoweb", ADDRESS, options or {}, simulated)
        wire = plugins.twin("memmert-atmoweb")(self.setup, self.world, self.clock)
        assert isinstance(wire, AtmoWebTransport)
        self.wire, self.twin = wire, wire.twin
        self.device = plugins.driver("memmert-atmoweb").open(
            wire, self.setup, self.clock
        )
        self.oven: Any = self.device.roles[""]


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.device.close()


# ---- what is an answer


@pytest.mark.parametrize(
    ("body", "found"),
    [
        # as the interface's description has it
        (b'{"Temp1Read": 28.7, "CurOp": "Manual"}', {"Temp1Read": 28.7}),
        # as older firmware writes: no braces, a comma at the end
        (b'"Temp1Read": 28.7,', {"Temp1Read": 28.7}),
        (b' "Temp1Read": 28.7, "TempSet": 30.0,\r\n', {"TempSet": 30.0}),
        # a whole number is a number, too
        (b'{"Temp1Read": 30}', {"Temp1Read": 30.0}),
    ],
)
def test_answers_of_either_firmware_are_read(body: bytes, found: Any) -> None:
    read = atmoweb.answers(body, "oven")

    assert {name: read[name] for name in found} == found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>404</body></html>",
        b'{"Temp1Read": 28.',
        b'{"Temp1Read": 28.7',
        b'{"Temp1Read": NaN}',
        b'{"Temp1Read": Infinity}',
        b'{"Temp1Read": 1e999}',
        b'{"Temp1Read": ' + b"9" * 5000 + b"}",
        b'{"Temp1Read": true}',
        b'{"Temp1Read": null}',
        b'{"Temp1Read": [28.7]}',
        b'{"Temp1Read": "28,7"}',
        b'{"Temp1Read": "N/A"}',
        b'{"Temp1Read": 28.7, "Temp1Read": 82.7}',
        b'{"TempSet": 28.7}',
        b"[" * 50000,
        b"28.7",
        b"\xff\xfe28.7",
        b'{"Temp1Read": 28.7}' + b" " * 70000,
    ],
)
def test_what_is_no_answer_is_no_temperature(body: bytes) -> None:
    with pytest.raises(InstrumentError, match="oven"):
        atmoweb.number_of(atmoweb.answers(body, "oven"), "Temp1Read", "oven")


@given(
    st.dictionaries(
        st.text(min_size=1), st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
    )
)
def test_what_a_device_writes_is_what_is_read(values: dict[str, float]) -> None:
    with_braces = json.dumps(values).encode()
    without = b" ".join(
        f"{json.dumps(k)}: {json.dumps(v)},".encode() for k, v in values.items()
    )

    assert atmoweb.answers(with_braces, "oven") == values
    if values:
        assert atmoweb.answers(without, "oven") == values


# ---- its roles


def test_it_plays_a_chamber_that_goes_off_after_the_sources(rig: Rig) -> None:
    assert plays(rig.oven, Chamber)
    assert stage_of(rig.oven) is Stage.HEATERS
    assert plays(rig.device.roles["air"], Thermometer)
    assert rig.device.identity().model == "UF55"


def test_a_set_point_is_read_back_and_reached(rig: Rig) -> None:
    assert rig.oven.regulate(45.0) == 45.0
    rig.clock.sleep(3600.0)

    reading = rig.oven.read()

    assert reading.celsius == pytest.approx(45.0, abs=0.2)
    assert (reading.setpoint, reading.regulates) == (45.0, True)
    air: Any = rig.device.roles["air"]
    assert air.celsius() == reading.celsius


def test_the_overshoot_is_small_and_does_not_depend_on_who_looks() -> None:
    seldom, often = Rig(), Rig()
    seldom.oven.regulate(120.0)
    often.oven.regulate(120.0)
    warmest = 0.0
    while often.clock.now() < 7200.0:
        often.clock.sleep(20.0)
        warmest = max(warmest, often.twin.plant.kelvin(often.clock.now()) - 273.15)
    seldom.clock.sleep(often.clock.now() - seldom.clock.now())

    assert 120.0 < warmest < 121.0
    assert seldom.oven.celsius() == pytest.approx(often.oven.celsius(), abs=0.11)


def test_a_cell_in_it_follows_with_its_own_lag(rig: Rig) -> None:
    rig.world.place("si", ["vsp300/1"])
    rig.oven.regulate(45.0)
    rig.clock.sleep(240.0)
    air = rig.world.surroundings.ambient("vsp300/1", rig.clock.now())
    cell = rig.world.surroundings.surface("vsp300/1", rig.clock.now())
    rig.clock.sleep(7200.0)

    assert 25.5 < cell < air - 2.0
    assert rig.world.surroundings.surface("vsp300/1", rig.clock.now()) == pytest.approx(
        45.0, abs=0.1
    )


@pytest.mark.parametrize("celsius", [19.0, 301.0, math.nan])
def test_beyond_its_range_nothing_is_sent(rig: Rig, celsius: float) -> None:
    with pytest.raises(LimitError, match=r"oven: .* outside 20 … 300"):
        rig.oven.regulate(celsius)

    assert rig.twin.setpoint == 25.0


def test_a_ramp_is_refused_for_it_has_none(rig: Rig) -> None:
    with pytest.raises(LimitError, match="takes no ramp"):
        rig.oven.regulate(45.0, ramp=1 / 60)

    assert rig.twin.setpoint == 25.0


def test_the_configuration_can_only_narrow_its_range() -> None:
    rig = Rig({"highest": "60 °C", "lowest": -40.0})

    assert (rig.oven.bounds.lowest, rig.oven.bounds.highest) == (20.0, 60.0)
    with pytest.raises(LimitError):
        rig.oven.regulate(61.0)


def test_safe_is_a_set_point_that_heats_nothing(rig: Rig) -> None:
    rig.oven.regulate(150.0)
    rig.clock.sleep(3600.0)
    rig.oven.make_safe()
    rig.clock.sleep(60.0)
    now = rig.clock.now()

    assert rig.oven.read().setpoint == 20.0
    assert rig.twin.plant.share(now) == 0.0
    rig.clock.sleep(20 * 3600.0)
    assert rig.oven.read().celsius == pytest.approx(25.0, abs=0.3)


def test_one_that_was_cooled_is_not_warmed_up_to_be_safe() -> None:
    rig = Rig(lowest=-12.0, highest=60.0)
    rig.oven.regulate(4.0)
    rig.clock.sleep(4 * 3600.0)
    rig.oven.make_safe()
    rig.clock.sleep(60.0)

    assert rig.oven.read().setpoint == pytest.approx(4.0, abs=0.2)
    assert rig.twin.plant.share(rig.clock.now()) <= 0.0


def test_one_on_its_way_up_from_the_cold_stays_as_cold_as_it_is() -> None:
    rig = Rig(lowest=-12.0, highest=60.0)
    rig.oven.regulate(4.0)
    rig.clock.sleep(4 * 3600.0)
    rig.oven.regulate(50.0)
    rig.clock.sleep(60.0)
    air = rig.oven.read().celsius
    rig.oven.make_safe()

    assert rig.oven.read().setpoint == pytest.approx(air, abs=0.2)


def test_a_broken_sensor_keeps_no_heater_on(rig: Rig) -> None:
    rig.oven.regulate(150.0)
    rig.twin.sensor_error = 5000.0
    rig.oven.make_safe()

    assert rig.twin.setpoint == 20.0


def test_safe_is_never_warmer_than_it_may_get() -> None:
    rig = Rig({"highest": "15 °C"}, lowest=-12.0, highest=60.0)
    rig.oven.make_safe()

    assert rig.twin.setpoint == 15.0
    with pytest.raises(RefusedError, match="safe_temperature: 30 °C is above 15 °C"):
        Rig({"highest": "15 °C", "safe_temperature": "30 °C"})


def test_a_ramps_bound_is_refused_where_there_is_no_ramp() -> None:
    with pytest.raises(RefusedError, match="fastest_ramp: there is no such option"):
        Rig({"fastest_ramp": "2 K/min"})


# ---- what goes wrong at the device


@pytest.mark.parametrize("mode", ["Program", "Timer"])
def test_a_program_of_somebody_else_is_left_alone(rig: Rig, mode: str) -> None:
    rig.twin.setpoint = 80.0
    rig.twin.switch(mode)

    with pytest.raises(NotOursError, match=f"a {mode.lower()} runs"):
        rig.oven.regulate(45.0)
    with pytest.raises(NotOursError):
        rig.oven.make_safe()
    assert rig.twin.setpoint == 80.0


def test_idle_it_takes_no_set_point_and_says_what_to_do(rig: Rig) -> None:
    rig.twin.switch("Idle")

    with pytest.raises(InstrumentError, match="manual mode at its panel"):
        rig.oven.regulate(45.0)
    assert not rig.oven.read().regulates


def test_without_the_right_to_write_it_says_where_to_allow_it() -> None:
    rig = Rig(rights="r")

    with pytest.raises(InstrumentError, match="allow writing in its setup"):
        rig.oven.regulate(45.0)


def test_a_set_point_that_is_not_taken_is_an_error(rig: Rig) -> None:
    rig.wire.tamper = lambda body: body.replace(b"45.0", b"44.0")

    with pytest.raises(InstrumentError, match="was told 45 °C and holds 44 °C"):
        rig.oven.regulate(45.0)


def test_an_open_door_is_told(rig: Rig) -> None:
    rig.twin.door = 1

    assert rig.oven.read().faults == ("the door is open",)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>", "no answer of AtmoWEB"),
        (b'"Temp1Read": 2', "does not answer SN"),
        (b'{"SN": "B218.0042"}', "does not answer Temp1Read"),
        (b'{"Temp1Read": "N/A", "SN": "B218.0042"}', "has no Temp1Read"),
        (b'{"Temp1Read": 9999, "SN": "B218.0042"}', "Temp1Read is 9999"),
        (b'{"Temp1Read": 28.7, "SN": "another"}', "serial another"),
    ],
)
def test_nonsense_is_an_error_by_name_and_never_a_reading(
    rig: Rig, body: bytes, told: str
) -> None:
    rig.wire.tamper = lambda sound: sound if b"DevType" in sound else body

    with pytest.raises(InstrumentError, match=f"oven.*{told}"):
        rig.oven.celsius()


def test_one_spoiled_answer_is_asked_again(rig: Rig) -> None:
    bodies = iter([b"<html>"])
    rig.wire.tamper = lambda sound: next(bodies, sound)

    assert rig.oven.celsius() == pytest.approx(25.0, abs=0.2)


def test_ten_thousand_spoiled_answers_give_no_other_temperature(rig: Rig) -> None:
    """Cut, with foreign bytes, or with another page in front: it shows.

    Digits that change into digits do not: HTTP trusts its network for that.
    """
    rng = random.Random(14)  # noqa: S311
    rig.twin.latency = 0.0
    path = atmoweb.question(("Temp1Read", "TempSet", "CurOp"))
    found, refused = set(), 0

    def spoil(sound: bytes) -> bytes:
        body = bytearray(sound)
        match rng.randrange(4):
            case 0:
                del body[rng.randrange(len(body)) :]
            case 1:
                body[rng.randrange(len(body))] |= 0x80
            case 2:
                at = rng.randrange(len(body))
                body[at:at] = bytes(rng.randrange(256) for _ in range(3))
            case 3:
                body[:] = rng.randbytes(rng.randrange(60))
        return bytes(body)

    rig.wire.tamper = spoil
    for count in range(10_000):
        rig.twin.braces = bool(count % 2)
        try:
            read = rig.oven._answer(path)
            found.add(atmoweb.number_of(read, "Temp1Read", "oven"))
        except InstrumentError:
            refused += 1

    truth = round(25.0 + rig.twin.sensor_error, 1)
    odd = {value for value in found if value != truth}
    assert refused > 7_000
    assert all(len(str(value)) > len(str(truth)) for value in odd)  # digits put in


# ---- the link


def test_a_short_silence_is_waited_out(rig: Rig) -> None:
    rig.oven.regulate(45.0)
    rig.wire.refusing = True
    heal = threading.Event()

    def sleep(seconds: float, until: threading.Event | None = None) -> None:
        VirtualClock.sleep(rig.clock, seconds, until)
        if rig.clock.now() > 5.0:
            rig.wire.refusing = False
            heal.set()

    rig.clock.sleep = sleep  # type: ignore[method-assign]

    assert rig.oven.read().setpoint == 45.0
    assert heal.is_set()


def test_a_long_silence_is_a_link_error_in_bounded_time(rig: Rig) -> None:
    rig.wire.silent = True
    began = rig.clock.now()

    with pytest.raises(LinkError, match="check cable, power and address"):
        rig.oven.read()
    assert rig.clock.now() - began < 75.0  # three time-outs, then hold_link_for 60 s


def test_another_device_at_the_address_is_told_nothing(rig: Rig) -> None:
    rig.oven.regulate(45.0)
    rig.wire.refusing = True
    with pytest.raises(LinkError):
        rig.oven.read()
    rig.wire.refusing, rig.twin.serial = False, "another"

    with pytest.raises(IdentityError, match="serial another"):
        rig.oven.make_safe()
    assert rig.twin.setpoint == 45.0


@pytest.mark.parametrize("change", ["set point", "mode"])
def test_one_that_was_changed_meanwhile_is_refused_until_told_again(
    rig: Rig, change: str
) -> None:
    rig.oven.regulate(45.0)
    rig.wire.refusing = True
    with pytest.raises(LinkError):
        rig.oven.read()
    rig.wire.refusing = False
    if change == "mode":
        rig.twin.switch("Idle")
    else:
        rig.twin.setpoint = 80.0

    with pytest.raises(InstrumentError, match="not as it was left"):
        rig.oven.read()
    with pytest.raises(InstrumentError, match="not as it was left"):
        rig.oven.celsius()
    rig.twin.switch("Manual")
    assert rig.oven.regulate(45.0) == 45.0
    assert rig.oven.read().setpoint == 45.0


def test_safing_reopens_and_asks_nothing_about_settings(rig: Rig) -> None:
    rig.oven.regulate(45.0)
    rig.wire.refusing = True
    with pytest.raises(LinkError):
        rig.oven.read()
    rig.wire.refusing, rig.twin.setpoint = False, 80.0

    rig.oven.make_safe()

    assert rig.twin.setpoint == 20.0


def test_another_serial_than_the_configured_one_is_refused() -> None:
    with pytest.raises(IdentityError, match=r"serial B218\.0042, not 17"):
        Rig({"serial": 17})


def test_wrong_options_are_refused_by_their_place() -> None:
    with pytest.raises(RefusedError) as refused:
        Rig({"highest": "60 V", "safe_temperature": True})

    places = [complaint.where for complaint in refused.value.complaints]
    assert places == [
        "instruments.oven.options.highest",
        "instruments.oven.options.safe_temperature",
    ]


def test_a_slip_in_a_bounds_name_is_no_missing_bound() -> None:
    with pytest.raises(RefusedError, match="highst: there is no such option"):
        Rig({"highst": "60 °C"})


def test_opening_and_reading_tell_it_nothing(rig: Rig) -> None:
    asked: list[str] = []
    answer = rig.twin.answer

    def listen(query: str) -> bytes:
        asked.append(query)
        return answer(query)

    rig.twin.answer = listen  # type: ignore[method-assign]
    plugins.driver("memmert-atmoweb").open(rig.wire, rig.setup, rig.clock).close()
    rig.oven.read()
    rig.oven.celsius()

    told = [part for query in asked for part in query.split("&") if part[-1] != "="]
    assert len(asked) == 4
    assert told == []


class Dripping(httpx.BaseTransport):
    """A server that sends a byte now and then and comes to no end."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(200, stream=Drops())


class Drops(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        clock = SystemClock()
        while True:
            clock.sleep(0.02)
            yield b" "


def test_an_answer_that_drips_without_end_is_given_up() -> None:
    setup = Setup("oven", "memmert-atmoweb", ADDRESS, {"timeout": 0.05})

    with pytest.raises(LinkError, match="its answer does not end"):
        plugins.driver("memmert-atmoweb").open(Dripping(), setup, SystemClock())


def test_wrong_keys_of_the_twin_are_refused() -> None:
    with pytest.raises(RefusedError, match="lowst"):
        Rig(lowst=5.0)


def test_a_resumed_bench_is_as_warm_as_it_was(rig: Rig) -> None:
    rig.oven.regulate(45.0)
    rig.clock.sleep(100.0)
    before, state = rig.oven.read(), json.loads(json.dumps(rig.world.snapshot()))
    other = Rig()
    other.world.restore(state)

    after = other.oven.read()
    # it went on warming by 0.15 K/s in the few messages between
    assert after.celsius == pytest.approx(before.celsius, abs=0.5)
    assert (after.setpoint, after.regulates) == (45.0, True)


# ---- real HTTP


class Served:
    """A twin behind a real web server."""

    def __init__(self, twin: AtmoWebTwin, **how: Any) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = twin.answer(self.path.partition("?")[2])
                self.wfile.write(b"HTTP/1.1 200 OK\r\nServer: Memmert\r\n\r\n")
                cut = how.get("cut", len(body))
                self.wfile.write(body[:cut])

            def log_message(self, *_: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def opened(self, clock: Clock, **options: Any) -> OpenedMemmert:
        port = self.server.server_address[1]
        setup = Setup("oven", "memmert-atmoweb", f"127.0.0.1:{port}", options)
        driver = plugins.driver("memmert-atmoweb")
        opened = driver.open(driver.wire(setup), setup, clock)
        assert isinstance(opened, OpenedMemmert)
        return opened

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5.0)


def test_over_a_real_socket_as_older_firmware_answers() -> None:
    clock = SystemClock()
    served = Served(AtmoWebTwin(clock, braces=False, latency=0.0))
    device = served.opened(clock)
    oven: Any = device.roles[""]

    assert oven.regulate(45.5) == 45.5
    assert oven.read().regulates
    device.close()
    served.close()


def test_several_runs_may_ask_at_once_over_real_sockets() -> None:
    clock = SystemClock()
    served = Served(AtmoWebTwin(clock, latency=0.0))
    device = served.opened(clock)
    oven: Any = device.roles[""]
    oven.regulate(45.0)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: oven.read().setpoint, range(80), timeout=60))

    assert set(found) == {45.0}
    device.close()
    served.close()


def test_over_a_real_socket_what_is_cut_short_is_an_error() -> None:
    clock = SystemClock()
    served = Served(AtmoWebTwin(clock, latency=0.0), cut=12)

    with pytest.raises(InstrumentError, match="no answer of AtmoWEB"):
        served.opened(clock)
    served.close()


def test_nobody_at_the_address_is_a_link_error() -> None:
    setup = Setup("oven", "memmert-atmoweb", "127.0.0.1:1", {"timeout": 0.2})
    driver = plugins.driver("memmert-atmoweb")

    with pytest.raises(LinkError, match="oven: no answer"):
        driver.open(driver.wire(setup), setup, SystemClock())
