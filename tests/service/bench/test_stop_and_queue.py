"""STOP ALL and a queue that cannot be written: nothing is kept switched on by it."""

from collections.abc import Callable
from typing import Any, cast

from labctl.data import Level
from labctl.errors import StoreError
from labctl.service.bench.bench import StationBench
from labctl.service.bench.stop_all import StopAll


class FullDisk:
    """A bench without runs whose queue cannot be written."""

    live = ()

    def __init__(self) -> None:
        self.queue = self.events = self
        self.told: list[tuple[Level, str]] = []

    def channels(self) -> list[str]:
        return ["k2450"]

    def hold_channels(self, *_given: object) -> None:
        raise StoreError("the disk is full")

    def tell(self, level: Level, _code: str, text: str) -> None:
        self.told.append((level, text))

    def changed(self) -> None:
        pass


def test_a_queue_that_cannot_be_written_keeps_nothing_switched_on(
    eventually: Callable[..., Any],
) -> None:
    bench = FullDisk()
    stop = StopAll(cast("StationBench", bench))

    stop.ask("Kim", "")

    eventually(lambda: bench.told or None)
    assert "not held" in bench.told[0][1]
    report = stop.report()
    assert report is not None
    assert report.done
