"""``labctl runs export``: a run as other programs read it."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli.output import say, say_out, shown_path
from labctl.cli.run_argument import RunArgument

FORMATS = ("csv", "parquet", "bdf", "bdf-parquet", "mpt", "cellpy", "zview")
"""As in `labctl.store.exporters.formats`, which takes its time to load."""
EXAMPLES = (
    "Examples: labctl runs export RUN --format bdf --out out | "
    "labctl runs export RUN --format mpt --out out"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog=EXAMPLES)(export)


def export(
    run: RunArgument,
    kind: Annotated[
        str, typer.Option("--format", "-f", help=f"One of: {', '.join(FORMATS)}.")
    ] = "csv",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Default: the run's folder.")
    ] = None,
    institution: Annotated[
        str, typer.Option("--institution", help="First in the names of bdf files.")
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that have other content.")
    ] = False,
) -> None:
    """Export a run for other programs; docs/how-to/export-runs.md says for which.

    Nothing is overwritten: a file that is there with the same content is left alone,
    one with other content is refused.
    """
    from labctl.store.exporters import formats  # noqa: PLC0415  (start-up time)
    from labctl.store.folder import RunFolder  # noqa: PLC0415
    from labctl.store.run_file.reader import RunFile  # noqa: PLC0415

    folder = RunFolder.of(run).path
    with RunFile(folder) as file:
        wanted = formats.Wanted(out or folder, institution or "LAB", force)
        written = formats.export(file, kind, wanted)
        over, rows = file.status.finished, sum(file.rows.values())
    for path in written:
        say_out(shown_path(path))
    if not over:
        say(f"the run is not over: exported are the {rows} rows that it has now")
