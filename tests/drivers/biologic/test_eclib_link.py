"""Links that break: what is tried, who answers afterwards, what is never lost."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from simulated_biologic import (
    NAME,
    SimulatedBench,
    column,
    simulated_bench,
)

from drivers.biologic.eclib.worker import Worker
from drivers.biologic.options import read_options
from drivers.twins.biologic.codes import State
from labctl import waits
from labctl.data import Event
from labctl.errors import IdentityError, InstrumentError, LinkError, RefusedError
from labctl.limits import Envelope
from labctl.techniques import ConstantCurrent, OpenCircuit, Recording

ENVELOPE = Envelope({"voltage_volt": (0.1, 2.0), "current_ampere": (-1.0, 1.0)})
LONG = ConstantCurrent(1e-4, 36000.0, record=Recording(every_s=1.0))


class Listener:
    """A run that hears of waits and events."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.waits: list[str] = []
        self.events: list[Event] = []

    def waiting(self, what: str, seconds: float) -> None:
        del seconds
        self.waits.append(what)

    def working(self) -> None:
        pass

    def tell(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def run() -> Iterator[Listener]:
    listener = Listener()
    with waits.owned_by(listener):
        yield listener


def running(
    options: dict[str, Any] | None = None, envelope: Envelope | None = ENVELOPE
) -> SimulatedBench:
    bench = simulated_bench(options=options)
    bench.channel.load([LONG], envelope)
    bench.channel.start()
    bench.clock.sleep(10.5)
    return bench


def refuse_connections(bench: SimulatedBench, times: int) -> None:
    bench.twin.faults.codes["BL_Connect"] = [-201] * times
    bench.twin.cut()


def test_a_broken_link_is_opened_anew_and_told(run: Listener) -> None:
    bench = running()
    polls = [bench.channel.poll()]
    refuse_connections(bench, 2)
    bench.clock.sleep(10.0)

    polls.append(bench.channel.poll())

    assert len(column(polls, "voltage_volt")) >= 21
    (event,) = run.events
    assert event.code == "link"
    assert "opened anew; a VSP-300 with the boards 1: 1000" in event.text
    assert any(f"the link to {NAME}/1" in what for what in run.waits)


def test_another_instrument_at_the_address_is_sent_nothing() -> None:
    bench = running()
    bench.twin.first_serial = 2000
    bench.twin.cut()
    bench.twin.acts.clear()

    with pytest.raises(IdentityError, match=r"boards 1: 2000.*, not .*1: 1000"):
        bench.channel.poll()
    with pytest.raises(IdentityError):
        bench.channel.make_safe()

    assert not bench.twin.acts
    assert bench.twin.truth(1).state is State.RUN


def test_the_right_instrument_back_at_its_address_is_talked_to_again() -> None:
    bench = running()
    bench.twin.first_serial = 2000
    bench.twin.cut()
    with pytest.raises(IdentityError):
        bench.channel.poll()
    bench.twin.first_serial = 1000

    bench.channel.make_safe()

    assert bench.twin.truth(1).state is State.STOP


def test_an_instrument_that_lost_its_power_is_found_out() -> None:
    bench = running()
    bench.twin.power_cut()

    with pytest.raises(InstrumentError, match="power of the instrument was cut"):
        bench.channel.poll()
    bench.channel.make_safe()


def test_what_runs_under_its_own_limits_is_held_for_minutes(run: Listener) -> None:
    bench = running()
    refuse_connections(bench, 25)
    before = bench.clock.now()

    polls = [bench.channel.poll()]

    assert 150.0 < bench.clock.now() - before < 300.0
    assert len(column(polls, "voltage_volt")) > 150
    assert [event.code for event in run.events] == ["link", "link"]
    assert "goes on within the limits in its firmware" in run.events[0].text


@pytest.mark.parametrize(
    ("options", "envelope"),
    [
        ({"on_link_loss": "make_safe"}, ENVELOPE),
        ({"hold_link_for": 1.0}, ENVELOPE),
        ({}, None),  # no limits stand in the firmware
    ],
)
def test_what_must_not_be_held_is_given_up_soon(
    options: dict[str, Any], envelope: Envelope | None
) -> None:
    bench = running(options, envelope)
    refuse_connections(bench, 1000)
    before = bench.clock.now()

    with pytest.raises(LinkError):
        bench.channel.poll()

    assert bench.clock.now() - before < 5.0


def test_a_stop_ends_the_wait_for_a_link(run: Listener) -> None:
    bench = running()
    device: Any = bench.device
    device._link._clock = waits.DriverClock(bench.clock)
    refuse_connections(bench, 1000)
    run.asked.set()

    with pytest.raises(waits.WaitEnded):
        bench.channel.poll()


def test_making_safe_opens_the_link_if_it_must() -> None:
    bench = running()
    refuse_connections(bench, 5)

    bench.channel.make_safe()

    assert bench.twin.truth(1).state is State.STOP


def test_a_channel_that_cannot_be_reached_is_not_called_safe() -> None:
    bench = running()
    refuse_connections(bench, 1000)

    with pytest.raises(LinkError):
        bench.channel.make_safe()


def test_rows_come_after_the_stop_too() -> None:
    bench = running()
    polls = [bench.channel.poll()]
    bench.clock.sleep(5.0)

    bench.channel.make_safe()
    polls.append(bench.channel.poll())

    assert len(column(polls, "voltage_volt")) == 16


def test_rows_that_were_read_before_a_failure_come_with_the_next_poll() -> None:
    bench = running()
    bench.twin.faults.codes["BL_GetMessage"] = -4  # after the rows were decoded
    bench.channel._polls = 49

    with pytest.raises(InstrumentError):
        bench.channel.poll()
    bench.twin.faults.codes.clear()

    assert len(column([bench.channel.poll()], "voltage_volt")) == 11


def test_the_converter_of_floats_is_called_on_the_librarys_thread_alone() -> None:
    channels = [f"{NAME}/{k}" for k in (1, 2, 3)]
    bench = simulated_bench({"model": "VMP3"}, channels=channels)
    players = [bench.device.roles[k] for k in "123"]
    for player in players:
        player.load([OpenCircuit(1e4, record=Recording(every_s=1.0))])
        player.start()
    bench.clock.sleep(500.0)
    failures: list[BaseException] = []

    def poll(player: Any) -> None:
        try:
            assert len(player.poll().batches[0]) == 501
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=poll, args=(player,)) for player in players]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert bench.twin.overlaps == 0


