"""Files are read in processes of their own, or in this one where there is little to do.

A worker dies with its parent, and Ctrl-C ends it at once: what it had begun lies in the
place where runs are put together, and is swept away.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from labctl.errors import LabctlError, StoreError
from labctl.session.importing.one_file import ImportOrder, make_run
from labctl.store.imported_from import ImportedFrom
from labctl.store.run_file.reader import RunFile

FEW_BYTES = 8_000_000
"""Below so much a second process starts more slowly than the first one is done."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to be made a run of."""

    path: Path
    order: ImportOrder
    folder: Path
    """A new one, in which the run is made."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Made:
    """A run that was made, and not yet moved to its place; or why there is none."""

    run: Path
    source: ImportedFrom | None = None
    refused: str = ""


def work(task: Task) -> Made:
    """Make one run; whatever is wrong with its file is said, not raised."""
    try:
        place = make_run(task.path, task.order, task.folder, task.sha256)
        with RunFile(place.path) as run:
            return Made(place.path, run.header.imported)
    except LabctlError as error:
        return Made(task.folder, refused=str(error))
    except Exception as error:  # noqa: BLE001  (one bad file of a thousand)
        said = f"{task.path}: {type(error).__name__}: {error}"
        return Made(task.folder, refused=f"{said}; this is a defect of labctl")


class Workers:
    """Does tasks; their results are asked for in order."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool = self._fresh(jobs) if jobs > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, task: Task) -> Callable[[], Made]:
        """Begin a task; what is returned waits for its end."""
        if self._pool is None:
            return lambda: work(task)
        try:
            with _started_in_peace():
                future = self._pool.submit(work, task)
        except BrokenProcessPool:
            return lambda: self._apart(task)

        def wait() -> Made:
            try:
                return future.result()
            except BrokenProcessPool:
                return self._apart(task)

        return wait

    def _apart(self, task: Task) -> Made:
        """Do a task in a process that no other shares: one of them died."""
        again = Task(task.path, task.order, task.folder / "again", task.sha256)
        with self._fresh(1) as pool:
            try:
                with _started_in_peace():
                    future = pool.submit(work, again)
                return future.result()
            except BrokenProcessPool:
                why = "the process that read it died; is there memory enough?"
                return Made(task.folder, refused=str(StoreError(f"{task.path}: {why}")))

    @staticmethod
    def _fresh(jobs: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(jobs, context, _die_with_parent)


def jobs_for(files: list[Path], asked: int) -> int:
    """Return how many processes are worth their start; ``asked`` 0: nobody said."""
    if asked:
        return min(asked, max(len(files), 1))
    size = sum(each.stat().st_size for each in files if each.exists())
    if len(files) < 2 or size < FEW_BYTES:  # noqa: PLR2004
        return 1
    return min(len(files), os.cpu_count() or 1)


@contextlib.contextmanager
def _started_in_peace() -> Iterator[None]:
    """Keep Ctrl-C from processes that begin: they would die with a traceback each.

    They hear it as soon as they are up; this process hears it at the end of the block.
    Where there are no masks of signals (Windows), nothing is kept.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _die_with_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_after, args=(parent,), daemon=True).start()


def _leave_after(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    os._exit(1)
