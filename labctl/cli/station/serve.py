"""``labctl serve``: own the bench, run many runs at once, answer its API."""

import os
from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import ordering
from labctl.cli.output import say

EXAMPLES = (
    "Examples: labctl serve | labctl serve --simulate --speed 100 | "
    "labctl serve --config bench2.yaml --data /data/bench2"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog=EXAMPLES)(serve)


def serve(
    simulate: ordering.SimulateOption = False,
    speed: Annotated[
        float, typer.Option(help="With --simulate: how much faster than real time.")
    ] = 1.0,
    seed: ordering.SeedOption = 0,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder for runs; as configured.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to answer at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any that is free.")] = 0,
    certificate: Annotated[
        Path | None, typer.Option(help="TLS certificate; needed beyond this machine.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Its key.")] = None,
    live_view: Annotated[
        bool, typer.Option(help="Keep an HDF5 view of every run growing.")
    ] = True,
    config: ordering.ConfigOption = None,
) -> None:
    """Own the instruments of one configuration and run what clients ask for.

    `labctl gui` starts it by itself. Ctrl-C stops every run in good order and ends it.
    """
    from labctl.errors import OperatorError  # noqa: PLC0415  (start-up time)
    from labctl.service.http.process import Serving  # noqa: PLC0415
    from labctl.service.http.process import serve as go  # noqa: PLC0415

    if not 0 < speed < float("inf"):
        raise OperatorError(f"--speed {speed}: expected a number above 0")
    bench = ordering.read_config(config, simulate=simulate)
    folder = data or bench.station.data
    simulated = f" · SIMULATED, {speed:g} times as fast" if simulate else ""
    say(f"station {bench.station.name} · runs in {folder}{simulated} · Ctrl-C ends it")
    go(
        Serving(
            bench,
            config_path(config),
            folder,
            simulate=simulate,
            speed=speed,
            seed=seed,
            host=host,
            port=port,
            certificate=certificate,
            key=key,
            live_view=live_view,
        )
    )


def config_path(named: Path | None) -> Path | None:
    """Return the configuration file that `read_config` took; None: the built-in one."""
    path = named or os.environ.get("LABCTL_CONFIG")
    if path is not None:
        return Path(path).absolute()
    here = Path("config.yaml")
    return here.absolute() if here.exists() else None
