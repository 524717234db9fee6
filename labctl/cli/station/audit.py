"""``labctl audit``: who did what on the station."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli.output import say_out
from labctl.cli.station.remote import DataOption, data_folder

app = typer.Typer(help="Who did what on the station.")
FileArgument = Annotated[
    Path | None, typer.Argument(help="An audit file; the station's own if left out.")
]


@app.command("verify", epilog="Example: labctl audit verify")
def verify(file: FileArgument = None, data: DataOption = None) -> None:
    """Check that no line was changed, put in or taken out; exit code 1 if one was."""
    from labctl.service.http.audit import verify as check  # noqa: PLC0415  (start-up time)

    path = _path(file, data)
    say_out(f"{path}: {check(path)} lines, unbroken")


@app.command("show", epilog="Example: labctl audit show")
def show(file: FileArgument = None, data: DataOption = None) -> None:
    """Print the lines: when, who, what, and how it was answered."""
    from labctl.clock import iso  # noqa: PLC0415
    from labctl.service.http.audit import read  # noqa: PLC0415

    for line in read(_path(file, data)):
        say_out(
            f"{iso(line.unix)}  {line.who} ({line.client}, {line.role})  "
            f"{line.command}  {line.given}  -> {line.result}"
        )


def _path(file: Path | None, data: Path | None) -> Path:
    from labctl.api.station_files import StationFiles  # noqa: PLC0415
    from labctl.errors import OperatorError  # noqa: PLC0415

    path = file or StationFiles(data_folder(data).absolute()).audit_file
    if not path.is_file():
        raise OperatorError(f"{path}: there is no audit log")
    return path
