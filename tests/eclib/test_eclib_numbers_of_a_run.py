"""The driver on the oracle: every technique's numbers against the closed form.

Tolerances: a data word has 24 bits (6e-8 of its value); times are whole ticks of some
25 µs. Nothing in the oracle is noisy, so nothing more is allowed for.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from oracle_library import Oracle
from rc_cell import RCCell

from drivers.biologic.device import BiologicDevice
from labctl.clock import VirtualClock
from labctl.data import Array
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
    Spectrum,
    Technique,
    VoltageSweep,
)

Place = Callable[..., Oracle]

CELL = RCCell()
EVERY_SECOND = Recording(every_s=1.0)
WORD = 2.0**-23
BOARDS = {
    1: "speed = 0\ndevice = 5",
    2: "speed = 0\ndevice = 20",
    3: "speed = 0\n[channels]\nboard = 3",
}


def run(
    device: BiologicDevice,
    clock: VirtualClock,
    techniques: Sequence[Technique],
    every: float = 7.0,
) -> list[Poll]:
    """Load, start, and poll the first channel until the end."""
    channel = device.roles["1"]
    channel.load(techniques)
    channel.start()
    polls: list[Poll] = []
    while not polls or polls[-1].running:
        clock.sleep(every)
        polls.append(channel.poll())
    return polls


def column(polls: Sequence[Poll], name: str, stream: str = "timeseries") -> Array:
    """Return one column of everything that came."""
    return np.concatenate(
        [b.columns[name] for p in polls for b in p.batches if b.stream == stream]
    )


@pytest.fixture(params=BOARDS)
def bench(
    request: pytest.FixtureRequest, placed: Place
) -> tuple[BiologicDevice, VirtualClock, Oracle]:
    oracle = placed(BOARDS[request.param])
    clock = oracle.clock()
    return oracle.opened(clock, digicore=True), clock, oracle


Bench = tuple[BiologicDevice, VirtualClock, Oracle]


def test_a_rest_shows_the_open_circuit_voltage(bench: Bench) -> None:
    device, clock, _ = bench

    polls = run(device, clock, [OpenCircuit(10.0, record=EVERY_SECOND)])

    assert column(polls, "instrument_time_second") == pytest.approx(range(11), abs=3e-5)
    assert column(polls, "voltage_volt") == pytest.approx(CELL.open_circuit, rel=WORD)


def test_a_current_charges_resistance_rc_and_capacity(bench: Bench) -> None:
    device, clock, oracle = bench

    polls = run(device, clock, [ConstantCurrent(1e-3, 30.0, record=EVERY_SECOND)])

    time = column(polls, "instrument_time_second")
    expected = CELL.at_current(1e-3, time)
    assert len(time) == 31
    assert column(polls, "voltage_volt") == pytest.approx(expected, rel=2 * WORD)
    assert column(polls, "current_ampere") == pytest.approx(1e-3, rel=WORD)
    assert oracle.truth(0)[2] == pytest.approx(CELL.charge + 0.03, rel=1e-12)


def test_a_held_voltage_decays_as_two_exponentials(bench: Bench) -> None:
    device, clock, _ = bench

    polls = run(device, clock, [ConstantVoltage(3.7, 30.0, record=EVERY_SECOND)])

    time = column(polls, "instrument_time_second")
    amps = column(polls, "current_ampere")
    assert amps == pytest.approx(CELL.at_voltage(3.7, time), rel=1e-5)


def test_limits_end_the_current_where_the_closed_form_reaches_them(
    bench: Bench,
) -> None:
    device, clock, _ = bench
    above = Condition("upper", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 3.65)
    charge = ConstantCurrent(1e-3, 3600.0, (above,), EVERY_SECOND)

    polls = run(device, clock, [charge, OpenCircuit(1.0, record=EVERY_SECOND)])

    technique = column(polls, "technique_index")
    end = column(polls, "instrument_time_second")[technique == 0][-1]
    assert CELL.at_current(1e-3, np.array([end]))[0] == pytest.approx(3.65, abs=1e-6)
    assert technique[-1] == 1


def test_cccv_goes_over_in_the_firmware_and_ends_at_its_taper(bench: Bench) -> None:
    device, clock, oracle = bench
    above = Condition("upper", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 3.65)
    taper = Condition(
        "taper", ConditionQuantity.ABSOLUTE_CURRENT, Comparison.AT_MOST, 2e-4
    )
    charge = ConstantCurrent(1e-3, 3600.0, (above,), EVERY_SECOND)
    hold = ConstantVoltage(3.65, 3600.0, (taper,), EVERY_SECOND)

    polls = run(device, clock, [charge, hold])

    amps, at = column(polls, "current_ampere"), column(polls, "technique_index")
    volts = column(polls, "voltage_volt")
    assert amps[-1] == pytest.approx(2e-4, rel=1e-6)
    assert np.all(np.diff(amps[at == 1]) < 0.0)
    assert volts[at == 1] == pytest.approx(3.65, rel=WORD)
    assert oracle.truth(0)[1] == 0.0  # open circuit at the end


@pytest.mark.parametrize("galvanostatic", [False, True])
def test_a_spectrum_has_the_impedance_and_phase_of_the_cell(
    bench: Bench, galvanostatic: bool
) -> None:
    device, clock, _ = bench
    spectrum = Spectrum(
        galvanostatic=galvanostatic,
        bias=0.0,
        versus_initial=True,
        amplitude=1e-4 if galvanostatic else 0.01,
        first_frequency=1e4,
        last_frequency=0.01,
        points_per_decade=3,
    )

    polls = run(device, clock, [OpenCircuit(1.0), spectrum], every=600.0)

    frequency = column(polls, "frequency_hertz", "eis")
    real = column(polls, "real_impedance_ohm", "eis")
    imaginary = column(polls, "imaginary_impedance_ohm", "eis")
    expected = CELL.impedance(frequency)
    assert len(frequency) == spectrum.points == 19
    assert np.abs(real + 1j * imaginary - expected) == pytest.approx(
        0.0, abs=4 * WORD * float(np.abs(expected).max())
    )
    assert np.all(imaginary < 0.0)


def test_a_dummy_cell_that_stores_nothing_settles_at_its_resistances(
    placed: Place,
) -> None:
    r0, r1, c1 = 100.0, 1000.0, 1e-3
    oracle = placed(
        "speed = 0\n[channels]\nempty = 0\nfull = 0\ncharge = 0\n"
        f"r0 = {r0}\nr1 = {r1}\nc1 = {c1}\n"
    )
    clock = oracle.clock()
    hold = ConstantVoltage(0.1, 2.0, record=Recording(every_s=0.1))

    polls = run(oracle.opened(clock), clock, [hold])

    time = column(polls, "instrument_time_second")
    end, tau = 0.1 / (r0 + r1), c1 * r0 * r1 / (r0 + r1)
    expected = end + (0.1 / r0 - end) * np.exp(-time / tau)
    assert column(polls, "current_ampere") == pytest.approx(expected, rel=1e-5)
    assert oracle.truth(0)[2] == pytest.approx(
        end * 2.0 + (0.1 / r0 - end) * tau, rel=1e-6
    )


def test_a_sweep_drives_through_its_vertices_at_its_rate(bench: Bench) -> None:
    device, clock, _ = bench
    sweep = VoltageSweep((3.6, 3.8, 3.4, 3.6), 0.02, record=Recording(every_volt=0.01))

    polls = run(device, clock, [sweep])

    time, volts = (
        column(polls, name) for name in ("instrument_time_second", "voltage_volt")
    )
    assert time[-1] == pytest.approx(40.0, abs=1e-3)
    assert len(time) == 80
    up = time <= 10.0
    # means over the stair behind each row
    assert volts[up] == pytest.approx(3.6 + 0.02 * time[up] - 0.005, abs=1e-6)


def test_a_loop_repeats_its_block_in_the_firmware(bench: Bench) -> None:
    device, clock, oracle = bench
    pulse = ConstantCurrent(1e-3, 10.0, record=EVERY_SECOND)
    back = ConstantCurrent(-1e-3, 10.0, record=EVERY_SECOND)

    polls = run(device, clock, [pulse, back, Loop(0, 3)])

    amps = column(polls, "current_ampere")
    assert np.count_nonzero(np.diff(np.sign(amps))) == 5
    assert len(amps) == 6 * 11
    assert oracle.truth(0)[2] == pytest.approx(CELL.charge, abs=1e-12)
