"""Import files and all that lie below folders, each measurement once."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from labctl.errors import OperatorError, StoreError
from labctl.session.importing.duplicates import KnownRuns
from labctl.session.importing.one_file import ImportOrder, content_of
from labctl.session.importing.place import ImportPlace
from labctl.session.importing.workers import Made, Task, Workers, jobs_for
from labctl.store.folder import RunFolder
from labctl.store.imported_from import Start
from labctl.store.importers.readers import format_of

AHEAD = 2
"""Files a worker that wait for it."""


class Fate(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"
    THERE = "already there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FileFate:
    """What became of one file."""

    file: Path
    fate: Fate
    run: str = ""
    """The run that was made of it, or that it is already; empty: refused."""
    why: str = ""
    """Why it was refused, or how it is known to be there."""
    remarks: tuple[str, ...] = ()
    start: Start | None = None
    """Of an imported run."""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in the places that a person named."""

    files: list[Path]
    """In natural order."""
    others: list[Path]
    """Files of kinds that are no measurements."""
    runs: list[Path]
    """Runs of labctl: they need no import."""


def files_below(places: Iterable[Path], out: Path) -> Found:
    """Return the files that were named, and those below the folders that were.

    Files that were named stand in ``files`` whatever they are. What lies in ``out`` is
    left out. OperatorError: a place is not there.
    """
    found = Found([], [], [])
    for place in places:
        if not place.exists():
            raise OperatorError(f"{place}: there is no such file or folder")
        if place.is_dir():
            _look_into(place, out.resolve(), found, seen=set())
        elif not place.is_file():
            raise OperatorError(f"{place}: no file, but a pipe or a device")
        elif place not in found.files:
            found.files.append(place)
    return found


def import_files(
    files: list[Path],
    order: ImportOrder,
    out: Path,
    *,
    jobs: int = 0,
    tell: Callable[[FileFate], None] = lambda _: None,
) -> list[FileFate]:
    """Make a run of each file that is none yet; ``tell`` hears each fate in order.

    ``jobs``: processes; 0: as many as are worth it. StoreError: another import into
    this folder goes on, or it cannot be written.
    """
    fates: list[FileFate] = []
    with ImportPlace(out) as place, Workers(jobs_for(files, jobs)) as workers:
        desk = _Desk(place, KnownRuns.of(out), order, workers)
        for fate in desk.fates(files):
            tell(fate)
            fates.append(fate)
    return fates


class _Desk:
    """Hands files out to workers and takes their runs in."""

    def __init__(
        self, place: ImportPlace, known: KnownRuns, order: ImportOrder, workers: Workers
    ) -> None:
        self._place, self._known = place, known
        self._order, self._workers = order, workers

    def fates(self, files: list[Path]) -> Iterator[FileFate]:
        """Yield the fate of each file, in their order."""
        under_way: deque[Callable[[], FileFate]] = deque()
        for path in files:
            under_way.append(self._begin(path))
            if len(under_way) > AHEAD * self._workers.jobs:
                yield under_way.popleft()()
        while under_way:
            yield under_way.popleft()()

    def _begin(self, path: Path) -> Callable[[], FileFate]:
        try:
            content = content_of(path)
        except StoreError as error:
            refused = FileFate(path, Fate.REFUSED, why=str(error))
            return lambda: refused
        if content in self._known.by_content:
            return lambda: self._there(path, content)
        folder = self._place.fresh()
        made = self._workers.submit(Task(path, self._order, folder, content))
        return lambda: self._take_in(path, content, made)

    def _there(self, path: Path, content: str) -> FileFate:
        run = self._known.by_content[content]
        return FileFate(path, Fate.THERE, run, "the same file")

    def _take_in(self, path: Path, content: str, made: Callable[[], Made]) -> FileFate:
        found = made()
        if found.source is None:
            return FileFate(path, Fate.REFUSED, why=found.refused)
        if content in self._known.by_content:  # a copy, made at the same time
            self._place.discard(found.run)
            return self._there(path, content)
        alike = self._known.alike(found.source)
        if alike is not None and _is_named_like(path, alike[1]):
            self._place.discard(found.run)
            run, file = alike
            return FileFate(path, Fate.THERE, run, f"the same measurement as {file}")
        run = self._place.publish(found.run).name
        self._known.add(run, found.source)
        source = found.source
        why = "" if alike is None else f"the same rows as {alike[1]}, {alike[0]}"
        return FileFate(path, Fate.IMPORTED, run, why, source.remarks, source.start)


def _look_into(folder: Path, out: Path, found: Found, seen: set[Path]) -> None:
    real = folder.resolve()
    if real == out or real in seen:  # a link may lead back
        return
    seen.add(real)
    own = RunFolder(folder)
    if own.journal.exists() or own.sealed.exists():
        found.runs.append(folder)
        return
    try:
        entries = sorted(folder.iterdir(), key=_natural)
    except OSError as e:
        raise StoreError(f"{folder}: cannot be read: {e.strerror or e}") from e
    for path in entries:
        if path.name.startswith("."):
            continue
        if path.is_dir():
            _look_into(path, out, found, seen)
        elif path.is_file() and path not in found.files:
            kind = found.files if _is_known(path) else found.others
            kind.append(path)


def _is_known(path: Path) -> bool:
    try:
        return format_of(path) is not None
    except StoreError:
        return True  # whoever reads it says what is wrong


def _is_named_like(path: Path, other: str) -> bool:
    """Return whether two names differ by their ending alone: an export beside it."""
    return path.stem.lower() == Path(other).stem.lower()


def _natural(path: Path) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(p), "") if p.isdecimal() else (-1, p) for p in parts]
