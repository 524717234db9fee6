"""The role's contract on the simulated instrument, and each thing that goes wrong."""

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from methodscript_bench import Bench, bench_of, run_out

from drivers.palmsens.channel import MethodScriptChannel
from drivers.palmsens.rows import number_in
from drivers.palmsens.wire.replies import Package
from labctl import columns
from labctl.errors import (
    IdentityError,
    InstrumentError,
    LimitError,
    LinkError,
    NotOursError,
    OwnershipError,
)
from labctl.limits import Envelope
from labctl.roles.potentiostat import OVERLOADED, ROWS_LOST
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
    VoltageSweep,
)

T, V, A = "instrument_time_second", "voltage_volt", "current_ampere"
LOW = Condition("low", ConditionQuantity.VOLTAGE, Comparison.AT_MOST, 0.2)
HIGH = Condition("high", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 1.0)
TAPER = Condition("taper", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, 2e-4)
REST = OpenCircuit(3600.0, Recording(every_s=60.0))
DOWN = ConstantCurrent(-1e-3, 36000.0, (LOW,), Recording(every_s=60.0))


def opened(bench: Bench) -> MethodScriptChannel:
    return bench.open().channel


def started(bench: Bench, *techniques: Any) -> tuple[MethodScriptChannel, Any]:
    channel = opened(bench)
    loaded = channel.load(techniques)
    channel.start()
    return channel, loaded.token


def test_it_says_who_it_is() -> None:
    identity = bench_of(serial="ES4-17").open().identity()

    assert (identity.maker, identity.model) == ("PalmSens", "EmStat4 HR")
    assert identity.serial == "ES4-17"
    assert identity.firmware.startswith("es4_hr")


def test_a_look_drives_nothing_and_reads_the_cell() -> None:
    bench = bench_of(imperfections="none")
    seen = opened(bench).sense()

    assert seen[V] == pytest.approx(bench.twin.look()[1], abs=1e-4)
    assert abs(seen[A]) < 1e-9


def test_a_current_goes_over_into_a_voltage_in_one_script() -> None:
    bench = bench_of(imperfections="none")
    hold = ConstantVoltage(0.2, 7200.0, (TAPER,), Recording(every_s=60.0))
    channel, _ = started(bench, DOWN, hold)
    ended = run_out(bench, channel)
    index = ended.column("timeseries", columns.TECHNIQUE_INDEX.name)
    first = index.index(1)
    times, volts = ended.column("timeseries", T), ended.column("timeseries", V)

    assert volts[first - 1] == pytest.approx(0.2, abs=2e-3)
    assert times[first] - times[first - 1] < 6.0
    assert abs(ended.column("timeseries", A)[-1]) == pytest.approx(2e-4, rel=0.03)
    assert bench.twin.look()[0] is False
    assert ended.events == []


def test_a_steep_end_overshoots_its_limit_by_millivolts_only() -> None:
    bench = bench_of(imperfections="none")
    up = ConstantCurrent(5e-4, 86400.0, (HIGH,), Recording(every_s=60.0))
    channel, _ = started(bench, DOWN, up)
    volts = run_out(bench, channel).column("timeseries", V)

    assert 1.0 <= volts[-1] < 1.005


def test_rows_follow_the_recording_rules_and_times_rise() -> None:
    bench = bench_of()
    channel, _ = started(bench, REST)
    ended = run_out(bench, channel)
    steps = np.diff(ended.column("timeseries", T))

    assert np.allclose(steps[:-1], 60.0, atol=0.1)
    assert ended.column("timeseries", T)[-1] == pytest.approx(3600.0, abs=0.5)
    assert set(ended.column("timeseries", A)) == {0.0}


def test_a_loop_passes_as_often_as_it_is_told() -> None:
    bench = bench_of()
    pulse = ConstantCurrent(-1e-3, 30.0, (), Recording(every_s=5.0))
    rest = OpenCircuit(30.0, Recording(every_s=5.0))
    channel, _ = started(bench, pulse, rest, Loop(0, 3), pulse)
    index = run_out(bench, channel, 20.0).column(
        "timeseries", columns.TECHNIQUE_INDEX.name
    )
    changes = [b for a, b in pairwise([-1.0, *index]) if a != b]

    assert changes == [0, 1, 0, 1, 0, 1, 3]


