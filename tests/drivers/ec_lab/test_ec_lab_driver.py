"""Runs submitted to EC-Lab: followed by its functions, found again, left alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from simulated_biologic import column
from simulated_ec_lab import EcLabBench, ec_lab_bench

from drivers.ec_lab.entry import driver
from labctl.clock import VirtualClock
from labctl.data import Batch
from labctl.errors import (
    IdentityError,
    InstrumentError,
    LimitError,
    LinkError,
    NotOursError,
)
from labctl.limits import Envelope
from labctl.roles.driver import Setup
from labctl.roles.potentiostat import Poll
from labctl.techniques import (
    ConstantCurrent,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
)

EVERY = Recording(every_s=10.0)
CHARGE = ConstantCurrent(1e-3, 100.0, record=EVERY)
LONG = ConstantCurrent(1e-3, 3600.0, record=EVERY)
REST = OpenCircuit(20.0, EVERY)


@pytest.fixture
def bench(tmp_path: Path) -> EcLabBench:
    return ec_lab_bench(tmp_path)


def times(polls: list[Poll], stream: str = "timeseries") -> list[float]:
    found = column(polls, "instrument_time_second", stream)
    return [float(x) for x in found]


def test_a_charge_brings_rows_with_time_and_sign(bench: EcLabBench) -> None:
    polls = bench.run([CHARGE])

    assert np.allclose(times(polls), np.arange(0.0, 101.0, 10.0), atol=0.01)
    assert np.allclose(column(polls, "current_ampere"), 1e-3, rtol=1e-3)


def test_steps_and_loops_are_told_apart_by_sequences(bench: EcLabBench) -> None:
    polls = bench.run([CHARGE, REST, Loop(0, 3)])

    assert np.all(np.diff(times(polls)) > 0.0)
    assert times(polls)[-1] == pytest.approx(360.0, abs=0.1)
    assert set(column(polls, "technique_index")) == {0, 1}


def test_a_spectrum_between_currents_has_its_impedance(bench: EcLabBench) -> None:
    polls = bench.run([CHARGE, Spectrum(False, 1.1, 0.01, 1e3, 1.0), CHARGE])

    z = column(polls, "real_impedance_ohm", "eis") + 1j * column(
        polls, "imaginary_impedance_ohm", "eis"
    )
    f = column(polls, "frequency_hertz", "eis")
    omega = 2.0 * np.pi * f
    dummy = 10.0 + 20.0 / (1.0 + 1j * omega * 20.0 * 1e-4) + 1.0 / (1j * omega * 20.0)
    assert np.allclose(z, dummy, rtol=0.02)
    peaks = column(polls, "voltage_amplitude_volt", "eis")
    assert np.allclose(peaks, 0.01, rtol=0.05)
    assert set(column(polls, "technique_index")) == {0, 1, 2}


def test_after_a_crash_the_rows_of_the_dead_time_are_there_once(
    bench: EcLabBench,
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
    again = times(bench.follow())

    seen = times([before])
    assert again[: len(seen)] == seen  # the same times, so that an engine drops them
    assert np.allclose(np.diff(again), 10.0, atol=0.01)
    assert again[-1] == pytest.approx(3600.0, abs=0.1)


def test_what_ended_while_nobody_was_there_is_fetched(bench: EcLabBench) -> None:
    token = bench.channel.load([CHARGE]).token
    bench.channel.start()
    started = bench.clock.unix()
    bench.clock.sleep(5000.0)
    channel = bench.another_process()

    assert not channel.recognise(token, started)
    assert channel.adopt([CHARGE], token, started)
    assert times(bench.follow())[-1] == pytest.approx(100.0, abs=0.1)


def test_another_persons_run_is_neither_loaded_over_nor_stopped(
    bench: EcLabBench, tmp_path: Path
) -> None:
    token = bench.channel.load([LONG]).token
    settings = next(tmp_path.glob("*.mps"))
    bench.somebody_starts(settings, r"C:\Data\kim_cell_17.mpr")
    started = bench.clock.unix()

    with pytest.raises(NotOursError, match="kim_cell_17"):
        bench.channel.load([CHARGE])
    with pytest.raises(NotOursError, match="left alone"):
        bench.channel.start()
    with pytest.raises(NotOursError):
        bench.channel.adopt([LONG], token, started)
    assert not bench.channel.recognise(token, started)
    bench.channel.make_safe()
    assert bench.true_current == pytest.approx(1e-3, rel=0.01)
    assert bench.channel.poll().batches == ()


def test_settings_that_somebody_loads_before_the_start_are_not_run(
    bench: EcLabBench, tmp_path: Path
) -> None:
    bench.channel.load([REST])
    ours = next(tmp_path.glob("*.mps"))
    other = tmp_path / "other"
    ec_lab_bench(other).channel.load([LONG])
    bench.ec_lab.LoadSettings(0, 0, str(next(other.glob("*.mps"))))
    bench.channel.start()

    assert ours.exists()
    assert bench.true_current == 0.0


def test_make_safe_stops_ours_and_its_last_rows_come(bench: EcLabBench) -> None:
    bench.channel.load([LONG])
    bench.channel.start()
    bench.clock.sleep(35.0)
    bench.channel.make_safe()

    assert bench.true_current == 0.0
    assert bench.ec_lab.MeasureStatus(0, 0)[0] == 0.0
    assert len(times([bench.channel.poll()])) == 4


def test_polls_leave_ec_labs_window_as_it_is(bench: EcLabBench) -> None:
    bench.channel.load([CHARGE])
    bench.channel.start()
    bench.ec_lab.calls.clear()
    bench.follow()

    assert "SelectChannel" not in bench.ec_lab.calls


def test_all_points_come_after_a_stop_however_many(bench: EcLabBench) -> None:
    fast = ConstantCurrent(1e-3, 3600.0, record=Recording(every_s=1.0))
    bench.channel.load([fast])
    bench.channel.start()
    bench.clock.sleep(1800.0)
    bench.channel.make_safe()

    assert len(times([bench.channel.poll()])) == 1801


@pytest.mark.parametrize(
    "function", ["LoadSettings", "SelectChannel", "GetExperimentInfos"]
)
def test_a_call_that_fails_twice_is_made_again(
    bench: EcLabBench, function: str
) -> None:
    bench.ec_lab.faults.failures[function] = 2
    bench.channel.load([CHARGE])
    bench.ec_lab.faults.failures.clear()
    bench.channel.start()

    assert times(bench.follow())[-1] == pytest.approx(100.0, abs=0.1)


def test_an_all_zero_status_is_busy_not_standing_still(bench: EcLabBench) -> None:
    bench.channel.load([CHARGE])
    bench.channel.start()
    bench.clock.sleep(15.0)
    bench.ec_lab.faults.zero_status = 2

    assert bench.channel.poll().running
    bench.ec_lab.faults.zero_status = 100
    with pytest.raises(InstrumentError, match="all zero"):
        bench.channel.poll()


def test_an_instrument_that_ec_lab_has_lost_is_a_broken_link(bench: EcLabBench) -> None:
    bench.ec_lab.faults.lost = True

    with pytest.raises(LinkError, match="lost"):
        bench.channel.sense()


def test_settings_that_ec_lab_refuses_are_named(bench: EcLabBench) -> None:
    bench.ec_lab.faults.failures["LoadSettings"] = 100

    with pytest.raises(InstrumentError, match=r"does not take the settings.*\.mps"):
        bench.channel.load([CHARGE])


def test_a_safety_limit_that_trips_ends_the_run_and_keeps_its_rows(
    bench: EcLabBench,
) -> None:
    now = bench.channel.sense()["voltage_volt"]
    envelope = Envelope({"voltage_volt": (now - 1.0, now + 0.05)})
    bench.channel.load([ConstantCurrent(5e-2, 9e4, record=EVERY)], envelope)
    bench.channel.start()

    with pytest.raises(LimitError, match="E max"):
        bench.follow(600.0)
    assert bench.true_current == 0.0
    assert times([bench.channel.poll()])


def test_a_current_in_another_unit_is_noticed_and_stopped(tmp_path: Path) -> None:
    bench = ec_lab_bench(tmp_path, {"current_unit": "mA"})
    bench.channel.load([LONG])
    bench.channel.start()
    bench.clock.sleep(30.0)

    with pytest.raises(InstrumentError, match="current_unit"):
        bench.channel.poll()
    assert bench.true_current == 0.0


def test_a_first_point_from_before_the_current_stops_nothing(
    bench: EcLabBench,
) -> None:
    bench.channel.load([LONG])
    program: Any = bench.channel._program
    it = bench.channel._it

    def point(current: float) -> Batch:
        values = {"technique_index": np.zeros(1, int), "current_ampere": [current]}
        return Batch("timeseries", {k: np.asarray(v) for k, v in values.items()})

    assert not program.doubt(it, [point(0.0)])
    assert not program.doubt(it, [point(1e-3)])
    assert not program.doubt(it, [point(0.0)])
    assert "no current flows" in program.doubt(it, [point(0.0)])


def test_further_columns_count_as_ec_lab_does(tmp_path: Path) -> None:
    bench = ec_lab_bench(tmp_path, {"extra_columns": ["charge", "half_cycle"]})
    down = ConstantCurrent(-1e-3, 50.0, record=EVERY)
    polls = bench.run([CHARGE, REST, down])

    cycles = column(polls, "instrument_cycle_count")
    assert list(dict.fromkeys(cycles)) == [0, 1]  # a rest belongs to what was before
    charge = column(polls, "instrument_charge_coulomb")
    assert charge.max() == pytest.approx(0.1, rel=1e-3)
    assert charge[-1] == pytest.approx(0.05, rel=0.02)


def test_skip_stops_and_submits_what_stands_behind(bench: EcLabBench) -> None:
    bench.channel.load([LONG, REST])
    bench.channel.start()
    bench.clock.sleep(25.0)
    first = bench.channel.poll()
    loaded = bench.channel.skip()
    assert loaded is not None
    bench.channel.start()
    polls = [first, *bench.follow(10.0)]

    assert set(column(polls, "technique_index")) == {0, 1}
    assert np.all(np.diff(times(polls)) > 0.0)


def test_another_instrument_at_its_place_is_not_talked_to(tmp_path: Path) -> None:
    bench = ec_lab_bench(tmp_path)
    bench.ec_lab.serial = 0

    with pytest.raises(IdentityError, match="no connected instrument"):
        driver.open(bench.ec_lab, bench.setup, bench.clock)


def test_elsewhere_than_on_windows_the_reason_is_said_at_connect() -> None:
    setup = Setup("eclab", "ec-lab", "EC-Lab:0")

    with pytest.raises(InstrumentError, match="exists on Windows only"):
        driver.wire(setup)


def test_an_address_that_is_no_place_is_refused(tmp_path: Path) -> None:
    bench = ec_lab_bench(tmp_path)
    setup = Setup("eclab", "ec-lab", "192.168.0.1")

    with pytest.raises(Exception, match="no place in EC-Lab's list"):
        driver.open(bench.ec_lab, setup, VirtualClock())
