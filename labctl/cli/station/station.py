"""``labctl station show|clear|drivers|example``."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import ordering
from labctl.cli.output import print_json, say_file, say_out, table
from labctl.cli.station import remote
from labctl.errors import BusyError, LabctlError, OperatorError

if TYPE_CHECKING:
    from labctl.roles.capability import Capability

app = typer.Typer(help="The bench: instruments, who plays what, limits.")
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("show", epilog="Example: labctl station show --simulate")
def show(
    simulate: ordering.SimulateOption = False,
    config: ordering.ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open every instrument, ask who it is, show what it can play and what it can do.

    Current, compliance, frequencies of each channel: what a plan is compared with
    before it starts. One that another run or program has is left alone, and its owner
    is named.
    """
    from labctl.clock import SystemClock  # noqa: PLC0415  (start-up time)
    from labctl.documents.hardened_yaml import Document  # noqa: PLC0415
    from labctl.session.order import Order, station_of  # noqa: PLC0415

    bench = ordering.read_config(config, simulate=simulate)
    order = Order("", Document("", {}), "", simulate=simulate, speed=None)
    station, _ = station_of(bench, SystemClock(), order)
    rows: list[tuple[str, ...]] = []
    answer: dict[str, Any] = {}
    said: dict[str, str] = {}
    try:
        for name, setup in station.setups.items():
            try:
                identity, players = station.identity(name), station.players(name)
                channels = [f"{name}/{r}" if r else name for r in players]
                rows.append((name, setup.address, str(identity), ", ".join(channels)))
                able = dict(_capabilities(channels, players.values()))
                answer[name] = {
                    "address": setup.address,
                    "model": identity.model,
                    "serial": identity.serial,
                    "channels": channels,
                    "capabilities": {k: asdict(v) for k, v in able.items()},
                }
                said |= {k: str(v) for k, v in able.items()}
            except BusyError as busy:
                rows.append((name, setup.address, "IN USE, see below", ""))
                answer[name] = {
                    "address": setup.address,
                    "error": str(busy),
                    "in_use_by": busy.holders.get(name, ""),
                }
            except LabctlError as error:
                rows.append((name, setup.address, "NOT REACHED, see below", ""))
                answer[name] = {"address": setup.address, "error": str(error)}
    finally:
        station.close()
    if as_json:
        print_json({"station": bench.station.name, "instruments": answer})
    else:
        say_out(f"station {bench.station.name}{' (simulated)' if simulate else ''}")
        say_out(table(("instrument", "address", "identity", "channels"), rows))
        _say_capabilities(said)
        for name, about in answer.items():
            if "error" in about:
                say_out(f"\n{name}: {about['error'].removeprefix(f'{name}: ')}")
    if any("error" in about for about in answer.values()):
        raise typer.Exit(4)


def _capabilities(
    channels: Iterable[str], players: Iterable[object]
) -> Iterator[tuple[str, "Capability"]]:
    """Yield what each channel says that it can do; none for those that say nothing."""
    from labctl.roles.capability import capability_of  # noqa: PLC0415

    for channel, player in zip(channels, players, strict=True):
        try:
            known = capability_of(player)
        except OperatorError:  # an empty slot
            continue
        if known is not None:
            yield channel, known


def _say_capabilities(said: Mapping[str, str]) -> None:
    """Print what channels can do; those that can do the same stand together."""
    alike: dict[str, list[str]] = {}
    for channel, text in said.items():
        alike.setdefault(text, []).append(channel)
    if not alike:
        return
    rows: list[tuple[str, ...]] = [
        (", ".join(channels), text) for text, channels in alike.items()
    ]
    say_out("")
    say_out(table(("channel", "what it can do"), rows))
    if any("*" in text for text in alike):
        say_out("* assumed of the model; the driver's options may say otherwise")


@app.command(
    "clear",
    epilog="Examples: labctl station clear vsp300/1 | "
    "labctl station clear vsp300/1 --by-hand --reason 'cell taken out'",
)
def clear(
    channel: Annotated[str, typer.Argument(help="What may still be on: vsp300/1.")],
    by_hand: Annotated[
        bool,
        typer.Option(
            "--by-hand",
            help="I have looked at the instrument: it is off. Nothing is asked of it.",
        ),
    ] = False,
    reason: remote.ReasonOption = "",
    data: remote.DataOption = None,
    config: ordering.ConfigOption = None,
) -> None:
    """Make a channel safe that may still be on, read it back, lend it to runs again.

    At the station if one runs, else here. Exit code 4: it is still not known to be off.
    """
    from labctl.api.discovery import find  # noqa: PLC0415  (start-up time)

    station = find(remote.data_folder(data), client="cli")
    if station is not None:
        with station:
            station.clear_channel(channel, by_hand=by_hand, reason=reason)
    else:
        _clear_here(channel, remote.data_folder(data), config, by_hand=by_hand)
    how = "somebody has looked, it is off" if by_hand else "made safe and read back"
    say_out(f"{channel}: {how}; runs can have it again")


def _clear_here(
    channel: str, data: Path, config: Path | None, *, by_hand: bool
) -> None:
    """Clear a channel that a run in the foreground left on."""
    from labctl.api.station_files import StationFiles  # noqa: PLC0415
    from labctl.clock import SystemClock  # noqa: PLC0415  (start-up time)
    from labctl.documents.hardened_yaml import Document  # noqa: PLC0415
    from labctl.service.bench.doubts import Doubts, forget, kept  # noqa: PLC0415
    from labctl.session.order import Order, station_of  # noqa: PLC0415

    files = StationFiles(data)
    if by_hand:
        forget(files, channel)
        return
    if channel not in kept(files):
        raise OperatorError(
            f"{channel} is not in doubt for the runs in {data}; "
            "there is nothing to clear"
        )
    remote.refuse_beside_station(config)
    bench = ordering.read_config(config, simulate=False)
    order = Order("", Document("", {}), "", simulate=False, speed=None)
    station, _ = station_of(bench, SystemClock(), order)
    try:
        Doubts(station, files.doubts_file).clear(channel, by_hand=False)
    finally:
        station.close()


@app.command("drivers", epilog="Example: labctl station drivers")
def drivers() -> None:
    """List the drivers that are installed."""
    from labctl import plugins  # noqa: PLC0415

    for name in plugins.names(plugins.DRIVERS):
        say_out(name)


@app.command("example", epilog="Example: labctl station example > config.yaml")
def example() -> None:
    """Print a configuration to start from: the built-in bench."""
    from labctl import plugins  # noqa: PLC0415

    say_file(Path(plugins.world().configuration()).read_text("utf-8").rstrip())
