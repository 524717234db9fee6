"""Words on the command line, or a plan file, into an order."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labctl.errors import Complaint, OperatorError, Place, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labctl.config.models import Config
    from labctl.documents.document import Document, Plain
    from labctl.documents.plan import Recipes
    from labctl.protocol import Parameters
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
OperatorOption = Annotated[
    str,
    typer.Option("--operator", help="Who measures; default: what config.yaml says."),
]
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
    operator: str = ""


def read_config(path: Path | None, *, simulate: bool) -> "Config":
    """Return the configuration that applies.

    Without a file, ``simulate`` gives the built-in bench. RefusedError otherwise.
    """
    from labctl import plugins  # noqa: PLC0415
    from labctl.config import reading  # noqa: PLC0415

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
    return reading.read_config(Path(named))


def make_order(words: Words, config: "Config") -> "Order":
    """Return the order, its parameters still as written."""
    from labctl import plugins  # noqa: PLC0415
    from labctl.documents.document import Document  # noqa: PLC0415
    from labctl.documents.plan import WrittenPlan, is_file, read_plan  # noqa: PLC0415
    from labctl.session.earlier import parameters_from  # noqa: PLC0415
    from labctl.session.order import Order  # noqa: PLC0415
    from labctl.session.samples import default_sample  # noqa: PLC0415

    if is_file(words.plan):
        plan = read_plan(Path(words.plan), _recipes(config))
    else:
        plan = WrittenPlan(Document("--set", {}), words.plan)
    written = plan.parameters
    changed = settings_of(words.settings)
    parameters: Any = {
        **parameters_from(plan.protocol, words.earlier),
        **written.given,
        **changed,
    }
    lines: dict[Place, int] = {**written.lines, **{(name,): 0 for name in changed}}
    channels = dict(plan.channels)
    channels.update(_pairs(words.roles, "--role", "cell=vsp300/3"))
    sample = words.sample or plan.sample
    if not sample and words.simulate:
        kinds = plugins.protocol(plan.protocol).sample_kinds
        sample = default_sample(kinds) or ""
    if not sample:
        raise OperatorError("no sample: name a label file with --sample FILE.yaml")
    return Order(
        protocol=plan.protocol,
        parameters=Document(written.name, parameters, lines, written.root),
        sample=sample,
        preset=words.preset or plan.preset,
        channels=channels,
        out=words.out or config.station.data,
        simulate=words.simulate,
        speed=speed_of(words.speed),
        seed=words.seed,
        operator=words.operator,
    )


def settings_of(settings: "Iterable[str]") -> "dict[str, Plain]":
    """Return what ``--set name=value`` says. OperatorError, RefusedError."""
    from labctl.documents.hardened_yaml import read_value  # noqa: PLC0415

    return {
        name: read_value(value, "--set", ("parameters", name))
        for name, value in _pairs(settings, "--set", "rate=C/5").items()
    }


def _recipes(config: "Config") -> "Recipes":
    """Return the protocols that are installed."""
    from labctl import plugins  # noqa: PLC0415
    from labctl.documents.plan import Recipes, parameter_complaints  # noqa: PLC0415

    return Recipes(
        plugins.names(plugins.PROTOCOLS),
        lambda name: plugins.protocol(name).presets,
        lambda name, plan: (
            *parameter_complaints(plan, _model_of(name, plan)),
            *_channel_complaints(plan, config),
        ),
    )


def _model_of(name: str, plan: "Document") -> "type[Parameters]":
    """Return the parameters that a plan may name."""
    from labctl import plugins  # noqa: PLC0415

    return plugins.protocol(name, plan.below("parameters").given).parameters_model


def _channel_complaints(plan: "Document", config: "Config") -> "Iterable[Complaint]":
    """Yield what is wrong with a plan's channels, each with its line."""
    from labctl.clock import SystemClock  # noqa: PLC0415
    from labctl.session.order import chosen_complaints  # noqa: PLC0415
    from labctl.station import RealWires, Station  # noqa: PLC0415

    given = plan.below("channels").given
    chosen = {role: name for role, name in given.items() if isinstance(name, str)}
    station = Station(config.setups(), config.channels, SystemClock(), RealWires())
    for one in chosen_complaints(station, chosen):
        yield plan.complaint(one.path, one.what, one.cure)


def pair(text: str, option: str, example: str) -> tuple[str, str]:
    """Return name and value of ``name=value``. OperatorError."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise OperatorError(f"{option} {text}: expected name=value, as in {example}")
    return name.strip().replace("-", "_"), value.strip()


def _pairs(texts: "Iterable[str]", option: str, example: str) -> dict[str, str]:
    """Return values by name. OperatorError: one has two values."""
    pairs: dict[str, str] = {}
    for name, value in (pair(text, option, example) for text in texts):
        if pairs.setdefault(name, value) != value:
            raise OperatorError(
                f"{option} {name}: is both {pairs[name]} and {value}; leave one out"
            )
    return pairs


def speed_of(text: str) -> float | None:
    """Return how much faster than the wall; None: as fast as can be. OperatorError."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise OperatorError(f"--speed {text}: expected max, or a number above 0")
    return speed