def test_a_sweep_visits_its_vertices_at_its_rate() -> None:
    bench = bench_of(imperfections="none")
    channel, _ = started(bench, VoltageSweep((0.8, 0.5, 0.8), 1e-3, max_current=0.01))
    ended = run_out(bench, channel, 20.0)
    times, volts = ended.column("timeseries", T), ended.column("timeseries", V)

    assert min(volts) == pytest.approx(0.5, abs=2e-3)
    assert times[-1] - times[0] == pytest.approx(600.0, rel=0.01)


@pytest.mark.parametrize("galvanostatic", [False, True])
def test_a_spectrum_is_the_cells_own(galvanostatic: bool) -> None:
    bench = bench_of(imperfections="none")
    amplitude = 1e-4 if galvanostatic else 0.005
    sine = Spectrum(
        galvanostatic, 0.0, amplitude, 1e4, 1.0, versus_initial=not galvanostatic
    )
    true = bench.twin.analogue.socket.cell.impedance([100.0])[0]
    channel, _ = started(bench, sine)
    ended = run_out(bench, channel, 20.0)
    frequency = ended.column("eis", "frequency_hertz")
    at = int(np.argmin(np.abs(np.array(frequency) - 100.0)))

    assert len(frequency) == sine.points
    found = complex(
        ended.column("eis", "real_impedance_ohm")[at],
        ended.column("eis", "imaginary_impedance_ohm")[at],
    )
    assert abs(found - true) < 2e-3 * abs(true)
    volts = ended.column("eis", "voltage_amplitude_volt")[at]
    amperes = ended.column("eis", "current_amplitude_ampere")[at]
    assert (amperes if galvanostatic else volts) == amplitude
    assert volts / amperes == pytest.approx(abs(found))


def test_a_rest_is_skipped_and_the_script_goes_on() -> None:
    bench = bench_of()
    channel, _ = started(bench, REST, DOWN)
    bench.clock.sleep(30.0)
    channel.poll()

    assert channel.skip() is None
    bench.clock.sleep(30.0)
    assert channel.poll().technique == 1
    assert bench.twin.look()[0] is True


def test_a_sweep_is_skipped_by_loading_what_stands_behind_it() -> None:
    bench = bench_of()
    channel, _ = started(bench, VoltageSweep((0.8, 0.5), 1e-4, max_current=0.01), REST)
    bench.clock.sleep(30.0)
    before = channel.poll().batches[-1].columns[T][-1]
    loaded = channel.skip()

    assert loaded is not None
    assert bench.twin.look()[0] is False
    channel.start()
    bench.clock.sleep(65.0)
    poll = channel.poll()
    assert poll.technique == 1
    assert poll.batches[-1].columns[T][-1] > before + 5.0


def test_made_safe_is_read_back_and_keeps_the_rows() -> None:
    bench = bench_of()
    channel, _ = started(bench, DOWN)
    bench.clock.sleep(100.0)
    channel.make_safe()
    poll = channel.poll()

    assert bench.twin.look()[0] is False
    assert poll.running is False
    assert sum(map(len, poll.batches)) == 3  # at 5 s, 65 s and where it was stopped


def test_a_script_that_does_not_end_is_told_to_the_person() -> None:
    bench = bench_of()
    channel, _ = started(bench, DOWN)
    bench.twin.stuck = True

    with pytest.raises(InstrumentError, match="Disconnect the cell"):
        channel.make_safe()


def test_a_cell_that_still_lets_a_current_through_is_not_safe() -> None:
    bench = bench_of()
    channel, _ = started(bench, DOWN)
    bench.clock.sleep(10.0)
    bench.twin.analogue.welded = True

    with pytest.raises(InstrumentError, match="opened the cell and still reads"):
        channel.make_safe()


# ---- whose script it is


