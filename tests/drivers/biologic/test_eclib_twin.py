"""The twin as an instrument: what it records, when it stops, what it cannot resolve."""

import numpy as np
import pytest
from dummy_cell import DummyCell, DummyParameters
from simulated_biologic import (
    NAME,
    SimulatedBench,
    column,
    simulated_bench,
)

from drivers.biologic.eclib.codes import Board
from drivers.twins.biologic.front_end import Noise
from drivers.twins.biologic.techniques import LoadedTechnique, loaded_technique
from drivers.twins.world.world import BenchWorld
from labctl.clock import VirtualClock
from labctl.errors import InstrumentError
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    Spectrum,
    Technique,
    VoltageSweep,
)

EVERY_SECOND = Recording(every_s=1.0)
TIME, VOLTS, AMPERES = "instrument_time_second", "voltage_volt", "current_ampere"
PLAIN = DummyParameters(series_farad=20.0)


def upper(value: float, *, ends_all: bool = False) -> Condition:
    return Condition(
        "upper",
        ConditionQuantity.VOLTAGE,
        Comparison.AT_LEAST,
        value,
        ends_all=ends_all,
    )


def driven_volts(time: np.ndarray, current: float) -> np.ndarray:
    """E of the plain dummy cell under a current that began at t = 0."""
    settled = 1.0 - np.exp(-time / 2e-3)
    return 1.0 + current * (10.0 + 20.0 * settled + time / 20.0)


def test_a_current_brings_the_closed_form_voltage() -> None:
    polls = simulated_bench().run(
        [ConstantCurrent(1e-3, 600.0, record=Recording(every_s=5.0))]
    )
    time, volts = column(polls, TIME), column(polls, VOLTS)

    assert len(time) == 121
    # 153 µV a step of the ±5 V converter, 20 µV of noise.
    assert np.max(np.abs(volts - driven_volts(time, 1e-3))) < 2e-4


@pytest.mark.parametrize("every", [0.5, 60.0, 480.0, 1e5])
def test_a_limit_is_met_without_overshoot_however_rarely_one_polls(
    every: float,
) -> None:
    bench = simulated_bench()

    bench.run([ConstantCurrent(1e-3, 1e5, until=(upper(1.1),))], every)

    cell = bench.world.socket(f"{NAME}/1").cell
    assert cell.charge / 20.0 + 1.03 == pytest.approx(1.1, abs=1e-6)


def test_what_is_recorded_does_not_depend_on_the_polls() -> None:
    steps: list[Technique] = [
        ConstantCurrent(1e-3, 1e5, until=(upper(1.1),)),
        OpenCircuit(500.0),
        ConstantVoltage(1.05, 300.0, record=EVERY_SECOND),
    ]

    often, rarely = (simulated_bench().run(steps, every) for every in (7.3, 1000.0))

    assert column(often, TIME) == pytest.approx(column(rarely, TIME), abs=1e-6)
    for name in (VOLTS, AMPERES):
        assert column(often, name).tolist() == column(rarely, name).tolist()


def test_a_limit_met_already_ends_the_step_with_its_first_sample() -> None:
    polls = simulated_bench().run(
        [
            OpenCircuit(1.0, record=EVERY_SECOND),
            ConstantCurrent(1e-3, 1e5, until=(upper(0.9),), record=EVERY_SECOND),
        ]
    )

    assert (column(polls, "technique_index") == 1).sum() == 1


def test_rows_are_written_by_time_or_by_voltage_whichever_is_first() -> None:
    record = Recording(every_s=100.0, every_volt=0.002)
    polls = simulated_bench().run([ConstantCurrent(1e-3, 1000.0, record=record)])
    time, volts = column(polls, TIME), column(polls, VOLTS)

    # 50 µV/s: 2 mV take 40 s, so the voltage rule is the faster one; a twin's step
    # aims a tenth beyond the row.
    assert np.all(np.diff(time)[5:-1] < 44.5)
    assert np.all(np.diff(time)[5:-1] > 39.0)
    assert volts[-1] == pytest.approx(driven_volts(time[-1:], 1e-3)[0], abs=2e-4)
    assert time[0] == 0.0
    assert time[-1] == pytest.approx(1000.0, abs=1e-3)


