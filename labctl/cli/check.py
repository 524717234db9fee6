"""``labctl check`` and ``labctl forecast``: what a plan would do, before it does."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.cli import ordering
from labctl.cli.output import print_json, say, say_out, shown_path
from labctl.errors import OperatorError, RefusedError

if TYPE_CHECKING:
    from labctl.session.comparing import Compared
    from labctl.session.forecast import Forecast
    from labctl.session.order import Prepared

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
    """Check parameters, sample, limits, and the whole plan on its channels.

    Instruments are connected and asked what they can do; nothing is loaded or driven.
    Every complaint comes at once, with its place and its cure; exit code 3. What a
    channel that cannot be asked can do is unknown, and said to be.
    """
    from labctl.session.comparing import Compared  # noqa: PLC0415  (start-up time)
    from labctl.session.order import prepare  # noqa: PLC0415

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
    try:
        prepared = prepare(ordering.make_order(words, bench), bench, inquire=True)
    except RefusedError as refused:
        if as_json:
            told = [asdict(each) | {"text": str(each)} for each in refused.complaints]
            print_json({"ok": False, "complaints": told})
        raise
    prepared.station.close()
    compared = prepared.compared or Compared()
    answer: dict[str, Any] = {
        "ok": None if compared.unknown else True,
        "protocol": prepared.protocol.name,
        "sample": prepared.protocol.sample.name,
        "roles": dict(prepared.cast),
        "also_recorded": {
            each.name: [each.channel, each.every] for each in prepared.asides
        },
        "limits": {k: list(v) for k, v in prepared.envelope.bounds.items()},
        "warnings": prepared.protocol.warnings(),
        "unknown": [str(each) for each in compared.unknown],
        "needs": {k: list(map(str, v)) for k, v in compared.needs.items()},
        "capabilities": {k: asdict(v) for k, v in compared.capabilities.items()},
        "parameters": prepared.protocol.parameters_json(),
    }
    if as_json:
        print_json(answer)
        return
    _say(prepared, compared, answer["warnings"])


def _say(prepared: "Prepared", compared: "Compared", warnings: Sequence[str]) -> None:
    from labctl.session.needing import words_of  # noqa: PLC0415

    protocol, known = prepared.protocol, compared.capabilities
    verdict = "nothing wrong is known" if compared.unknown else "can be started"
    say_out(f"{protocol.name} on sample {protocol.sample.name}: {verdict}")
    for unknown in compared.unknown:
        say_out(f"  unknown: {unknown.said}")
    for role_name, channel in prepared.cast.items():
        able = f" ({known[role_name]})" if role_name in known else ""
        say_out(f"  {role_name}: {channel}{able}")
        if role_name in compared.needs:
            say_out(f"    needed: {words_of(compared.needs[role_name])}")
    if any(each.assumed for each in known.values()):
        say_out("  * assumed of the model; the driver's options may say otherwise")
    for each in prepared.asides:
        say_out(f"  also recorded: {each.name} at {each.channel}, {each.every:g} s")
    for column, (low, high) in prepared.envelope.bounds.items():
        eased = prepared.envelope.eased.get(column)
        name = column.rpartition("_")[0].replace("_", " ")
        said = f"  limit on {name}: {_span(low, high, column)}"
        more = f"; {_span(*eased, column)} until it discharges" if eased else ""
        say_out(said + more)
    for warning in warnings:
        say_out(f"  note: {warning}")


def _span(low: float, high: float, column: str) -> str:
    """Write ``−10.0 mV … 1.61 V``."""
    from labctl.columns import unit_of  # noqa: PLC0415
    from labctl.quantities import format_si  # noqa: PLC0415

    unit = unit_of(column)
    if not unit:
        return f"{low:g} … {high:g} {column.rpartition('_')[2]}"
    unit = "°C" if unit == "degC" else unit
    if math.isinf(low):
        return f"up to {format_si(high, unit, 3)}"
    if math.isinf(high):
        return f"from {format_si(low, unit, 3)}"
    return f"{format_si(low, unit, 3)} … {format_si(high, unit, 3)}"


def forecast(
    plan: ordering.Plan,
    sample: ordering.SampleOption = None,
    settings: ordering.SetOption = None,
    preset: ordering.PresetOption = None,
    role: ordering.RoleOption = None,
    seed: ordering.SeedOption = 0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Draw V and I to FILE.svg.")
    ] = None,
    config: ordering.ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the plan on twins in virtual time and say what it comes to.

    Duration, end time if started now, rows, file size, extremes. Nothing is kept.
    """
    from labctl.session.forecast import forecast as forecast_order  # noqa: PLC0415

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
    if out is not None and out.suffix != ".svg":
        raise OperatorError(f"--out {out}: a preview is drawn as FILE.svg")
    found = forecast_order(ordering.make_order(words, bench), bench)
    if out is not None:
        _draw(found, out)
    if as_json:
        print_json(found.to_json())
        return
    _show(found)


def _draw(found: "Forecast", out: Path) -> None:
    from labctl.figures.figure import Plot  # noqa: PLC0415
    from labctl.figures.from_plot import from_plot  # noqa: PLC0415
    from labctl.report.svg import standalone  # noqa: PLC0415

    if not found.curve:
        raise OperatorError("this plan records no voltage against time to be drawn")
    title = "Forecast by twins"
    columns = ("voltage_volt", "current_ampere")
    plot = Plot("forecast", title, "timeseries", "test_time_second", columns)
    out.write_text(standalone(from_plot(plot, found.curve)), "utf-8")
    say(f"drawn: {shown_path(out)}")


def _show(found: "Forecast") -> None:
    from labctl.clock import local  # noqa: PLC0415
    from labctl.columns import unit_of  # noqa: PLC0415
    from labctl.quantities import format_duration, format_si  # noqa: PLC0415

    why = f": {found.reason}" if found.reason else ""
    say_out(f"forecast by twins: {found.status}{why}")
    say_out(f"  duration   {format_duration(found.duration)}")
    say_out(f"  would end  {local(found.end_unix)}")
    say_out(f"  steps      {found.steps}")
    say_out(f"  rows       {found.rows}")
    say_out(f"  file       about {found.file_bytes / 1e6:.1f} MB")
    for column, (low, high) in found.extremes.items():
        name, _, unit = column.partition("_")
        ends = (format_si(x, unit_of(column) or unit) for x in (low, high))
        say_out(f"  {name:<9}  {' … '.join(ends)}")
