"""A pulse that nothing answered says nothing of a resistance."""

import math

import numpy as np

from protocols.cells.pulse_results import _pulse


def test_the_drift_of_a_rest_is_not_small_beside_no_answer_at_all() -> None:
    time = np.arange(40.0)
    rows = {
        "instrument_time_second": time,
        "voltage_volt": np.full(40, 0.5),
        "current_ampere": np.where(time < 20, 0.0, -1e-3),
    }

    found = _pulse(rows, np.arange(20), np.arange(20, 40), 20.0)
    assert found["resistance_end_ohm"] == 0.0
    assert math.isnan(found["rest_drift_part"])
