"""Drivers over real sockets to twins, with something in between that spoils answers."""

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from faulty_wire import Fault
from wired_drivers import DRIVERS, Benches, Line

from labctl.clock import SystemClock
from labctl.data import Event, Level
from labctl.errors import IdentityError, InstrumentError, LinkError
from labctl.waits import owned_by

every_driver = pytest.mark.parametrize("name", DRIVERS)


class Hearer:
    """Owns a thread, as a run does, and keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.waits: list[tuple[str, float]] = []

    @property
    def asked(self) -> Any:
        raise AssertionError("nothing here ends a wait")

    def waiting(self, what: str, seconds: float) -> None:
        self.waits.append((what, seconds))

    def working(self) -> None:
        pass

    def tell(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture(scope="module")
def benches() -> Iterator[Benches]:
    made = Benches()
    yield made
    made.close()


@pytest.fixture
def line(benches: Benches) -> Iterator[Callable[..., Line]]:
    made: list[Line] = []

    def open_line(name: str, **options: Any) -> Line:
        made.append(Line(benches, name, **options))
        return made[-1]

    yield open_line
    for one in made:
        one.close()


@every_driver
def test_a_link_that_is_cut_comes_back_and_the_answer_is_the_right_one(
    line: Callable[..., Line], name: str
) -> None:
    one = line(name)
    ask = one.begin(one.role)
    before = ask()
    one.wire.cut()

    after = ask()

    assert after == pytest.approx(before, abs=1e-3)
    assert one.counts.reopened == 1


ONCE = [
    Fault.CUT,
    Fault.CUT_INSIDE,
    Fault.DROP,
    Fault.STALE,
    Fault.TRUNCATE,
    Fault.UNENDED,
    Fault.GARBAGE,
    Fault.EMPTY,
    Fault.REPEAT,
]


@pytest.mark.parametrize("fault", ONCE)
@pytest.mark.parametrize("name", ["k2400", "k2636b", "gaussmeter", "stage"])
def test_one_spoiled_answer_is_asked_for_again(
    line: Callable[..., Line], name: str, fault: Fault
) -> None:
    one = line(name)
    ask = one.begin(one.role)
    before = ask()
    one.wire.next(fault)

    values = [ask() for _ in range(3)]

    assert values == pytest.approx([before] * 3, abs=1e-3)
    assert one.wire.done[fault] == 1


def test_a_late_answer_is_never_the_next_ones(line: Callable[..., Line]) -> None:
    one = line("k2400")
    one.begin(one.role)
    one.wire.next(Fault.LATE)
    stale = one.role.measure()
    one.wire.release()

    times = [stale.time, *(one.role.measure().time for _ in range(3))]

    assert all(b > a for a, b in itertools.pairwise(times))
    assert one.role.drive(0.1) == pytest.approx(0.1)


def test_a_repeated_reading_is_no_reading(line: Callable[..., Line]) -> None:
    one = line("k2400")
    one.begin(one.role)
    first = one.role.measure()
    one.wire.next(Fault.STALE)

    second = one.role.measure()

    assert second.time > first.time
    assert one.counts.repeated == 1


def test_ctrl_c_inside_a_reading_leaves_nothing_behind(
    line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = line("k2400")
    one.begin(one.role)
    link = one.opened.link

    def interrupted(_seconds: float) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(link.door, "read", interrupted)
        with pytest.raises(KeyboardInterrupt):
            one.role.measure()

    one.role.make_safe()
    assert not one.twin.output


@pytest.mark.parametrize("name", ["k2450", "k2636b", "source", "stage"])
def test_making_safe_reopens_a_dead_link_and_the_output_is_off(
    line: Callable[..., Line], name: str
) -> None:
    one = line(name)
    one.begin(one.role)()
    one.wire.cut(refuse=True)
    with pytest.raises(LinkError, match=name):
        one.begin(one.role)
    one.wire.heal()

    one.role.make_safe()

    assert not one.is_on()


def test_a_link_that_stays_down_ends_after_about_three_timeouts(
    line: Callable[..., Line],
) -> None:
    one = line("k2400")
    ask = one.begin(one.role)
    one.wire.cut(refuse=True)
    clock = SystemClock()

    with pytest.raises(LinkError, match="lost"):
        ask()

    assert clock.now() < 4.5 * one.opened.link.timeout


def test_a_reopening_is_told_and_every_wait_has_its_deadline(
    line: Callable[..., Line],
) -> None:
    one = line("k2400")
    ask = one.begin(one.role)
    one.wire.cut()
    hearer = Hearer()

    with owned_by(hearer):
        ask()

    (event,) = hearer.events
    assert (event.level, event.code) == (Level.WARNING, "link")
    assert "lost 1 times" in event.text
    assert any("link to k2400" in what for what, _ in hearer.waits)
    assert all(seconds < 2.0 for _, seconds in hearer.waits)


def test_another_instrument_behind_the_address_gets_only_the_question(
    benches: Benches, line: Callable[..., Line]
) -> None:
    one = line("k2400")
    ask = one.begin(one.role)
    other: Any = benches.twins["hall"].instruments["voltmeter"]
    heard: list[str] = []
    honest = other.execute

    def listen(message: str) -> Any:
        heard.append(message)
        return honest(message)

    other.execute = listen
    mine, one.wire.target = one.wire.target, benches.served["hall"].ports["voltmeter"]
    one.wire.cut()

    with pytest.raises(IdentityError, match="2182A"):
        ask()

    other.execute = honest
    one.wire.target = mine
    assert set(heard) == {"*IDN?"}


def restart(twin: Any) -> None:
    twin.reset()
    twin.status.event_enable = 0
    if hasattr(twin, "lua"):
        twin.lua.define("labctl", None)


TELL_OTHERWISE = {"supply", "bath"}
"""The first is told again what it shall do, the second says that it stands still."""


@pytest.mark.parametrize("name", [n for n in DRIVERS if n not in TELL_OTHERWISE])
@pytest.mark.parametrize("cut", [True, False])
def test_an_instrument_that_restarted_is_not_measured_with(
    line: Callable[..., Line], name: str, cut: bool
) -> None:
    one = line(name)
    ask = one.begin(one.role)
    ask()
    restart(one.twin)
    if cut:
        one.wire.cut()

    for _ in range(2):
        with pytest.raises(InstrumentError, match=r"restart|not as it was left"):
            ask()
        if name == "switch":  # connecting sets it up from scratch
            break

    one.begin(one.role)()


def test_a_source_whose_output_went_off_meanwhile_is_not_measured_with(
    line: Callable[..., Line],
) -> None:
    one = line("k2400")
    ask = one.begin(one.role)
    one.twin._set_output(False)
    one.wire.cut()

    with pytest.raises(InstrumentError, match="its output is off"):
        ask()


def test_holding_a_link_goes_on_after_it_came_back(
    line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = line("k2400", on_link_loss="hold", hold_link_for="30 s")
    ask = one.begin(one.role)
    hearer = Hearer()

    def heal(event: Event) -> None:
        hearer.events.append(event)
        one.wire.heal()

    monkeypatch.setattr(hearer, "tell", heal)
    monkeypatch.setattr(Hearer, "asked", threading.Event())
    one.wire.cut(refuse=True)

    with owned_by(hearer):
        value = ask()

    assert value == pytest.approx(0.5, abs=1e-2)
    assert [event.level for event in hearer.events] == [Level.WARNING] * 2


def test_a_magnet_supply_calls_a_person_and_is_never_switched_off(
    line: Callable[..., Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = line("supply", on_link_loss="alarm", hold_link_for=0.2)
    one.begin(one.role)()
    hearer = Hearer()
    monkeypatch.setattr(Hearer, "asked", threading.Event())
    one.wire.cut(refuse=True)

    with owned_by(hearer), pytest.raises(LinkError):
        one.role.current()

    assert hearer.events[0].level is Level.ALARM
    assert one.twin.setpoint == pytest.approx(0.01)


def test_a_start_is_not_sent_twice(line: Callable[..., Line]) -> None:
    one = line("source")
    one.begin(one.role)()
    one.wire.next(Fault.DROP)

    one.role.tell(":SOUR:CURR:FILT 0", again=False)
    with pytest.raises(LinkError, match="not sent twice"):
        one.role.in_compliance()


def test_a_dead_link_closes(line: Callable[..., Line]) -> None:
    one = line("voltmeter")
    one.wire.cut(refuse=True)

    one.opened.close()
    one.opened.close()
