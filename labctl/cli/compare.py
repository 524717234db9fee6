"""``labctl compare``: means, differences and ratios of what several runs found."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli.output import print_json, say, say_out
from labctl.cli.run_argument import found
from labctl.figures.grouping import Grouping, split_words

EXAMPLES = (
    "Examples: labctl compare RUN RUN --ratio conductivity | "
    "labctl compare runs/*qms* runs/*pure* --by words --words 'qms; pure'"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare", epilog=EXAMPLES)(compare)


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders, files in them, or ids.", parser=found),
    ],
    ratio: Annotated[
        list[str] | None,
        typer.Option(
            "--ratio",
            "-r",
            help="Only this result; repeatable. Default: all in common.",
        ),
    ] = None,
    by: Annotated[
        Grouping | None,
        typer.Option("--by", help="What makes runs alike. Default: each run alone."),
    ] = None,
    words: Annotated[
        str, typer.Option("--words", help="With --by words: 'qms; pure'.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout.")
    ] = False,
) -> None:
    """Say how the results of runs, or of groups of runs, compare with the last's.

    Errors that runs share (sample, balance, instrument) cancel in a ratio and do not
    average away in a mean. Figures side by side: labctl report RUN RUN.
    """
    from labctl.report.ratios import compared, in_words  # noqa: PLC0415

    sought = split_words(words)
    if bool(sought) != (by is Grouping.WORDS):
        raise typer.BadParameter("--by words and --words 'qms; pure' go together")
    answer = compared(runs, by or Grouping.RUN, sought, ratio or ())
    if as_json:
        print_json(answer.to_json())
        return
    say_out(in_words(answer))
    if len(answer.groups) == 1:
        say("one group: nothing to compare it with; --by run takes each run alone")
