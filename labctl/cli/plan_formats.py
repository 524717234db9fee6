"""``labctl protocol import|export``: plans of other programs, in and out."""

from pathlib import Path
from typing import Annotated

import typer

from labctl.cli import ordering
from labctl.cli.output import say, say_out, shown_path
from labctl.errors import OperatorError

FormatOption = Annotated[
    str, typer.Option("--format", help="Whose protocols: unicycler.")
]
WithoutOption = Annotated[
    list[str] | None,
    typer.Option(help="What may be lost, by the name of its refusal. Repeatable."),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", "-o", help="A new file; else it is printed.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("import", epilog=IMPORT_EXAMPLES)(import_plan)
    app.command("export", epilog=EXPORT_EXAMPLES)(export_plan)


IMPORT_EXAMPLES = (
    "Examples: labctl protocol import formation.json -o formation.yaml | "
    "labctl protocol import long.json --longest '30 h' --without delay_s"
)
EXPORT_EXAMPLES = (
    "Examples: labctl protocol export formation-cycling --sample cells/A17.yaml "
    "-o A17.json | labctl protocol export plan.yaml --without record"
)


def import_plan(
    file: Annotated[Path, typer.Argument(help="A protocol of aurora-unicycler.")],
    written_as: FormatOption = "unicycler",
    longest: Annotated[
        str,
        typer.Option(help="What no step may exceed that states no time: '30 h'."),
    ] = "",
    without: WithoutOption = None,
    out: OutOption = None,
) -> None:
    """Write another program's protocol as a plan file, to be checked and run.

    What a plan cannot say is refused by name. The plan names no sample: give its
    label with --sample.
    """
    from labctl import plugins  # noqa: PLC0415  (start-up time)
    from labctl.documents.writing import write_yaml  # noqa: PLC0415

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{file} cannot be read: {error}") from error
    found = plugins.plan_format(written_as)
    plan = found.read(text, str(file), without=without or (), longest=longest)
    _give(write_yaml(plan), out)
    if out is not None:
        say(f"next: labctl check {shown_path(out)} --sample LABEL.yaml")


def export_plan(
    plan: ordering.Plan,
    sample: ordering.SampleOption = None,
    settings: ordering.SetOption = None,
    preset: ordering.PresetOption = None,
    written_as: FormatOption = "unicycler",
    without: WithoutOption = None,
    out: OutOption = None,
    config: ordering.ConfigOption = None,
) -> None:
    """Write what a protocol does with a sample as another program's protocol.

    Currents are those of this sample. What the format cannot say is refused by name.
    """
    from labctl import plugins  # noqa: PLC0415
    from labctl.session.order import protocol_of  # noqa: PLC0415

    words = ordering.Words(
        plan, sample, settings or [], preset, [], True, "max", 0, None, config
    )
    bench = ordering.read_config(config, simulate=True)
    protocol = protocol_of(ordering.make_order(words, bench), bench)
    found = plugins.plan_format(written_as)
    _give(found.write(protocol, without=without or ()), out)


def _give(text: str, out: Path | None) -> None:
    """Print a text, or write it into a file that is not there yet."""
    if out is None:
        say_out(text.rstrip("\n"))
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise OperatorError(f"{out} is there already; name another file") from error
    except OSError as error:
        raise OperatorError(f"{out} cannot be written: {error}") from error
    say(f"written: {shown_path(out)}")
