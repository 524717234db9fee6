"""How long a list of many runs takes: ``python tests/benchmarks/window/run_list.py``.

Prints, never fails. Wanted: 3 000 finished runs within 2 s once they were read.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np

from labctl import columns
from labctl.api.run_search import RunOrder
from labctl.data import Batch
from labctl.service.records import archive
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.seal import seal

COUNTS = (300, 3000)
ROWS = 2000


def main() -> None:
    """Make one run, copy it, list the copies."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        one = make_run(data)
        made = 1
        for count in COUNTS:
            for number in range(made, count):
                copy_run(one, data / f"run-{number:05d}")
            made = count
            archive._summaries.clear()
            print(f"{count} runs: {lasting(data):.2f} s when none was read before")
            print(f"{count} runs: {lasting(data):.3f} s warm")
            print(f"{count} runs: {lasting(data, 'sample:si cycles<9'):.3f} s searched")


def lasting(data: Path, search: str = "") -> float:
    """Return the seconds that the first page takes."""
    begin = time.perf_counter()
    archive.run_list(data, search, 500, 0, RunOrder.STARTED, False)
    return time.perf_counter() - begin


def copy_run(one: Path, folder: Path) -> None:
    """Lay a copy of a run into another folder."""
    folder.mkdir()
    shutil.copy(one / "journal.sqlite", folder)
    shutil.copy(one / f"{one.name}.h5", folder / f"{folder.name}.h5")


def make_run(data: Path) -> Path:
    """Record and seal one run of `ROWS` rows."""
    folder = data / "run-00000"
    chance = np.random.default_rng(1)
    about = RunHeader(
        folder.name, "list", "none", (columns.TIMESERIES,), sample={"name": "si"}
    )
    with Journal.create(folder / "journal.sqlite", about) as journal:
        rows = {
            c.name: np.arange(ROWS) if c.dtype == "i8" else chance.normal(size=ROWS)
            for c in columns.TIMESERIES.columns
        }
        journal.append(Batch("timeseries", rows))
        journal.finish("completed", {}, 1.0)
    seal(RunFolder(folder))
    return folder


if __name__ == "__main__":
    main()
