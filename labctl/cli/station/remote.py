"""``labctl status|attach|hold|skip|stop``: talk to the station's process."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.output import alarm_lines, print_json, say, say_out, table
from labctl.engine.states import OVER, TABLE, RunState
from labctl.errors import InstrumentError, OperatorError

if TYPE_CHECKING:
    from labctl.api.client import StationClient
    from labctl.api.models import Channel, RunSummary, State

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the station's runs; as configured."),
]
ReasonOption = Annotated[
    str, typer.Option("--reason", "-r", help="Why; kept in the run's file.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
RunWord = Annotated[
    str, typer.Argument(help="Its id or a part of it, its sample, or its channel.")
]
_WAITS = frozenset({RunState.HOLD, RunState.INTERRUPTED})
MANY = 8
"""Channels that are counted rather than named."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status", epilog="Examples: labctl status | labctl status --watch")(
        status
    )
    app.command("attach", epilog="Example: labctl attach vsp300/3")(attach)
    app.command("hold", epilog="Example: labctl hold vsp300/3 --reason 'hot'")(hold)
    app.command("skip", epilog="Example: labctl skip si-3f9a")(skip)
    app.command("stop", epilog="Examples: labctl stop vsp300/3 | labctl stop --all")(
        stop
    )


def status(
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Go on showing; Ctrl-C leaves.")
    ] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the station's process does: runs, queue, what needs you."""
    with connect(data) as station:
        state = station.state()
        if as_json:
            print_json(state.model_dump(mode="json"))
            return
        if not watch:
            say_out(overview(state))
            return
        from rich.console import Console  # noqa: PLC0415  (start-up time)
        from rich.live import Live  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        with Live(Text(overview(state)), console=Console(), auto_refresh=False) as live:
            while True:
                state = station.state(state.sequence, wait=5.0)
                live.update(Text(overview(state)), refresh=True)


def attach(run: RunWord, data: DataOption = None) -> None:
    """Follow one run until it ends; Ctrl-C leaves, the run goes on.

    Exit code as `labctl run` has it: 0 completed, 5 limit, 6 stopped, 7 an output may
    still be on.
    """
    with connect(data) as station:
        state = station.state()
        name = pick(state, run).run
        say(f"{name}: Ctrl-C leaves, the run goes on")
        shown = ""
        while True:
            found = next((r for r in state.runs if r.run == name), None)
            if found is None:
                raise OperatorError(f"{name} is gone; `labctl runs show` has it")
            line = one_line(found)
            if line != shown:
                say(line)
                shown = line
            if found.state in OVER:
                say_out(f"{found.state} {found.reason}".strip())
                if found.unsafe:
                    _alarm(found.unsafe, state.station.data)
                raise typer.Exit(TABLE[found.state].exit_code)
            state = station.state(state.sequence, wait=5.0)


def hold(run: RunWord, reason: ReasonOption = "", data: DataOption = None) -> None:
    """Open the circuit of a run and wait; `labctl resume` goes on."""
    with connect(data) as station:
        name = pick(station.state(), run).run
        station.hold(name, reason)
        say_out(f"{name}: asked to hold; labctl resume {run} goes on")


def skip(run: RunWord, reason: ReasonOption = "", data: DataOption = None) -> None:
    """End the step in flight of a run; the next one begins."""
    with connect(data) as station:
        name = pick(station.state(), run).run
        station.skip(name, reason)
        say_out(f"{name}: asked to skip its step")


def stop(
    run: Annotated[
        str, typer.Argument(help="Its id or a part of it, its sample, or its channel.")
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="STOP ALL: every run, every output.")
    ] = False,
    station_too: Annotated[
        bool, typer.Option("--station", help="End the station's process as well.")
    ] = False,
    reason: ReasonOption = "",
    data: DataOption = None,
) -> None:
    """End a run in good order; --all ends everything and says what was measured."""
    with connect(data) as station:
        if everything:
            station.stop_all(reason)
            _report_stop(station)
        elif run:
            name = pick(station.state(), run).run
            station.stop(name, reason)
            say_out(f"{name}: asked to stop")
        elif not station_too:
            raise OperatorError("name a run, or say --all")
        if station_too:
            station.shutdown(stop_runs=everything)
            say_out("the station's process ends")


