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
    from labctl.cli.waiting_line import WaitingLine
    from labctl.session.importing.folder import FileFate, Found

FEW = 4
"""Files that are named where a list would be too long."""
NAME = 32
"""Letters of a file's name beside the bar."""
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
    from labctl.work_told import heard_by  # noqa: PLC0415

    order = ImportOrder.of(sample, zone, started, technique)
    found = files_below(places, out)
    with _Lines(found.files, out, as_json=as_json) as lines:
        try:
            with heard_by(lines.wait):
                fates = import_files(found.files, order, out, jobs=jobs, tell=lines)
        except KeyboardInterrupt:
            lines.close()
            done = f"{lines.done} of {len(found.files)} files are done"
            say(f"interrupted; {done}: the same command goes on with the others")
            raise
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
    """A line a file; on a terminal a bar below them, as long as the files are."""

    def __init__(self, files: list[Path], out: Path, *, as_json: bool) -> None:
        self._files, self._out, self._as_json = files, out, as_json
        self._sizes = [each.stat().st_size + 1 for each in files]
        self._bar: Any = None
        self._task: Any = None
        self._waiting: WaitingLine | None = None
        self.done = 0
        """Files whose fate is known."""

    def __enter__(self) -> Self:
        from labctl.cli.waiting_line import WaitingLine  # noqa: PLC0415

        self._waiting = WaitingLine()
        if len(self._files) > 1 and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415  (start-up time)
            from rich.progress import Progress  # noqa: PLC0415

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._next(), total=sum(self._sizes))
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar away; harmless the second time."""
        if self._waiting is not None:
            self._waiting.end()
        if self._bar is not None:
            with contextlib.suppress(OSError, ValueError):
                self._bar.stop()

    def wait(self, what: str, number: int, of: int) -> None:
        """Show how far the analysis of one file has come, of which this process knows.

        See `labctl.work_told.Listener`.
        """
        if self._bar is None and self._waiting is not None:
            self._waiting(what, number, of)
        elif self._bar is not None:
            with contextlib.suppress(OSError, ValueError):
                said = f"{self._next()}, {what} {number} of {of}"
                self._bar.update(self._task, description=said)

    def __call__(self, fate: "FileFate") -> None:
        self.done += 1
        if self._waiting is not None:
            self._waiting.end()
        text = _line(fate, self._out)
        (say if self._as_json else say_out)(text)
        if self._bar is not None:
            with contextlib.suppress(OSError, ValueError):
                self._bar.update(
                    self._task,
                    completed=sum(self._sizes[: self.done]),
                    description=self._next(),
                )

    def _next(self) -> str:
        """Return the name of the file that is waited for, at one width."""
        name = self._files[self.done].name if self.done < len(self._files) else ""
        shown = name if len(name) <= NAME else f"{name[: NAME - 1]}…"
        return shown.ljust(NAME).replace("[", "\\[")  # rich would take it for a style


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
        lines.append(f"left out, of other kinds: {_named(found.others)}")
    lines += [f"{run}: a run of labctl; it needs no import" for run in found.runs]
    remarked = [each.file for each in fates if _is_remarked(each)]
    if remarked:
        lines.append(f"with remarks, see `labctl runs show RUN`: {_named(remarked)}")
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


def _is_remarked(fate: "FileFate") -> bool:
    """Return whether more is remarked than that nobody knows when it began."""
    undated = fate.start is not None and math.isnan(fate.start.unix)
    return len(fate.remarks) > undated


def _named(paths: list[Path]) -> str:
    more = len(paths) - FEW
    names = ", ".join(path.name for path in paths[:FEW])
    return f"{names} and {more} more" if more > 0 else names


def _plain(fate: "FileFate") -> dict[str, Any]:
    return {
        "file": str(fate.file),
        "fate": str(fate.fate),
        "run": fate.run,
        "why": fate.why,
        "remarks": list(fate.remarks),
    }
