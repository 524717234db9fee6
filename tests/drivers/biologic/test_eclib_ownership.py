"""Whose experiment a channel runs: what is left alone, stopped, recognised, adopted.

A second `driver.open` on the table of the same twin is another process.
"""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from simulated_biologic import SimulatedBench, column, simulated_bench

from drivers.biologic.channel import BiologicChannel
from drivers.biologic.eclib.codes import Firmware
from drivers.biologic.entry import driver
from drivers.twins.biologic.codes import State
from labctl.errors import InstrumentError, LinkError, NotOursError
from labctl.techniques import (
    ConstantCurrent,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
)

EVERY_SECOND = Recording(every_s=1.0)
MINE: Sequence[Technique] = [ConstantCurrent(1e-4, 36000.0, record=EVERY_SECOND)]
THEIRS: Sequence[Technique] = [ConstantCurrent(-2e-4, 36000.0, record=EVERY_SECOND)]


def another_program(bench: SimulatedBench, channel: str = "1") -> BiologicChannel:
    """Connect once more, as another process would."""
    table = bench.twin.table()
    return driver.open(table, bench.twin.setup, bench.clock).roles[channel]


def started(
    bench: SimulatedBench, player: BiologicChannel, what: Sequence[Technique] = MINE
) -> tuple[Mapping[str, Any], float]:
    """Load and start; return the claim as a journal gives it back."""
    token = player.load(what).token
    unix = bench.clock.unix()
    player.start()
    return json.loads(json.dumps(dict(token))), unix


def stops(bench: SimulatedBench) -> int:
    return [act for _, act, _ in bench.twin.acts].count("stop")


def test_connecting_claims_nothing_of_what_runs() -> None:
    bench = simulated_bench()
    started(bench, bench.channel)
    bench.clock.sleep(60.0)

    another_program(bench).make_safe()

    assert stops(bench) == 0
    assert bench.twin.truth(1).state is State.RUN


def test_loading_over_a_foreign_experiment_is_refused_and_says_what_runs() -> None:
    bench = simulated_bench()
    started(bench, bench.channel)
    bench.clock.sleep(7200.0)
    mine = another_program(bench)

    with pytest.raises(NotOursError, match=r"RUN: CP \(102\), since") as refused:
        mine.load([OpenCircuit(10.0)])
    mine.make_safe()

    assert "left alone" in str(refused.value)
    assert bench.twin.truth(1).current == pytest.approx(1e-4)
    assert [act for _, act, _ in bench.twin.acts] == ["load", "start"]


def test_an_experiment_of_ec_lab_is_named_and_left_alone() -> None:
    bench = simulated_bench()
    started(bench, bench.channel)
    bench.twin.channels[0].firmware = Firmware.EC_LAB
    mine = another_program(bench)

    with pytest.raises(NotOursError, match="EC-Lab's firmware"):
        mine.load([OpenCircuit(10.0)])
    mine.make_safe()

    assert stops(bench) == 0


def test_rows_of_a_foreign_experiment_stay_in_its_memory() -> None:
    bench = simulated_bench()
    started(bench, bench.channel)
    bench.clock.sleep(60.0)

    looked = another_program(bench).poll()

    assert (looked.batches, looked.running) == ((), False)
    assert looked.live["current_ampere"] == pytest.approx(1e-4, rel=1e-2)
    assert len(bench.channel.poll().batches[0]) == 61


@pytest.mark.parametrize("state", [State.RUN, State.PAUSE])
def test_what_was_started_here_is_stopped_whatever_its_state(state: State) -> None:
    bench = simulated_bench()
    started(bench, bench.channel)
    bench.clock.sleep(60.0)
    bench.twin.channels[0].paused = state is State.PAUSE
    assert bench.twin.truth(1).state is state

    bench.channel.make_safe()

    assert bench.twin.truth(1).state is State.STOP
    assert bench.twin.truth(1).current == 0.0


def test_a_stop_that_the_channel_did_not_hear_is_repeated() -> None:
    bench = simulated_bench()
    started(bench, bench.channel)
    bench.twin.faults.deaf_stops = 2

    bench.channel.make_safe()

    assert bench.twin.truth(1).state is State.STOP


def test_a_channel_that_does_not_stop_is_an_error() -> None:
    bench = simulated_bench()
    started(bench, bench.channel)
    bench.twin.faults.deaf_stops = 99

    with pytest.raises(InstrumentError, match="still says RUN"):
        bench.channel.make_safe()


def test_a_start_whose_answer_is_lost_is_stopped() -> None:
    bench = simulated_bench()
    bench.channel.load(MINE)
    start = bench.twin.channels[0].start
    bench.twin.faults.codes["BL_StartChannel"] = -200
    start(bench.clock.now())  # the message came through, its answer did not

    with pytest.raises(LinkError):
        bench.channel.start()
    bench.channel.make_safe()

    assert bench.twin.truth(1).state is State.STOP


