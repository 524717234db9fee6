"""Rows that begin within a test are told from those that begin with it."""

import numpy as np
import pytest

from labctl.analysis.cells.beginnings import Beginning, beginning_of

TIME = np.arange(0.0, 7200.0, 60.0)
CURRENT = np.where(TIME <= 3600, -1e-3, 1e-3)
CHARGE = np.r_[0.0, CURRENT[1:] * 60 / 3600]


def rows(drop: int = 0, **more: object) -> dict[str, np.ndarray]:
    own = {
        "test_time_second": TIME,
        "current_ampere": CURRENT,
        "interval_charge_ah": CHARGE,
        "net_capacity_ah": np.cumsum(CHARGE),
        **{
            name: np.broadcast_to(np.asarray(v), TIME.shape) for name, v in more.items()
        },
    }
    return {name: column[drop:] for name, column in own.items()}


def without(table: dict[str, np.ndarray], *names: str) -> dict[str, np.ndarray]:
    return {name: column for name, column in table.items() if name not in names}


COUNT = ("interval_charge_ah", "net_capacity_ah")
CASES = {
    "from the first row on": (rows(), Beginning.WHOLE),
    "a balance that did not begin at zero, under current": (
        rows(20),
        Beginning.MISSING,
    ),
    "the same, at rest": (
        rows(20, current_ampere=np.where(TIME < 1800, 0.0, CURRENT)),
        Beginning.LATER,
    ),
    "the file counts the tenth cycle": (rows(cycle_count=10), Beginning.LATER),
    "a step that began long ago": (
        without(rows(20, step_time_second=TIME), *COUNT),
        Beginning.MISSING,
    ),
    "no counter, under current long after test time 0": (
        without(rows(20), *COUNT),
        Beginning.UNKNOWN,
    ),
    # EC-Lab's clock goes on over its linked techniques; its half cycles say 0 again
    "a technique behind another one": (
        without(rows(0, test_time_second=TIME + 9e4, half_cycle=0), *COUNT),
        Beginning.WHOLE,
    ),
    "the current of the first interval is not counted": (
        without(rows(1), "interval_charge_ah"),
        Beginning.UNKNOWN,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_rows_tell_whether_their_test_began_with_them(case: str) -> None:
    table, right = CASES[case]

    assert beginning_of(table) is right