def resume_there(run: Path, *, accept_voltage: bool = False) -> bool:
    """Go on with a run at its station; False if no station has it."""
    data = run.absolute().parent if run.exists() else data_folder(None)
    if run.is_file():
        data = data.parent
    if not (data / ".station" / "station.json").exists():
        return False
    from labctl.api.discovery import find  # noqa: PLC0415  (start-up time)

    found = find(data, client="cli")
    if found is None:
        return False
    with found as station:
        word = run.absolute().parent.name if run.is_file() else run.name
        try:
            summary = pick(station.state(), word if run.exists() else str(run))
        except OperatorError:
            if run.exists():
                return False  # it ended long ago: nothing of it lives there
            raise
        station.resume(summary.run, accept_voltage=accept_voltage)
        say_out(f"{summary.run}: goes on at the station; labctl attach follows it")
    return True


def place_of(run: str) -> Path | None:
    """Return the folder that a word names, itself or a file in it; None: no folder."""
    path = Path(run).absolute()
    if path.is_file():
        return path.parent
    return path if path.is_dir() else None


def refuse_beside_station(config: Path | None) -> None:
    """Refuse to open instruments that a station's process owns. OperatorError."""
    from labctl.api.station_files import is_occupied  # noqa: PLC0415
    from labctl.cli.station.serve import config_path  # noqa: PLC0415

    path = config_path(config)
    if path is not None and is_occupied(path):
        raise OperatorError(
            f"a station's process owns the instruments of {path}; start the run there: "
            "`labctl queue add … --now`"
        )


def connect(data: Path | None) -> "StationClient":
    """Return a client of the station; InstrumentError: none runs."""
    from labctl.api.discovery import find  # noqa: PLC0415  (start-up time)

    folder = data_folder(data)
    found = find(folder, client="cli")
    if found is None:
        raise InstrumentError(
            f"no station's process looks after the folder {folder}; start it with "
            "`labctl serve` or `labctl gui`, or name its folder with --data. What a "
            "`labctl run` of its own does is in `labctl runs list`"
        )
    return found


def data_folder(data: Path | None) -> Path:
    """Return the folder of the station's runs: as said, as configured, or ``runs``."""
    if data is not None:
        return data
    from labctl.cli.ordering import read_config  # noqa: PLC0415
    from labctl.errors import RefusedError  # noqa: PLC0415

    try:
        return read_config(None, simulate=False).station.data
    except RefusedError:
        return Path("runs")


def pick(state: "State", word: str) -> "RunSummary":
    """Return the one run that a word means; OperatorError: none, or several."""
    going = [run for run in state.runs if run.state not in OVER]
    for group in (going, list(state.runs)):
        exact = [r for r in group if word in (r.run, r.sample, *r.channels.values())]
        near = exact or [
            r for r in group if word.rstrip("/").rpartition("/")[2] in r.run
        ]
        if len(near) == 1:
            return near[0]
        if near:
            names = ", ".join(r.run for r in near)
            raise OperatorError(f"{word!r} may mean {names}; say more of it")
    raise OperatorError(f"the station has no run {word!r}; `labctl status` lists them")