def test_a_start_that_somebody_else_was_faster_with_is_not_ours() -> None:
    bench = simulated_bench()
    bench.channel.load(MINE)
    started(bench, another_program(bench), THEIRS)

    with pytest.raises(NotOursError, match="was not started"):
        bench.channel.start()
    bench.channel.make_safe()

    assert bench.twin.truth(1).current == pytest.approx(-2e-4)


def test_what_somebody_started_after_ours_had_ended_is_left_alone() -> None:
    bench = simulated_bench()
    started(bench, bench.channel, [OpenCircuit(60.0, record=EVERY_SECOND)])
    bench.clock.sleep(100.0)  # nobody polls
    started(bench, another_program(bench), THEIRS)

    bench.channel.make_safe()

    assert stops(bench) == 0
    assert bench.twin.truth(1).current == pytest.approx(-2e-4)


def test_the_same_program_started_later_by_somebody_else_is_found_out() -> None:
    bench = simulated_bench()
    started(bench, bench.channel)
    bench.clock.sleep(100.0)
    bench.channel.poll()
    other = another_program(bench)
    bench.twin.channels[0].stop(bench.clock.now())
    started(bench, other)
    bench.clock.sleep(10.0)

    with pytest.raises(NotOursError, match="somebody else has started"):
        bench.channel.poll()
    bench.channel.make_safe()

    assert bench.twin.truth(1).state is State.RUN


@pytest.mark.parametrize("odd", ["time_of_technique", "uncounted"])
def test_what_no_manual_promises_hides_nothing_that_is_ours(odd: str) -> None:
    bench = simulated_bench()
    setattr(bench.twin.faults, odd, True)
    rest = OpenCircuit(60.0, record=EVERY_SECOND)
    started(bench, bench.channel, [rest, rest, *MINE])
    for _ in range(4):
        bench.clock.sleep(50.0)
        assert bench.channel.poll().running

    bench.channel.make_safe()

    assert bench.twin.truth(1).state is State.STOP


def test_a_new_process_recognises_what_was_claimed_and_may_stop_it() -> None:
    bench = simulated_bench()
    token, unix = started(bench, bench.channel)
    bench.clock.sleep(86400.0 / 4)
    guard = another_program(bench)

    assert guard.recognise(token, unix)
    guard.make_safe()

    assert bench.twin.truth(1).state is State.STOP


def test_what_was_told_to_start_a_moment_ago_is_stopped_before_it_runs() -> None:
    bench = simulated_bench()
    token = bench.channel.load(MINE).token
    guard = another_program(bench)

    assert guard.recognise(token, bench.clock.unix())
    guard.make_safe()

    assert stops(bench) >= 1


@pytest.mark.parametrize(
    ("differs", "hours"),
    [
        ({"serial": 4711}, 0.0),  # another board
        ({"device": 5}, 0.0),  # another instrument
        ({"channel": 2}, 0.0),
        ({"digest": "0" * 16}, 0.0),  # other parameters
        ({"driver": "another"}, 0.0),
        ({}, 1.0),  # the same program, started an hour before
    ],
)
def test_a_claim_of_something_else_is_not_recognised(
    differs: Mapping[str, Any], hours: float
) -> None:
    bench = simulated_bench()
    token, unix = started(bench, bench.channel)
    bench.clock.sleep(60.0)
    claimed, begun = {**token, **differs}, unix - 3600.0 * hours
    guard = another_program(bench)

    assert not guard.recognise(claimed, begun)
    with pytest.raises(NotOursError):
        guard.adopt(MINE, claimed, begun)
    guard.make_safe()

    assert bench.twin.truth(1).state is State.RUN


def test_three_months_of_drifting_clocks_do_not_hide_what_is_ours() -> None:
    bench = simulated_bench()
    every_hour = Recording(every_s=3600.0)
    token, unix = started(bench, bench.channel, [OpenCircuit(1e7, record=every_hour)])
    bench.clock.sleep(90 * 86400.0)

    assert another_program(bench).recognise(token, unix + 700.0)  # 90 ppm


def test_a_new_process_drains_what_the_channel_kept_and_goes_on() -> None:
    bench = simulated_bench()
    token, unix = started(bench, bench.channel)
    bench.clock.sleep(10.5)
    before = bench.channel.poll()
    bench.clock.sleep(1000.0)
    again = another_program(bench)

    assert again.adopt(MINE, token, unix)
    after = [again.poll()]
    bench.clock.sleep(10.0)
    after.append(again.poll())

    time = column([before, *after], "instrument_time_second")
    assert time.tolist() == pytest.approx(list(range(1021)), abs=1e-3)
    assert after[-1].running
    assert "load" not in [act for _, act, _ in bench.twin.acts][2:]