def test_what_somebody_else_runs_is_neither_loaded_over_nor_stopped() -> None:
    bench = bench_of()
    started(bench, DOWN)
    other = opened(bench)
    bench.clock.sleep(30.0)

    with pytest.raises(NotOursError, match="of labctl, with identity"):
        other.load([REST])
    other.make_safe()
    assert bench.twin.runs
    assert other.poll().batches == ()
    assert other.sense()[A] == pytest.approx(-1e-3, rel=0.01)


def test_a_process_that_comes_later_goes_on_with_its_own_script() -> None:
    bench = bench_of()
    _, token = started(bench, DOWN)
    bench.clock.sleep(600.0)
    bench.library.cut()  # the process was killed: nobody has the port
    later = opened(bench)

    assert later.adopt([DOWN], token, bench.clock.unix() - 600.0)
    ended = run_out(bench, later)
    lost = [event for event in ended.events if event.code == ROWS_LOST]
    assert len(lost) == 1
    assert lost[0].text.startswith("goes on with sample ")
    assert ended.column("timeseries", V)[-1] == pytest.approx(0.2, abs=2e-3)
    assert min(ended.column("timeseries", T)) > 590.0


def test_a_guard_recognises_and_stops_only_what_was_claimed() -> None:
    bench = bench_of()
    _, token = started(bench, DOWN)
    bench.library.cut()
    guard = opened(bench)

    assert not guard.recognise({**token, "identity": 5}, bench.clock.unix())
    guard.make_safe()
    assert bench.twin.runs
    assert guard.recognise(token, bench.clock.unix())
    guard.make_safe()
    assert bench.twin.look()[0] is False


def test_what_stands_still_is_not_adopted() -> None:
    bench = bench_of()
    channel, token = started(bench, DOWN)
    channel.make_safe()

    assert opened(bench).adopt([DOWN], token, bench.clock.unix()) is False


def test_another_run_of_ours_is_not_adopted() -> None:
    bench = bench_of()
    _, token = started(bench, DOWN)
    bench.library.cut()

    with pytest.raises(NotOursError):
        opened(bench).adopt([DOWN], {**token, "identity": 7}, bench.clock.unix())
    assert bench.twin.runs


def test_a_program_that_replaces_what_was_loaded_is_found_out() -> None:
    bench = bench_of()
    channel = opened(bench)
    channel.load([DOWN])
    bench.twin.receive(b"e\nvar a\nmeas_loop_ocp a 1 100\nendloop\n\n", False)

    with pytest.raises(NotOursError):
        channel.start()
    assert bench.twin.runs


# ---- the line


def test_a_lost_line_comes_back_and_says_what_was_lost() -> None:
    bench = bench_of()
    channel, _ = started(bench, DOWN)
    bench.clock.sleep(120.0)
    channel.poll()
    bench.library.cut()
    bench.clock.sleep(600.0)
    bench.library.cut()
    poll = channel.poll()

    assert poll.running
    bench.clock.sleep(60.0)
    events = [*poll.events, *channel.poll().events]
    assert [e.code for e in events] == [ROWS_LOST]


def test_a_line_that_stays_away_is_an_error() -> None:
    bench = bench_of()
    channel, _ = started(bench, DOWN)
    bench.library.cut(refuse=True)

    with pytest.raises(LinkError, match="the line is lost"):
        channel.poll()


def test_another_instrument_on_the_same_port_is_left_alone() -> None:
    bench = bench_of()
    channel = opened(bench)
    channel.load([DOWN])
    bench.twin.serial = "SOMEBODY"
    bench.library.cut()

    with pytest.raises(IdentityError, match="stands now serial SOMEBODY"):
        channel.sense()


def test_an_instrument_without_power_is_not_taken_for_one_that_is_done() -> None:
    bench = bench_of()
    channel, _ = started(bench, DOWN)
    bench.clock.sleep(60.0)
    channel.poll()
    bench.twin.cut_power()
    bench.library.cut()

    with pytest.raises(InstrumentError, match="was not heard"):
        channel.poll()


