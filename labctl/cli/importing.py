"""``labctl runs import``."""

import contextlib
import math
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from labctl.cli.output import print_json, say, say_out, shown_path

if TYPE_CHECKING:
    from labctl.session.importing.folder import FileFate, Found

SOME_REFUSED = 3
"""Exit code where some files were refused; all others are runs."""


def import_(
    places: Annotated[
        list[Path], typer.Argument(help="Files of other programs, or folders of them.")
    ],
    sample: Annotated[Path, typer.Option("--sample", "-s", help="Its label FILE.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for runs.")] = Path(
        "runs"
    ),
    zone: Annotated[
        str,
        typer.Option(help="Time zone of the files: Asia/Seoul. Default: this PC's."),
    ] = "",
    started: Annotated[
        str,
        typer.Option(help='Start, of files without one: "2024-01-15 09:00".'),
    ] = "",
    technique: Annotated[
        str,
        typer.Option(
            help="What was measured: gitt, hppc, quasi-ocv … Default: the rows tell."
        ),
    ] = "",
    jobs: Annotated[
        int, typer.Option(min=0, help="Processes; 0: as many as are worth it.")
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout.")
    ] = False,
) -> None:
    """Make runs of data that other programs recorded; again, and nothing is doubled.

    Returns 0 where each file is a run now, 3 where some were refused.
    """
    from labctl.session.importing.folder import (  # noqa: PLC0415  (start-up time)
        Fate,
        files_below,
        import_files,
    )
    from labctl.session.importing.one_file import ImportOrder  # noqa: PLC0415

    order = ImportOrder.of(sample, zone, started, technique)
    found = files_below(places, out)
    with _Lines(len(found.files), out, as_json=as_json) as lines:
        fates = import_files(found.files, order, out, jobs=jobs, tell=lines)
    counts = Counter(each.fate for each in fates)
    if as_json:
        print_json(
            {
                "files": [_plain(each) for each in fates],
                "other_kinds": [str(each) for each in found.others],
                "runs_of_labctl": [str(each) for each in found.runs],
            }
        )
    else:
        for line in _summary(fates, found):
            say(line)
    if counts[Fate.REFUSED]:
        raise typer.Exit(SOME_REFUSED)


class _Lines:
    """A line a file; on a terminal a bar below them."""

    def __init__(self, files: int, out: Path, *, as_json: bool) -> None:
        self._files, self._out, self._as_json = files, out, as_json
        self._bar: Any = None
        self._task: Any = None
        self._done = 0

    def __enter__(self) -> Self:
        if self._files > 1 and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415  (start-up time)
            from rich.progress import Progress  # noqa: PLC0415

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("importing", total=self._files)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            with contextlib.suppress(OSError, ValueError):
                self._bar.stop()

    def __call__(self, fate: "FileFate") -> None:
        self._done += 1
        text = _line(fate, self._out)
        (say if self._as_json else say_out)(text)
        if self._bar is not None:
            with contextlib.suppress(OSError, ValueError):
                self._bar.update(self._task, completed=self._done)


def _line(fate: "FileFate", out: Path) -> str:
    if not fate.run:
        return f"{fate.fate:<13}  {fate.why}"
    run = shown_path(out / fate.run)
    why = f" ({fate.why})" if fate.why else ""
    return f"{fate.fate:<13}  {fate.file}: {run}{why}"


def _summary(fates: "list[FileFate]", found: "Found") -> list[str]:
    """Return what a person should know of all files together."""
    from labctl.session.importing.folder import Fate  # noqa: PLC0415  (start-up time)

    counts = Counter(each.fate for each in fates)
    said = ", ".join(f"{counts[fate]} {fate}" for fate in Fate if counts[fate])
    lines = [said or "nothing to import"]
    if found.others:
        lines.append(f"{len(found.others)} files of other kinds were left out")
    lines += [f"{run}: a run of labctl; it needs no import" for run in found.runs]
    starts = [each.start for each in fates if each.start is not None]
    if zones := sorted({start.zone for start in starts if start.zone_assumed}):
        lines.append(
            f"local times were read in {', '.join(zones)}; --zone names another"
        )
    if undated := sum(math.isnan(start.unix) for start in starts):
        lines.append(
            f"{undated} without a date: their files do not say it; --started does"
        )
    return lines


def _plain(fate: "FileFate") -> dict[str, Any]:
    return {
        "file": str(fate.file),
        "fate": str(fate.fate),
        "run": fate.run,
        "why": fate.why,
        "remarks": list(fate.remarks),
    }
