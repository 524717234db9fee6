"""One library and many threads: it is entered one call at a time, and no row is lost.

On the oracle, which answers -12 to a call that overlaps another, converters included.
"""

import threading
from collections.abc import Callable

import numpy as np
import pytest
from oracle_library import Oracle

from drivers.biologic.eclib.library import EClib, OutOfTurnError
from drivers.biologic.rows import memory
from labctl.clock import SystemClock
from labctl.techniques import ConstantCurrent, Recording

Place = Callable[..., Oracle]

VSP300 = "device = 20\nspeed = 0\n"


def test_three_runs_at_once_lose_no_row(placed: Place) -> None:
    oracle = placed("device = 20\nspeed = 50\n")
    device = oracle.opened(SystemClock())
    brought: dict[str, list[float]] = {name: [] for name in ("1", "2", "3")}
    failures: list[BaseException] = []

    def follow(name: str) -> None:
        channel = device.roles[name]
        try:
            channel.load([ConstantCurrent(1e-3, 40.0, record=Recording(every_s=0.02))])
            channel.start()
            running = True
            while running:
                poll = channel.poll()
                running = poll.running
                for batch in poll.batches:
                    brought[name] += batch.columns["instrument_time_second"].tolist()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=follow, args=(name,)) for name in brought]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert oracle.overlaps == 0
    assert [len(times) for times in brought.values()] == [2001] * 3
    assert all(np.all(np.diff(times) > 0.0) for times in brought.values())
    assert oracle.calls("BL_ConvertChannelNumericIntoSingle") < 20  # probes, once


def test_the_library_is_no_use_once_its_turn_is_over(placed: Place) -> None:
    table = placed(VSP300).table()

    kept: EClib = table.exchange(lambda lib: lib)

    with pytest.raises(OutOfTurnError, match=r"inside FunctionTable\.exchange only"):
        kept.version()


def test_the_library_is_no_use_on_another_thread(placed: Place) -> None:
    table = placed(VSP300).table()
    heard: list[BaseException] = []

    def carry(lib: EClib) -> None:
        def use() -> None:
            try:
                lib.version()
            except OutOfTurnError as error:
                heard.append(error)

        other = threading.Thread(target=use)
        other.start()
        other.join()

    table.exchange(carry)

    assert len(heard) == 1


def test_a_table_shows_its_functions_to_nobody(placed: Place) -> None:
    table = placed(VSP300).table()

    public = {name for name in dir(table) if not name.startswith("_")}

    assert public == {"exchange", "origin", "sdk_path", "worker"}


def test_rows_that_come_faster_than_calls_return_hold_up_no_poll(
    placed: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "LONGEST_DRAIN", 0.05)
    oracle = placed("device = 20\nspeed = 20\ncall_seconds = 0.005\n")
    channel = oracle.opened(SystemClock()).roles["1"]
    channel.load([ConstantCurrent(1e-3, 20.0, record=Recording(every_s=0.02))])
    channel.start()

    polls = [channel.poll() for _ in range(3)]

    assert all(poll.running for poll in polls)
    while polls[-1].running:
        polls.append(channel.poll())
    rows = sum(len(batch) for poll in polls for batch in poll.batches)
    assert rows == 1001
