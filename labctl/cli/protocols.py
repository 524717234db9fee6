"""``labctl protocol list|show``."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from labctl.cli import ordering, plan_formats
from labctl.cli.output import print_json, say, say_out, table
from labctl.errors import OperatorError

if TYPE_CHECKING:
    from labctl.config.models import Config
    from labctl.protocol import Parameters
    from labctl.session.order import Order

app = typer.Typer(help="The measurement protocols and their parameters.")
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


plan_formats.register(app)


@app.command("list", epilog="Example: labctl protocol list")
def list_protocols(as_json: JsonOption = False) -> None:
    """List the protocols that are installed."""
    from labctl.registered import PROTOCOLS, names  # noqa: PLC0415  (start-up time)

    titles = {}
    for name in names(PROTOCOLS):
        try:
            titles[name] = _title(name)
        except OperatorError as error:
            say(f"left out: {error}")
    if as_json:
        print_json({"protocols": titles})
        return
    say_out(table(("name", "what it does"), list(titles.items())))


def _title(name: str) -> str:
    """Return what a protocol says it does. OperatorError: a package broke it."""
    from labctl.registered import PROTOCOLS, point_of  # noqa: PLC0415
    from labctl.unimported import stated_text  # noqa: PLC0415

    written = stated_text(point_of(PROTOCOLS, name), "title")
    if written is not None:
        return written
    from labctl import plugins  # noqa: PLC0415  (of others, or worked out)

    return plugins.protocol(name).title


@app.command(
    "show",
    epilog="Examples: labctl protocol show formation-cycling | "
    "labctl protocol show insitu-eis --sample si --set 'dc_rates=[1C, 3C]' | "
    "labctl protocol show formation-cycling --for wbcs3000 --sample cells/A17.yaml",
)
def show(
    name: Annotated[str, typer.Argument(help="Name of a protocol, or a plan FILE.")],
    sample: ordering.SampleOption = None,
    settings: ordering.SetOption = None,
    preset: ordering.PresetOption = None,
    cycler: Annotated[
        str,
        typer.Option("--for", help="A cycler that a person operates: its schedule."),
    ] = "",
    config: ordering.ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a protocol's parameters; for a sample, also what it needs of instruments.

    Parameters stand with units, defaults and presets. What each role has to be able to
    do follows from sample and parameters; no instrument is asked. With --for, what a
    person enters at a cycler that labctl cannot drive.
    """
    from labctl import plugins  # noqa: PLC0415
    from labctl.series.parameters import (  # noqa: PLC0415
        SeriesParameters,
        can_be_series,
    )

    if cycler:
        told = (name, settings or [], preset)
        _show_schedule(told, cycler, sample or "", config, as_json=as_json)
        return
    needs: Mapping[str, str] = {}
    if sample or settings or preset or Path(name).suffix:
        words = ordering.Words(
            name, sample, settings or [], preset, [], True, "max", 0, None, config
        )
        bench = ordering.read_config(config, simulate=True)
        order = ordering.make_order(words, bench)
        name, needs = order.protocol, needs_for(order, bench)
    kind = plugins.protocol(name)
    schema = kind.parameters_model.model_json_schema()
    series = SeriesParameters if can_be_series(kind) else None
    if as_json:
        print_json(
            {
                "name": kind.name,
                "title": kind.title,
                "samples": sorted(kind.sample_kinds),
                "parameters": schema,
                "presets": {k: dict(v) for k, v in kind.presets.items()},
                "needs": dict(needs),
                "series": series and series.model_json_schema(),
            }
        )
        return
    say_out(f"{kind.name}: {kind.title}")
    say_out(f"measures: {', '.join(sorted(kind.sample_kinds))}")
    for role, asked in needs.items():
        say_out(f"needs: {role}, {asked}")
    if not needs and not kind.requests and kind.can_be_run:
        say_out("needs: depend on the sample; add --sample NAME or FILE")
    say_out("")
    say_out(_parameters(kind.parameters_model))
    if series is not None:
        say_out("\nat several temperatures, in a chamber, as one run:")
        say_out(_parameters(series))
    for named, values in kind.presets.items():
        say_out(f"\npreset {named}:")
        for key, value in values.items():
            say_out(f"  {key}: {value}")
    if kind.requests:
        say_out("\nwhat may be asked of a run (labctl do RUN REQUEST NAME=VALUE …):")
    for request, model in kind.requests.items():
        given = [
            key if about.is_required() else f"{key} ({_default(about) or 'none'})"
            for key, about in model.model_fields.items()
        ]
        about = " ".join((model.__doc__ or "").split())
        say_out(f"  {request}: {', '.join(given) or '–'}. {about}")


def needs_for(order: "Order", config: "Config") -> dict[str, str]:
    """Return role -> what an order asks of who plays it, in words."""
    from labctl.session.asked_bench import words_of_kind  # noqa: PLC0415
    from labctl.session.needing import needs_of, words_of  # noqa: PLC0415
    from labctl.session.order import protocol_of  # noqa: PLC0415
    from labctl.session.plan_walk import walk  # noqa: PLC0415

    protocol = protocol_of(order, config)
    asked = needs_of(walk(protocol).steps)
    return {
        role: f"a {words_of_kind(kind)}"
        + (f" that {words_of(asked[role])}" if role in asked else "")
        for role, kind in protocol.roles().items()
    }


def _show_schedule(
    words: tuple[str, list[str], str | None],
    cycler: str,
    sample: str,
    path: Path | None,
    *,
    as_json: bool,
) -> None:
    from labctl.cli import planned  # noqa: PLC0415  (start-up time)

    bench = ordering.read_config(path, simulate=True)
    order = planned.planned_order(words, sample, bench, simulate=True)
    lines = planned.planned_lines(order, bench, cycler)
    if as_json:
        schedule = [dict(x.to_json()) for x in lines]
        print_json({"for": cycler, "sample": order.sample, "schedule": schedule})
        return
    if not sample and not Path(words[0]).suffix:
        say(
            f"note: no --sample was named; these are the currents of {order.sample}, "
            "a simulated cell, and not of yours"
        )
    say_out(
        f"{order.protocol} of {order.sample} for {cycler}; positive currents charge\n"
    )
    say_out(planned.schedule_text(lines))


def _parameters(model: "type[Parameters]") -> str:
    """Return parameters with default and meaning as a table."""
    properties = model.model_json_schema()["properties"]
    rows: list[tuple[str, ...]] = [
        (
            key,
            _default(model.model_fields[key]),
            " ".join(str(about.get("description", "")).split()),
        )
        for key, about in properties.items()
    ]
    return table(("parameter", "default", "meaning"), rows)


def _default(about: Any) -> str:
    from labctl.quantities import OneC, Quantity, Rate  # noqa: PLC0415

    if about.is_required():
        return "(required)"
    value = about.get_default(call_default_factory=True)
    if value is None:
        return "–"
    if isinstance(value, Rate | OneC):
        return str(value)
    inside = (getattr(a, "__metadata__", ()) for a in get_args(about.annotation))
    for extra in (*about.metadata, *chain.from_iterable(inside)):
        if isinstance(extra, Quantity) and isinstance(value, float):
            return extra.format(value)
    return str(value)