def overview(state: "State") -> str:
    """Return the state as text."""
    station = state.station
    simulated = f" · SIMULATED ×{station.speed:g}" if station.simulated else ""
    lines = [f"station {station.name}{simulated} · runs in {station.data}"]
    doubtful = {c.name: c.doubt for c in state.channels if c.doubt}
    lines += alarm_lines(doubtful, named(Path(station.data)))
    lines += [
        f"  {f.name}: {f.what.rstrip('.')}. {f.cure}"
        for f in state.health.findings
        if not f.ok
    ]
    runs = [r for r in state.runs if r.state not in OVER]
    if runs:
        rows: list[tuple[str, ...]] = [
            (", ".join(r.channels.values()), r.sample, *_cells(r), r.run) for r in runs
        ]
        lines.append(
            table(("channel", "sample", "state", "step", "reads", "run"), rows)
        )
    else:
        lines.append("nothing runs")
    lines += [
        f"waits: {e.protocol} on {e.sample} [{e.entry}]: {e.waits_for or 'its turn'}"
        for e in state.queue
    ]
    lines += held_lines(state.channels)
    lines += [f"NEEDS YOU [{e.number}] {e.text}" for e in state.attention]
    return "\n".join(lines)


def named(data: Path) -> str:
    """Return the folder of runs for a command, empty where that finds it by itself."""
    return "" if data.absolute() == data_folder(None).absolute() else str(data)


def held_lines(channels: "Sequence[Channel]") -> list[str]:
    """Return the held channels, one line a reason."""
    reasons: dict[str, list[str]] = {}
    for channel in channels:
        if channel.held:
            reasons.setdefault(channel.held_because, []).append(channel.name)
    named = {
        why: ", ".join(channels)
        if len(channels) < MANY
        else f"{len(channels)} channels"
        for why, channels in reasons.items()
    }
    return [f"held: {which}: {why}" for why, which in named.items()]


def one_line(run: "RunSummary") -> str:
    """Return where a run stands in one line."""
    from labctl.quantities import format_duration  # noqa: PLC0415

    parts = [*_cells(run), f"{format_duration(run.test_time)} in", f"{run.rows} rows"]
    return " · ".join(part for part in parts if part)


def _cells(run: "RunSummary") -> tuple[str, str, str]:
    from labctl.quantities import format_si  # noqa: PLC0415

    state = run.state.upper() if run.state in _WAITS else run.state
    if run.asked:
        state += f" (asked: {run.asked})"
    step = f"cycle {run.cycle}, {run.step_label}" if run.cycle else run.step_label
    readings = []
    for column, unit in (("voltage_volt", "V"), ("current_ampere", "A")):
        value = run.last.get(column)
        if value is not None:
            readings.append(format_si(value, unit))
    return state, step, " ".join(readings)


def _report_stop(station: "StationClient") -> None:
    from labctl.clock import SystemClock  # noqa: PLC0415

    clock = SystemClock()
    state = station.state()
    while clock.now() < STOP_PATIENCE:
        report = state.stop
        if (
            report is not None
            and report.done
            and all(line.measured or not line.run for line in report.lines)
        ):
            break
        state = station.state(state.sequence, wait=1.0)
    for line in state.stop.lines if state.stop else ():
        word = "confirmed" if line.confirmed else "NOT CONFIRMED"
        read = ", ".join(
            f"{k} {v:.3g}" for k, v in line.measured.items() if v is not None
        )
        say_out(
            f"{', '.join(line.channels)}: {word}: {line.text}"
            + (f"; {read}" if read else "")
        )
    unsafe: dict[str, str] = {}
    for line in state.stop.lines if state.stop else ():
        unsafe |= line.unsafe
    if unsafe:
        _alarm(unsafe, state.station.data)
    if state.stop is None or not state.stop.done:
        raise InstrumentError("not everything is confirmed; use the hardware stop")


def _alarm(unsafe: Mapping[str, str], data: str) -> None:
    """Say what may still be on, and leave with the code that means it."""
    from labctl.session.run import EXIT_UNSAFE  # noqa: PLC0415  (start-up time)

    for line in alarm_lines(unsafe, named(Path(data))):
        say_out(line)
    raise typer.Exit(EXIT_UNSAFE)


STOP_PATIENCE = 10.0
"""s in which a STOP ALL is confirmed and read back."""
