"""What stops a script: its own bound, just behind it, and ``Z`` once it arrives."""

import pytest
from methodscript_bench import Bench, bench_of, run_out

from drivers.palmsens.channel import MethodScriptChannel
from labctl.columns import CURRENT, VOLTAGE
from labctl.errors import LimitError
from labctl.limits import Envelope
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
