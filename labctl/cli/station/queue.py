"""``labctl queue``: runs that start by themselves on the station."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import ordering
from labctl.cli.output import print_json, say, say_out, table
from labctl.cli.station.remote import (
    DataOption,
    JsonOption,
    ReasonOption,
    connect,
    data_folder,
    held_lines,
)

if TYPE_CHECKING:
    from labctl.api.client import StationClient
    from labctl.api.requests import OrderIn

app = typer.Typer(help="Runs that wait for their channel on the station.")
Entry = Annotated[str, typer.Argument(help="Id of a waiting run: `labctl queue list`.")]
ChannelWord = Annotated[
    str, typer.Argument(help="A channel: vsp300/3; '*' is every one.")
]


@app.command("list", epilog="Example: labctl queue list")
def show(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show what waits, and for what."""
    with connect(data) as station:
        entries = station.queue()
        held = station.state().channels
    if as_json:
        print_json({"queue": [e.model_dump(mode="json") for e in entries]})
        return
    rows: list[tuple[str, ...]] = [
        (
            e.entry,
            e.protocol,
            e.sample,
            ", ".join(e.channels.values()) or "any free",
            e.waits_for or "its turn",
        )
        for e in entries
    ]
    head = ("entry", "protocol", "sample", "channel", "waits for")
    say_out(table(head, rows) if rows else "nothing waits")
    for line in held_lines(held):
        say_out(line)


@app.command(
    "add",
    epilog="Example: labctl queue add formation-cycling --sample cells/A17.yaml "
    "--role cell=vsp300/3 --ready",
)
def add(
    plan: ordering.Plan,
    sample: ordering.SampleOption = None,
    settings: ordering.SetOption = None,
    preset: ordering.PresetOption = None,
    role: ordering.RoleOption = None,
    ready: Annotated[
        bool, typer.Option("--ready", help="The sample is connected: start by itself.")
    ] = False,
    now: Annotated[
        bool, typer.Option("--now", help="Start at once instead of waiting.")
    ] = False,
    operator: ordering.OperatorOption = "",
    data: DataOption = None,
) -> None:
    """Let a run wait for its channel; a label FILE is kept at the station."""
    with connect(data) as station:
        state = station.state()
        words = ordering.Words(
            plan,
            sample,
            settings or [],
            preset,
            role or [],
            state.station.simulated,
            "max",
            0,
            None,
            None,
            operator=operator,
        )
        order = _order(words, data, station)
        if now:
            started = station.start(order)
            for warning in started.warnings:
                say(f"note: {warning}")
            say_out(f"{started.run} on {', '.join(started.channels.values())}")
            return
        entry = station.enqueue(order, ready=ready).entry
        say_out(f"{entry} waits" + ("" if ready else f"; labctl queue ready {entry}"))


@app.command("ready", epilog="Example: labctl queue ready 3f9a11c2")
def ready(entry: Entry, data: DataOption = None) -> None:
    """Say that the sample of a waiting run is connected."""
    with connect(data) as station:
        station.change_queue(entry, ready=True, hold=False)


@app.command("move", epilog="Example: labctl queue move 3f9a11c2 0")
def move(
    entry: Entry,
    position: Annotated[int, typer.Argument(help="0 is the first.")],
    data: DataOption = None,
) -> None:
    """Give a waiting run another place."""
    with connect(data) as station:
        station.change_queue(entry, position=position)


@app.command("remove", epilog="Example: labctl queue remove 3f9a11c2")
def remove(entry: Entry, data: DataOption = None) -> None:
    """Take a run out of the queue."""
    with connect(data) as station:
        station.unqueue(entry)


@app.command("hold", epilog="Example: labctl queue hold vsp300/3 --reason 'new cable'")
def hold(
    channel: ChannelWord, reason: ReasonOption = "", data: DataOption = None
) -> None:
    """Let nothing start on a channel."""
    with connect(data) as station:
        station.hold_channel(channel, reason)


@app.command("release", epilog="Example: labctl queue release vsp300/3")
def release(channel: ChannelWord, data: DataOption = None) -> None:
    """Let runs start on a channel again."""
    with connect(data) as station:
        station.release_channel(channel)


def _order(
    words: ordering.Words, data: Path | None, station: "StationClient"
) -> "OrderIn":
    from labctl.api.requests import OrderIn  # noqa: PLC0415
    from labctl.config.models import Config  # noqa: PLC0415
    from labctl.documents.plan import is_file, read_label  # noqa: PLC0415
    from labctl.errors import OperatorError  # noqa: PLC0415
    from labctl.session.names import slug  # noqa: PLC0415

    bench = Config.model_validate(
        {"instruments": {}, "channels": {}, "station": {"data": str(data_folder(data))}}
    )
    asked = ordering.make_order(words, bench)
    sample = asked.sample
    if is_file(sample):
        label: Any = read_label(Path(sample)).given
        if "name" not in label:
            raise OperatorError(f"{sample} is no sample's label")
        sample = str(label["name"])
        station.keep_sample(slug(sample), label)
    parameters: Any = asked.parameters.data
    return OrderIn(
        protocol=asked.protocol,
        parameters=parameters,
        sample=sample,
        preset=asked.preset,
        channels=dict(asked.channels),
        operator=asked.operator,
    )