def test_a_held_voltage_is_recorded_by_current() -> None:
    record = Recording(every_ampere=2e-5)
    polls = simulated_bench().run([ConstantVoltage(1.03, 2000.0, record=record)])
    steps = np.abs(np.diff(column(polls, AMPERES)))

    assert 15 < len(steps) < 120
    assert np.median(steps) == pytest.approx(2e-5, rel=0.5)


def test_a_loop_runs_its_block_as_often_as_asked() -> None:
    polls = simulated_bench().run(
        [
            ConstantCurrent(1e-3, 10.0, record=EVERY_SECOND),
            OpenCircuit(5.0, record=EVERY_SECOND),
            Loop(0, 3),
            ConstantCurrent(-1e-3, 10.0, record=EVERY_SECOND),
        ]
    )
    index = column(polls, "technique_index")

    changes = index[np.flatnonzero(np.diff(index, prepend=-1))]
    assert changes.tolist() == [0, 1, 0, 1, 0, 1, 3]
    assert column(polls, TIME)[-1] == pytest.approx(55.0, abs=0.01)


def test_loops_nest() -> None:
    polls = simulated_bench().run(
        [
            ConstantCurrent(1e-3, 1.0, record=EVERY_SECOND),
            OpenCircuit(1.0, record=EVERY_SECOND),
            Loop(0, 2),
            ConstantCurrent(-1e-3, 1.0, record=EVERY_SECOND),
            Loop(0, 2),
        ]
    )
    index = column(polls, "technique_index")

    changes = index[np.flatnonzero(np.diff(index, prepend=-1))]
    assert changes.tolist() == [0, 1, 0, 1, 3] * 2


def test_a_limit_that_ends_all_ends_the_loop_too() -> None:
    polls = simulated_bench().run(
        [
            ConstantCurrent(1e-3, 100.0, until=(upper(1.04, ends_all=True),)),
            OpenCircuit(5.0),
            Loop(0, 1000),
        ]
    )

    assert column(polls, TIME)[-1] < 400.0
    assert column(polls, VOLTS)[-1] == pytest.approx(1.04, abs=2e-4)


def test_a_power_is_held_while_the_voltage_moves() -> None:
    polls = simulated_bench({"model": "VMP3"}).run(
        [ConstantPower(-1e-3, 1000.0, record=Recording(every_s=10.0))]
    )
    power = column(polls, VOLTS) * column(polls, AMPERES)

    # 305 nA a step of the 10 mA range, 100 nA of noise
    assert power[5:] == pytest.approx(-1e-3, rel=6e-4)
    assert power[5:].mean() == pytest.approx(-1e-3, rel=3e-4)


def test_an_empty_channel_lets_no_current_through() -> None:
    bench = simulated_bench()

    polls = bench.run([ConstantVoltage(1.0, 10.0, record=EVERY_SECOND)], channel="2")

    assert np.all(np.abs(column(polls, AMPERES)) < 1e-9)


def test_a_current_into_an_empty_channel_meets_the_compliance() -> None:
    bench = simulated_bench()
    limit = upper(5.0)

    polls = bench.run([ConstantCurrent(1e-3, 100.0, until=(limit,))], channel="2")

    assert column(polls, TIME)[-1] == 0.0


def test_a_channel_saturates_at_its_range() -> None:
    bench = simulated_bench()
    hold = ConstantVoltage(2.0, 1.0, record=Recording(every_s=0.1), max_current=1e-3)

    polls = bench.run([hold])

    assert np.max(column(polls, AMPERES)) < 1.06e-3
    assert np.max(column(polls, VOLTS)) < 1.1


@pytest.mark.parametrize(
    ("limit", "step"),
    # 16 bits over both signs of ±2.5 V and ±5 V
    [(1.5, 5.0 / 65536), (4.0, 10.0 / 65536)],
)
def test_voltages_come_in_the_steps_of_the_range(limit: float, step: float) -> None:
    polls = simulated_bench().run(
        [ConstantCurrent(1e-3, 60.0, until=(upper(limit),), record=EVERY_SECOND)]
    )
    steps = column(polls, VOLTS) / step

    assert np.allclose(steps, np.rint(steps), atol=1e-2)


