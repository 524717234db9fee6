"""A small run with every kind of record in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from labctl.columns import EIS, TIMESERIES
from labctl.data import Batch, EndReason, Event, Level, Outcome, Result, Stream
from labctl.figures.figure import Plot
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal

STARTED = 1_760_000_000.0


def rows_of(stream: Stream, first: int, count: int) -> Batch:
    """Return rows whose every value follows from its row number and column."""
    at = np.arange(first, first + count)
    columns = {
        column.name: at // 100 + 1 if column.dtype == "i8" else at * 0.5 + place
        for place, column in enumerate(stream.columns)
    }
    return Batch(stream.name, columns)


@pytest.fixture
def make_rows() -> Callable[[Stream, int, int], Batch]:
    return rows_of


@pytest.fixture
def header() -> RunHeader:
    return RunHeader(
        run_id="run-1",
        title="Formation of =cmd|' /C calc'!A0, ünï ∆",
        protocol="formation-cycling",
        streams=(TIMESERIES, EIS),
        parameters_given={"rate": "C/20", "cycles": 2},
        parameters={"rate": 0.05, "cycles": 2, "window": [0.005, 1.5]},
        sample={"name": "=QMS(0.7)", "active_mass": 1.2e-6, "one_c": None},
        roles={"cell": "vsp300/1"},
        instruments={
            "vsp300/1": {
                "model": "VSP-300",
                "serial": "0815",
                "settings": {"bandwidth": 5, "ranges": ["1 mA", "100 µA"]},
            }
        },
        plots=(
            Plot(
                "plot", "Voltage", "timeseries", "test_time_second", ("voltage_volt",)
            ),
            Plot(
                "nyquist",
                "Nyquist",
                "eis",
                "real_impedance_ohm",
                ("minus_imaginary_impedance_ohm",),
                points=True,
            ),
        ),
        started_unix=STARTED,
        simulated=True,
        operator="Ø. Person",
        versions={"labctl": "0.1.0", "h5py": "3"},
        extra={"parameter_units": {"window": "V"}},
    )


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run-1")


@pytest.fixture
def journal(folder: RunFolder, header: RunHeader) -> Iterator[Journal]:
    journal = Journal.create(folder.journal, header)
    yield journal
    journal.close()


@pytest.fixture
def finished(journal: Journal, folder: RunFolder) -> RunFolder:
    """A run of two steps, 500 rows, one spectrum, two events and three results."""
    journal.set_status("running")
    for step in (1, 2):
        journal.begin_step(
            step, {"label": "=charge", "kind": "cc", "cycle": 1}, step * 100.0
        )
        journal.append(rows_of(TIMESERIES, 250 * (step - 1), 250))
        outcome = Outcome(EndReason.CONDITION, "upper", 9.0, 1.5, 2.5, 250)
        journal.end_step(step, outcome, step * 100.0 + 50)
        journal.event(Event(Level.INFO, "step", "+1 étape"), 5.0, STARTED + 5)
        journal.commit()
    journal.append(rows_of(EIS, 0, 61))
    results = {
        "initial_coulombic_efficiency": Result(92.5, "%", 0.1, budget={"mass": 0.1}),
        "carrier": Result("n", ""),
        "conductivity": Result.absent("S/m", "the pellet broke"),
        "retention": Result(1.0, "", table={"cycle": (1.0, 2.0), "x / %": (3.0, 4.0)}),
    }
    journal.finish("completed", results, STARTED + 500)
    journal.close()
    return folder
