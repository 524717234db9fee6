"""Tests submitted to BTS Server over a real socket: run, found again, left alone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from simulated_biologic import column
from simulated_neware import NewareBench, neware_bench

from labctl.errors import InstrumentError, LimitError, LinkError, NotOursError
from labctl.limits import Envelope
from labctl.roles.potentiostat import Poll
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
)

CHARGE = ConstantCurrent(1e-3, 100.0, record=Recording(every_s=10.0))
LONG = ConstantCurrent(1e-3, 3600.0, record=Recording(every_s=10.0))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[NewareBench]:
    with neware_bench(tmp_path / "steps") as bench:
        yield bench


def times(polls: list[Poll]) -> list[float]:
    return [float(x) for x in column(polls, "instrument_time_second")]


def test_a_charge_brings_rows_with_time_sign_and_charge(bench: NewareBench) -> None:
    polls = bench.run([CHARGE])

    assert np.allclose(times(polls), np.arange(0.0, 101.0, 10.0), atol=0.05)
    assert np.allclose(column(polls, "current_ampere"), 1e-3, rtol=1e-3)
    charge = column(polls, "instrument_charge_coulomb")
    assert charge[-1] == pytest.approx(0.1, rel=1e-3)


def test_a_discharge_is_negative_in_current_and_charge(bench: NewareBench) -> None:
    polls = bench.run([ConstantCurrent(-1e-3, 100.0, record=CHARGE.record)])

    assert np.all(column(polls, "current_ampere") < 0.0)
    assert column(polls, "instrument_charge_coulomb")[-1] < 0.0


def test_time_goes_on_through_steps_and_loops(bench: NewareBench) -> None:
    rest = OpenCircuit(20.0, Recording(every_s=10.0))
    polls = bench.run([CHARGE, rest, Loop(0, 3)])

    found = np.array(times(polls))
    assert np.all(np.diff(found) > 0.0)
    assert found[-1] == pytest.approx(360.0, abs=0.5)
    assert set(column(polls, "technique_index")) == {0, 1}
    assert set(column(polls, "instrument_cycle_count")) == {1, 2, 3}


def test_a_hold_tapers_in_the_cycler(bench: NewareBench) -> None:
    taper = Condition(
        "taper", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, 5e-4
    )
    to = Condition("upper", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 3.9)
    loaded = bench.channel.load(
        [
            ConstantCurrent(1e-3, 9e5, (to,), CHARGE.record),
            ConstantVoltage(3.9, 9e5, (taper,), CHARGE.record),
        ]
    )
    bench.channel.start()
    polls = bench.follow(600.0)

    assert loaded.host_conditions == ()
    assert column(polls, "current_ampere")[-1] == pytest.approx(5e-4, rel=0.02)


def test_after_a_crash_the_rows_of_the_dead_time_are_there_once(
    bench: NewareBench,
) -> None:
    token = bench.channel.load([LONG]).token
    bench.channel.start()
    started = bench.clock.unix()
    bench.clock.sleep(95.0)
    before = bench.channel.poll()
    bench.clock.sleep(1000.0)  # nobody there
    channel = bench.another_process()

    assert channel.recognise(token, started)
    assert channel.adopt([LONG], token, started)
    after = bench.follow()

    seen = times([before])
    again = times(after)
    assert again[: len(seen)] == seen  # the same times, so that an engine drops them
    assert np.allclose(np.diff(again), 10.0, atol=0.05)
    assert again[-1] == pytest.approx(3600.0, abs=0.1)


def test_what_ended_while_nobody_was_there_is_fetched(bench: NewareBench) -> None:
    token = bench.channel.load([CHARGE]).token
    bench.channel.start()
    started = bench.clock.unix()
    bench.clock.sleep(5000.0)
    channel = bench.another_process()

    assert not channel.recognise(token, started)  # nothing of ours runs
    assert channel.adopt([CHARGE], token, started)
    assert times(bench.follow())[-1] == pytest.approx(100.0, abs=0.1)


def test_another_persons_test_is_neither_loaded_over_nor_stopped(
    bench: NewareBench, tmp_path: Path
) -> None:
    token = bench.channel.load([LONG]).token
    file = next((tmp_path / "steps").glob("*.xml"))
    bench.somebody_starts("kim_cell_17", file)
    started = bench.clock.unix()

    with pytest.raises(NotOursError, match="kim_cell_17"):
        bench.channel.load([CHARGE])
    with pytest.raises(NotOursError, match="left alone"):
        bench.channel.start()
    with pytest.raises(NotOursError):
        bench.channel.adopt([LONG], token, started)
    assert not bench.channel.recognise(token, started)
    bench.channel.make_safe()
    assert bench.bts.channels[1, 1].test.status == "working"
    assert bench.channel.poll().batches == ()


def test_a_test_that_somebody_starts_after_ours_is_not_stopped(
    bench: NewareBench, tmp_path: Path
) -> None:
    bench.channel.load([LONG])
    bench.channel.start()
    bench.clock.sleep(30.0)
    bench.channel.poll()
    bench.bts.channels[1, 1].stop(bench.clock.now())
    file = next((tmp_path / "steps").glob("*.xml"))
    bench.somebody_starts("kim_cell_17", file)

    with pytest.raises(NotOursError, match="somebody else"):
        bench.channel.poll()
    bench.channel.make_safe()
    assert bench.bts.channels[1, 1].test.status == "working"


def test_make_safe_stops_ours_and_its_last_rows_come(bench: NewareBench) -> None:
    bench.channel.load([LONG])
    bench.channel.start()
    bench.clock.sleep(35.0)
    bench.channel.make_safe()

    assert bench.bts.channels[1, 1].test.status == "stop"
    assert bench.bts.channels[1, 1].channel.true_current == 0.0
    assert len(times([bench.channel.poll()])) == 4


def test_a_start_whose_answer_was_lost_is_not_repeated(bench: NewareBench) -> None:
    bench.channel.load([CHARGE])
    bench.bts.listening = True
    answer = bench.bts.answer

    def lost_once(message: str) -> str:
        said = answer(message)
        if "<cmd>start</cmd>" in message:
            bench.faults.deaf_hang_ups = 1
        return said

    bench.bts.answer = lost_once  # type: ignore[method-assign]
    bench.channel.start()

    assert bench.bts.commands.count("start") == 1
    assert times(bench.follow())[-1] == pytest.approx(100.0, abs=0.1)


def test_a_dropped_link_is_opened_anew_and_no_row_is_lost(bench: NewareBench) -> None:
    bench.channel.load([CHARGE])
    bench.channel.start()
    bench.clock.sleep(45.0)
    bench.faults.hang_ups = 2
    polls = [bench.channel.poll(), *bench.follow()]

    assert np.allclose(times(polls), np.arange(0.0, 101.0, 10.0), atol=0.05)


def test_rows_that_the_server_writes_late_are_waited_for(bench: NewareBench) -> None:
    bench.bts.lag = 6.0
    bench.channel.load([CHARGE])
    bench.channel.start()

    assert times(bench.follow(1.0))[-1] == pytest.approx(100.0, abs=0.05)


def test_a_skip_waits_for_the_last_rows_before_others_take_their_place(
    bench: NewareBench,
) -> None:
    bench.bts.lag = 6.0
    bench.channel.load([LONG, OpenCircuit(20.0, CHARGE.record)])
    bench.channel.start()
    bench.clock.sleep(21.0)
    bench.channel.poll()
    bench.channel.skip()
    bench.channel.start()
    first = column(bench.follow(1.0), "technique_index") == 0

    assert first.sum() == 1  # that of 20 s, which was not written at the poll


def test_a_server_that_never_has_all_rows_is_not_waited_for_without_end(
    bench: NewareBench,
) -> None:
    bench.bts.lag = 1e6
    polls = bench.run([CHARGE], every=5.0)

    assert not polls[-1].running
    assert bench.clock.now() - 1.7e9 < 180.0


def test_a_server_that_stays_away_is_a_broken_link(bench: NewareBench) -> None:
    bench.faults.hang_ups = 1000

    with pytest.raises(LinkError):
        bench.channel.sense()


def test_nonsense_is_asked_again_and_then_an_error(bench: NewareBench) -> None:
    bench.faults.garbage = [b"<bts>", b"\xff\xfe", b""]
    assert "voltage_volt" in bench.channel.sense()

    bench.faults.garbage = [b"<bts><list><inquire/></list></bts>"] * 20
    with pytest.raises(InstrumentError):
        bench.channel.sense()


def test_protection_that_trips_ends_the_run_and_keeps_its_rows(
    bench: NewareBench,
) -> None:
    now = bench.channel.sense()["voltage_volt"]
    envelope = Envelope({"voltage_volt": (now - 1.0, now + 0.05)})
    bench.channel.load([ConstantCurrent(5e-2, 9e4, record=CHARGE.record)], envelope)
    bench.channel.start()

    with pytest.raises(LimitError, match="protection"):
        bench.follow(600.0)
    assert bench.bts.channels[1, 1].channel.true_current == 0.0
    assert times([bench.channel.poll()])


def test_many_rows_come_in_several_polls_while_the_test_goes_on(
    bench: NewareBench,
) -> None:
    fast = ConstantCurrent(1e-3, 30_000.0, record=Recording(every_s=1.0))
    bench.channel.load([fast])
    bench.channel.start()
    bench.clock.sleep(12_000.5)

    assert [len(times([bench.channel.poll()])) for _ in range(2)] == [10_000, 2001]
    bench.channel.make_safe()


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_run_counts_as_limited_once_the_protection_is_confirmed(
    tmp_path: Path, *, confirmed: bool
) -> None:
    envelope = Envelope({"voltage_volt": (0.0, 5.0), "current_ampere": (-0.1, 0.1)})
    with neware_bench(tmp_path, {"protection_confirmed": confirmed}) as bench:
        loaded = bench.channel.load([CHARGE], envelope)

    assert loaded.limited is confirmed
    assert loaded.unlimited == (() if confirmed else ("cc",))


def test_skip_stops_and_submits_what_stands_behind(bench: NewareBench) -> None:
    rest = OpenCircuit(50.0, Recording(every_s=10.0))
    bench.channel.load([LONG, rest])
    bench.channel.start()
    bench.clock.sleep(25.0)
    first = bench.channel.poll()
    loaded = bench.channel.skip()
    assert loaded is not None
    bench.channel.start()
    polls = [first, *bench.follow(10.0)]

    index = column(polls, "technique_index")
    assert set(index) == {0, 1}
    assert np.all(np.diff(times(polls)) > 0.0)
    assert times(polls)[-1] == pytest.approx(75.0, abs=1.0)


def test_a_file_the_server_cannot_read_is_said_so(tmp_path: Path) -> None:
    with neware_bench(tmp_path, {"server_folder": r"D:\steps"}) as bench:
        bench.channel.load([CHARGE])
        with pytest.raises(InstrumentError, match="server_folder"):
            bench.channel.start()
