"""A source meter cycles a cell: both quadrants, both regimes, the right ends."""

import numpy as np
import pytest
from meter_rig import LONGEST, MeterRig, down_to, ends, tapered, up_to

from labctl.columns import POLL_LATENESS
from labctl.techniques import (
    Comparison,
    ConditionQuantity,
    ConstantCurrent,
    ConstantPower,
    ConstantVoltage,
    Loop,
    OpenCircuit,
    Recording,
    VoltageSweep,
)

models = pytest.mark.parametrize("model", ["2450", "2460", "2636B"])
RATE = 1e-3
"""A; about C/2 of the cell."""
SEEN = 1e-3
"""V that a meter's reading may be wrong by."""


@models
def test_a_discharge_sinks_its_current_and_ends_at_the_cut_off(model: str) -> None:
    rig = MeterRig(model)

    found = rig.run(ConstantCurrent(-RATE, LONGEST, down_to(0.05)))

    assert np.median(found.amperes(0)) == pytest.approx(-RATE, rel=2e-3)
    assert found.volts(0)[-1] == pytest.approx(0.05, abs=SEEN)
    assert found.volts(0).min() > 0.05 - SEEN  # it never overshoots
    charge = np.trapezoid(found.amperes(0), found.seconds(0))
    assert charge == pytest.approx(rig.cell.charge, rel=2e-3)


@models
def test_a_voltage_is_held_until_its_current_has_tapered(model: str) -> None:
    rig = MeterRig(model)

    found = rig.run(
        ConstantCurrent(-RATE, LONGEST, down_to(0.1)),
        ConstantVoltage(0.1, LONGEST, tapered(RATE / 5), Recording(every_s=10.0)),
        OpenCircuit(60.0, Recording(every_s=10.0)),
    )

    assert found.volts(1) == pytest.approx(0.1, abs=SEEN)
    assert np.all(np.diff(found.amperes(1)) > -1e-5)  # towards zero, all the way
    assert 0.8 * RATE / 5 < -found.amperes(1)[-1] <= RATE / 5
    assert np.abs(found.amperes(2)).max() < 2e-9
    assert rig.truth[1] == 0.0


@models
def test_an_output_is_in_high_impedance_whenever_nothing_runs(model: str) -> None:
    rig = MeterRig(model)
    rig.channel.sense()  # before, it is in the off state of its power-on
    before = rig.cell.charge

    rig.channel.sense()
    rig.load(ConstantCurrent(-RATE, 60.0, down_to(0.05)))
    rig.clock.sleep(3600.0)

    assert rig.truth[1] == 0.0
    assert rig.cell.charge == pytest.approx(before, abs=1e-9)


def test_rows_come_by_time_by_voltage_and_by_current() -> None:
    rig = MeterRig()

    found = rig.run(
        OpenCircuit(100.0, Recording(every_s=10.0)),
        ConstantCurrent(-RATE, 2000.0, (), Recording(every_volt=0.01)),
        ConstantVoltage(0.05, 500.0, (), Recording(every_ampere=1e-4)),
    )

    # ten intervals, both ends
    assert len(found.volts(0)) == 11
    # a row every 10 mV, none of them far behind
    assert np.abs(np.diff(found.volts(1))).max() < 0.02
    assert np.median(np.abs(np.diff(found.volts(1)))) == pytest.approx(0.01, rel=0.3)
    assert len(found.amperes(2)) > 5


def test_durations_are_kept_to_the_tenth_of_a_second() -> None:
    rig = MeterRig()
    pulse = ConstantCurrent(-RATE, 10.0, (), Recording(every_s=1.0))

    found = rig.run(pulse, OpenCircuit(20.0, Recording(every_s=5.0)))

    begins = found.seconds(1)[0] - found.seconds(0)[0]
    assert begins == pytest.approx(10.0, abs=0.1)
    assert found.seconds(1)[-1] - found.seconds(1)[0] == pytest.approx(20.0, abs=0.1)
    assert found[POLL_LATENESS.name] == pytest.approx(0.0, abs=1e-9)


def test_a_charge_ends_a_pulse_within_one_look() -> None:
    rig = MeterRig()
    until = ends(ConditionQuantity.CHARGE, Comparison.AT_LEAST, 0.1)

    rig.run(ConstantCurrent(-RATE, LONGEST, until))

    # 0.1 C at 1 mA; one look is a tenth of a second
    assert -rig.cell.charge == pytest.approx(0.1, abs=3 * RATE * 0.1)


def test_a_loop_runs_its_block_as_often_as_it_says() -> None:
    rig = MeterRig()
    record = Recording(every_s=5.0)

    found = rig.run(
        ConstantCurrent(-RATE, 10.0, (), record),
        ConstantCurrent(RATE, 10.0, (), record),
        Loop(0, 3),
        OpenCircuit(5.0, record),
    )

    # three rows a pulse: at 0, 5 and 10 s
    assert len(found.amperes(0)) == len(found.amperes(1)) == 9
    assert found.technique == 3


def test_a_sweep_is_a_staircase_of_the_stated_step_and_rate() -> None:
    rig = MeterRig()
    record = Recording(every_volt=0.002)

    found = rig.run(VoltageSweep((0.6, 0.5, 0.6), 1e-3, 1, record, max_current=0.01))

    volts, seconds = found.volts(0), found.seconds(0)
    assert volts.min() == pytest.approx(0.5, abs=3e-3)
    assert seconds[-1] - seconds[0] == pytest.approx(200.0, abs=3.0)
    steps = np.abs(np.diff(volts))
    assert np.median(steps) == pytest.approx(0.002, abs=2e-4)


def test_a_power_is_drawn_by_following_the_voltage() -> None:
    rig = MeterRig("2460", "qms-0.7-lco")
    lifted = ConstantCurrent(RATE, LONGEST, up_to(3.6))

    found = rig.run(lifted, ConstantPower(-3e-3, 600.0, down_to(2.5)))

    power = found.volts(1) * found.amperes(1)
    assert len(power) > 5
    assert power[1:-1] == pytest.approx(-3e-3, rel=0.01)  # the last is at the cut-off


def test_a_cell_beyond_its_cut_off_is_not_driven_back_to_it() -> None:
    rig = MeterRig()  # at about 1 V
    rest = OpenCircuit(5.0, Recording(every_s=5.0))

    found = rig.run(rest, ConstantCurrent(RATE, 600.0, up_to(0.5)), rest)

    assert rig.cell.charge == pytest.approx(0.0, abs=1e-6)
    assert found.technique == 2
