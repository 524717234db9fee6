"""``labctl watch``: record what a cycler without remote control records."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import ordering
from labctl.cli.output import print_json, say, shown_path
from labctl.cli.run import tell
from labctl.errors import LabctlError, OperatorError

if TYPE_CHECKING:
    from labctl.config.models import Config
    from labctl.session.run import Finished
    from labctl.session.watching import WatchOrder

EXAMPLES = (
    "Examples: labctl watch D:/Data/cell7.wrd --sample cells/A17.yaml --planned "
    "formation-cycling | labctl watch D:/Data (each .wrd that grows; cell7.yaml beside "
    "cell7.wrd is its label) | labctl watch demo --simulate --sample qms-0.7 --planned "
    "formation-cycling"
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch", epilog=EXAMPLES)(watch)


def watch(
    place: Annotated[
        Path, typer.Argument(help="A .wrd FILE, or the FOLDER where they are written.")
    ],
    sample: ordering.SampleOption = None,
    planned: Annotated[
        str | None,
        typer.Option("--planned", help="Protocol whose schedule should run."),
    ] = None,
    settings: ordering.SetOption = None,
    preset: ordering.PresetOption = None,
    zone: Annotated[
        str,
        typer.Option(help="Zone of the cycler's PC: Asia/Seoul. Default: this one."),
    ] = "",
    once: Annotated[
        bool,
        typer.Option("--once/--follow", help="Read what there is, or until it ends."),
    ] = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="A new run, even where one could go on.")
    ] = False,
    simulate: ordering.SimulateOption = False,
    speed: ordering.SpeedOption = "max",
    seed: ordering.SeedOption = 0,
    out: ordering.OutOption = None,
    operator: ordering.OperatorOption = "",
    config: ordering.ConfigOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout.")
    ] = False,
) -> None:
    """Record what a WBCS3000 writes, while it writes it, as a run like any other.

    The cycler has no remote control: nothing can be stopped from here, and a limit
    that is left is an alarm. Ctrl-C ends the watching alone; the same command goes on
    where it left. With --planned, what was entered and what ran is compared with it.
    """
    from labctl.session.watching import (  # noqa: PLC0415
        WatchOrder,
        configured,
        cycler_of,
    )

    bench = ordering.read_config(config, simulate=simulate)
    record = "" if place.is_dir() or not place.suffix else place.name
    folder = place.parent if record else place
    if simulate and not record:
        record = str(cycler_of(bench)[1].simulated.get("file", "cell.wrd"))
    order = WatchOrder(
        folder=folder.absolute(),
        sample=sample or "",
        out=(out or bench.station.data).absolute(),
        record=record,
        zone=zone,
        operator=operator,
        once=once,
        afresh=afresh,
        simulate=simulate,
        speed=ordering.speed_of(speed),
        seed=seed,
    )
    if planned is None and (settings or preset):
        raise OperatorError("--set and --preset belong to --planned PROTOCOL")
    if planned is not None:
        if not sample:
            raise OperatorError("--planned needs the sample: --sample FILE.yaml")
        own, name = configured(bench, order)
        order = _with_plan(order, own, name, (planned, settings or [], preset))
    if not simulate and not order.folder.is_dir():
        raise OperatorError(f"{folder}: no folder is there")
    if not order.record:
        _folder(order, bench, as_json=as_json)
        return
    _record(order, bench, as_json=as_json)


def _with_plan(
    order: "WatchOrder",
    config: "Config",
    name: str,
    words: tuple[str, list[str], str | None],
) -> "WatchOrder":
    """Return the order with the schedule that should run."""
    from labctl.cli.planned import planned_lines, planned_order  # noqa: PLC0415

    plan = planned_order(words, order.sample, config, simulate=order.simulate)
    lines = planned_lines(plan, config, name)
    told = tuple(json.loads(json.dumps(each.to_json())) for each in lines)
    return dataclasses.replace(order, planned=told, planned_as=words[0])


def _record(order: "WatchOrder", config: "Config", *, as_json: bool) -> None:
    from labctl.cli.progress import ProgressLine  # noqa: PLC0415  (start-up time)
    from labctl.cli.signals import StopOnSignals  # noqa: PLC0415
    from labctl.engine.control import Control  # noqa: PLC0415
    from labctl.session.run import Observers  # noqa: PLC0415
    from labctl.session.watching import watch_record  # noqa: PLC0415

    order.label_of(order.record)
    say(f"watching {order.record} in {shown_path(order.folder)}; Ctrl-C ends it")
    with ProgressLine() as progress:
        control = Control()
        signals = StopOnSignals(control)
        observers = Observers(control, watch=progress, ended=signals.over)
        finished = watch_record(order, config, observers)
    tell(finished, "watched", order.sample, {}, as_json)


def _folder(order: "WatchOrder", config: "Config", *, as_json: bool) -> None:
    from labctl.cli.signals import StopOnSignals  # noqa: PLC0415  (start-up time)
    from labctl.engine.control import Control  # noqa: PLC0415
    from labctl.session.watching import FolderWatch  # noqa: PLC0415

    ended: list[dict[str, Any]] = []

    def told(
        record: str, place: Path | None, how: "Finished | LabctlError | None"
    ) -> None:
        if isinstance(how, LabctlError):
            say(f"{record}: {how.fault}: {how}")
            ended.append({"record": record, "status": "refused", "reason": str(how)})
        elif how is None and place is not None:
            say(f"{record}: watched, {shown_path(place)}")
        elif how is not None:
            text = f" ({how.text})" if how.text else ""
            say(f"{record}: {how.status}{text}, {shown_path(how.folder)}")
            said = {"status": how.status, "reason": how.text, "folder": str(how.folder)}
            ended.append({"record": record, **said})

    say(f"watching every record that grows in {order.folder}; Ctrl-C ends it")
    control = Control()
    StopOnSignals(control)
    FolderWatch(order, config, told, control).run()
    if not ended and order.once:
        say("no .wrd file that can be read is there")
    if as_json:
        print_json({"runs": ended})
    if any(each["status"] == "refused" for each in ended):
        raise typer.Exit(3)
