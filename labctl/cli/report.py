"""``labctl report``: one self-contained HTML page of a run, or of several."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli.output import say_out, shown_path
from labctl.cli.run_argument import found
from labctl.figures.grouping import Grouping, split_words

EXAMPLES = (
    "Examples: labctl report runs/20261123-…-si-3f9a | "
    "labctl report runs/*qms* runs/*si* --by words --words 'qms; si'"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", epilog=EXAMPLES)(report)


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders, files in them, or ids.", parser=found),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Default: report.html beside it.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Folder for every plot's numbers.")
    ] = None,
    by: Annotated[
        Grouping | None,
        typer.Option(
            "--by",
            help="What makes several runs alike. Default: the sample; runs of one "
            "sample stand alone.",
        ),
    ] = None,
    words: Annotated[
        str, typer.Option("--words", help="With --by words: 'qms; pure'.")
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Replace other numbers in --csv's folder.")
    ] = False,
) -> None:
    """Write a page with results, plots and how it went; --csv FOLDER adds numbers."""
    from labctl.report.of_run import write_report  # noqa: PLC0415  (start-up time)

    sought = split_words(words)
    if bool(sought) != (by is Grouping.WORDS):
        raise typer.BadParameter("--by words and --words 'qms; pure' go together")
    for path in write_report(runs, out, csv, by, sought, replace=force):
        say_out(shown_path(path))
