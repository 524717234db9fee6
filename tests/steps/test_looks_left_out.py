"""Virtual time leaves out looks that could show nothing, and no other."""

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from simulated_biologic import SimulatedBench, simulated_bench

from drivers.twins.world.catalogue import build_cell
from labctl.clock import EVERY_LOOK, Quiet, VirtualClock
from labctl.data import Array, Batch
from labctl.limits import Envelope
from labctl.roles.potentiostat import Poll
from labctl.station import LentBench
from labctl.steps.channel import RunTechniques
from labctl.steps.outlook import MOST_ROWS, Outlook, Trend, half_way, in_looks
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

    def go_on(self, to: float, within: Mapping[str, tuple[float, float]]) -> float:
        del within
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
    clock.attend("one", News(at))

    clock.idle(10.0, Quiet(105.0))

    assert clock.now() == pytest.approx(expected)


def test_nobody_goes_further_than_to_the_first_news() -> None:
    clock, second = VirtualClock(), News()
    clock.attend("one", News(34.0))
    clock.attend("two", second)

    clock.idle(10.0, Quiet(100.0))

    assert second.asked == [34.0]


def test_no_look_is_left_out_where_nobody_can_say_that_there_is_no_news() -> None:
    clock = VirtualClock()

    clock.idle(10.0, Quiet(1e6))

    assert clock.now() == 10.0


def test_no_look_is_left_out_beside_an_instrument_that_cannot_tell_its_news() -> None:
    clock = VirtualClock()
    clock.attend("one", News())
    clock.connected("one")
    clock.connected("cycler")

    clock.idle(10.0, Quiet(1e6))

    assert clock.now() == 10.0


def test_a_run_that_is_asked_for_something_does_not_wait() -> None:
    clock, asked = VirtualClock(), threading.Event()
    clock.attend("one", News())
    asked.set()

    clock.idle(10.0, Quiet(1e6), asked)

    assert clock.now() == 0.0


def test_what_two_expect_is_what_both_do() -> None:
    one = Quiet(3.0, {"voltage_volt": (0.0, 2.0), "current_ampere": (0.0, 1.0)})
    other = Quiet(2.0, {"voltage_volt": (1.0, 3.0)})

    assert one.both(other) == Quiet(
        2.0, {"voltage_volt": (1.0, 2.0), "current_ampere": (0.0, 1.0)}
    )


@pytest.mark.parametrize(
    ("value", "bounds", "expected"),
    [
        (1.0, (), (-math.inf, math.inf)),
        (1.0, (0.0, 4.0), (0.5, 2.5)),
        (-1.0, (0.0, 4.0), (-math.inf, -0.5)),  # outside, towards the next of them
        (1.0, (1.0,), (1.0, 1.0)),
    ],
)
def test_a_reading_is_news_half_way_to_a_bound(
    value: float, bounds: tuple[float, ...], expected: tuple[float, float]
) -> None:
    assert half_way(value, bounds) == expected


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
    clock.attend("one", News())
    clock.sleep(266892.1)
    period = 8.0 * every
    found, quiet = [], Quiet(period)
    for _ in range(polls):
        begun = clock.now()
        clock.idle(period, quiet)
        passed = clock.now() - begun
        times = begun + every * np.arange(round(passed / every))
        poll = _poll(times, np.full(len(times), 1.0), overload)
        outlook.polled(poll, passed, quiet.seconds)
        found.append(round(passed / period))
        quiet = in_looks(outlook.quiet(every), period)
    return found


@pytest.mark.parametrize("every", [1.0, 0.1, 0.3, 60.0])
def test_pauses_double_up_to_what_any_memory_holds(every: float) -> None:
    assert _looks(every, 8) == [1, 1, 2, 4, 8, 16, 32, MOST_ROWS // 8]


def test_while_a_channel_is_overloaded_every_look_is_taken() -> None:
    assert _looks(1.0, 5, overload=1) == [1, 1, 1, 1, 1]


def test_a_channel_is_to_go_no_further_than_half_way_to_a_limit() -> None:
    outlook, times = Outlook(WIDE), np.arange(64.0)
    for _ in range(2):
        outlook.polled(_poll(times, np.full(64, 4.5)), 64.0, 64.0)

    assert outlook.quiet(1.0) == Quiet(128.0, {"voltage_volt": (-0.25, 4.75)})


@pytest.mark.parametrize("column", ["current_ampere", "cell_temperature_celsius"])
def test_every_look_is_taken_at_what_is_bounded_and_not_foreseen(column: str) -> None:
    outlook, times = Outlook(Envelope({column: (0.0, 1.0)})), np.arange(8.0)
    rows = {"instrument_time_second": times, "cell_temperature_celsius": times}
    for _ in range(2):
        outlook.polled(Poll((Batch("timeseries", rows),), running=True), 8.0, 8.0)

    assert outlook.quiet(1.0) == EVERY_LOOK


class Counting(VirtualClock):
    """Counts looks; ``every``: leaves none out."""

    def __init__(self, *, every: bool) -> None:
        super().__init__(0.0)
        self.every, self.looks = every, 0

    def idle(
        self,
        period: float,
        quiet: Quiet = EVERY_LOOK,
        until: threading.Event | None = None,
    ) -> None:
        self.looks += 1
        super().idle(period, EVERY_LOOK if self.every else quiet, until)


def _bench(*, every: bool) -> tuple[SimulatedBench, Counting]:
    clock = Counting(every=every)
    bench = simulated_bench(cell=build_cell("qms-0.7", 0), clock=clock)
    clock.attend("vsp300", bench.twin)
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
