"""Write the run file to keep: fresh, verified against the journal, renamed at once.

Run as ``python -m labctl.store.seal FOLDER`` it does so in a process of its own, where
a crash of HDF5 harms nobody.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from labctl.clock import Clock, SystemClock
from labctl.errors import LabctlError, StoreError
from labctl.store.folder import RunFolder, sync_directory
from labctl.store.journal_file import tidy
from labctl.store.journal_reader import JournalReader

RENAME_TRIES = 20
"""A virus scanner on Windows holds a new file for a second or two."""


def seal(folder: RunFolder) -> Path:
    """Write ``<run id>.h5`` from the journal and return its path.

    What was sealed before stays until the new file is verified. The journal stays.
    StoreError: cannot be written, or what was read back differs from the journal.
    """
    from labctl.store.hdf5 import write_view  # noqa: PLC0415  h5py loads slowly
    from labctl.store.verify import compare  # noqa: PLC0415

    part = folder.sealed.with_name(f".{folder.sealed.name}.part")
    try:
        with JournalReader(folder.journal) as reader:
            write_view(reader, part, live=False)
            _sync_file(part)
            report = compare(reader, part)
        if not report.ok:
            raise StoreError(f"{folder.sealed}: not sealed, {report.summary()}")
        _replace(part, folder.sealed, SystemClock())
    except (OSError, RuntimeError) as e:
        raise StoreError(
            f"{folder.sealed}: cannot be sealed: {e}; the journal holds everything: "
            "mend the cause and seal again"
        ) from e
    finally:
        part.unlink(missing_ok=True)
    sync_directory(folder.path)
    tidy(folder.journal)
    with contextlib.suppress(OSError):  # Windows: somebody still follows it
        folder.live.unlink(missing_ok=True)
    return folder.sealed


def seal_apart(folder: RunFolder) -> Path:
    """Seal in a process of its own; a crash there is a StoreError here."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", __name__, str(folder.path)],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=child_environment(),
    )
    if done.returncode != 0 or not folder.sealed.exists():
        said = done.stderr.strip().splitlines()
        raise StoreError(
            said[-1]
            if said
            else f"{folder.sealed}: sealing ended with code {done.returncode}; "
            "the journal holds everything: seal again"
        )
    return folder.sealed


def child_environment() -> dict[str, str]:
    """Return this process's environment, so that a child finds the same labctl."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def main(arguments: list[str]) -> int:
    """Seal the folder given; say on stderr what went wrong."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):  # Ctrl-C is for the run; its file is still to come
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        seal(RunFolder.of(Path(arguments[0])))
    except LabctlError as e:
        sys.stderr.write(f"{e}\n")
        return e.exit_code
    return 0


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(source: Path, target: Path, clock: Clock) -> None:
    for left in reversed(range(RENAME_TRIES)):
        try:
            source.replace(target)
        except PermissionError:
            if not left:
                raise
            clock.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
