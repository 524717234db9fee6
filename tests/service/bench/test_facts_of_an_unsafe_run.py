"""What may still be on travels as a field, whatever goes wrong after it."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from labctl.api.models import StopReport
from labctl.clock import ScaledClock
from labctl.data import EndReason
from labctl.engine.situation import Ended
from labctl.engine.states import RunState
from labctl.errors import InstrumentError, StoreError
from labctl.service.bench.bench import StationBench
from labctl.service.bench.live_run import About, LiveRun
from labctl.service.bench.stop_all import StopAll
from labctl.session.run import Finished, Observers

CHANNEL, WHY = "vsp300/1", "no answer within 5 s"
Act = Callable[[Observers], Finished]


def ended(observers: Observers, **unsafe: str) -> Ended:
    """Tell what the engine tells at its end."""
    assert observers.started is not None
    assert observers.ended is not None
    observers.started(Path("runs/a"))
    how = Ended(EndReason.FAILED if unsafe else EndReason.STOPPED, unsafe=unsafe)
    observers.ended(how)
    return how


def finished(how: Ended) -> Finished:
    return Finished(
        RunState(how.reason), how.text, Path("runs/a"), None, {}, unsafe=how.unsafe
    )


def ends_safe(observers: Observers) -> Finished:
    return finished(ended(observers))


def ends_unsafe(observers: Observers) -> Finished:
    return finished(ended(observers, cell=WHY))


def cannot_be_sealed_either(observers: Observers) -> Finished:
    ended(observers, cell=WHY)
    raise StoreError("runs/a: the end of the run is not on the disk")


def dies_while_driving(observers: Observers) -> Finished:
    assert observers.started is not None
    observers.started(Path("runs/a"))
    raise MemoryError


def never_opens(_observers: Observers) -> Finished:
    raise InstrumentError("vsp300: does not answer")


class OneRun:
    """A bench with one run, and who was told what."""

    def __init__(self, act: Act) -> None:
        self.by_hand = self.queue = self.events = self
        self.doubts: list[tuple[str, str]] = []
        self.left: list[str] = []
        about = About("a", "p", "t", "s", {"cell": CHANNEL}, "half_cell", False, "")
        self.may_end = threading.Event()

        def waits(observers: Observers) -> Finished:
            assert self.may_end.wait(10.0)
            return act(observers)

        self.run = LiveRun(
            about,
            Path("runs/a"),
            waits,
            ScaledClock(1000),
            lambda: None,
            doubt=lambda channel, why: self.doubts.append((channel, why)),
            leave=lambda run: self.left.append(run.about.run),
        )
        self.live = [self.run]

    def touched(self) -> dict[str, object]:
        return {}

    def release_all(self) -> dict[str, str]:
        return {}

    def channels(self) -> list[str]:
        return [CHANNEL]

    def hold_channels(self, *_given: object) -> None:
        pass

    def tell(self, *_given: object) -> None:
        pass

    def changed(self) -> None:
        pass


def stopped(act: Act) -> tuple[OneRun, StopReport]:
    """Stop a run that ends as told; return what is known after its end."""
    bench = OneRun(act)
    bench.run.start()
    stop = StopAll(cast("StationBench", bench))
    stop.ask("Kim", "")
    bench.may_end.set()
    assert bench.run.join(10.0)
    report = stop.report()
    assert report is not None
    return bench, report


def test_a_run_whose_outputs_are_off_is_confirmed() -> None:
    bench, report = stopped(ends_safe)

    assert report.done
    assert report.lines[0].confirmed_unix == bench.run.safe_unix is not None
    assert bench.doubts == []


@pytest.mark.parametrize("act", [ends_unsafe, cannot_be_sealed_either])
def test_an_output_that_is_on_is_never_confirmed_whatever_fails_next(act: Act) -> None:
    bench, report = stopped(act)

    assert not report.done
    assert report.lines[0].unsafe == {CHANNEL: WHY}
    assert report.lines[0].confirmed_unix is None
    assert bench.run.safe_unix is None
    assert bench.run.summary().unsafe == {CHANNEL: WHY}
    assert bench.doubts == [(CHANNEL, WHY)]


def test_a_run_that_dies_while_it_drives_is_not_known_to_be_off() -> None:
    bench, report = stopped(dies_while_driving)

    assert not report.lines[0].confirmed
    assert [channel for channel, _why in bench.doubts] == [CHANNEL]
    assert CHANNEL in report.lines[0].unsafe


def test_a_run_that_ended_before_anything_was_on_is_confirmed() -> None:
    bench, report = stopped(never_opens)

    assert report.done
    assert report.lines[0].confirmed_unix is None
    assert bench.doubts == []


def test_a_cleared_channel_confirms_the_stop_it_kept_open() -> None:
    bench, report = stopped(ends_unsafe)

    bench.run.cleared(CHANNEL)

    assert bench.run.summary().unsafe == {}
    assert bench.run.safe_unix is not None
    assert not report.done


def test_the_channels_are_given_back_after_the_doubt_is_known() -> None:
    known: list[int] = []
    bench = OneRun(ends_unsafe)
    bench.run.leave = lambda _run: known.append(len(bench.doubts))
    bench.may_end.set()
    bench.run.start()
    assert bench.run.join(10.0)

    assert known == [1]
