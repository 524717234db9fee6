"""Words into columns: nothing dropped, nothing guessed, nothing lost by a failure."""

import math
from typing import Any

import numpy as np
import pytest
from simulated_biologic import column, simulated_bench

from drivers.biologic.dialect import Dialect
from drivers.biologic.eclib import abi
from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.encodings import IEEE
from drivers.biologic.rows.overload import flags_of
from drivers.biologic.rows.reading import Fetched, Reader
from drivers.biologic.rows.recorded import further_columns
from drivers.overload import OverloadRule, OverloadWatch
from labctl import columns
from labctl.data import Event
from labctl.errors import InstrumentError, LimitError
from labctl.roles.potentiostat import OVERLOADED
from labctl.techniques import ConstantCurrent, OpenCircuit, Recording

PEIS, CP, OCV = 104, 102, 100
SINE = {
    "freq": 1000.0,
    "abs_Ewe": 0.01,
    "abs_I": 1e-3,
    "phase": -0.5,
    "Ewe": 3.7,
    "I": 2e-4,
    "unused_6": 9e9,
    "abs_Ece": 0.004,
    "abs_Ice": 1e-3,
    "phase_ce": -0.2,
    "Ece": -0.05,
    "unused_11": 9e9,
    "unused_12": 9e9,
    "t": 12.0,
}


def block(values: list[float], technique_id: int, process: int, **more: Any) -> Fetched:
    words = np.array([values], dtype=np.float32).view(np.uint32)
    base = float(np.float32(25e-6))
    return Fetched(words, 0, technique_id, process, 3, 100.0, base, 0, **more)


def row(fetched: Fetched, dialect: Dialect | None = None) -> dict[str, float]:
    reader = Reader("v/1", Board.PREMIUM, IEEE, 0, dialect or Dialect())
    found = reader.batch(fetched, lambda k: k, 0.0).columns
    return {name: values[0].item() for name, values in found.items()}


def test_three_electrodes_give_both_impedances() -> None:
    found = row(block(list(SINE.values()), PEIS, 1))

    working = complex(found["real_impedance_ohm"], found["imaginary_impedance_ohm"])
    counter = complex(
        found["counter_electrode_real_impedance_ohm"],
        found["counter_electrode_imaginary_impedance_ohm"],
    )
    assert working == pytest.approx(10.0 * complex(math.cos(0.5), -math.sin(0.5)))
    assert counter == pytest.approx(4.0 * complex(math.cos(0.2), -math.sin(0.2)))
    assert found["counter_electrode_voltage_volt"] == pytest.approx(-0.05)
    assert found["counter_electrode_voltage_amplitude_volt"] == pytest.approx(0.004)
    assert found["instrument_time_second"] == 112.0
    assert 9e9 not in found.values()  # words that mean nothing


def test_a_current_that_does_not_flow_gives_no_impedance() -> None:
    none = {**SINE, "abs_Ice": 0.0, "abs_I": 0.0}

    found = row(block(list(none.values()), PEIS, 1))

    assert math.isnan(found["counter_electrode_real_impedance_ohm"])
    assert math.isnan(found["real_impedance_ohm"])


def test_the_phases_of_both_electrodes_are_turned_together() -> None:
    turned = row(block(list(SINE.values()), PEIS, 1), Dialect(phase_sign=-1))

    assert turned["imaginary_impedance_ohm"] > 0.0
    assert turned["counter_electrode_imaginary_impedance_ohm"] > 0.0


def test_every_row_has_its_flags_and_its_loop() -> None:
    found = row(block([0.0, 0.0, 3.7, 1e-3, 0.0], CP, 0, overload=5))

    assert (found["overload_flags"], found["instrument_loop_count"]) == (5, 3)


@pytest.mark.parametrize("board", list(Board))
@pytest.mark.parametrize("xctr", [0, 0x01, 0x20, 0xEF])
def test_columns_of_a_channel_are_known_words_of_the_vocabulary(
    board: Board, xctr: int
) -> None:
    for further in further_columns(board, xctr).values():
        names = [column.name for column in further]
        assert len(set(names)) == len(names)
        assert set(further) <= set(columns.FURTHER)


def test_the_three_flags_are_three_bits() -> None:
    values = abi.CurrentValues()
    values.Eoverflow, values.Ioverflow, values.Saturation = 1, 0, 17

    assert flags_of(values) == 1 | 4
    assert flags_of(abi.CurrentValues()) == 0


def test_a_block_that_cannot_be_read_stays_and_those_before_it_are_handed_out() -> None:
    bench = simulated_bench()
    channel = bench.channel
    channel.load([OpenCircuit(100.0, record=Recording(every_s=1.0))])
    channel.start()
    bench.clock.sleep(5.5)
    channel._port.exchange(channel._memory.drain)
    odd = Fetched(np.zeros((1, 3), np.uint32), 0, 999, 0, 0, 0.0, 1.0, 0)
    channel._memory._pending.append(odd)

    with pytest.raises(InstrumentError, match="technique 999"):
        channel.poll()
    with pytest.raises(InstrumentError, match="technique 999"):
        channel.poll()

    assert channel._memory._pending[0] is odd
    channel._memory._pending.remove(odd)
    assert len(column([channel.poll()], "voltage_volt")) >= 6


def test_decoding_needs_no_library() -> None:
    """Once an upload stands, rows become numbers whatever the library does."""
    bench = simulated_bench({"model": "VMP3", "ti_floats": True})
    bench.channel.load([ConstantCurrent(1e-3, 10.0, record=Recording(every_s=1.0))])
    bench.channel.start()
    for name in ("BL_ConvertChannelNumericIntoSingle", "BL_ConvertNumericIntoSingle"):
        bench.twin.faults.codes[name] = -12
    bench.clock.sleep(5.5)

    amps = column([bench.channel.poll()], "current_ampere")

    assert amps == pytest.approx(1e-3, rel=1e-3)


def test_an_overload_must_be_seen_twice_whatever_the_time_between() -> None:
    watch = OverloadWatch("v/1", OverloadRule("stop", 0.0))
    told: list[Event] = []

    watch.look(1, 0.0, told.append)
    with pytest.raises(LimitError, match="the voltage is beyond its range, for 60"):
        watch.look(1, 60.0, told.append)

    assert [event.code for event in told] == ["overload", OVERLOADED]


def test_an_overload_that_comes_and_goes_is_told_each_time() -> None:
    watch = OverloadWatch("v/1", OverloadRule("stop", 2.0))
    told: list[Event] = []

    for now, flags in enumerate([0, 2, 0, 0, 2, 6, 0]):
        watch.look(flags, float(now), told.append)

    assert [event.text.split(": ")[1][:20] for event in told] == [
        "the current is beyon",
        "no longer overloaded",
        "the current is beyon",
        "the current is beyon",  # and the amplifier is saturated
        "no longer overloaded",
    ]