def test_a_current_is_controlled_to_a_fraction_of_its_range() -> None:
    bench = simulated_bench()

    bench.run([ConstantCurrent(5.00123e-4, 1000.0)])

    # 0.004 % of 1 mA: 40 nA
    cell = bench.world.socket(f"{NAME}/1").cell
    assert cell.charge == pytest.approx(0.50012, rel=1e-9)


def test_noise_belongs_to_the_channel_and_its_seed() -> None:
    step = [ConstantCurrent(1e-3, 100.0, record=EVERY_SECOND)]

    same = [column(simulated_bench().run(step), VOLTS) for _ in range(2)]
    other = column(simulated_bench({"seed": 1}).run(step), VOLTS)

    assert same[0].tolist() == same[1].tolist()
    assert same[0].tolist() != other.tolist()


def test_noise_goes_on_where_it_was() -> None:
    whole, first = Noise(3, 0), Noise(3, 0)
    second = Noise(3, 0)
    expected = whole.take(10_000)

    head = first.take(4000)
    second.count = first.count

    assert np.concatenate([head, second.take(6000)]).tolist() == expected.tolist()


def test_rows_of_a_vmp3_read_the_same_as_those_of_a_vsp300() -> None:
    step: list[Technique] = [
        ConstantCurrent(1e-3, 30.0, record=EVERY_SECOND),
        OpenCircuit(5.0, record=EVERY_SECOND),
        VoltageSweep((1.0, 1.1, 1.0), 0.01, record=Recording(every_volt=0.01)),
        Spectrum(True, 0.0, 1e-4, 1e3, 1.0, 2),
    ]
    vsp300 = simulated_bench({"model": "VSP-300"}).run(step)
    vmp3 = simulated_bench({"model": "VMP3"}).run(step)

    for name in (TIME, VOLTS, AMPERES):
        assert column(vmp3, name).tolist() == column(vsp300, name).tolist()
    z = "real_impedance_ohm"
    assert column(vmp3, z, "eis").tolist() == column(vsp300, z, "eis").tolist()


def test_extra_columns_do_not_disturb_the_others() -> None:
    step = [ConstantCurrent(1e-3, 30.0, record=EVERY_SECOND)]
    plain = simulated_bench().run(step)
    extra = simulated_bench(options={"extra_columns": ("charge", "i_range")}).run(step)

    assert column(extra, VOLTS).tolist() == column(plain, VOLTS).tolist()


def test_a_cv_shows_capacitance_and_resistance() -> None:
    cell = DummyCell(DummyParameters(series_farad=1e-3, parallel_farad=1e-6, emf=0.0))
    bench = simulated_bench(cell=cell)
    sweep = VoltageSweep((0.0, 0.5, -0.5, 0.0), 0.05, 2, Recording(every_volt=0.005))

    polls = bench.run([sweep], 1.0)
    volts, current = column(polls, VOLTS), column(polls, AMPERES)
    slope = np.gradient(volts)
    middle = (np.abs(volts) < 0.3) & (np.arange(len(volts)) > 20)

    # I = C dE/dt once RC (30 ms, 1.5 mV of scan) has passed
    assert current[middle & (slope > 0.004)] == pytest.approx(5e-5, rel=0.02)
    assert current[middle & (slope < -0.004)] == pytest.approx(-5e-5, rel=0.02)
    assert volts.max() == pytest.approx(0.5, abs=1e-3)
    assert volts.min() == pytest.approx(-0.5, abs=1e-3)
    assert column(polls, TIME)[-1] == pytest.approx(80.0, abs=0.1)


def impedance(bench: SimulatedBench, spectrum: Spectrum) -> tuple[np.ndarray, ...]:
    polls = bench.run([spectrum], 10.0)
    z = column(polls, "real_impedance_ohm", "eis") + 1j * column(
        polls, "imaginary_impedance_ohm", "eis"
    )
    return column(polls, "frequency_hertz", "eis"), z


