"""``labctl gui``: open the desktop window, which is a program of its own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import ordering

EXAMPLES = (
    "Examples: labctl gui --simulate | labctl gui | "
    "labctl gui --config bench2.yaml --data /data/bench2"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("gui", epilog=EXAMPLES)(gui)


def gui(
    simulate: ordering.SimulateOption = False,
    speed: Annotated[
        float, typer.Option(help="With --simulate: how much faster than real time.")
    ] = 200.0,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder for runs; as configured.")
    ] = None,
    theme: Annotated[
        str | None, typer.Option(help="light, dark or system; as last time.")
    ] = None,
    config: ordering.ConfigOption = None,
) -> None:
    """Open the window; finds the station's process, or starts it.

    Closing the window stops nothing: runs go on in the station's process.
    """
    from labctl.cli.station.serve import config_path  # noqa: PLC0415  (start-up time)
    from labctl.errors import OperatorError  # noqa: PLC0415

    if importlib.util.find_spec("PyQt6") is None:
        raise OperatorError(
            "the window needs PyQt6 and pyqtgraph: pip install 'labctl-bench[gui]'"
        )
    if importlib.util.find_spec("gui") is None:
        raise OperatorError("this installation of labctl has no window")
    path = config_path(config)
    words = []
    if path is not None or simulate:
        bench = ordering.read_config(config, simulate=simulate)
        folder = data or bench.station.data
        words += ["--data", str(folder)]
        words += ["--simulate", "--speed", f"{speed:g}"] if simulate else ["--real"]
    elif data is not None:
        words += ["--data", str(data)]
    if path is not None:
        words += ["--config", str(path)]
    if theme is not None:
        words += ["--theme", theme]
    command = [sys.executable, "-m", "gui", *words]
    if os.name != "nt":
        os.execv(sys.executable, command)  # noqa: S606  (a signal then ends the window)
    raise typer.Exit(subprocess.call(command))  # noqa: S603
