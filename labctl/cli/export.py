"""``labctl runs export``: a run as other programs read it."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli.output import say, say_out, shown_path
from labctl.cli.run_argument import found
from labctl.errors import OperatorError

FORMATS = ("csv", "parquet", "bdf", "bdf-parquet", "mpt", "cellpy", "zview")
"""As in `labctl.store.exporters.formats`, which takes its time to load."""
RO_CRATE, ELN = "ro-crate", "eln"
CRATES = (RO_CRATE, ELN)
"""Several runs together, with who, what and on which terms."""
EXAMPLES = (
    "Examples: labctl runs export RUN --format bdf --out out | "
    "labctl runs export RUN --format mpt --out out | "
    "labctl runs export RUN RUN --format ro-crate --out paper.zip"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog=EXAMPLES)(export)


def export(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Run folders, files in them, or ids in runs/.",
            parser=found,
            metavar="run...",
        ),
    ],
    kind: Annotated[
        str,
        typer.Option(
            "--format", "-f", help=f"One of: {', '.join((*FORMATS, *CRATES))}."
        ),
    ] = "csv",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Folder, .zip or .eln. Default: the run's folder."
        ),
    ] = None,
    institution: Annotated[
        str, typer.Option("--institution", help="First in bdf files' names.")
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that have other content.")
    ] = False,
    bare: Annotated[
        bool,
        typer.Option("--bare", help="With ro-crate and eln: the sealed files alone."),
    ] = False,
) -> None:
    """Export runs for other programs, or as one thing that can be published.

    docs/how-to/export-runs.md says which program reads what, publish-runs.md how a
    run comes to Zenodo, NOMAD or a notebook. Nothing is overwritten: a file that is
    there with the same content is left alone, one with other content is refused.
    """
    if kind in CRATES:
        _crate(runs, out, eln=kind == ELN, bare=bare, force=force)
        return
    if kind not in FORMATS:
        known = ", ".join((*FORMATS, *CRATES))
        raise OperatorError(f"--format {kind}: there are {known}")
    for run in runs:
        _tables(run, kind, out, institution, force)


def _crate(
    runs: list[Path], out: Path | None, *, eln: bool, bare: bool, force: bool
) -> None:
    from labctl.report.of_run import write_report  # noqa: PLC0415  (start-up time)
    from labctl.store.exporters.crates.export import (  # noqa: PLC0415
        CrateWish,
        export_crate,
    )

    wish = CrateWish(eln, out, bare, force)
    place = export_crate(runs, wish, lambda run, page: write_report([run], page, None))
    say_out(shown_path(place))


def _tables(
    run: Path, kind: str, out: Path | None, institution: str, force: bool
) -> None:
    from labctl.store.exporters import formats  # noqa: PLC0415  (start-up time)
    from labctl.store.folder import RunFolder  # noqa: PLC0415
    from labctl.store.run_file.reader import RunFile  # noqa: PLC0415

    folder = RunFolder.of(run).path
    with RunFile(folder) as file:
        wanted = formats.Wanted(out or folder, institution, force)
        written = formats.export(file, kind, wanted)
        rest = formats.left_out(file, kind)
        over, rows = file.status.finished, sum(file.rows.values())
    for path in written:
        say_out(shown_path(path))
    if rest:
        streams = ", ".join(f"{stream} ({n} rows)" for stream, n in rest.items())
        say(f"not in {kind}: {streams}; csv and parquet hold them")
    if not over:
        say(f"the run is not over: exported are the {rows} rows that it has now")