def test_a_call_that_comes_back_after_all_spoils_nothing() -> None:
    worker = Worker("a library")
    gate, begun, given_up = threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        gate.wait()

    def queued() -> None:  # given up while it waits behind the one that hangs
        begun.wait()
        with pytest.raises(LinkError, match="not returned within"):
            worker.do(lambda: None, deadline=0.01)
        given_up.set()

    behind = threading.Thread(target=queued)
    behind.start()
    with pytest.raises(LinkError, match="not returned within"):
        worker.do(hang, deadline=0.2)
    behind.join()
    gate.set()
    answer = 0
    while not answer:  # at once, or when the late call has come back
        try:
            answer = worker.do(lambda: 42)
        except LinkError:
            continue

    assert given_up.is_set()
    assert answer == 42


def test_a_run_leaves_a_call_that_hangs(run: Listener) -> None:
    worker = Worker("a library")
    gate = threading.Event()
    run.asked.set()

    with pytest.raises(waits.WaitEnded):
        worker.do(gate.wait, deadline=30.0)
    gate.set()

    assert run.waits == ["a library to return from a call"]


@pytest.mark.parametrize(
    "given", ["on", {"17": "off"}, {"first": "off"}, {"1": "finish"}, 3]
)
def test_nonsense_for_a_lost_host_is_refused(given: Any) -> None:
    with pytest.raises(RefusedError, match="on_host_loss"):
        read_options("vsp", {"on_host_loss": given})
