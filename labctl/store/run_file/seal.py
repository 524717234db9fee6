"""Write the run file to keep: fresh, verified against the journal, renamed at once.

One process at a time seals a run: whoever holds `LOCK`, which dies with its holder.
Run as ``python -m labctl.store.run_file.seal FOLDER`` it does so in a process of its
own, where a crash of HDF5 harms nobody.
"""

import contextlib
import logging
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from labctl.clock import Clock, SystemClock
from labctl.errors import LabctlError, StoreError
from labctl.store.folder import RunFolder, sync_directory
from labctl.store.journal.file import tidy
from labctl.store.journal.reader import JournalReader
from labctl.store.lock import HeldError, WriterLock
from labctl.store.manifest import drop_manifest, write_manifest
from labctl.waits import announce

log = logging.getLogger(__name__)

RENAME_TRIES = 20
"""A virus scanner on Windows holds a new file for a second or two."""
LOCK = "seal.lock"
PART = ".part"
"""Suffix of a file that is not verified yet."""
LEAST_PATIENCE = 120.0
"""s; Python and h5py load in about one, on a busy machine in ten."""
SLOWEST = 100_000.0
"""Bytes of journal a second; measured: 3.6 million on a busy machine."""


def seal(folder: RunFolder, patience: float | None = None) -> Path:
    """Write ``<run id>.h5`` from the journal and return its path.

    What was sealed before stays until the new file is verified. The journal stays.
    Where another process seals this run, this waits for it, at most ``patience`` s (as
    long as sealing may take), and keeps its file if that is up to date. StoreError:
    cannot be written, or what was read back differs from the journal.
    """
    wait = seconds_for(folder) if patience is None else patience
    with announce(f"whoever seals {folder.run_id}", wait):
        waited, lock = _only_sealer(folder, wait)
    try:
        if not (waited and _is_sealed(folder)):
            _write(folder)
    finally:
        lock.release()
    return folder.sealed


def _only_sealer(folder: RunFolder, patience: float) -> tuple[bool, WriterLock]:
    """Return whether somebody else sealed meanwhile, and the lock of sealers."""
    path = folder.path / LOCK
    try:
        return False, WriterLock(path)
    except HeldError:
        pass
    try:
        return True, WriterLock.when_free(path, patience)
    except HeldError as e:
        raise StoreError(
            f"{folder.sealed}: another process has been sealing this run for "
            f"{patience:.0f} s; end it and seal again"
        ) from e


def _is_sealed(folder: RunFolder) -> bool:
    """Tell whether the file is of the last commit; whoever wrote it verified it."""
    from labctl.store.run_file.reader import RunFile  # noqa: PLC0415  h5py loads slowly

    try:
        with JournalReader(folder.journal) as reader, RunFile(folder.sealed) as file:
            return bool(file.status.sequence == reader.sequence)
    except (LabctlError, OSError, RuntimeError):
        return False


def _write(folder: RunFolder) -> None:
    from labctl.store.run_file.hdf5 import write_view  # noqa: PLC0415  h5py loads slowly
    from labctl.store.run_file.verify import compare  # noqa: PLC0415

    for orphan in folder.path.glob(f".{folder.sealed.name}.*{PART}"):
        orphan.unlink(missing_ok=True)  # its sealer died: this one has the lock
    own = f"{os.getpid()}-{secrets.token_hex(4)}"
    part = folder.sealed.with_name(f".{folder.sealed.name}.{own}{PART}")
    try:
        with JournalReader(folder.journal) as reader:
            write_view(reader, part, live=False)
            _sync_file(part)
            report = compare(reader, part)
            ended = reader.status.finished
        if not report.ok:
            raise StoreError(f"{folder.sealed}: not sealed, {report.summary()}")
        drop_manifest(folder)
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
    _list(folder, ended=ended)
    with contextlib.suppress(OSError):  # Windows: somebody still follows it
        folder.live.unlink(missing_ok=True)


def _list(folder: RunFolder, *, ended: bool) -> None:
    """Write the manifest; without one the file is no worse than it was."""
    clock = SystemClock()
    try:
        write_manifest(folder, ended=ended, put=lambda a, b: _replace(a, b, clock))
    except (OSError, StoreError) as e:
        log.warning("%s has no manifest: %s; seal again for one", folder.sealed, e)


def seconds_for(folder: RunFolder) -> float:
    """Return how long sealing a run may take before something is wrong, s."""
    size = sum(each.stat().st_size for each in folder.journals if each.exists())
    return LEAST_PATIENCE + size / SLOWEST


def patience_for(folder: RunFolder) -> float:
    """Return how long to wait for a process that seals a run, s."""
    return 3 * seconds_for(folder)  # another sealer, that one, a margin


def seal_apart(folder: RunFolder) -> Path:
    """Seal in a process of its own; a crash there is a StoreError here.

    Blocks for seconds, at most `patience_for`.
    """
    patience = patience_for(folder)
    try:
        with announce(f"the file of {folder.run_id} to be sealed", patience):
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-m", __name__, str(folder.path)],
                check=False,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                stdin=subprocess.DEVNULL,
                env=child_environment(),
                timeout=patience,
            )
    except subprocess.TimeoutExpired as e:
        raise StoreError(
            f"{folder.sealed}: sealing took longer than {patience:.0f} s and was "
            "ended; the journal holds everything: check the disk and seal again"
        ) from e
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
    """Return this process's environment, so that a child finds the same labctl.

    What a child says is UTF-8 in every country: a pipe of ours or a log reads it.
    """
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONIOENCODING": "utf-8",
    }


def main(arguments: list[str]) -> int:
    """Seal the folder given; say on stderr what went wrong."""
    return seal_undisturbed(RunFolder.of(Path(arguments[0])))


def seal_undisturbed(folder: RunFolder) -> int:
    """Seal, whoever ends the run meanwhile; return the code to end this process with.

    Ctrl-C is for the run, and its file is still to come.
    """
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        seal(folder)
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
