"""The ladder on a bus with device clear, in virtual time: what is done, and when."""

import itertools
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pairs import driver_of, twin_alone

from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from labctl.clock import VirtualClock
from labctl.data import Event, Level
from labctl.errors import InstrumentError, LinkError, RefusedError
from labctl.roles.driver import Setup
from labctl.roles.source_meter import Driven, SourceSettings
from labctl.roles.voltmeter import VoltmeterSettings
from labctl.waits import DriverClock, WaitEnded, in_passing, owned_by, to_the_end

GPIB = "GPIB0::5::INSTR"
SOCKET = "TCPIP::10.0.0.5::5025::SOCKET"
VOLTS = SourceSettings(Driven.VOLTAGE, 1.0, 1e-3)


class Owner:
    """Plays a run: hears what a driver waits for, and may end it."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.events: list[Event] = []
        self.at_event: Callable[[], object] = lambda: None

    def waiting(self, what: str, seconds: float) -> None:
        pass

    def working(self) -> None:
        pass

    def tell(self, event: Event) -> None:
        self.events.append(event)
        self.at_event()


class Rig:
    def __init__(self, driver: str, address: str = GPIB, **options: Any) -> None:
        self.clock = VirtualClock(0.0)
        self.circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
        setup = Setup("bench", "x", address, options)
        self.twin: Any = twin_alone(driver, setup, self.circuit, self.clock)
        self.library = LabsimLibrary.around({address: self.twin})
        self.opened = driver_of(driver).open(
            self.library, setup, DriverClock(self.clock)
        )
        self.role: Any = next(iter(self.opened.roles.values()))
        self.heard: list[str] = []
        honest = self.twin.execute

        def execute(message: str) -> Any:
            self.heard.append(message)
            return honest(message)

        self.twin.__dict__["execute"] = execute

    @property
    def counts(self) -> Any:
        return self.opened.link_counts

    def drive(self) -> Any:
        self.role.prepare(VOLTS)
        self.role.drive(0.5)
        self.heard.clear()
        return self.role


def once(twin: Any, change: Callable[[bytes], bytes | None]) -> None:
    """Let the next answer be changed, and no other."""

    def tamper(answer: bytes) -> bytes | None:
        twin.tamper = None
        return change(answer)

    twin.tamper = tamper


def test_after_silence_the_bus_is_cleared_and_the_identity_asked_for() -> None:
    rig = Rig("keithley-2400")
    meter = rig.drive()
    once(rig.twin, lambda _: None)

    reading = meter.measure()

    assert reading.voltage == pytest.approx(0.5, abs=1e-3)
    assert (rig.counts.cleared, rig.counts.reopened) == (1, 0)
    assert rig.heard[1:3] == ["*IDN?", "*ESE?"]


def test_an_error_is_asked_for_only_when_nothing_is_owed() -> None:
    rig = Rig("keithley-2636b")
    meter = rig.drive()

    with pytest.raises(InstrumentError, match="refuses 'nonsense"):
        meter.inquire("nonsense print(1)")

    assert rig.heard.index("*IDN?") < next(
        k for k, said in enumerate(rig.heard) if "errorqueue" in said
    )


def test_a_deaf_instrument_is_given_up_after_three_timeouts() -> None:
    rig = Rig("keithley-2182a", timeout="2 s")
    rig.role.prepare(VoltmeterSettings())
    rig.twin.deaf = True
    began = rig.clock.now()

    with pytest.raises(LinkError, match="bench"):
        rig.role.read()

    patience = rig.opened.link.timeout
    assert rig.clock.now() - began == pytest.approx(3.0 * patience, rel=0.2)


def test_an_answer_nobody_asked_for_is_discarded_and_counted() -> None:
    rig = Rig("keithley-2400", SOCKET)
    meter = rig.drive()
    once(rig.twin, lambda answer: answer + answer)
    meter.measure()

    readings = [meter.measure().time for _ in range(3)]

    assert all(b > a for a, b in itertools.pairwise(readings))
    assert rig.counts.discarded == 1


def test_what_was_sent_before_a_cut_is_sent_again() -> None:
    rig = Rig("keithley-2400")
    meter = rig.drive()
    meter.tell(":SOUR:DEL 0.25")
    rig.library.cut()

    delay = meter.inquire_number(":SOUR:DEL?")

    assert delay == 0.25
    assert rig.heard.count(":SOUR:DEL 0.25") == 2


def test_making_safe_never_sends_again_what_may_switch_on() -> None:
    rig = Rig("keithley-2400")
    meter = rig.drive()
    meter.make_safe()
    meter.tell(":OUTP 1")
    rig.library.cut()
    rig.heard.clear()

    meter.make_safe()

    assert ":OUTP 1" not in rig.heard
    assert not rig.twin.output


def test_ctrl_c_while_an_output_is_made_safe_comes_too_late() -> None:
    rig = Rig("keithley-2400")
    meter = rig.drive()
    presses = iter([True, True])

    def press(answer: bytes) -> bytes:
        if next(presses, False):
            raise KeyboardInterrupt
        return answer

    rig.twin.tamper = press

    meter.make_safe()

    assert not rig.twin.output
    assert next(presses, None) is None


def test_a_run_that_is_stopped_ends_the_holding_of_a_link() -> None:
    rig = Rig("keithley-2400", on_link_loss="hold", hold_link_for="1 h")
    meter = rig.drive()
    owner = Owner()
    owner.at_event = owner.asked.set
    rig.library.cut(refuse=True)

    with owned_by(owner), pytest.raises(WaitEnded):
        meter.measure()

    assert rig.clock.now() < 60.0
    rig.library.cut(refuse=False)
    with owned_by(owner), to_the_end():
        meter.make_safe()
    assert not rig.twin.output


def test_a_held_link_that_comes_back_gives_the_reading() -> None:
    rig = Rig("keithley-2400", on_link_loss="hold", hold_link_for="1 h")
    meter = rig.drive()
    owner = Owner()
    owner.at_event = lambda: setattr(rig.library, "refusing", False)
    rig.library.cut(refuse=True)

    with owned_by(owner):
        reading = meter.measure()

    assert reading.voltage == pytest.approx(0.5, abs=1e-3)
    assert [event.level for event in owner.events] == [Level.WARNING, Level.WARNING]


@pytest.mark.parametrize("policy", ["hold", "alarm"])
def test_what_is_asked_in_passing_is_not_tried_for_longer(policy: str) -> None:
    rig = Rig("keithley-2400", on_link_loss=policy, hold_link_for="1 h")
    meter = rig.drive()
    owner = Owner()
    rig.library.cut(refuse=True)

    with owned_by(owner), in_passing(), pytest.raises(LinkError):
        meter.measure()

    assert rig.clock.now() < 30.0  # three time-outs; a cell waits for its poll
    assert owner.events == []


def test_a_magnet_supply_calls_a_person_by_default() -> None:
    rig = Rig("lakeshore-643")
    rig.role.ramp_to(10.0)
    owner = Owner()
    rig.library.cut(refuse=True)

    with owned_by(owner), pytest.raises(LinkError):
        rig.role.current()

    assert owner.events[0].level is Level.ALARM
    assert rig.twin.setpoint == 10.0


def changed(field: int, text: bytes) -> Callable[[bytes], bytes]:
    def change(answer: bytes) -> bytes:
        fields = answer.split(b",")
        fields[field] = text
        return b",".join(fields)

    return change


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        (0, b"+9.500000E-01", "holds 0.5 and measures 0.95"),
        (1, b"+5.000000E-02", "with a compliance of 0.001"),
        (4, b"+2.5;17", "no answer|no status word"),
    ],
)
def test_a_reading_against_physics_is_no_reading(
    field: int, text: bytes, words: str
) -> None:
    rig = Rig("keithley-2400")
    meter = rig.drive()

    def tamper(answer: bytes) -> bytes:
        is_reading = len(answer.split(b",")) == 5
        return changed(field, text)(answer) if is_reading else answer

    rig.twin.tamper = tamper

    with pytest.raises(InstrumentError, match=words):
        meter.measure()


def test_one_damaged_digit_of_the_held_level_is_asked_for_again() -> None:
    rig = Rig("keithley-2400")
    meter = rig.drive()
    once(rig.twin, changed(0, b"+9.500000E-01"))

    assert meter.measure().voltage == pytest.approx(0.5, abs=1e-3)


WRONG = [
    {"timeout": "soon"},
    {"timeout": 0},
    {"echo": "maybe"},
    {"on_link_loss": "panic"},
    {"hold_link_for": "-3 s"},
    {"hold_link_for": True},
]


@pytest.mark.parametrize("options", WRONG)
def test_a_wrong_word_about_the_link_is_refused_before_it_is_opened(
    options: dict[str, Any],
) -> None:
    with pytest.raises(RefusedError, match=next(iter(options))):
        Rig("keithley-2400", **options)


def test_every_wrong_word_is_named_at_once() -> None:
    with pytest.raises(RefusedError) as caught:
        Rig("keithley-2400", timeout="soon", echo=3, on_link_loss="panic")

    assert len(caught.value.complaints) == 3


def test_without_an_echo_the_messages_are_bare() -> None:
    rig = Rig("keithley-2400", echo=False)
    meter = rig.drive()

    meter.measure()

    assert rig.heard == [":READ?"]


def test_a_defect_of_a_twin_is_not_taken_for_a_dead_link() -> None:
    rig = Rig("keithley-2000")

    def misspelt(message: str) -> str:
        return message.uper()  # type: ignore[attr-defined, no-any-return]

    rig.twin.execute = misspelt

    with pytest.raises(RuntimeError, match=r"twin of GPIB0::5.*'uper'") as told:
        rig.role.read()
    code = told.traceback[-1].name
    assert code == "misspelt"  # the traceback names where
