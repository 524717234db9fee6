"""Runs that are opened: one from twins, one written row by row, one still written."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shared_runs import SharedRuns

from labctl.columns import CYCLES, EIS, TIMESERIES
from labctl.data import Batch, EndReason, Outcome, Result, Stream
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.seal import seal

STARTED = 1_760_000_000.0
FREQUENCIES = (1e4, 1e2, 1.0)


@pytest.fixture(scope="session")
def formation(shared_runs: SharedRuns) -> Path:
    """Return the folder of a completed formation on twins."""
    return shared_runs(
        "formation-cycling", "si", cycles=0, record_every="10 min"
    ).folder


@pytest.fixture(scope="session")
def film(shared_runs: SharedRuns) -> Path:
    """Return the folder of a completed Hall measurement: no cell, no cycles."""
    return shared_runs("hall-effect", "film-si", sweep_points=5).folder


def header_of(run: str, *streams: Stream) -> RunHeader:
    """Return the header of a half cell's run."""
    return RunHeader(
        run,
        "Cycles",
        "cycling",
        streams,
        sample={
            "name": "A17",
            "kind": "half_cell",
            "active_mass": 1e-6,
            "first_step": "lithiation",
        },
        started_unix=STARTED,
        simulated=True,
    )


def half_cycle(number: int, charge: float, rows: int = 20) -> Batch:
    """Return one half cycle of ``charge`` (C) at constant current in an hour."""
    passed = np.linspace(0.0, 3600.0, rows)
    current = charge / 3600.0
    whole = np.full(rows, number)
    columns = {column.name: np.full(rows, np.nan) for column in TIMESERIES.columns}
    columns |= {
        "test_time_second": passed + 3600.0 * number,
        "unix_time_second": STARTED + passed + 3600.0 * number,
        "step_count": whole + 1,
        "cycle_count": whole // 2 + 1,
        "half_cycle": whole,
        "instrument_time_second": passed,
        "technique_index": np.full(rows, -1),
        "voltage_volt": 0.2 + 1e-4 * np.sign(charge) * passed,
        "current_ampere": np.full(rows, current),
        "step_net_capacity_ah": current * passed / 3600.0,
    }
    return Batch("timeseries", columns)


def spectrum(number: int) -> Batch:
    """Return a spectrum of three points, measured downwards, at 2 mA and 0.3 V."""
    rows = len(FREQUENCIES)
    columns = {column.name: np.full(rows, np.nan) for column in EIS.columns}
    columns |= {
        "test_time_second": 1e4 * number + np.arange(rows),
        "step_count": np.ones(rows, int),
        "cycle_count": np.full(rows, number),
        "spectrum_id": np.full(rows, number),
        "frequency_hertz": np.array(FREQUENCIES),
        "real_impedance_ohm": np.array([1.0, 2.0, 3.0]) * number,
        "imaginary_impedance_ohm": np.array([-0.1, -1.0, -0.2]),
        "voltage_volt": np.full(rows, 0.3),
        "current_ampere": np.full(rows, 2e-3),
    }
    return Batch("eis", columns)


def write_cycles(
    folder: Path, charges: tuple[float, ...], *, sealed: bool = True
) -> RunFolder:
    """Write a finished run of half cycles of these charges (C), and two spectra."""
    place = RunFolder(folder)
    header = header_of(folder.name, TIMESERIES, CYCLES, EIS)
    journal = Journal.create(place.journal, header)
    journal.set_status("running")
    for number, charge in enumerate(charges):
        journal.begin_step(number + 1, {"label": "half"}, 3600.0 * number)
        journal.append(half_cycle(number, charge))
        ended = Outcome(EndReason.CONDITION, "limit", 3600.0, charge)
        journal.end_step(number + 1, ended, 3600.0 * (number + 1))
    journal.append(spectrum(1))
    journal.append(spectrum(2))
    journal.commit()
    results = {
        "initial_coulombic_efficiency": Result(90.0, "%", 0.15),
        "carrier": Result("n", ""),
        "retention": Result.absent("%", "one cycle says nothing of ageing"),
    }
    journal.finish("completed", results, STARTED + 7200.0)
    journal.close()
    if sealed:
        seal(place)
    return place


@pytest.fixture
def cycled(tmp_path: Path) -> Path:
    """Return a sealed run: 3.6 C in, 3.24 C out, 3.6 C in, 3.564 C out."""
    return write_cycles(tmp_path / "run-1", (-3.6, 3.24, -3.6, 3.564)).path


@pytest.fixture
def write() -> Callable[..., RunFolder]:
    """Return `write_cycles`."""
    return write_cycles


@pytest.fixture
def make_rows() -> Callable[[int, float], Batch]:
    """Return `half_cycle`."""
    return half_cycle
