"""``labctl check`` and ``labctl forecast``: what a plan would do, before it does."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import ordering
from labctl.cli.output import print_json, say_out

if TYPE_CHECKING:
    from labctl.session.forecast import Forecast

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
EXAMPLES = (
    "Examples: labctl check plan.yaml --sample cells/A17.yaml | labctl forecast "
    "formation-cycling --sample si --set cycles=500"
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("check", epilog=EXAMPLES)(check)
    app.command("forecast", epilog=EXAMPLES)(forecast)


def check(
    plan: ordering.Plan,
    sample: ordering.SampleOption = None,
    settings: ordering.SetOption = None,
    preset: ordering.PresetOption = None,
    role: ordering.RoleOption = None,
    simulate: ordering.SimulateOption = False,
    config: ordering.ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check parameters, sample, limits and seats; nothing is opened.

    Every complaint comes at once, with its place and its cure; exit code 3.
    """
    from labctl.session.order import prepare  # noqa: PLC0415  (start-up time)

    words = ordering.Words(
        plan,
        sample,
        settings or [],
        preset,
        role or [],
        simulate,
        "max",
        0,
        None,
        config,
    )
    bench = ordering.read_config(config, simulate=simulate)
    prepared = prepare(ordering.make_order(words, bench), bench)
    answer: dict[str, Any] = {
        "ok": True,
        "protocol": prepared.protocol.name,
        "sample": prepared.protocol.sample.name,
        "roles": dict(prepared.cast),
        "limits": {k: list(v) for k, v in prepared.envelope.bounds.items()},
        "warnings": prepared.protocol.warnings(),
        "parameters": prepared.protocol.parameters_json(),
    }
    if as_json:
        print_json(answer)
        return
    say_out(f"{answer['protocol']} on sample {answer['sample']}: can be started")
    for role_name, seat in prepared.cast.items():
        say_out(f"  {role_name}: {seat}")
    for column, (low, high) in prepared.envelope.bounds.items():
        eased = prepared.envelope.eased.get(column)
        more = f"; {eased[0]:g} … {eased[1]:g} until it discharges" if eased else ""
        say_out(f"  limit on {column}: {low:g} … {high:g}{more}")
    for warning in answer["warnings"]:
        say_out(f"  note: {warning}")


def forecast(
    plan: ordering.Plan,
    sample: ordering.SampleOption = None,
    settings: ordering.SetOption = None,
    preset: ordering.PresetOption = None,
    role: ordering.RoleOption = None,
    seed: ordering.SeedOption = 0,
    config: ordering.ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the plan on twins in virtual time and say what it comes to.

    Duration, end time if started now, rows, file size, extremes. Nothing is kept.
    """
    from labctl.session.forecast import forecast as foresee  # noqa: PLC0415

    words = ordering.Words(
        plan,
        sample,
        settings or [],
        preset,
        role or [],
        True,
        "max",
        seed,
        None,
        config,
    )
    bench = ordering.read_config(config, simulate=True)
    found = foresee(ordering.make_order(words, bench), bench)
    if as_json:
        print_json(found.to_json())
        return
    _show(found)


def _show(found: "Forecast") -> None:
    from labctl.clock import iso  # noqa: PLC0415
    from labctl.quantities import format_duration, format_si  # noqa: PLC0415

    say_out(f"forecast by twins: {found.status}")
    say_out(f"  duration   {format_duration(found.duration)}")
    say_out(f"  would end  {iso(found.end_unix)}")
    say_out(f"  steps      {found.steps}")
    say_out(f"  rows       {found.rows}")
    say_out(f"  file       about {format_si(found.file_bytes, 'B', 2)}")
    for column, (low, high) in found.extremes.items():
        say_out(f"  {column}  {low:.5g} … {high:.5g}")
