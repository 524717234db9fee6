"""``labctl do``: ask something of a run by hand that goes on at a station."""

from typing import Annotated, Any

import typer

from labctl.cli import ordering
from labctl.cli.output import say_out
from labctl.cli.station import remote

EXAMPLES = (
    "Examples: labctl do k2450 hold-voltage voltage=100mV compliance=1mA | labctl do "
    "k2450 keep note='after pressing' | labctl do k2450 end"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("do", epilog=EXAMPLES)(do)


def do(
    run: Annotated[str, typer.Argument(help="The run's id, sample or channel.")],
    request: Annotated[
        str, typer.Argument(help="What its protocol offers: hold-voltage, keep, end …")
    ],
    values: Annotated[
        list[str] | None, typer.Argument(help="NAME=VALUE, texts with units.")
    ] = None,
    data: remote.DataOption = None,
) -> None:
    """Ask something of a run by hand: hold a voltage, sweep, keep a reading.

    `labctl protocol show source-meter-by-hand` tells what may be asked. What cannot be
    done is refused, and the run goes on.
    """
    from labctl.documents.hardened_yaml import load  # noqa: PLC0415  (start-up time)

    given: dict[str, Any] = {}
    for value in values or ():
        name, text = ordering.pair(value, request, "voltage=100mV")
        given[name] = load(text, name).data
    with remote.connect(data) as station:
        name = remote.pick(station.state(), run).run
        station.request(name, request, given)
    say_out(f"{request} asked of {name}")
