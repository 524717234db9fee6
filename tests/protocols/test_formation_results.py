"""What follows formation does not count to its efficiency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from labctl.data import Array
from labctl.protocol import StepRecord
from labctl.sample import FirstStep, Sample, SampleKind
from protocols.cells.cycling_results import formation_results


@dataclass(frozen=True)
class Rows:
    """A run with nothing but rows."""

    rows: Mapping[str, Array]
    sample: Sample
    steps: Sequence[StepRecord] = ()

    def table(self, stream: str) -> Mapping[str, Array]:
        assert stream == "timeseries"
        return self.rows

    def accuracy(self, role: str) -> None:
        del role


def test_a_charge_after_formation_is_not_added_to_its_last_half() -> None:
    # 100 s at -1 A, 80 s at +1 A, then the way to a scan's start: 50 s at +1 A
    time = np.array([0.0, 100.0, 100.0, 180.0, 180.0, 230.0])
    current = np.array([-1.0, -1.0, 1.0, 1.0, 1.0, 1.0])
    rows = {
        "test_time_second": time,
        "instrument_time_second": np.array([0.0, 100.0, 0.0, 80.0, 0.0, 50.0]),
        "voltage_volt": np.full(6, 0.5),
        "current_ampere": current,
        "half_cycle": np.array([0, 0, 1, 1, 2, 2]),
        "cycle_count": np.array([1, 1, 1, 1, 2, 2]),
        "step_count": np.array([1, 1, 2, 2, 3, 3]),
    }
    sample = Sample(
        name="a", kind=SampleKind.HALF_CELL, first_step=FirstStep.LITHIATION
    )

    results = formation_results(Rows(rows, sample), formation_cycles=1)

    assert results["initial_coulombic_efficiency"].value == pytest.approx(80.0)
