"""STOP ALL and what people drive by hand: said when it is so, and only then."""

import threading
from collections.abc import Callable
from typing import Any, cast

from labctl.api.models import StopLine
from labctl.data import Level
from labctl.errors import StoreError
from labctl.service.bench.bench import StationBench
from labctl.service.bench.stop_all import StopAll


class HandDriven:
    """A bench without runs; a person has a source meter, its instrument is slow."""

    live = ()

    def __init__(self, *, wrong: str = "", full: bool = False) -> None:
        self.by_hand = self.queue = self.events = self
        self.told: list[tuple[Level, str]] = []
        self.may_answer = threading.Event()
        self._wrong, self._full = wrong, full

    def touched(self) -> dict[str, object]:
        return {} if self.may_answer.is_set() else {"k2450": self}

    def release_all(self) -> dict[str, str]:
        assert self.may_answer.wait(10.0)
        return {"k2450": self._wrong}

    def channels(self) -> list[str]:
        return ["k2450"]

    def hold_channels(self, *_given: object) -> None:
        if self._full:
            raise StoreError("the disk is full")

    def tell(self, level: Level, _code: str, text: str) -> None:
        self.told.append((level, text))

    def changed(self) -> None:
        pass


def line_of(stop: StopAll) -> StopLine:
    report = stop.report()
    assert report is not None
    return report.lines[0]


def stopped(bench: HandDriven) -> StopAll:
    stop = StopAll(cast("StationBench", bench))
    stop.ask("Kim", "")
    return stop


def test_nothing_is_confirmed_before_the_instrument_answered(
    eventually: Callable[..., Any],
) -> None:
    bench = HandDriven()
    stop = stopped(bench)
    report = stop.report()
    assert report is not None
    assert (report.done, line_of(stop).text) == (False, "asked")

    bench.may_answer.set()

    eventually(lambda: line_of(stop).confirmed or None)
    assert line_of(stop).text == "driven by hand, made safe"


def test_what_may_still_be_on_is_an_alarm_and_no_confirmation(
    eventually: Callable[..., Any],
) -> None:
    bench = HandDriven(wrong="no answer")
    stop = stopped(bench)
    bench.may_answer.set()

    eventually(lambda: bench.told or None)

    assert bench.told[0] == (Level.ALARM, "k2450 may still be on: no answer")
    assert not line_of(stop).confirmed
    assert line_of(stop).unsafe == {"k2450": "no answer"}


def test_a_queue_that_cannot_be_written_keeps_nothing_switched_on(
    eventually: Callable[..., Any],
) -> None:
    bench = HandDriven(full=True)
    stop = stopped(bench)
    bench.may_answer.set()

    eventually(lambda: line_of(stop).confirmed or None)
    eventually(lambda: bench.told or None)
    assert "not held" in bench.told[0][1]