def test_an_empty_line_out_of_nowhere_ends_nothing() -> None:
    bench = bench_of()
    channel, _ = started(bench, DOWN)
    bench.clock.sleep(30.0)
    bench.twin.say("")

    assert channel.poll().running
    bench.clock.sleep(30.0)
    assert channel.poll().running
    channel.make_safe()
    assert bench.twin.look()[0] is False


def test_one_package_with_another_identity_is_damage_two_are_another_script() -> None:
    bench = bench_of()
    channel, _ = started(bench, DOWN)
    line = "Peb8000001u;ab80F4240u;ba8000000 ;ja8000009i"
    bench.twin.say(line)
    poll = channel.poll()
    assert poll.running
    assert [event.code for event in poll.events] == ["damaged-line"]

    bench.twin.say(line)
    bench.twin.say(line)
    with pytest.raises(NotOursError):
        channel.poll()


def test_rows_that_nobody_read_are_told_as_lost() -> None:
    bench = bench_of(buffer=2000)
    channel, _ = started(bench, replace(DOWN, current=-1e-4))
    bench.clock.sleep(3600.0)
    first = channel.poll()
    bench.clock.sleep(60.0)
    second = channel.poll()

    assert bench.twin.lost_lines > 300
    assert [e.code for e in (*first.events, *second.events)] == [ROWS_LOST]


def test_a_script_that_fails_on_the_way_is_named_and_leaves_no_cell_on() -> None:
    bench = bench_of(options={"max_current": 0.5}, imperfections="none")
    channel = opened(bench)
    channel.load([ConstantCurrent(-0.3, 60.0)])  # beyond this twin's 0.2 A
    channel.start()
    bench.clock.sleep(1.0)

    with pytest.raises(InstrumentError, match="0x4003, an argument is out of range"):
        channel.poll()
    assert bench.twin.look()[0] is False


def test_a_script_that_the_instrument_refuses_is_shown_with_its_line() -> None:
    bench = bench_of(options={"model": "EmStat4 HR"})
    channel = opened(bench)
    lacks = frozenset({"meas_loop_ocp"})
    bench.twin.model = replace(bench.twin.model, lacks=lacks)

    with pytest.raises(InstrumentError, match=r"line \d+ .*'meas_loop_ocp v 100m"):
        channel.load([REST])


# ---- limits


def test_the_scripts_own_bound_stops_it_without_a_host() -> None:
    bench = bench_of(imperfections="none")
    channel = opened(bench)
    channel.load(
        [ConstantCurrent(-1e-3, 86400.0)], Envelope({V: (0.3, 2.0), A: (-0.1, 0.1)})
    )
    channel.start()
    bench.clock.sleep(86400.0)

    assert bench.twin.look()[0] is False
    with pytest.raises(LimitError, match="the voltage was below its bound"):
        channel.poll()
    volts = channel.poll().batches[-1].columns[V]
    assert 0.25 < volts[-1] < 0.28  # bound 0.28 V, one sample later at most


def test_readings_beyond_their_range_end_a_run_that_lasts() -> None:
    bench = bench_of()
    channel, _ = started(bench, DOWN)
    bench.twin.analogue.clipping = True
    bench.clock.sleep(30.0)

    with pytest.raises(LimitError, match="the current is beyond its range"):
        channel.poll()
    assert bench.twin.look()[0] is False
    poll = channel.poll()
    assert OVERLOADED in [event.code for event in poll.events]
    assert set(poll.batches[-1].columns[columns.OVERLOAD.name].tolist()) == {2}


def test_every_package_says_whose_script_it_is() -> None:
    bench = bench_of()
    device = bench.open()
    token = device.channel.load([REST]).token
    device.channel.start()
    bench.clock.sleep(60.0)
    device.line.pump()
    packages = [each for each in device.line.heard() if isinstance(each, Package)]

    assert len(packages) == 12  # an early one, and one every 5 s
    assert {number_in(each, "ja") for each in packages} == {token["identity"]}


def test_while_it_runs_it_is_not_loaded_again() -> None:
    channel, _ = started(bench_of(), DOWN)

    with pytest.raises(OwnershipError, match="runs what was started here"):
        channel.load([REST])


