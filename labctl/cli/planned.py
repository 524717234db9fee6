"""A protocol's schedule for a cycler that a person operates, and how it is shown."""

from typing import TYPE_CHECKING

from labctl.cli import ordering
from labctl.cli.output import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labctl.config.models import Config
    from labctl.roles.schedule import ScheduleStep
    from labctl.session.order import Order


def planned_order(
    words: tuple[str, list[str], str | None],
    sample: str,
    config: "Config",
    *,
    simulate: bool,
) -> "Order":
    """Return the order whose plan a person enters at a cycler.

    ``words``: protocol, settings, preset.
    """
    protocol, settings, preset = words
    told = ordering.Words(
        protocol, sample, settings, preset, [], simulate, "max", 0, None, None
    )
    return ordering.make_order(told, config)


def planned_lines(
    order: "Order", config: "Config", name: str
) -> "tuple[ScheduleStep, ...]":
    """Return the lines that a person enters at ``name``.

    RefusedError: what cannot be entered.
    """
    from labctl import plugins  # noqa: PLC0415  (start-up time)
    from labctl.session.order import protocol_of  # noqa: PLC0415
    from labctl.session.schedules import lines_for  # noqa: PLC0415

    found = protocol_of(order, config)
    return lines_for(found, name, list(config.setups()), plugins.driver)


def schedule_text(lines: "Sequence[ScheduleStep]") -> str:
    """Return a schedule as a table, to be typed from."""
    rows = [
        (
            step.name,
            step.control,
            "" if step.current_ampere is None else f"{_plain(step.current_ampere)} A",
            "" if step.voltage_volt is None else f"{step.voltage_volt:g} V",
            "" if step.taper_ampere is None else f"{_plain(step.taper_ampere)} A",
            " or ".join(_cut(end) for end in step.ends),
            f"{step.to_step}, {step.loops} times" if step.to_step else "Next Step",
            "" if step.every_second is None else _time(step.every_second),
        )
        for step in lines
    ]
    head = ("step", "control", "current", "voltage", "taper", "until", "then", "row")
    return table((*head[:-1], "a row every"), rows)


def _cut(end: object) -> str:
    what, falling, value = (getattr(end, n) for n in ("what", "falling", "value"))
    sign = "<=" if falling else ">="
    if what == "time":
        return f"time {sign} {_time(value)}"
    return f"{what} {sign} {_plain(value)} {'V' if what == 'voltage' else 'A'}"


def _plain(value: float) -> str:
    """Return a number as a cycler's form takes it: without an exponent."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return text if float(text or 0) or not value else f"{value:.12f}".rstrip("0")


def _time(seconds: float) -> str:
    whole = int(seconds)
    rest = f"{seconds - whole:.3f}"[1:].rstrip("0").rstrip(".")
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}{rest}"
