"""The ladder of links without VISA: how long, who is told, and what ends it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from drivers.question_link import QuestionLink
from drivers.visa.link_options import LinkOptions, OnLinkLoss
from labctl.clock import VirtualClock
from labctl.data import Event, Level
from labctl.errors import InstrumentError, LinkError
from labctl.roles.identity import Identity
from labctl.waits import DriverClock, WaitEnded, in_passing, owned_by

OVEN = Identity("Memmert", "UF55", "B218.0042", "1", "192.168.0.30")


@dataclass
class Far:
    """An instrument that can be silent; what it is asked takes a time-out then."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(0.0))
    silent_until: float = 0.0
    asked: int = 0
    met: int = 0

    def introduce(self) -> Identity:
        self.met += 1
        self.answer()
        return OVEN

    def answer(self) -> float:
        self.asked += 1
        if self.clock.now() < self.silent_until:
            self.clock.sleep(1.0)
            raise LinkError("oven: no answer")
        return 25.0

    def link(self, on_loss: OnLinkLoss, hold: float = 60.0) -> QuestionLink:
        options = LinkOptions(timeout=1.0, on_loss=on_loss, hold_for=hold)
        made = QuestionLink("oven", DriverClock(self.clock), options, self.introduce)
        made.meet()
        return made


@dataclass
class Run:
    """Owns a thread, as a run does, and keeps what it is told."""

    events: list[Event] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    at_wait: Callable[[], None] = lambda: None

    def waiting(self, what: str, seconds: float) -> None:
        assert seconds < 100.0, what
        self.at_wait()

    def working(self) -> None:
        pass

    def tell(self, event: Event) -> None:
        self.events.append(event)


def test_a_link_that_may_not_be_held_ends_after_about_three_time_outs() -> None:
    far = Far()
    link = far.link(OnLinkLoss.MAKE_SAFE)
    far.silent_until = 1e9

    with pytest.raises(LinkError, match="check cable, power and address"):
        link.ask("its temperature", far.answer)
    assert 2.0 < far.clock.now() < 5.0


@pytest.mark.parametrize(
    ("on_loss", "level"),
    [(OnLinkLoss.HOLD, Level.WARNING), (OnLinkLoss.ALARM, Level.ALARM)],
)
def test_a_held_link_is_tried_for_longer_and_told(
    on_loss: OnLinkLoss, level: Level
) -> None:
    far, run = Far(), Run()
    link = far.link(on_loss)
    far.silent_until = 30.0

    with owned_by(run):
        assert link.ask("its temperature", far.answer) == 25.0

    assert [event.level for event in run.events] == [level, Level.WARNING]
    assert "it regulates on by itself" in run.events[0].text
    assert "is back after" in run.events[1].text


def test_what_is_asked_in_passing_is_not_waited_for() -> None:
    far = Far()
    link = far.link(OnLinkLoss.HOLD)
    far.silent_until = 1e9

    with in_passing(), pytest.raises(LinkError):
        link.ask("its temperature", far.answer)
    assert far.clock.now() < 5.0


def test_a_run_that_is_asked_to_stop_ends_the_wait_and_leaves_no_debt() -> None:
    far, run = Far(), Run()
    link = far.link(OnLinkLoss.HOLD)
    far.silent_until = 30.0
    run.at_wait = run.asked.set

    with owned_by(run), pytest.raises(WaitEnded):
        link.ask("its temperature", far.answer)
    far.silent_until = 0.0
    before = far.met

    assert link.ask("its temperature", far.answer) == 25.0
    assert far.met == before + 1  # recognised before anything else was asked


def test_making_safe_is_not_ended_by_a_stop_nor_by_ctrl_c() -> None:
    far, run = Far(), Run()
    link = far.link(OnLinkLoss.MAKE_SAFE)
    run.asked.set()
    tries: list[int] = []

    def switch_off() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise KeyboardInterrupt
        if len(tries) == 2:
            raise InstrumentError("oven: goes on heating")
        link.ask("off", far.answer)

    with owned_by(run):
        link.safely(switch_off)

    assert len(tries) == 3


def test_one_that_never_reads_off_is_told() -> None:
    link = Far().link(OnLinkLoss.MAKE_SAFE)

    def switch_off() -> None:
        raise InstrumentError("oven: goes on heating")

    with pytest.raises(InstrumentError, match="goes on heating"):
        link.safely(switch_off)


def test_nonsense_twice_is_an_error_and_not_asked_for_ever() -> None:
    far = Far()
    link = far.link(OnLinkLoss.HOLD)
    answers: list[int] = []

    def nonsense() -> float:
        answers.append(1)
        raise InstrumentError("oven: <html> is no answer")

    with pytest.raises(InstrumentError, match="is no answer"):
        link.ask("its temperature", nonsense)
    assert len(answers) == 2
