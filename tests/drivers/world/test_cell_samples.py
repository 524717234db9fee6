"""The simulated cells deliver the figures the mission states for the real ones."""

import json

import pytest

from drivers.twins.world.catalogue import build_cell, label, names
from drivers.twins.world.cell import Cell
from labctl.errors import OperatorError
from labctl.sample import Sample, SampleKind

MASS = 1.19e-3  # g
AREA = 1.131  # cm²
FORMATION = 3.5 * MASS / 20  # A: C/20 of 3.5 A/g
ONE_C = 1.9e-3 * AREA  # A
HALF_CELLS = ("qms-0.7", "qms-0.3", "qms-0.1", "si")


def half_cycle(cell: Cell, current: float, limit: float, length: float) -> float:
    """Go to a voltage limit; return the charge in C."""
    passed = 0.0
    while True:
        if current < 0.0:
            step = cell.advance(current, length, lower=limit)
        else:
            step = cell.advance(current, length, upper=limit)
        passed += step * abs(current)
        if step < length:
            return passed


def formation(cell: Cell) -> tuple[float, float]:
    """Return lithiation and delithiation capacity of one C/20 cycle, mAh/g."""
    filled = half_cycle(cell, -FORMATION, 0.005, 120.0)
    emptied = half_cycle(cell, FORMATION, 1.5, 120.0)
    return filled / 3.6 / MASS, emptied / 3.6 / MASS


def cycle(cell: Cell, c_rate: float) -> float:
    """Return the delithiation capacity of a cycle in 0.01-1.2 V, mAh/g."""
    current = c_rate * ONE_C
    half_cycle(cell, -current, 0.01, 60.0)
    return half_cycle(cell, current, 1.2, 60.0) / 3.6 / MASS


@pytest.mark.parametrize(
    ("name", "efficiency", "capacity"),
    [("qms-0.7", 92.5, 3350), ("qms-0.3", 91.0, 3270), ("qms-0.1", 89.2, 3170),
     ("si", 87.4, 3080)],
)  # fmt: skip
def test_the_first_cycle_has_its_efficiency_and_capacity(
    name: str, efficiency: float, capacity: float
) -> None:
    filled, emptied = formation(build_cell(name))

    assert 100 * emptied / filled == pytest.approx(efficiency, abs=0.1)
    assert emptied == pytest.approx(capacity, rel=3e-3)


def test_rate_capability_separates_qms_from_silicon() -> None:
    share_at_3c = {}
    for name in HALF_CELLS:
        cell = build_cell(name)
        formation(cell)
        rates = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0)
        table = [max(cycle(cell, rate), cycle(cell, rate)) for rate in rates]
        assert table == sorted(table, reverse=True)
        assert table[-1] > 0.05 * table[0]
        share_at_3c[name] = table[4] / table[0]

    assert share_at_3c["qms-0.7"] > 0.72
    assert share_at_3c["si"] < 0.28
    assert list(share_at_3c.values()) == sorted(share_at_3c.values(), reverse=True)


def test_the_diffusivities_differ_by_5000_at_low_lithium_content() -> None:
    qms, silicon = build_cell("qms-0.7"), build_cell("si")

    ratios = [qms.diffusivity(t) / silicon.diffusivity(t) for t in (0.0, 0.1, 0.3, 0.6)]
    assert ratios[0] == pytest.approx(5000, rel=0.01)
    assert ratios == sorted(ratios, reverse=True)
    assert 2 < ratios[-1] < 4


@pytest.mark.slow
def test_qms_keeps_87_percent_at_300_and_72_at_500_cycles() -> None:
    cell = build_cell("qms-0.7")
    formation(cell)
    capacities = [cycle(cell, 0.5) for _ in range(500)]

    assert cell.cycles == pytest.approx(501, abs=0.5)
    assert 100 * capacities[299] / capacities[0] == pytest.approx(87, abs=0.7)
    assert 100 * capacities[499] / capacities[0] == pytest.approx(72, abs=0.7)


def test_pulses_rests_and_partial_reversals_do_not_age_the_cell() -> None:
    cell = build_cell("qms-0.7")
    for _ in range(30):
        cell.step_current(-1e-3, 400.0)
        cell.step_current(0.0, 600.0)
        cell.step_current(1e-3, 100.0)

    assert cell.theta > 0.4
    assert cell.cycles == 0.0
    assert cell.active_fraction == 1.0


def test_coulombic_efficiency_is_above_99_3_percent_in_the_second_cycle() -> None:
    cell = build_cell("qms-0.7")
    formation(cell)
    filled, emptied = formation(cell)

    assert 99.3 < 100 * emptied / filled < 100.0


@pytest.mark.parametrize(
    ("name", "low", "high"), [("qms-0.7-lco", 90, 92), ("si-lco", 85, 87)]
)
def test_a_full_cell_loses_to_its_film_what_the_cathode_brought(
    name: str, low: float, high: float
) -> None:
    cell = build_cell(name)
    charged = half_cycle(cell, 2e-4, 4.2, 120.0)
    plating_margin = cell.state.counter.potential if cell.state.counter else 0.0
    discharged = half_cycle(cell, -2e-4, 3.0, 120.0)
    fast = half_cycle(cell, 3.3e-3 * AREA, 4.2, 30.0)

    assert low < 100 * discharged / charged < high
    assert plating_margin > 0.0
    assert 0.4 * charged < fast < discharged


def test_lco_against_lithium_gives_about_160_mah_per_gram() -> None:
    cell = build_cell("lco")
    charged = half_cycle(cell, 2e-4, 4.3, 120.0) / 3.6 / 24e-3
    discharged = half_cycle(cell, -2e-4, 3.0, 120.0) / 3.6 / 24e-3

    assert charged == pytest.approx(160, abs=2)
    assert discharged == pytest.approx(charged, rel=0.01)


def test_every_label_is_a_sample_and_tells_nothing_of_the_truth() -> None:
    cells = [n for n in names() if label(n)["kind"] in {"half_cell", "full_cell"}]

    assert set(cells) == {
        *HALF_CELLS,
        "adversarial-cell",
        "adversarial-sizes",
        "lco",
        "qms-0.7-lco",
        "si-lco",
    }
    for name in cells:
        sample = Sample.model_validate(label(name))
        assert sample.name == name
        assert sample.kind in {SampleKind.HALF_CELL, SampleKind.FULL_CELL}
        assert "truth" not in json.dumps(label(name))
        start = build_cell(name).voltage()
        assert sample.lower_voltage is not None
        assert sample.upper_voltage is not None
        assert sample.lower_voltage < start < sample.upper_voltage


def test_an_unknown_sample_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(OperatorError, match=r"no simulated sample 'graphite'.*qms"):
        build_cell("graphite")
