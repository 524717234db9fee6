"""Runs as one citable thing: a research-object crate in a folder or zip, or ``.eln``.

A crate appears whole or not at all; one that is there is replaced only where that is
said, and a folder that is no crate never. An ``.eln`` is a zip with one folder in it,
called as the archive is (ELN consortium's specification).
"""

import json
import shutil
import tempfile
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labctl.clock import Clock, SystemClock
from labctl.errors import OperatorError, StoreError
from labctl.store.exporters.crates.metadata import METADATA, metadata
from labctl.store.exporters.crates.parts import Report, gather
from labctl.store.folder import RunFolder

ELN, ZIP = ".eln", ".zip"
PACKED = frozenset({".h5", ".parquet"})
"""Ends of names of what is compressed already."""


@dataclass(frozen=True, slots=True)
class CrateWish:
    """What a person wants."""

    eln: bool = False
    """A notebook's archive; else a crate."""
    out: Path | None = None
    """A ``.zip`` or ``.eln`` to write, or a folder: the crate itself, or where the
    ``.eln`` goes. None: beside the files of the run."""
    bare: bool = False
    """Only the sealed files, without what other programs and people read."""
    replace: bool = False
    """Replace a crate that is there."""


def export_crate(
    runs: Sequence[Path],
    wish: CrateWish,
    report: Report | None = None,
    clock: Clock | None = None,
) -> Path:
    """Write a crate of ``runs`` and return where it lies.

    ``report`` writes the page that people read; None: there is none. OperatorError: a
    run is not sealed, or something is in the way. StoreError: a file was changed after
    sealing, or the crate cannot be written.
    """
    target = _target(runs, wish)
    _refuse_taken(target, replace=wish.replace)
    unix = (clock or SystemClock()).unix()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=".labctl-crate-", dir=target.parent
        ) as place:
            crate = Path(place) / "crate"
            crate.mkdir()
            found = gather(runs, crate, report, bare=wish.bare)
            text = json.dumps(
                metadata(found, unix, eln=wish.eln),
                ensure_ascii=False,
                allow_nan=False,
                indent=2,
            )
            # a name that came from a file's may hold what UTF-8 has no form for
            (crate / METADATA).write_bytes(f"{text}\n".encode("utf-8", "replace"))
            if target.suffix.lower() in {ZIP, ELN}:
                archive = Path(place) / target.name
                is_eln = target.suffix.lower() == ELN
                _pack(crate, archive, _root(target.stem) if is_eln else "")
                archive.replace(target)
            else:
                _put(crate, target, Path(place) / "replaced")
    except OSError as e:
        raise StoreError(
            f"{target}: cannot be written: {e.strerror or e}; choose another place "
            "with --out"
        ) from e
    return target


def _target(runs: Sequence[Path], wish: CrateWish) -> Path:
    first = RunFolder.of(runs[0])
    if wish.out is None and len(runs) > 1:
        raise OperatorError("several runs in one crate: say where with --out")
    suffix = ELN if wish.eln else ZIP
    if wish.out is None:
        return first.path / f"{first.run_id}{suffix}"
    out = wish.out.absolute()
    ends = out.suffix.lower()
    if ends in {ELN, ZIP} and ends != suffix and not out.is_dir():
        other = "eln" if ends == ELN else "ro-crate"
        raise OperatorError(f"--out {wish.out}: a {ends} is written by -f {other}")
    if wish.eln and ends != ELN:
        return out / f"{first.run_id if len(runs) == 1 else out.name}{ELN}"
    return out


def _refuse_taken(target: Path, *, replace: bool) -> None:
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    is_archive = target.suffix.lower() in {ZIP, ELN}
    if not (
        zipfile.is_zipfile(target) if is_archive else (target / METADATA).is_file()
    ):
        raise OperatorError(
            f"{target}: is there and is no crate; nothing was written: name a folder "
            "that is empty or new, or another file"
        )
    if not replace:
        raise OperatorError(
            f"{target}: is there already; nothing was written: choose another place, "
            "or replace it with --force"
        )


def _root(stem: str) -> str:
    """Return the archive's name as that of the folder in it, in letters of any script.

    Whoever unpacks it must not be led astray by it.
    """
    plain = "".join(
        each if each.isalnum() or each in "._-" else "-"
        for each in unicodedata.normalize("NFC", stem)
    )
    return plain.strip("._-") or "crate"


def _pack(crate: Path, archive: Path, root: str) -> None:
    with zipfile.ZipFile(archive, "w", strict_timestamps=False) as packed:
        # metadata first, so that a reader of the stream knows what follows
        files = sorted(
            (each for each in crate.rglob("*") if each.is_file()),
            key=lambda each: (each.name != METADATA, each),
        )
        if root:
            packed.mkdir(root)
        for each in files:
            kind = zipfile.ZIP_STORED if each.suffix in PACKED else zipfile.ZIP_DEFLATED
            name = each.relative_to(crate).as_posix()
            packed.write(each, f"{root}/{name}" if root else name, kind)


def _put(crate: Path, target: Path, aside: Path) -> None:
    """Put the crate into its place; what was there is put back if that fails."""
    if not target.exists():
        crate.replace(target)
        return
    if not any(target.iterdir()):  # somebody may stand in it: it is filled, not renamed
        for each in sorted(crate.iterdir(), key=lambda each: each.name == METADATA):
            each.replace(target / each.name)
        return
    target.replace(aside)
    try:
        crate.replace(target)
    except OSError:
        aside.replace(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)
