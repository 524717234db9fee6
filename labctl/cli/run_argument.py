"""A run on the command line: its folder, a file in it, or its id in runs/."""

from pathlib import Path
from typing import Annotated

import typer

HERE = Path("runs")
"""Where `labctl runs list` looks, too, unless told."""


def found(word: str) -> Path:
    """Return the path that is meant: an id as `labctl runs list` prints it will do."""
    path = Path(word)
    among = HERE / path
    return among if not path.exists() and among.is_dir() else path


RunArgument = Annotated[
    Path,
    typer.Argument(
        help="The run's folder, a file in it, or its id in runs/.",
        parser=found,
        metavar="run",
    ),
]
