"""``labctl amend``: change what a run has still to do; nothing is started."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import ordering
from labctl.cli.output import print_json, say, say_out
from labctl.cli.station import remote
from labctl.errors import OperatorError

if TYPE_CHECKING:
    from labctl.api.answers import Amended

EXAMPLES = (
    "Examples: labctl amend runs/20261123-…-si-3f9a --set cycles=100 | labctl amend "
    "vsp300/3 --set upper_voltage=1.1V --reason 'gas above 1.2 V' --dry-run"
)
APPLIES = {
    "next_step": "it holds from the run's next step on",
    "resume": "labctl resume {run} goes on with it",
    "not": "nothing was changed (--dry-run)",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("amend", epilog=EXAMPLES)(amend)


def amend(
    run: Annotated[
        str,
        typer.Argument(
            help="The run's folder; at a station also its id, sample or channel."
        ),
    ],
    settings: ordering.SetOption = None,
    reason: remote.ReasonOption = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would change.")
    ] = False,
    data: remote.DataOption = None,
    as_json: remote.JsonOption = False,
) -> None:
    """Give a run other parameters for the steps that have not begun: more cycles.

    Its past is replayed: refused where a step that began would have been another one.
    A run that goes on at a station takes it at its next step, any other when
    `labctl resume` goes on with it.
    """
    if not settings:
        raise OperatorError("say what changes, for example --set cycles=100")
    changes = ordering.settings_of(settings)
    amended = _there(run, changes, reason, dry_run, data) or _here(
        run, changes, reason, dry_run
    )
    if as_json:
        print_json(amended.model_dump(mode="json"))
    else:
        _show(amended, run)


def _there(
    run: str, changes: dict[str, Any], reason: str, dry_run: bool, data: Any
) -> "Amended | None":
    """Amend it at the station that has it; None if none has."""
    from labctl.api.discovery import find  # noqa: PLC0415  (start-up time)

    there = remote.place_of(run)
    found = find(there.parent if there else remote.data_folder(data), client="cli")
    if found is None:
        return None
    with found as station:
        name = there.name if there else remote.pick(station.state(), run).run
        return station.amend(name, changes, reason, dry_run=dry_run)


def _here(run: str, changes: dict[str, Any], reason: str, dry_run: bool) -> "Amended":
    import getpass  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from labctl.api.answers import Applies  # noqa: PLC0415
    from labctl.service.bench.amending import said  # noqa: PLC0415  (start-up time)
    from labctl.session import amend as amending  # noqa: PLC0415

    if dry_run:
        return said(amending.consider(Path(run), changes), Applies.NOT)
    try:
        who = getpass.getuser()
    except (KeyError, OSError):
        who = ""
    change = amending.amend(Path(run), changes, who, reason)
    return said(change, Applies.RESUME)


def _show(amended: "Amended", run: str) -> None:
    from labctl.quantities import format_duration  # noqa: PLC0415  (start-up time)

    say_out(amended.run)
    for name, changed in amended.parameters.items():
        say_out(f"  {name}: {changed.old} → {changed.new}")
    kept = amended.first_step - 1
    say_out(f"  {kept} steps stay as they are" if kept else "  no step has begun")
    if amended.next_before or amended.next_now:
        before = amended.next_before or "nothing: it would have ended"
        now = amended.next_now or "nothing: it ends"
        differs = f"{before} → {now}" if before != now else now
        say_out(f"  step {amended.first_step}: {differs}")
    before, after = (
        format_duration(s) for s in (amended.duration_before, amended.duration_now)
    )
    if before != after:
        say_out(f"  planned for {before} → {after}, the whole run")
    for column in amended.limits_now:
        old = amended.limits_before.get(column)
        if old is not None and tuple(old) != amended.limits_now[column]:
            say_out(f"  limit on {column}: {old} → {amended.limits_now[column]}")
    for warning in amended.warnings:
        say_out(f"  note: {warning}")
    say(APPLIES[amended.applies].format(run=run))
