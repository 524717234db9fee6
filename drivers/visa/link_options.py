"""What a configuration may say about the link of any VISA instrument.

These keys of ``options`` mean the same for every driver and are read here only:
``timeout``, ``echo``, ``on_link_loss``, ``hold_link_for``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labctl.errors import Complaint, QuantityError, RefusedError
from labctl.quantities import parse
from labctl.roles.driver import Setup

TIMEOUT = (0.05, 600.0)
HOLD = (0.0, 86400.0)
"""Bounds in s."""


class OnLinkLoss(StrEnum):
    """What happens when the short ladder did not bring a link back."""

    MAKE_SAFE = "make_safe"
    """The run fails, and everything in it is made safe."""
    HOLD = "hold"
    """The link is tried for longer; the output stays within its own limits."""
    ALARM = "alarm"
    """As hold, and a person is called at once: a magnet is never just switched off."""


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """How patient a link is."""

    timeout: float = 3.0
    """s for an answer that needs no measuring; a measurement's time comes on top."""
    echo: bool = True
    """Whether every question carries a token that its answer must bring back."""
    on_loss: OnLinkLoss = OnLinkLoss.MAKE_SAFE
    hold_for: float = 60.0
    """s that `HOLD` and `ALARM` try."""

    @classmethod
    def of(cls, setup: Setup, usual: OnLinkLoss) -> "LinkOptions":
        """Return what ``setup`` says. RefusedError lists every wrong key."""
        options, complaints = setup.options, list[Complaint]()
        timeout = _seconds(setup.name, options, "timeout", 3.0, TIMEOUT, complaints)
        hold = _seconds(setup.name, options, "hold_link_for", 60.0, HOLD, complaints)
        echo = options.get("echo", True)
        if not isinstance(echo, bool):
            complaints.append(
                Complaint(
                    ("instruments", setup.name, "options", "echo"),
                    f"{echo!r} is neither true nor false.",
                )
            )
        said = options.get("on_link_loss", usual)
        if said not in set(OnLinkLoss):
            complaints.append(
                Complaint(
                    ("instruments", setup.name, "options", "on_link_loss"),
                    f"{said!r} is none of {', '.join(OnLinkLoss)}.",
                )
            )
        if complaints:
            raise RefusedError(complaints)
        return cls(timeout, bool(echo), OnLinkLoss(said), hold)


def _seconds(
    name: str,
    options: Mapping[str, Any],
    key: str,
    usual: float,
    bounds: tuple[float, float],
    complaints: list[Complaint],
) -> float:
    said = options.get(key, usual)
    try:
        if isinstance(said, bool):
            raise QuantityError(f"{said!r} is no time.")  # noqa: TRY301
        value = parse(said, "s") if isinstance(said, str) else float(said)
    except (QuantityError, TypeError, ValueError) as error:
        complaints.append(Complaint(("instruments", name, "options", key), str(error)))
        return usual
    if not (math.isfinite(value) and bounds[0] <= value <= bounds[1]):
        complaints.append(
            Complaint(
                ("instruments", name, "options", key),
                f"{value:g} s is outside {bounds} s.",
            )
        )
    return value