def test_a_guard_does_not_wait_for_a_slow_sine_and_says_that_it_cannot_tell() -> None:
    bench = bench_of()
    _, token = started(bench, Spectrum(False, 0.0, 0.01, 0.01, 0.001, 2))
    bench.library.cut()
    guard, before = opened(bench), bench.clock.now()

    with pytest.raises(InstrumentError, match="whose it is cannot be told"):
        guard.recognise(token, bench.clock.unix())
    assert bench.clock.now() - before < 20.0
    assert bench.twin.runs


@pytest.mark.parametrize(
    ("current", "limit", "overshoot"),
    [
        # at C/20 the last second brings 25 mV; at 5C the first one hundreds
        (5e-4, 1.0, 4e-3),
        (1e-2, 0.9, 2e-2),
    ],
)
def test_a_cut_off_is_met_whatever_the_rate(
    current: float, limit: float, overshoot: float
) -> None:
    bench = bench_of(imperfections="none")
    high = Condition("high", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, limit)
    up = ConstantCurrent(current, 86400.0, (high,), Recording(every_s=60.0))
    channel, _ = started(bench, DOWN, up)
    volts = run_out(bench, channel).column("timeseries", V)

    assert limit <= volts[-1] < limit + overshoot


@pytest.mark.parametrize("duration", [0.5, 7.3, 61.0, 1234.5])
def test_a_current_with_a_limit_far_away_lasts_as_long_as_it_is_told(
    duration: float,
) -> None:
    bench = bench_of(imperfections="none")
    before = bench.twin.analogue.socket.cell.charge
    step = ConstantCurrent(-1e-4, duration, (LOW,), Recording(every_s=60.0))
    channel, _ = started(bench, step)
    run_out(bench, channel, 60.0)
    charge = bench.twin.analogue.socket.cell.charge - before

    assert charge == pytest.approx(-1e-4 * duration, abs=1e-4 * 0.06)


def test_a_current_is_skipped_in_either_phase() -> None:
    for passed in (2.0, 60.0):  # fine, coarse
        bench = bench_of()
        channel, _ = started(bench, DOWN, REST)
        bench.clock.sleep(passed)
        channel.poll()

        assert channel.skip() is None
        bench.clock.sleep(10.0)
        assert channel.poll().technique == 1


def test_a_noisy_line_costs_samples_but_no_order_and_no_cell() -> None:
    bench = bench_of(imperfections="none")
    channel, _ = started(bench, DOWN)
    rng = random.Random(14)  # noqa: S311

    def noise(line: bytes) -> bytes:
        if rng.random() > 0.1:
            return line
        at = rng.randrange(len(line))
        return line[:at] + bytes([rng.randrange(256)]) + line[at + 1 :]

    bench.twin.tamper = noise
    poll = channel.poll()
    batches = [*poll.batches]
    for _ in range(40):
        bench.clock.sleep(10.0)
        poll = channel.poll()
        batches += poll.batches
    bench.twin.tamper = None
    channel.make_safe()
    times = [t for batch in batches for t in batch.columns[T].tolist()]

    assert poll.running
    assert all(a <= b for a, b in pairwise(times))
    assert bench.twin.look()[0] is False


def test_a_memory_that_is_smaller_than_thought_is_named_with_its_option() -> None:
    bench = bench_of()
    channel = opened(bench)
    bench.twin.model = replace(bench.twin.model, script_bytes=1000)

    with pytest.raises(InstrumentError, match="script_bytes"):
        channel.load([REST] * 10)
    assert not bench.twin.runs


def test_polled_when_it_asks_its_line_loses_no_sample() -> None:
    bench = bench_of(imperfections="none")
    rarely = replace(DOWN, record=Recording(every_s=600.0))
    channel, _ = started(bench, rarely)
    begun = bench.clock.now()
    for _ in range(200):
        bench.clock.sleep(channel.next_look)
        poll = channel.poll()
        if not poll.running:
            break
        assert bench.clock.now() - begun - poll.live[T] < 6.0

    assert bench.twin.lost_lines == 0
