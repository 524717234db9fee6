"""Virtual time leaves out looks that could show nothing, and no other."""

import math
import threading
from dataclasses import dataclass, field

import numpy as np
import pytest
from simulated_biologic import SimulatedBench, simulated_bench

from drivers.twins.world.catalogue import build_cell
from labctl.clock import VirtualClock
from labctl.data import Array, Batch
from labctl.limits import Envelope
from labctl.roles.potentiostat import Poll
from labctl.station import LentBench
from labctl.steps.channel import RunTechniques
from labctl.steps.outlook import MOST_ROWS, Outlook, Trend
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    OpenCircuit,
    Recording,
    Spectrum,
)

WIDE = Envelope({"voltage_volt": (-5.0, 5.0)})


@dataclass
class News:
    """An instrument with news at one moment."""

    at: float = math.inf
    asked: list[float] = field(default_factory=list)

    def go_on(self, to: float) -> float:
        self.asked.append(to)
        return self.at if self.at <= to else math.inf


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (math.inf, 100.0),  # nothing: as long as nothing was expected
        (34.0, 40.0),  # at the look behind it, where it would have been seen
        (40.0, 40.0),
        (40.0 + 1e-9, 40.0),  # a rounding is no other look
        (3.0, 10.0),
    ],
)
def test_time_goes_on_to_the_look_that_shows_the_first_news(
    at: float, expected: float
) -> None:
    clock = VirtualClock()
    clock.attend(News(at))

    clock.idle(10.0, 105.0)

    assert clock.now() == pytest.approx(expected)


def test_nobody_goes_further_than_to_the_first_news() -> None:
    clock, second = VirtualClock(), News()
    clock.attend(News(34.0))
    clock.attend(second)

    clock.idle(10.0, 100.0)

    assert second.asked == [34.0]


def test_no_look_is_left_out_where_nobody_can_say_that_there_is_no_news() -> None:
    clock = VirtualClock()

    clock.idle(10.0, 1e6)

    assert clock.now() == 10.0


def test_a_run_that_is_asked_for_something_does_not_wait() -> None:
    clock, asked = VirtualClock(), threading.Event()
    clock.attend(News())
    asked.set()

    clock.idle(10.0, 1e6, asked)

    assert clock.now() == 0.0


def test_a_quantity_may_go_twice_as_fast_as_it_went() -> None:
    trend = Trend()
    trend.take(np.array([0.0, 1.0]), np.array([3.0, 3.1]))

    assert trend.soonest(4.1) == pytest.approx(5.0)
    assert trend.soonest(2.1) == pytest.approx(5.0)


@pytest.mark.parametrize("values", [[1.0], [math.nan, 1.0], [1.0, math.nan]])
def test_what_is_not_known_may_be_anywhere_at_any_moment(values: list[float]) -> None:
    trend = Trend()
    trend.take(np.arange(float(len(values))), np.array(values))

    assert trend.soonest(5.0) == 0.0


def _poll(times: Array, volts: Array, overload: int = 0) -> Poll:
    rows = {
        "instrument_time_second": times,
        "voltage_volt": volts,
        "overload_flags": np.full(len(times), overload),
    }
    return Poll((Batch("timeseries", rows),), running=True)


def _looks(every: float, polls: int, overload: int = 0) -> list[int]:
    """Return the pauses, in looks every 8 rows, days after the clock began."""
    clock, outlook = VirtualClock(), Outlook(WIDE)
    clock.attend(News())
    clock.sleep(266892.1)
    period = pause = 8.0 * every
    found = []
    for _ in range(polls):
        begun = clock.now()
        clock.idle(period, pause)
        passed = clock.now() - begun
        times = begun + every * np.arange(round(passed / every))
        poll = _poll(times, np.full(len(times), 1.0), overload)
        outlook.polled(poll, passed, pause)
        found.append(round(passed / period))
        pause = outlook.quiet(period, every)
    return found


