"""A Memmert's link: silences, other devices, what changed meanwhile; its options."""

import json
import threading
from collections.abc import Iterator

import httpx
import pytest
from memmert_rig import ADDRESS, Rig

from labctl import plugins
from labctl.clock import SystemClock, VirtualClock
from labctl.errors import (
    IdentityError,
    InstrumentError,
    LinkError,
    RefusedError,
)
from labctl.roles.driver import Setup


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    made.device.close()


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
