"""What stops a script: its own bound, just behind it, and ``Z`` once it arrives."""

import pytest
from methodscript_bench import Bench, bench_of, run_out

from drivers.palmsens.channel import MethodScriptChannel
from labctl.columns import CURRENT, VOLTAGE
from labctl.errors import InstrumentError, LimitError
from labctl.limits import Envelope
from labctl.roles.potentiostat import ROWS_LOST
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    Recording,
)

MINUTE = Recording(every_s=60.0)
LOW = Condition("low", ConditionQuantity.VOLTAGE, Comparison.AT_MOST, 0.2)
DOWN = ConstantCurrent(-1e-3, 36000.0, (LOW,), MINUTE)


def begun(bench: Bench, *techniques: ConstantCurrent) -> MethodScriptChannel:
    channel = bench.open().channel
    bounds = {VOLTAGE.name: (0.0, 1.0), CURRENT.name: (-0.1, 0.1)}
    channel.load(techniques, Envelope(bounds))
    channel.start()
    return channel


def test_a_steep_end_overruns_a_bound_by_millivolts_only() -> None:
    bench = bench_of(imperfections="none")
    channel = begun(bench, DOWN, ConstantCurrent(5e-4, 86400.0, (), MINUTE))

    with pytest.raises(LimitError, match="the voltage was above its bound"):
        run_out(bench, channel)
    volts = channel.poll().batches[-1].columns[VOLTAGE.name]
    assert 1.02 < volts[-1] < 1.025  # the bound and its margin


@pytest.mark.parametrize(
    "damaged",
    [
        # the instrument knows no such command, or does not take it now
        b"X\n",
        b"_\n",
    ],
)
def test_an_abort_that_was_damaged_on_its_way_is_sent_again(damaged: bytes) -> None:
    bench = bench_of()
    channel = begun(bench, DOWN)
    bench.clock.sleep(60.0)
    take, aborts = bench.twin.receive, list[bytes]()

    def spoiled(data: bytes, end: bool) -> None:
        if data == b"Z\n":
            aborts.append(data)
            data = damaged if len(aborts) == 1 else data
        take(data, end)

    bench.twin.receive = spoiled  # type: ignore[method-assign]
    channel.make_safe()

    assert bench.twin.look()[0] is False
    assert not bench.twin.runs
    assert len(aborts) == 2


def test_an_end_that_was_never_read_is_asked_for() -> None:
    bench = bench_of(imperfections="none")
    channel = begun(bench, DOWN, ConstantCurrent(5e-4, 86400.0, (), MINUTE))

    bench.clock.sleep(2 * 86400.0)  # nobody reads: the instrument's buffer is full
    assert channel.poll().running
    bench.clock.sleep(60.0)

    with pytest.raises(InstrumentError, match="stands still, and whether its script"):
        channel.poll()
    assert not bench.twin.look()[0]
    assert not channel.poll().running


def test_an_end_whose_reason_was_lost_is_no_end_as_planned() -> None:
    bench = bench_of(imperfections="none")
    channel = begun(bench, DOWN)
    bench.twin.tamper = lambda line: None if b"jc" in line else line

    with pytest.raises(InstrumentError, match="why was lost"):
        run_out(bench, channel)
    assert ROWS_LOST in [event.code for event in channel.poll().events]


def test_a_script_that_may_be_silent_is_not_taken_for_ended() -> None:
    bench = bench_of()
    channel = begun(bench, DOWN)
    bench.twin.tamper = lambda line: None if line.startswith(b"P") else line
    for _ in range(5):
        bench.clock.sleep(30.0)
        assert channel.poll().running

    assert bench.twin.look()[0]
