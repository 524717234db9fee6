"""Print what a point costs: labctl's journal beside other ways to record it.

``python tests/benchmarks/journal_ingest.py [--bluesky PYTHON] [--points N]``. A point
is one row of `TIMESERIES` (12 columns). "Durable" means that a power cut after the
call loses nothing; only the journal and the fsynced HDF5 are.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import h5py
import numpy as np

from labctl.clock import stopwatch
from labctl.columns import TIMESERIES
from labctl.data import Batch
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.journal import Journal
from labctl.store.run_file.seal import seal

COLUMNS = TIMESERIES.columns
COMMIT = 1.0
"""s, as the engine does when points come one by one."""


def batches(points: int, size: int) -> list[Batch]:
    """Return ``points`` rows in batches of ``size``."""
    chance = np.random.default_rng(1)
    return [
        Batch(
            "timeseries",
            {
                each.name: np.arange(first, first + size)
                if each.dtype == "i8"
                else chance.normal(size=size)
                for each in COLUMNS
            },
        )
        for first in range(0, points, size)
    ]


def to_journal(directory: Path, points: int, size: int, every: bool) -> None:
    """Append; commit after each batch, or once a second."""
    header = RunHeader("b", "b", "b", (TIMESERIES,))
    data = batches(points, size)
    name = f"labctl journal, commit {'each batch' if every else 'once a second'}"
    path = directory / "b" / "journal.sqlite"
    with Journal.create(path, header) as journal, measured(name, points, size):
        last = stopwatch()
        for batch in data:
            journal.append(batch)
            if every or stopwatch() - last > COMMIT:
                journal.commit()
                last = stopwatch()
        journal.commit()


def to_hdf5(directory: Path, points: int, size: int, sync: bool) -> None:
    """Plain h5py: a dataset a column, SWMR, flush after each batch."""
    data = batches(points, size)
    path = directory / "plain.h5"
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        columns = [
            file.create_dataset(
                each.name, (0,), each.dtype, maxshape=(None,), chunks=(1024,)
            )
            for each in COLUMNS
        ]
        file.swmr_mode = True
        handle = file.id.get_vfd_handle()
        name = f"h5py SWMR, flush{' and fsync' if sync else ''} each batch"
        with measured(name, points, size):
            for batch in data:
                for dataset, values in zip(
                    columns, batch.columns.values(), strict=True
                ):
                    end = len(dataset)
                    dataset.resize((end + size,))
                    dataset[end:] = values
                file.flush()
                if sync:
                    os.fsync(handle)


def to_pymeasure(directory: Path, points: int) -> None:
    """PyMeasure's Results and Recorder: CSV through logging, not durable."""
    from pymeasure.experiment import Procedure, Results  # noqa: PLC0415
    from pymeasure.experiment.listeners import Recorder  # noqa: PLC0415

    class Recording(Procedure):  # type: ignore[misc]
        DATA_COLUMNS = [each.name for each in COLUMNS]  # noqa: RUF012

    rows = [
        dict(zip(Recording.DATA_COLUMNS, row, strict=True))
        for row in np.random.default_rng(1).normal(size=(points, len(COLUMNS))).tolist()
    ]
    results = Results(Recording(), str(directory / "pymeasure.csv"))
    queue: Queue[object] = Queue()
    recorder = Recorder(results, queue)
    recorder.start()
    with measured("PyMeasure Results (CSV)", points, 1):
        for row in rows:
            queue.put(row)
        recorder.stop()  # waits until everything is written


def to_bluesky(directory: Path, points: int, python: str) -> None:
    """bluesky's RunEngine with a JSON-lines subscriber, not durable."""
    script = Path(__file__).with_name("bluesky_recording.py")
    path = directory / "bluesky.jsonl"
    done = subprocess.run(
        [python, str(script), str(path), str(points), str(len(COLUMNS))],
        check=True,
        capture_output=True,
        text=True,
    )
    wall, cpu = json.loads(done.stdout.splitlines()[-1])
    show("bluesky RunEngine (JSON lines)", 1, points, wall, cpu)


def to_sealed_file(directory: Path) -> None:
    """500 cycles of 240 rows and four steps, journal to verified HDF5."""
    header = RunHeader("s", "s", "s", (TIMESERIES,))
    folder = RunFolder(directory / "s")
    with Journal.create(folder.journal, header) as journal:
        for number, batch in enumerate(batches(500 * 240, 60)):
            journal.begin_step(number + 1, {"label": "cc"}, 0.0)
            journal.append(batch)
            journal.commit()
        journal.finish("completed", {}, 0.0)
    before = stopwatch()
    path = seal(folder)
    seconds = stopwatch() - before
    print(
        f"\nseal 500 cycles × 240 rows: {seconds:.2f} s; "
        f"file {path.stat().st_size / 120_000:.0f} B/row, "
        f"journal {folder.journal.stat().st_size / 120_000:.0f} B/row"
    )


class measured:  # noqa: N801  reads as a statement
    """Times its block and prints what a point costs."""

    def __init__(self, name: str, points: int, size: int) -> None:
        self.name, self.points, self.size = name, points, size

    def __enter__(self) -> None:
        self.wall, self.cpu = stopwatch(), time.process_time()

    def __exit__(self, *_: object) -> None:
        wall, cpu = stopwatch() - self.wall, time.process_time() - self.cpu
        show(self.name, self.size, self.points, wall, cpu)


def show(name: str, size: int, points: int, wall: float, cpu: float) -> None:
    """Print one line of the table."""
    a_point = 1e6 / points
    print(f"{name:44} {size:6} {wall * a_point:12.2f} {cpu * a_point:12.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bluesky", help="Python of an environment with bluesky")
    parser.add_argument("--points", type=int, default=20_000)
    chosen = parser.parse_args()
    few, many = chosen.points // 10, chosen.points * 10
    print(f"{'recorder':44} {'batch':>6} {'µs a point':>12} {'µs CPU':>12}")
    jobs: list[Callable[[Path], None]] = [
        lambda d: to_journal(d, chosen.points, 1, every=False),
        lambda d: to_journal(d, few, 1, every=True),
        lambda d: to_journal(d, chosen.points, 100, every=True),
        lambda d: to_journal(d, many, 1000, every=True),
        lambda d: to_hdf5(d, few, 1, sync=False),
        lambda d: to_hdf5(d, chosen.points, 100, sync=False),
        lambda d: to_hdf5(d, many, 1000, sync=False),
        lambda d: to_hdf5(d, chosen.points, 100, sync=True),
        lambda d: to_pymeasure(d, chosen.points),
    ]
    if chosen.bluesky:
        jobs.append(lambda d: to_bluesky(d, few, chosen.bluesky))
    jobs.append(to_sealed_file)
    for job in jobs:
        with tempfile.TemporaryDirectory() as directory:
            job(Path(directory))


if __name__ == "__main__":
    main()
