"""Rows become steps: one a segment, and a driving profile is no thousand steps."""

from pathlib import Path

import numpy as np
import pytest

from labctl.analysis.cells.segment import SegmentKind
from labctl.session.importing import steps
from labctl.session.importing.charges import charges_of
from labctl.session.importing.steps import steps_of
from labctl.store.importers.foreign import ForeignColumn, ForeignFile, ForeignTable


def profile(step: bool) -> ForeignFile:
    current = np.repeat([1.0, -2.0, 3.0, -1.0, 2.0, -3.0], 5) * 1e-3
    n = len(current)
    columns = {
        "test_time_second": np.arange(n) * 1.0,
        "voltage_volt": 3.0 + current,
        "current_ampere": current,
    }
    if step:
        columns["step_id"] = np.repeat([1.0, 2.0], n // 2)
    table = {name: ForeignColumn(v, name) for name, v in columns.items()}
    return ForeignFile(Path("x"), "nobody", ForeignTable(table))


def test_each_segment_is_a_step() -> None:
    file = profile(step=False)

    found = steps_of(file, charges_of(file))

    assert [each.number for each in found.steps] == [1, 2, 3, 4, 5, 6]
    assert np.bincount(found.timeseries).tolist() == [0, 5, 5, 5, 5, 5, 5]


@pytest.mark.parametrize(("step", "rows"), [(True, [15, 15]), (False, [30])])
def test_a_driving_profile_has_the_steps_of_its_file(
    monkeypatch: pytest.MonkeyPatch, step: bool, rows: list[int]
) -> None:
    monkeypatch.setattr(steps, "MOST_STEPS", 4)
    file = profile(step)

    found = steps_of(file, charges_of(file))

    assert [each.outcome.rows for each in found.steps] == rows
    assert {each.payload["segment"] for each in found.steps} == {SegmentKind.VARYING}
    assert sum(each.outcome.charge for each in found.steps) == pytest.approx(
        1e-3 * 5 * (1 - 2 + 3 - 1 + 2 - 3), abs=3e-3
    )
