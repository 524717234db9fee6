"""How much a capacity depends on where the voltmeter thinks that it ended."""

import numpy as np
import pytest

from labctl.analysis.cells.end_voltage import charge_per_volt


def test_the_end_of_a_slope_is_as_steep_as_the_slope() -> None:
    charge = np.linspace(0, -8.0, 201)
    voltage = 0.01 + 0.4 * (1 + charge / 8.0) ** 2 + 0.05 * (1 + charge / 8.0)

    steep = charge_per_volt(voltage, charge)

    # at the end dV/dQ is 0.05 V over 8 C; it grows over the last 10 mV
    assert 0.5 * 160 < steep <= 160


def test_a_hold_at_the_end_does_not_flatten_it() -> None:
    voltage = np.concatenate([np.linspace(3.0, 4.2, 121), np.full(50, 4.2)])
    charge = np.concatenate([np.linspace(0, 6.0, 121), np.linspace(6.0, 6.5, 50)])

    assert charge_per_volt(voltage, charge) == pytest.approx(5.0)


@pytest.mark.parametrize("volts", [[3.0, 4.0], [3.5, 3.5, 3.5], [3.500, 3.502, 3.504]])
def test_rows_that_do_not_tell_say_so(volts: list[float]) -> None:
    assert np.isnan(charge_per_volt(volts, np.arange(len(volts))))
