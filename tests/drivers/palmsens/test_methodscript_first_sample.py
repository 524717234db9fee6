"""A technique's first sample comes at once, however far apart the others are."""

import numpy as np
import pytest
from methodscript_bench import Ended, bench_of, run_out

from labctl.columns import CURRENT, INSTRUMENT_TIME, TECHNIQUE_INDEX, VOLTAGE
from labctl.data import Array
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    OpenCircuit,
    Recording,
    Technique,
)

MINUTE = Recording(every_s=60.0)
REST = OpenCircuit(60.0, MINUTE)


def run(*techniques: Technique) -> Ended:
    bench = bench_of()
    channel = bench.open().channel
    channel.load(techniques)
    channel.start()
    return run_out(bench, channel, 5.0)


def of(ended: Ended, technique: int, name: str) -> Array:
    rows = np.array(ended.column("timeseries", name))
    index = np.array(ended.column("timeseries", TECHNIQUE_INDEX.name))
    chosen: Array = rows[index == technique]
    return chosen


@pytest.mark.parametrize(
    ("technique", "seconds"),
    [
        # nothing but time ends it
        (ConstantCurrent(-1e-3, 600.0, (), MINUTE), 600.0),
        # an inrush that is gone after a few seconds
        (ConstantVoltage(0.8, 300.0, (), MINUTE, max_current=0.03), 300.0),
        # the step back of the voltage
        (REST, 60.0),
    ],
)
def test_the_first_row_is_of_the_beginning_and_the_last_of_the_end(
    technique: Technique, seconds: float
) -> None:
    ended = run(ConstantCurrent(1e-4, 30.0, (), MINUTE), technique)

    begun = of(ended, 0, INSTRUMENT_TIME.name)[-1]
    times = of(ended, 1, INSTRUMENT_TIME.name) - begun
    assert times[0] < 0.2
    assert times[-1] == pytest.approx(seconds, abs=0.1)
    assert np.diff(times)[:-1] == pytest.approx(60.0, abs=0.2)


def test_the_charge_of_a_lone_current_is_all_there() -> None:
    ended = run(ConstantCurrent(-1e-3, 300.0, (), MINUTE))

    amperes, seconds = of(ended, 0, CURRENT.name), of(ended, 0, INSTRUMENT_TIME.name)
    assert np.trapezoid(amperes, seconds) == pytest.approx(-0.3, rel=1e-3)


def test_a_limit_that_the_first_sample_meets_ends_the_technique() -> None:
    met = Condition("end", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 0.1)

    ended = run(OpenCircuit(600.0, MINUTE, (met,)), REST)

    assert len(of(ended, 0, VOLTAGE.name)) == 1
    assert of(ended, 1, INSTRUMENT_TIME.name)[-1] < 61.0


@pytest.mark.parametrize("passed", [0.0, 0.05, 0.15, 1.0])
def test_a_skip_ends_the_technique_before_and_after_its_first_sample(
    passed: float,
) -> None:
    bench = bench_of()
    channel = bench.open().channel
    channel.load([ConstantVoltage(0.8, 600.0, (), MINUTE, max_current=0.03), REST])
    channel.start()
    bench.clock.sleep(passed)

    channel.skip()
    ended = run_out(bench, channel, 5.0)

    assert of(ended, 1, INSTRUMENT_TIME.name)[-1] < 65.0