@pytest.mark.parametrize("galvanostatic", [True, False])
@pytest.mark.parametrize("model", ["VSP-300", "VMP3"])
def test_a_spectrum_is_that_of_the_circuit_with_the_sign_of_a_capacitor(
    galvanostatic: bool, model: str
) -> None:
    bench = simulated_bench({"model": model})
    bias, amplitude = (0.0, 1e-4) if galvanostatic else (1.0, 5e-3)
    spectrum = Spectrum(galvanostatic, bias, amplitude, 1e5, 0.1)

    frequencies, z = impedance(bench, spectrum)
    omega = 2.0 * np.pi * frequencies
    closed = 10.0 + 20.0 / (1.0 + 1j * omega * 2e-3) + 1.0 / (20j * omega)

    assert len(z) == spectrum.points
    assert np.max(np.abs(z - closed) / np.abs(closed)) < 5e-3
    assert np.all(z.imag < 0.0)


def test_frequencies_are_those_that_the_generator_makes() -> None:
    frequencies, _ = impedance(
        simulated_bench(), Spectrum(True, 0.0, 1e-4, 4000.0, 100.0)
    )
    wanted = np.geomspace(4000.0, 100.0, len(frequencies))

    assert np.max(np.abs(frequencies / wanted - 1.0)) < 0.02
    assert np.any(np.abs(frequencies / wanted - 1.0) > 1e-4)


def test_impedance_is_measured_while_the_direct_current_goes_on() -> None:
    bench = simulated_bench()
    spectrum = Spectrum(True, 1e-3, 1e-4, 1e4, 1.0, settle=5.0, drift_correction=True)

    polls = bench.run([ConstantCurrent(1e-3, 10.0, record=EVERY_SECOND), spectrum])
    frequency = column(polls, "frequency_hertz", "eis")
    omega = 2.0 * np.pi * frequency
    z = column(polls, "real_impedance_ohm", "eis")
    duration = column(polls, TIME, "eis")[-1]

    assert column(polls, AMPERES, "eis") == pytest.approx(1e-3, rel=1e-4)
    assert z == pytest.approx(10.0 + 20.0 / (1.0 + (omega * 2e-3) ** 2), rel=5e-3)
    # The charge of the whole time has gone through the cell.
    cell = bench.world.socket(f"{NAME}/1").cell
    assert cell.charge == pytest.approx(1e-3 * duration, rel=1e-3)


def test_drift_leaks_into_slow_points_unless_it_is_corrected() -> None:
    slow = Spectrum(True, 1e-3, 1e-4, 1.0, 0.1, settle=1.0)
    corrected = Spectrum(True, 1e-3, 1e-4, 1.0, 0.1, settle=1.0, drift_correction=True)

    frequency, spoiled = impedance(simulated_bench(), slow)
    _, clean = impedance(simulated_bench(), corrected)

    # −2 (dV/dt)/(ω Î) with 50 µV/s and 0.1 mA
    leak = -2.0 * 5e-5 / (2.0 * np.pi * frequency * 1e-4)
    assert (spoiled - clean).real == pytest.approx(leak, rel=0.05)


def test_two_channels_see_one_cell_in_whatever_order_they_are_polled() -> None:
    seen: list[list[float]] = []
    for order in (("1", "2"), ("2", "1")):
        bench = simulated_bench(channels=(f"{NAME}/1", f"{NAME}/2"))
        driver, watcher = bench.device.roles["1"], bench.device.roles["2"]
        watcher.load([OpenCircuit(1e6, record=Recording(every_s=0.7))])
        driver.load([ConstantCurrent(1e-3, 100.0, record=Recording(every_s=5.0))])
        watcher.start()
        bench.clock.sleep(3.0)
        driver.start()
        polls = []
        for _ in range(13):
            bench.clock.sleep(10.0)
            found = {name: bench.device.roles[name].poll() for name in order}
            polls.append(found["2"])
        seen.append(column(polls, VOLTS).tolist())
        time, volts = column(polls, TIME), column(polls, VOLTS)
        flows = (time > 3.0) & (time < 103.0)
        expected = driven_volts(time[flows] - 3.0, 1e-3)
        assert np.max(np.abs(volts[flows] - expected)) < 2e-4
        assert np.all(column(polls, AMPERES) == 0.0)
        assert volts[time > 104.0] == pytest.approx(1.005, abs=2e-4)

    assert seen[0] == seen[1]


