"""The cell's machine code against plain Python: the same bits, whenever it comes."""

import json

import pytest

from drivers.twins.world.catalogue import build_cell
from drivers.twins.world.cell import Cell
from drivers.twins.world.kernel.entries import KERNEL, CellKernel


@pytest.fixture(scope="module")
def machine_code() -> CellKernel:
    if KERNEL.fast is None:
        KERNEL.load()
    assert KERNEL.fast is not None
    return KERNEL.fast


def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KERNEL, "fast", None)
    monkeypatch.setattr(KERNEL, "begun", True)


def driven(cell: Cell) -> list[float]:
    """Let everything happen that instruments do; return all they see."""
    full = cell.counter is not None
    rate = (1.0 if full else -1.0) * cell.working.capacity / 7200.0
    lower, upper = (2.8, 4.2) if full else (0.005, 1.5)
    seen = []
    for current, time in ((rate, 600.0), (0.0, 60.0), (rate, 3e4), (-rate, 900.0)):
        seen += [cell.advance(current, time, lower, upper), cell.voltage(current)]
    cell.warm_to(283.15)
    start = cell.voltage()
    seen += [cell.step_voltage(start - 9e-4 * k, 0.9) for k in range(8)]
    seen += [cell.charge, cell.theta, *cell.impedance([1e4, 0.1]).real]
    return seen


SAMPLES = ["qms-0.7", "lco", "si-lco", "adversarial-sizes"]


@pytest.mark.parametrize("name", SAMPLES)
def test_machine_code_sees_what_plain_python_sees(
    name: str, machine_code: CellKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KERNEL, "fast", machine_code)
    compiled = build_cell(name)
    fast = driven(compiled)
    plainly(monkeypatch)
    plain = build_cell(name)

    assert driven(plain) == pytest.approx(fast, rel=1e-9)
    assert json.dumps(plain.snapshot()) == json.dumps(compiled.snapshot())


def test_a_cell_changes_over_where_it_stands(
    machine_code: CellKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    plainly(monkeypatch)
    cell = build_cell("qms-0.7")
    driven(cell)
    mark, copy = cell.mark(), cell.copy()
    expected = driven(copy)
    monkeypatch.setattr(KERNEL, "fast", machine_code)

    cell.rewind(mark)
    assert driven(cell) == expected
    cell.rewind(mark)
    assert driven(cell) == expected
    assert isinstance(cell.charge, float)
    assert json.loads(json.dumps(cell.snapshot())) == cell.snapshot()
