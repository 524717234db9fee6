"""What a research-object crate is made of: runs, their files, and how they were found.

Names inside a crate are ASCII and cannot lead out of it, whatever a run or a file is
called; what things are really called stands in the metadata.
"""

import mimetypes
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from labctl.data import Result
from labctl.errors import OperatorError, StoreError
from labctl.store.exporters import formats
from labctl.store.exporters.delivery import word_of
from labctl.store.folder import RunFolder
from labctl.store.header import RunHeader
from labctl.store.journal.records import Status
from labctl.store.manifest import Kept, check_manifest, sha256
from labctl.store.run_file.reader import RunFile

BDF = "bdf"
WHAT: Mapping[str, tuple[str, str]] = {
    ".h5": ("application/x-hdf5", "The run as it was sealed: NeXus HDF5"),
    ".html": ("text/html", "Results and figures on one page, for people"),
    ".csv": ("text/csv", "Time series in the Battery Data Format"),
    ".json": ("application/json", "What the Battery Data Format file belongs to"),
}
"""End of a name -> media type, and what such a file is."""
Report = Callable[[Path, Path], object]
"""Writes the page of the run in one folder to a path."""


@dataclass(frozen=True, slots=True)
class CrateFile:
    """One file of a crate."""

    place: PurePosixPath
    """Below the root of the crate."""
    source: Path
    """Where its bytes are now."""
    size: int
    sha256: str
    media_type: str
    about: str


@dataclass(frozen=True, slots=True)
class CrateRun:
    """One run of a crate."""

    place: str
    """Name of its folder in the crate."""
    header: RunHeader
    status: Status
    results: Mapping[str, Result]
    sealed: CrateFile
    made_of_it: Sequence[CrateFile]
    """What was written from the sealed file for the crate."""

    @property
    def files(self) -> tuple[CrateFile, ...]:
        """All of its files, the sealed one first."""
        return (self.sealed, *self.made_of_it)


def gather(
    runs: Sequence[Path], workplace: Path, report: Report | None, *, bare: bool
) -> list[CrateRun]:
    """Copy what belongs into a crate into ``workplace``; each run once.

    ``bare``: the sealed files alone. OperatorError: a run goes on, did not end or is
    not sealed. StoreError: a file is not what it was when it was sealed.
    """
    out: list[CrateRun] = []
    taken: dict[str, str] = {}
    for folder in dict.fromkeys(RunFolder.of(run.resolve()) for run in runs):
        _refuse_unsealed(folder)
        checksum = sha256(folder.sealed)
        if checksum in taken.values():
            continue  # a copy of one that is in it already
        place = _free(word_of(folder.run_id), taken)
        taken[place] = checksum
        out.append(_run(folder, place, workplace, report, bare=bare))
    return out


def _refuse_unsealed(folder: RunFolder) -> None:
    if folder.is_written:
        raise OperatorError(f"{folder.run_id} goes on; what is published has ended")
    if not folder.sealed.exists():
        raise OperatorError(
            f"{folder.run_id} is not sealed: `labctl runs seal {folder.run_id}`"
        )
    listed = check_manifest(folder)
    # A journal may have been put elsewhere: what is published is the file.
    if changed := [str(each) for each in listed if each.kept is Kept.CHANGED]:
        raise StoreError(
            f"{folder.path}: {'; '.join(changed)}. `labctl runs verify` says whether "
            "the rows are; `labctl runs seal` writes file and manifest anew from the "
            "journal"
        )


def _run(
    folder: RunFolder,
    place: str,
    workplace: Path,
    report: Report | None,
    *,
    bare: bool,
) -> CrateRun:
    own = workplace / place
    own.mkdir(parents=True)
    copy = own / f"{place}.h5"
    shutil.copyfile(folder.sealed, copy)
    with RunFile(copy) as file:
        if not file.status.finished:
            raise OperatorError(
                f"{folder.run_id} did not end: resume, finish or discard it first"
            )
        if not bare:
            if BDF in formats.formats_of(file):
                formats.export(file, BDF, formats.Wanted(own))
            if report is not None:
                report(folder.path, own / "report.html")
        header, status, results = file.header, file.status, file.results
    others = sorted(each for each in own.iterdir() if each != copy)
    return CrateRun(
        place,
        header,
        status,
        results,
        _file(copy, place),
        [_file(each, place) for each in others],
    )


def _file(path: Path, place: str) -> CrateFile:
    media_type, about = WHAT.get(path.suffix, ("", ""))
    return CrateFile(
        PurePosixPath(place, path.name),
        path,
        path.stat().st_size,
        sha256(path),
        media_type or mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        about,
    )


def _free(name: str, taken: Mapping[str, str]) -> str:
    """Return the name, with a number behind it where another run has it."""
    lower = {each.lower() for each in taken}
    number, free = 1, name
    while free.lower() in lower:
        number += 1
        free = f"{name}-{number}"
    return free
