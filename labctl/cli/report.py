"""``labctl report``: one self-contained HTML page of a run, or of several."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli.output import say_out, shown_path

EXAMPLES = (
    "Examples: labctl report runs/20261123-…-si-3f9a | "
    "labctl report runs/*qms* runs/*si* --out compare.html"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", epilog=EXAMPLES)(report)


def report(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or files in them.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Default: report.html beside it.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Folder for every plot's numbers.")
    ] = None,
) -> None:
    """Write a page with results, plots and how the run went; --csv adds numbers."""
    from labctl.report.of_run import write_report  # noqa: PLC0415  (start-up time)

    for path in write_report(runs, out, csv):
        say_out(shown_path(path))