@pytest.mark.parametrize("every", [1.0, 0.1, 0.3, 60.0])
def test_pauses_double_up_to_what_any_memory_holds(every: float) -> None:
    assert _looks(every, 8) == [1, 1, 2, 4, 8, 16, 32, MOST_ROWS // 8]


def test_while_a_channel_is_overloaded_every_look_is_taken() -> None:
    assert _looks(1.0, 5, overload=1) == [1, 1, 1, 1, 1]


def test_near_a_limit_every_look_is_taken() -> None:
    outlook, times = Outlook(WIDE), np.arange(64.0)
    for _ in range(2):
        outlook.polled(_poll(times, 4.9 + 0.001 * times), 64.0, 64.0)

    # 37 mV at 1 mV/s, and twice as fast at most: 18.5 s, two looks of 128 s.
    assert outlook.quiet(8.0, 1.0) == 16.0


class Counting(VirtualClock):
    """Counts looks; ``every``: leaves none out."""

    def __init__(self, *, every: bool) -> None:
        super().__init__(0.0)
        self.every, self.looks = every, 0

    def idle(
        self, period: float, quiet: float = 0.0, until: threading.Event | None = None
    ) -> None:
        self.looks += 1
        super().idle(period, 0.0 if self.every else quiet, until)


def _bench(*, every: bool) -> tuple[SimulatedBench, Counting]:
    clock = Counting(every=every)
    bench = simulated_bench(cell=build_cell("qms-0.7", 0), clock=clock)
    clock.attend(bench.twin)
    return bench, clock


STEP = RunTechniques(
    label="all of it",
    techniques=(
        ConstantCurrent(
            -1e-4,
            3600.0,
            (Condition("much", ConditionQuantity.CHARGE, Comparison.AT_LEAST, 0.2),),
            Recording(every_s=2.0),
        ),
        OpenCircuit(600.0, Recording(every_s=10.0)),
        ConstantCurrent(
            -1e-4,
            36000.0,
            (
                Condition("low", ConditionQuantity.VOLTAGE, Comparison.AT_MOST, 0.12),
                Condition("work", ConditionQuantity.ENERGY, Comparison.AT_LEAST, 0.1),
            ),
            Recording(every_s=10.0),
        ),
        OpenCircuit(
            7200.0,
            Recording(every_s=30.0),
            (
                Condition(
                    "relaxed", ConditionQuantity.VOLTAGE_RATE, Comparison.AT_MOST, 1e-6
                ),
                Condition(
                    "far", ConditionQuantity.VOLTAGE_CHANGE, Comparison.AT_LEAST, 0.04
                ),
            ),
        ),
        Spectrum(
            galvanostatic=False,
            bias=0.0,
            amplitude=0.01,
            first_frequency=1e4,
            last_frequency=0.01,
            versus_initial=True,
        ),
    ),
)


def _run(*, every: bool) -> tuple[dict[str, dict[str, Array]], float, int]:
    """Return stream -> rows, when the step was over, and the looks that it took."""
    bench, clock = _bench(every=every)
    lent = LentBench(clock, {"cell": bench.channel}, WIDE)
    found: dict[str, list[Batch]] = {}
    for item in STEP.execute(lent):
        if isinstance(item, Batch):
            found.setdefault(item.stream, []).append(item)
    rows = {
        stream: {
            name: np.concatenate([batch.columns[name] for batch in batches])
            for name in batches[0].columns
        }
        for stream, batches in found.items()
        if stream != "live"
    }
    return rows, clock.now(), clock.looks


def test_a_run_is_the_same_with_and_without_the_looks_that_are_left_out() -> None:
    rows, end, looks = _run(every=False)
    expected, late, most = _run(every=True)

    assert end == pytest.approx(late)
    for stream, columns in expected.items():
        for name, values in columns.items():
            assert rows[stream][name] == pytest.approx(values, nan_ok=True), name
    assert looks < 0.4 * most
