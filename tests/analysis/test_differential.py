"""dQ/dV conserves the charge and finds peaks where they are."""

import numpy as np
import pytest

from labctl.analysis.cells.differential import differential_capacity

TOTAL = 4.8


def half_cycle(
    *, rows: int = 4000, down: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return V and Q with peaks at 0.30 and 0.45 V, evenly spaced in charge."""
    v = np.linspace(0.05, 0.9, 20_001)
    density = 1 + 8 * np.exp(-(((v - 0.30) / 0.03) ** 2))
    density += 5 * np.exp(-(((v - 0.45) / 0.02) ** 2))
    q = np.concatenate(([0], np.cumsum((density[1:] + density[:-1]) / 2)))
    q *= TOTAL / q[-1]
    even = np.linspace(0, TOTAL, rows)
    voltage = np.interp(even, q, v)
    return (voltage[::-1], -even) if down else (voltage, even)


@pytest.mark.parametrize("down", [False, True])
def test_peaks_stand_where_they_are(down: bool) -> None:
    found = differential_capacity(*half_cycle(down=down))

    size = np.abs(found.value)
    low = found.voltage < 0.38
    assert found.valid, found.reason
    assert found.conserved == pytest.approx(1, abs=0.01)
    assert found.voltage[low][size[low].argmax()] == pytest.approx(0.30, abs=0.004)
    assert found.voltage[~low][size[~low].argmax()] == pytest.approx(0.45, abs=0.004)
    assert (found.value.sum() < 0) is np.bool_(down)


def test_bins_conserve_the_charge_exactly() -> None:
    found = differential_capacity(*half_cycle(rows=317))

    assert found.conserved == pytest.approx(1, abs=1e-12)


def test_rows_too_far_apart_are_marked() -> None:
    found = differential_capacity(*half_cycle(rows=60))

    assert not found.valid
    assert "apart" in found.reason


def test_a_handful_of_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="6 rows"):
        differential_capacity([0.1, 0.2], [0, 1])
