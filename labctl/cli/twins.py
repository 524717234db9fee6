"""``labctl twins serve``: simulated instruments on TCP, for any other program."""

import signal
import sys
import threading
from types import FrameType
from typing import Annotated

import typer

from labctl.cli import ordering
from labctl.cli.output import print_json, say, say_out, table

app = typer.Typer(help="Simulated instruments for other programs.")
EXAMPLES = (
    "Examples: labctl twins serve | labctl twins serve --bench probe --sample "
    "particle-si --port-base 6000. A client opens TCPIP::127.0.0.1::PORT::SOCKET and "
    "ends its messages with a line feed."
)
CONVENTIONAL = 5025
"""Port of raw SCPI, as IANA registered it."""


@app.callback()
def twins() -> None:
    """Name the group, so that its only command keeps its name."""


@app.command("serve", epilog=EXAMPLES)
def serve(
    bench: Annotated[
        str, typer.Option(help="hall, probe, or one of a package's.")
    ] = "hall",
    port_base: Annotated[
        int, typer.Option(help="First of consecutive ports; 0 takes free ones.")
    ] = CONVENTIONAL,
    sample: Annotated[
        str | None, typer.Option("--sample", "-s", help="What is mounted.")
    ] = None,
    speed: Annotated[float, typer.Option(help="How much faster than real time.")] = 1.0,
    seed: ordering.SeedOption = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout.")
    ] = False,
) -> None:
    """Serve the twins of a bench on this machine, one port each, until Ctrl-C."""
    from labctl import plugins  # noqa: PLC0415  (start-up time)
    from labctl.clock import ScaledClock, SystemClock  # noqa: PLC0415
    from labctl.errors import OperatorError  # noqa: PLC0415

    if not 0 < speed < float("inf"):
        raise OperatorError(f"--speed {speed}: expected a number above 0")
    if not 0 <= port_base <= 65000:  # noqa: PLR2004  (65535, less a bench)
        raise OperatorError(f"--port-base {port_base}: expected 0, or 1 to 65000")
    clock = SystemClock() if speed == 1.0 else ScaledClock(speed)
    ended = threading.Event()
    _end_on_signals(ended)
    front = plugins.front()(bench, clock, sample, seed, port_base)
    try:
        if as_json:
            print_json({"bench": bench, "ports": dict(front.ports)})
        else:
            rows: list[tuple[str, ...]] = [
                (name, f"TCPIP::127.0.0.1::{port}::SOCKET", front.identities[name])
                for name, port in front.ports.items()
            ]
            say_out(table(("instrument", "address", "identity"), rows))
        sys.stdout.flush()  # whoever reads through a pipe has the ports now
        say("SIMULATED instruments, this machine only · Ctrl-C ends it")
        while not ended.wait(0.5):  # in pieces: Windows hears Ctrl-C between them
            pass
    finally:
        front.close()


def _end_on_signals(ended: threading.Event) -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