def test_what_has_ended_meanwhile_is_still_drained() -> None:
    bench = simulated_bench()
    short = [ConstantCurrent(1e-4, 100.0, record=EVERY_SECOND)]
    token, unix = started(bench, bench.channel, short)
    bench.clock.sleep(5000.0)
    again = another_program(bench)

    assert again.adopt(short, token, unix)
    last = again.poll()

    assert not last.running
    assert len(column([last], "voltage_volt")) == 101


def test_rows_that_the_memory_could_not_hold_are_told_after_a_crash_too() -> None:
    bench = simulated_bench({"memory_bytes": 20 * 100})
    token, unix = started(bench, bench.channel)
    bench.clock.sleep(600.0)
    again = another_program(bench)
    again.adopt(MINE, token, unix)

    (event,) = again.poll().events

    assert event.code == "rows-lost"
    assert "501 rows were lost" in event.text


def test_an_empty_channel_is_not_adopted() -> None:
    bench = simulated_bench()
    token, unix = started(bench, bench.channel)
    bench.clock.sleep(600.0)
    bench.twin.power_cut()

    assert not another_program(bench).adopt(MINE, token, unix)


def test_a_claim_that_was_never_started_is_not_adopted() -> None:
    bench = simulated_bench()
    token, unix = bench.channel.load(MINE).token, bench.clock.unix()

    assert not another_program(bench).adopt(MINE, token, unix)


def test_a_skip_after_an_adoption_ends_the_technique_in_flight() -> None:
    bench = simulated_bench()
    plan: list[Technique] = [*MINE, OpenCircuit(50.0, record=EVERY_SECOND)]
    token, unix = started(bench, bench.channel, plan)
    bench.clock.sleep(20.0)
    again = another_program(bench)
    again.adopt(plan, token, unix)
    polls = [again.poll()]

    again.skip()
    bench.clock.sleep(100.0)
    polls.append(again.poll())

    index = column(polls, "technique_index")
    assert (index == 1).sum() == 51
    assert not polls[-1].running


def test_what_a_skip_loaded_is_claimed_and_adopted_like_the_rest() -> None:
    bench = simulated_bench()
    spectrum = Spectrum(True, 0.0, 1e-4, 1e3, 0.01)
    plan: list[Technique] = [
        spectrum,
        *MINE,
        OpenCircuit(5.0, record=EVERY_SECOND),
        Loop(1, 2),
    ]
    started(bench, bench.channel, plan)
    bench.clock.sleep(30.0)
    bench.channel.poll()
    loaded = bench.channel.skip()
    assert loaded is not None
    unix = bench.clock.unix()
    bench.channel.start()
    bench.clock.sleep(60.0)
    again = another_program(bench)

    assert again.adopt(plan, json.loads(json.dumps(dict(loaded.token))), unix)
    poll = again.poll()

    assert poll.technique == 1
    assert column([poll], "instrument_time_second")[0] == pytest.approx(30.0, abs=0.1)
    assert set(column([poll], "technique_index").tolist()) == {1}


def test_a_cell_is_sensed_without_driving_it() -> None:
    bench = simulated_bench()

    now = bench.channel.sense()

    assert now["voltage_volt"] == pytest.approx(1.0, abs=1e-3)
    assert now["current_ampere"] == pytest.approx(0.0, abs=1e-9)
    assert not bench.twin.acts


@pytest.mark.parametrize("seed", range(200))
def test_whatever_two_programs_do_neither_stops_the_other(seed: int) -> None:
    """Two programs act at random; who started what is kept beside them."""
    dice = random.Random(seed)  # noqa: S311  (no secret)
    bench = simulated_bench()
    programs = {"a": bench.channel, "b": another_program(bench)}
    plans = {"a": 1e-4, "b": -2e-4}
    owner = ""
    for _ in range(12):
        bench.clock.sleep(dice.choice([3.0, 60.0, 7000.0]))
        who = dice.choice("ab")
        act = dice.choice(["connect", "start", "start", "safe", "safe", "poll"])
        if bench.twin.truth(1).state is State.STOP:
            owner = ""
        if act == "connect":
            programs[who] = another_program(bench)
            owner = "nobody" if owner == who else owner
        elif act == "start":
            duration = dice.choice([30.0, 50000.0])
            rarely = Recording(every_s=1000.0)
            plan = ConstantCurrent(plans[who], duration, record=rarely)
            try:
                programs[who].load([plan])
                programs[who].start()
                owner = who
            except InstrumentError:
                assert owner, "a free channel was refused"
        elif act == "safe":
            before = bench.twin.truth(1).state
            programs[who].make_safe()
            if owner == who:
                assert bench.twin.truth(1).state is State.STOP
                owner = ""
            else:
                assert bench.twin.truth(1).state is before, f"{who} stopped {owner}'s"
        elif owner == who:
            programs[who].poll()
