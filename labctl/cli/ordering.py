"""Words on the command line, or a plan file, into an order."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.errors import Complaint, OperatorError, RefusedError

if TYPE_CHECKING:
    from labctl.config.models import Config
    from labctl.session.order import Order

Plan = Annotated[
    str, typer.Argument(help="Name of a protocol, or a plan file FILE.yaml.")
]
SampleOption = Annotated[
    str | None,
    typer.Option("--sample", "-s", help="Name of a simulated sample, or a label FILE."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="A parameter: cycles=100, rate=C/5. Repeatable."),
]
PresetOption = Annotated[
    str | None, typer.Option("--preset", help="Parameters to start from.")
]
RoleOption = Annotated[
    list[str] | None,
    typer.Option("--role", help="Who plays a role: cell=vsp300/3. Repeatable."),
]
SimulateOption = Annotated[
    bool, typer.Option("--simulate", help="Use twins instead of instruments.")
]
SpeedOption = Annotated[
    str,
    typer.Option(help="With --simulate: 'max', or how much faster than real time."),
]
SeedOption = Annotated[
    int, typer.Option(help="With --simulate: seed of the twins' noise.")
]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for runs.")]
EarlierOption = Annotated[
    list[Path] | None,
    typer.Option(
        help="A run whose results this one builds on (other pellets, lifted or "
        "shorted probes). Repeatable."
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Default: $LABCTL_CONFIG, then ./config.yaml."),
]


@dataclass(frozen=True, slots=True)
class Words:
    """What stood on the command line."""

    plan: str
    sample: str | None
    settings: list[str]
    preset: str | None
    roles: list[str]
    simulate: bool
    speed: str
    seed: int
    out: Path | None
    config: Path | None
    earlier: list[Path] = field(default_factory=list)


def read_config(path: Path | None, *, simulate: bool) -> "Config":
    """Return the configuration that applies.

    Without a file, ``simulate`` gives the built-in bench. RefusedError otherwise.
    """
    from labctl import plugins  # noqa: PLC0415
    from labctl.config.models import Config  # noqa: PLC0415
    from labctl.documents.complaints import validate  # noqa: PLC0415
    from labctl.documents.hardened_yaml import load_file  # noqa: PLC0415

    named = path or os.environ.get("LABCTL_CONFIG")
    if named is None and Path("config.yaml").exists():
        named = Path("config.yaml")
    if named is None and simulate:
        named = plugins.world().configuration()
    if named is None:
        raise RefusedError(
            [
                Complaint(
                    (),
                    "there is no configuration file here.",
                    "Write one (labctl station example prints it), name one with "
                    "--config, or add --simulate to use the built-in bench.",
                    file="config.yaml",
                )
            ]
        )
    return validate(load_file(Path(named)), Config)


def make_order(words: Words, config: "Config") -> "Order":
    """Return the order, its parameters still as written."""
    from labctl import plugins  # noqa: PLC0415
    from labctl.documents.hardened_yaml import Document, load  # noqa: PLC0415
    from labctl.session.earlier import parameters_from  # noqa: PLC0415
    from labctl.session.order import Order  # noqa: PLC0415
    from labctl.session.plan_file import PlanFile, read_plan  # noqa: PLC0415
    from labctl.session.samples import default_sample  # noqa: PLC0415

    if words.plan.endswith((".yaml", ".yml")):
        plan, written = read_plan(Path(words.plan))
    else:
        plan, written = PlanFile(protocol=words.plan), Document("--set", {})
    parameters: dict[str, Any] = {
        **parameters_from(plan.protocol, words.earlier),
        **(plan.parameters or {}),
    }
    lines = dict(written.lines)
    for setting in words.settings:
        name, value = pair(setting, "--set", "rate=C/5")
        parameters[name] = load(value, f"--set {name}").data
        lines[name,] = 0
    channels = dict(plan.channels or {})
    channels.update(pair(role, "--role", "cell=vsp300/3") for role in words.roles)
    sample = words.sample or plan.sample
    if sample is None and words.simulate:
        sample = default_sample(plugins.protocol(plan.protocol).sample_kinds)
    if sample is None:
        raise OperatorError("no sample: name a label file with --sample FILE.yaml")
    return Order(
        protocol=plan.protocol,
        parameters=Document(written.name, parameters, lines, written.root),
        sample=sample,
        preset=words.preset or plan.preset or "",
        channels=channels,
        out=words.out or config.station.data,
        simulate=words.simulate,
        speed=_speed(words.speed),
        seed=words.seed,
    )


def pair(text: str, option: str, example: str) -> tuple[str, str]:
    """Return name and value of ``name=value``. OperatorError."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise OperatorError(f"{option} {text}: expected name=value, as in {example}")
    return name.strip().replace("-", "_"), value.strip()


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise OperatorError(f"--speed {text}: expected max, or a number above 0")
    return speed