def test_a_second_channel_may_not_drive_the_same_cell() -> None:
    bench = simulated_bench(channels=(f"{NAME}/1", f"{NAME}/2"))
    first, second = bench.device.roles["1"], bench.device.roles["2"]
    for channel in (first, second):
        channel.load([ConstantCurrent(1e-3, 100.0)])
    first.start()

    second.start()
    bench.clock.sleep(10.0)

    assert bench.world.socket(f"{NAME}/1").holder is bench.twin.channels[0]
    with pytest.raises(InstrumentError, match="another channel drives this cell"):
        second.poll()


def test_a_bench_that_was_put_back_goes_on_the_same() -> None:
    step = [ConstantCurrent(1e-3, 100.0, record=EVERY_SECOND)]
    whole = simulated_bench()
    whole.run(step)
    state = whole.world.snapshot()
    expected = column(whole.run(step), VOLTS)

    again = simulated_bench()
    again.world.restore(state)

    assert column(again.run(step), VOLTS).tolist() == expected.tolist()


def test_a_bench_may_be_put_back_before_its_instruments_are_there() -> None:
    world = BenchWorld(VirtualClock(0.0))

    world.restore({"cells": [], "parts": {NAME: {"0": {"rows": 7, "live": 3}}}})

    assert world.snapshot()["parts"][NAME]["0"]["rows"] == 7


def test_a_placed_cell_is_the_catalogues() -> None:
    world = BenchWorld(VirtualClock(0.0))

    world.place("si", ("vsp300/1", "vsp300/2"))

    assert world.socket("vsp300/1") is world.socket("vsp300/2")
    assert 0.9 < world.socket("vsp300/1").cell.voltage() < 4.0
    assert world.label("si")["kind"] == "half_cell"
    assert "si" in world.names()


def built(file: str, sent: list[tuple[str, int, int, int]]) -> LoadedTechnique | int:
    return loaded_technique(file, Board.PREMIUM, sent)


@pytest.mark.parametrize(
    ("file", "code"),
    # no such file; a file of the other board; auto range for a current
    [("nothing4.ecc", -400), ("cp.ecc", -401), ("cp4.ecc", -4)],
)
def test_the_firmware_refuses_what_the_real_one_refuses(file: str, code: int) -> None:
    assert built(file, [("I_Range", 0, 12, 0)]) == code


def test_a_test_behind_an_inactive_one_is_ignored() -> None:
    found = built(
        "cplimit4.ecc",
        [
            ("I_Range", 0, 8, 0),
            ("Test1_Config", 0, 0, 0),
            ("Test2_Config", 0, 5, 0),
        ],
    )

    assert isinstance(found, LoadedTechnique)
    assert found.stages[0].tests == ()


def test_a_misspelt_number_of_steps_runs_only_the_first() -> None:
    found = built("cplimit4.ecc", [("I_Range", 0, 8, 0), ("Step_nuber", 0, 3, 0)])

    assert isinstance(found, LoadedTechnique)
    assert len(found.stages) == 1


def test_bits_tell_the_sign_and_the_variable_of_a_test() -> None:
    found = built("calimit4.ecc", [("Test1_Config", 0, 103, 0)])

    assert isinstance(found, LoadedTechnique)
    (test,) = found.stages[0].tests
    assert (test.of_current, test.at_least, test.together) == (True, True, True)


def test_a_voltage_that_needs_more_than_the_range_shows_as_an_overload() -> None:
    bench = simulated_bench(options={"current_range": 1e-5, "overload": "warn"})

    polls = bench.run([ConstantVoltage(2.0, 20.0, record=EVERY_SECOND)], 5.0)

    flags = column(polls, "overload_flags")
    current = column(polls, AMPERES)
    assert np.all(current[flags > 0] == pytest.approx(1e-5, rel=0.01))
    assert np.all(flags[:5] == 2 + 4)  # beyond its range, and the amplifier saturated


def test_a_board_drives_what_it_can_whatever_its_largest_range_is_called() -> None:
    cell = DummyCell(DummyParameters(series_ohm=0.5, parallel_ohm=0.5))
    options = {"overload": "warn", "max_current": 1.0}
    bench = simulated_bench({"model": "VMP3"}, options, cell)

    polls = bench.run([ConstantCurrent(0.8, 10.0, record=EVERY_SECOND)], 1.0)

    assert column(polls, AMPERES)[-1] == pytest.approx(0.4, rel=1e-3)
    assert np.all(column(polls, "overload_flags")[1:9] == 2 + 4)
