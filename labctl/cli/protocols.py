"""``labctl protocol list|show``."""

from typing import Annotated, Any

import typer

from labctl.cli.output import print_json, say, say_out, table

app = typer.Typer(help="The measurement protocols and their parameters.")
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("list", epilog="Example: labctl protocol list")
def list_protocols(as_json: JsonOption = False) -> None:
    """List the protocols that are installed."""
    from labctl import plugins  # noqa: PLC0415  (start-up time)

    found, broken = plugins.protocols()
    for each in broken:
        say(f"left out: {each.why}")
    if as_json:
        print_json({"protocols": {p.name: p.title for p in found}})
        return
    say_out(table(("name", "what it does"), [(p.name, p.title) for p in found]))


@app.command("show", epilog="Example: labctl protocol show formation-cycling")
def show(
    name: Annotated[str, typer.Argument(help="Name of a protocol.")],
    as_json: JsonOption = False,
) -> None:
    """Show a protocol's parameters, with units, defaults and presets."""
    from labctl import plugins  # noqa: PLC0415

    kind = plugins.protocol(name)
    schema = kind.parameters_model.model_json_schema()
    if as_json:
        print_json(
            {
                "name": kind.name,
                "title": kind.title,
                "samples": sorted(kind.sample_kinds),
                "parameters": schema,
                "presets": {k: dict(v) for k, v in kind.presets.items()},
            }
        )
        return
    say_out(f"{kind.name}: {kind.title}")
    say_out(f"measures: {', '.join(sorted(kind.sample_kinds))}\n")
    rows: list[tuple[str, ...]] = [
        (
            key,
            _default(kind.parameters_model.model_fields[key]),
            " ".join(str(about.get("description", "")).split()),
        )
        for key, about in schema["properties"].items()
    ]
    say_out(table(("parameter", "default", "meaning"), rows))
    for preset, values in kind.presets.items():
        say_out(f"\npreset {preset}:")
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


def _default(about: Any) -> str:
    from labctl.quantities import OneC, Quantity, Rate  # noqa: PLC0415

    if about.is_required():
        return "(required)"
    value = about.get_default(call_default_factory=True)
    if value is None:
        return "–"
    if isinstance(value, Rate | OneC):
        return str(value)
    for extra in about.metadata:
        if isinstance(extra, Quantity):
            return extra.format(value)
    return str(value)
