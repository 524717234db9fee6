"""A sweep is held against the rate that was asked for, and not against its noise."""

import pytest

from drivers.biologic.rows.scan_rate import SweepCheck
from labctl.errors import InstrumentError
from labctl.techniques import VoltageSweep

RATE = 1e-3


def check(*vertices: float, rate: float = RATE) -> SweepCheck:
    return SweepCheck(VoltageSweep(vertices or (3.0, 3.2, 3.0), rate), "v/1", "cv_rate")


def ramp(rate: float, until: float, every: float = 0.1) -> list[tuple[float, float]]:
    return [(k * every, 3.0 + rate * k * every) for k in range(round(until / every))]


@pytest.mark.parametrize(
    ("what", "seen"),
    [
        ("as asked", ramp(RATE, 60.0)),
        ("a third of it, the cell being slow", ramp(RATE / 3, 60.0)),
        ("one spike", [(0.0, 3.0), (0.1, 3.05), *ramp(RATE, 60.0)[2:]]),
        ("a transient while control takes over", [(0.0, 2.996), *ramp(RATE, 60.0)]),
        ("no reading at all", []),
        ("readings before it begins, time standing still", [(0.0, 3.0)] * 50),
        ("never near its beginning", [(k * 1.0, 3.5) for k in range(100)]),
    ],
)
def test_a_sweep_that_is_right_goes_on(
    what: str, seen: list[tuple[float, float]]
) -> None:
    looked = check()

    looked.look(seen)  # raises nothing

    assert what


@pytest.mark.parametrize(("factor", "how"), [(1e3, "fast"), (1e-3, "slow")])
def test_a_sweep_in_another_unit_is_refused_once(factor: float, how: str) -> None:
    looked = check()

    with pytest.raises(InstrumentError, match=f"far too {how}.*option cv_rate"):
        looked.look(ramp(factor * RATE, 60.0 if factor < 1.0 else 0.6, 0.05))

    looked.look(ramp(factor * RATE, 1.0))  # it was said


def test_a_way_shorter_than_its_noise_says_nothing() -> None:
    looked = check(3.0, 3.003)

    looked.look([(0.001 * k, 3.0 + 0.0005 * k) for k in range(10)])

    assert looked.done


def test_a_fast_sweep_is_judged_by_its_rows() -> None:
    """10 V/s asked and had: rows every 10 mV, the first after 1 ms."""
    looked = check(3.0, 3.5, 3.0, rate=10.0)

    looked.look([(1e-3 * k, 3.0 + 0.01 * k) for k in range(40)])

    assert looked.done
