"""What cellpy's loader gets: hours, directions, and capacities of each step."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from labctl.columns import TIMESERIES
from labctl.data import Batch, Stream
from labctl.errors import StoreError
from labctl.store.exporters.cellpy_rows import capacities, write_for_cellpy
from labctl.store.folder import RunFolder
from labctl.store.journal.journal import Journal
from labctl.store.run_file.reader import RunFile

Rows = Callable[[Stream, int, int], Batch]


def test_capacities_begin_at_0_with_each_step() -> None:
    net = np.array([0.0, -1.0, -3.0, -3.0, -2.5, -0.5])
    steps = np.array([1, 1, 1, 2, 3, 3])

    charged, discharged = capacities(net, steps)

    assert charged.tolist() == [0, 0, 0, 0, 0.5, 2.5]
    assert discharged.tolist() == [0, 1, 3, 0, 0, 0]


def test_a_row_says_its_direction_in_words_and_its_time_in_hours(
    journal: Journal, folder: RunFolder, make_rows: Rows, tmp_path: Path
) -> None:
    own = {
        "test_time_second": np.array([0.0, 1800.0, 3600.0]),
        "current_ampere": np.array([-1e-3, 0.0, 2e-3]),
    }
    journal.append(make_rows(TIMESERIES, 0, 3).with_columns(own))
    journal.commit()
    with RunFile(folder.journal) as run:
        write_for_cellpy(run, tmp_path / "cell.csv")
    with (tmp_path / "cell.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert [row["Step Type / 1"] for row in rows] == ["discharge", "rest", "charge"]
    assert [float(row["Current / A"]) for row in rows] == [1e-3, 0.0, 2e-3]
    assert [float(row["Test Time / h"]) for row in rows] == [0.0, 0.5, 1.0]


def test_rows_without_a_cycle_are_refused_with_what_does(
    journal: Journal, folder: RunFolder, make_rows: Rows, tmp_path: Path
) -> None:
    own = {"cycle_count": np.array([-1, 1, 1])}
    journal.append(make_rows(TIMESERIES, 0, 3).with_columns(own))
    journal.commit()

    with (
        RunFile(folder.journal) as run,
        pytest.raises(StoreError, match=r"no cycle_count.*export it as bdf or csv"),
    ):
        write_for_cellpy(run, tmp_path / "cell.csv")
