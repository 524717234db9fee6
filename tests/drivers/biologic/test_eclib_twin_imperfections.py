"""The twin's converters are off as far as its maker allows, the same for one seed."""

import itertools

import numpy as np
import pytest
from data_sheets import CHANNEL_SHEETS
from simulated_biologic import NAME, SimulatedBench, column, simulated_bench

from drivers.twins.biologic.imperfections import (
    CURRENT,
    VOLTAGE,
    Converter,
    Imperfections,
    impedance_limits,
)
from drivers.twins.biologic.tables import ESSENTIAL, PREMIUM
from drivers.twins.world.socket import OpenLeads
from labctl import columns
from labctl.errors import OperatorError
from labctl.techniques import (
    Comparison,
    Condition,
    ConditionQuantity,
    ConstantCurrent,
    Recording,
    Technique,
)

SEEDS = range(300)


def bench(seed: int = 1) -> SimulatedBench:
    """Return a bench with a dummy cell whose instrument is within specification."""
    return simulated_bench({"imperfections": "specification", "seed": seed})


def rows_of_a_current(seed: int, current: float) -> tuple[np.ndarray, float]:
    """Return the currents read, and the charge that went through the cell in C."""
    made = bench(seed)
    steps: list[Technique] = [
        ConstantCurrent(current, 100.0, record=Recording(every_s=1.0))
    ]
    polls = made.run(steps)
    return column(polls, columns.CURRENT.name), made.world.socket(
        f"{NAME}/1"
    ).cell.charge


@pytest.mark.parametrize("quantity", CHANNEL_SHEETS)
def test_no_reading_is_further_off_than_the_sheet_allows(quantity: str) -> None:
    model, unit = quantity.split()
    board = {"VMP3": ESSENTIAL, "VSP-300": PREMIUM}[model]
    for seed, (span, gain, zero) in itertools.product(SEEDS, CHANNEL_SHEETS[quantity]):
        errors = Imperfections(f"{seed}", board)
        reads = errors.reads_current if unit == "A" else errors.reads_voltage
        for value in (-span, -0.1 * span, 0.0, span):
            for hours in (0.0, 7.0, 40.0):
                off = abs(reads(span).apply(value, 3600.0 * hours) - value)
                assert off <= 1.001 * (gain * abs(value) + zero)


def test_errors_fill_what_the_specification_allows() -> None:
    zeros = [Imperfections(f"{s}").reads_current(1.0).zero for s in SEEDS]
    gains = [Imperfections(f"{s}").reads_voltage(1.0).gain for s in SEEDS]

    # Standard deviation of a rectangle, a / √3, within its own scatter of 3 %.
    assert np.std(zeros) == pytest.approx(
        0.8 * CURRENT[PREMIUM].zero / 3**0.5, rel=0.15
    )
    assert np.std(gains) == pytest.approx(VOLTAGE[PREMIUM].gain / 3**0.5, rel=0.15)
    assert abs(np.mean(gains)) < 0.2 * VOLTAGE[PREMIUM].gain


def test_one_seed_makes_one_instrument_and_each_range_its_own_error() -> None:
    first, again = Imperfections("7"), Imperfections("7")

    assert first.reads_current(1e-3) == again.reads_current(1e-3)
    drawn = {first.reads_current(1e-3).gain, first.reads_current(1e-2).gain}
    drawn |= {
        first.drives_current(1e-3).gain,
        Imperfections("8").reads_current(1e-3).gain,
    }
    assert len(drawn) == 4


def test_what_flows_and_what_is_read_are_both_off_by_errors_of_their_own() -> None:
    off = []
    for seed in range(6):
        read, charge = rows_of_a_current(seed, 1e-3)
        off.append((charge / 100.0 / 1e-3 - 1.0, read.mean() / (charge / 100.0) - 1.0))
    driven, seen = np.array(off).T

    # 0.1 % and 0.02 % of a range of 10 mA at most.
    assert 1e-4 < np.std(driven) < 3e-3
    assert 1e-4 < np.std(seen) < 3e-3


def test_a_limit_is_met_where_the_instrument_reads_it() -> None:
    made = bench(3)
    until = Condition(
        "upper", ConditionQuantity.VOLTAGE, Comparison.AT_LEAST, 1.1, ends_all=False
    )

    made.run([ConstantCurrent(1e-3, 1e5, until=(until,))])

    charge = made.world.socket(f"{NAME}/1").cell.charge
    true = 1.0 + charge / 20.0 + 30.0 * 1e-3
    channel = made.twin.channels[0]
    meter = channel.imperfections.reads_voltage(channel.voltage_span)
    assert true != pytest.approx(1.1, abs=1e-5)
    assert meter.apply(true, 0.0) == pytest.approx(1.1, abs=2e-4)  # it drifts


def test_a_zero_drifts_slowly_and_stays_within_its_limit() -> None:
    meter = Imperfections("5").reads_current(1.0)
    zeros = np.array([meter.errors_at(t)[1] for t in np.arange(0.0, 4e5, 60.0)])

    most = CURRENT[PREMIUM].zero
    assert np.ptp(zeros) > 0.0
    assert np.max(np.abs(zeros)) <= most
    assert np.max(np.abs(np.diff(zeros))) < 0.01 * most


def test_an_array_is_read_as_its_values_are_and_a_reading_can_be_undone() -> None:
    meter = Converter(1e-3, 5e-5, 2e-4, 1e-5, 1e4, 0.3, 4e-5)
    values, times = np.array([-2.0, -1e-3, 0.0, 0.5]), np.array([0.0, 1.0, 5e3, 9e3])

    made = meter.apply_all(values, times)

    one = [meter.apply(v, t) for v, t in zip(values, times, strict=True)]
    assert made.tolist() == pytest.approx(one, rel=1e-12)
    assert meter.undo(meter.apply(-2.0, 3.0), 3.0) == pytest.approx(-2.0, rel=1e-12)


@pytest.mark.parametrize("frequency", [0.01, 1.0, 1e3, 1e5])
def test_an_impedance_is_within_the_contour_and_smooth(frequency: float) -> None:
    part, degrees = impedance_limits(frequency, 100.0)
    for seed in range(50):
        errors = Imperfections(f"{seed}")
        z = errors.impedance(frequency, 100.0 + 0.0j)
        near = errors.impedance(1.05 * frequency, 100.0 + 0.0j)

        lead = 2.0 * np.pi * frequency * 1e-7 / 100.0
        assert abs(abs(z) / 100.0 - 1.0) < part + lead**2
        assert abs(np.angle(z)) < np.radians(degrees) + lead
        assert abs(z - near) / 100.0 < 0.1 * part + 0.1 * np.radians(degrees) + lead


def test_a_channel_keeps_its_age_over_an_interruption() -> None:
    first, second = bench(4), bench(4)
    first.clock.sleep(5000.0)
    first.twin.channels[0].bring(first.clock.now(), exact=True)

    second.twin.restore(first.twin.snapshot())

    assert second.twin.snapshot() == first.twin.snapshot()


def test_what_is_no_imperfection_is_refused() -> None:
    with pytest.raises(OperatorError, match="specification or none"):
        simulated_bench({"imperfections": "some"}, cell=OpenLeads())
