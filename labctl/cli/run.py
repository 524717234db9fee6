"""``labctl run`` and ``labctl resume``: in the foreground, in this very process."""

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli import ordering
from labctl.cli.output import print_json, say, say_out, shown_path
from labctl.cli.run_argument import RunArgument
from labctl.cli.station import remote
from labctl.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labctl.session.order import Order
    from labctl.session.run import Finished

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run", epilog=RUN_EXAMPLES)(run)
    app.command("resume", epilog=RESUME_EXAMPLES)(resume)


RUN_EXAMPLES = (
    "Examples: labctl run formation-cycling --simulate --sample si | "
    "labctl run formation-cycling --sample cells/A17.yaml --role cell=vsp300/3 "
    "--set cycles=500 | labctl run plan.yaml --simulate --speed 60"
)
RESUME_EXAMPLES = (
    "Examples: labctl resume runs/20261123-…-si-3f9a | "
    "labctl resume runs/20261123-…-si-3f9a --set cycles=100 (more cycles)"
)


def run(
    plan: ordering.Plan,
    sample: ordering.SampleOption = None,
    settings: ordering.SetOption = None,
    preset: ordering.PresetOption = None,
    role: ordering.RoleOption = None,
    earlier: ordering.EarlierOption = None,
    simulate: ordering.SimulateOption = False,
    speed: ordering.SpeedOption = "max",
    seed: ordering.SeedOption = 0,
    out: ordering.OutOption = None,
    operator: ordering.OperatorOption = "",
    config: ordering.ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a protocol to its end and seal its file.

    Ctrl-C ends it in good order: outputs safe, results from what there is, file
    sealed. A second Ctrl-C within 5 s switches off at once. Exit code 7: an output may
    still be on; which, and what to do, is said.
    """
    from labctl.cli.left_on import LeftOn  # noqa: PLC0415  (start-up time)
    from labctl.cli.progress import ProgressLine  # noqa: PLC0415
    from labctl.cli.signals import StopOnSignals  # noqa: PLC0415
    from labctl.engine.control import Control  # noqa: PLC0415
    from labctl.session.order import prepare  # noqa: PLC0415
    from labctl.session.run import Observers, start  # noqa: PLC0415

    words = ordering.Words(
        plan,
        sample,
        settings or [],
        preset,
        role or [],
        simulate,
        speed,
        seed,
        out,
        config,
        earlier or [],
        operator,
    )
    bench = ordering.read_config(config, simulate=simulate)
    if not simulate:
        remote.refuse_beside_station(config)
    prepared = prepare(ordering.make_order(words, bench), bench)
    if prepared.protocol.requests:
        _refuse_by_hand(prepared.order)
    left_on = LeftOn(prepared.order.out, prepared.cast, real=not simulate)
    for warning in prepared.protocol.warnings():
        say(f"note: {warning}")
    simulated = " · SIMULATED" if simulate else ""
    channels = ", ".join(f"{r} on {s}" for r, s in prepared.cast.items())
    say(
        f"{prepared.protocol.name} · sample {prepared.protocol.sample.name} · "
        f"{channels}{simulated}"
    )
    protocol = prepared.protocol
    mass = protocol.sample.active_mass
    with ProgressLine(protocol.duration(), protocol.cycles_planned(), mass) as progress:
        control = Control()
        signals = StopOnSignals(control)
        observers = Observers(control, watch=progress, ended=signals.over)
        if not simulate:
            from labctl.service.guard.observing import guarded  # noqa: PLC0415
            from labctl.service.guard.planning import plan_of  # noqa: PLC0415

            station, cast = prepared.station, prepared.cast
            observers = guarded(
                observers, lambda: plan_of(station.setups, cast, station.players)
            )
        observers = left_on.observe(observers)
        finished = left_on.finish(lambda: start(prepared, bench, observers))
    tell(finished, protocol.name, protocol.sample.name, left_on.channels, as_json)


def _refuse_by_hand(order: "Order") -> None:
    serve = "labctl serve --simulate" if order.simulate else "labctl serve"
    raise OperatorError(
        f"{order.protocol} takes its steps from a person, and nobody can ask this "
        f"process. Start `{serve}`, then `labctl queue add {order.protocol} --sample "
        f"{shlex.quote(order.sample)} --now` and `labctl do`; or use the window's page "
        "Instruments."
    )


def resume(
    run: RunArgument,
    settings: ordering.SetOption = None,
    accept_voltage: Annotated[
        bool,
        typer.Option(
            "--accept-voltage",
            "--accept-cell",
            help="Voltage or temperature are not where the run left them, and that is "
            "right.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Go on with a run that is on hold, stopped or interrupted; amend a completed one.

    A run that belongs to a station's process goes on there; otherwise here, in the
    foreground. The step in flight goes on with its remaining time and charge.
    """
    if not settings and remote.resume_there(run, accept_voltage=accept_voltage):
        return
    from labctl.cli.left_on import LeftOn  # noqa: PLC0415  (start-up time)
    from labctl.cli.progress import ProgressLine  # noqa: PLC0415
    from labctl.cli.signals import StopOnSignals  # noqa: PLC0415
    from labctl.config.reading import kept_config  # noqa: PLC0415
    from labctl.engine.control import Control  # noqa: PLC0415
    from labctl.service.guard.observing import guarded  # noqa: PLC0415
    from labctl.service.guard.planning import plan_of  # noqa: PLC0415
    from labctl.service.guard.safed_file import stopped_by_guards  # noqa: PLC0415
    from labctl.session.resume import resume as go_on  # noqa: PLC0415
    from labctl.session.run import Observers  # noqa: PLC0415
    from labctl.store.folder import RunFolder  # noqa: PLC0415
    from labctl.store.journal.reader import JournalReader  # noqa: PLC0415

    changes = ordering.settings_of(settings or [])
    with JournalReader(RunFolder.of(run).journal) as reader:
        header = reader.header
    out = RunFolder.of(run).path.parent
    left_on = LeftOn(out, header.roles, real=not header.simulated)
    with ProgressLine(active_mass=header.sample.get("active_mass")) as progress:
        control = Control()
        signals = StopOnSignals(control)
        observers = Observers(control, watch=progress, ended=signals.over)
        if not header.simulated:
            config = kept_config(header.extra["config"])
            setups = {setup.name: setup for setup in config.setups()}
            observers = guarded(observers, lambda: plan_of(setups, header.roles))
        observers = left_on.observe(observers)
        finished = left_on.finish(
            lambda: go_on(
                run,
                observers,
                changes,
                accept_voltage=accept_voltage,
                stopped=stopped_by_guards([RunFolder.of(run).path]),
            )
        )
    sample = str(header.sample.get("name", ""))
    tell(finished, header.protocol, sample, left_on.channels, as_json)


def tell(
    finished: "Finished",
    protocol: str,
    sample: str,
    unsafe: "Mapping[str, str]",
    as_json: bool,
) -> None:
    """Say how a run ended, and leave with its exit code if that is not 0."""
    if as_json:
        print_json(
            {
                "status": finished.status,
                "reason": finished.text,
                "folder": str(finished.folder),
                "file": str(finished.file) if finished.file else None,
                "protocol": protocol,
                "sample": sample,
                "unsafe": dict(unsafe),
                "results": {n: r.to_json() for n, r in finished.results.items()},
            }
        )
    else:
        from labctl.drawing.result_text import results_text  # noqa: PLC0415
        from labctl.drawing.unmet import unmet  # noqa: PLC0415

        text = f": {finished.text}" if finished.text else ""
        say_out(f"{finished.status}{text}")
        say_out(results_text(finished.results))
        place = finished.file or finished.folder
        say_out(f"file: {shown_path(place)}")
        folder = shown_path(finished.folder)
        if unmet(finished.results):
            say(f"what was not met, and what to do: labctl runs show {folder}")
        say(f"next: labctl report {folder}")
    if finished.exit_code:
        raise typer.Exit(finished.exit_code)
