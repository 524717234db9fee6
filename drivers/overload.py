"""Overload: what a channel says of its converters and its amplifier, and how long.

The flags become a column of the rows that came with them, an event when they go on and
off, and a limit: a reading beyond its range is no reading, and a saturated amplifier
does not do what the plan says. Auto range may flash one while it switches, so only what
lasts counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from labctl.data import Event, Level
from labctl.errors import LimitError
from labctl.roles.potentiostat import OVERLOADED

VOLTAGE, CURRENT, SATURATED = 1, 2, 4
"""Bits of `labctl.columns.OVERLOAD`."""
_SAID = {
    VOLTAGE: "the voltage is beyond its range",
    CURRENT: "the current is beyond its range",
    SATURATED: "the amplifier is saturated",
}
LEAST_POLLS = 2
"""Polls in a row that must see an overload before it counts as one that lasts."""


def said(flags: int) -> str:
    """Return the flags in words."""
    return " and ".join(text for bit, text in _SAID.items() if flags & bit)


@dataclass(frozen=True, slots=True)
class OverloadRule:
    """What becomes of an overload that lasts."""

    act: Literal["stop", "warn"] = "stop"
    lasting: float = 2.0
    """s."""


class OverloadWatch:
    """Follows the flags of one channel from poll to poll."""

    def __init__(self, place: str, rule: OverloadRule) -> None:
        self._place, self._rule = place, rule
        self.reset()

    def reset(self) -> None:
        """Forget what was seen: something else runs now."""
        self._since: float | None = None
        self._seen, self._polls, self._told = 0, 0, False

    def look(self, flags: int, now: float, tell: Callable[[Event], None]) -> None:
        """Take the flags of a poll at ``now`` s; ``tell`` hears when they change.

        LimitError: they have lasted, and the rule says stop.
        """
        if not flags:
            if self._since is not None:
                passed = now - self._since
                text = f"{self._place}: no longer overloaded, after {passed:.1f} s"
                tell(Event(Level.INFO, "overload", text))
            self.reset()
            return
        if flags & ~self._seen:
            text = f"{self._place}: {said(flags)}; rows say so in overload_flags"
            tell(Event(Level.WARNING, "overload", text))
        self._since = now if self._since is None else self._since
        self._seen |= flags
        self._polls += 1
        passed = now - self._since
        if self._polls < LEAST_POLLS or passed < self._rule.lasting or self._told:
            return
        self._told = True
        text = (
            f"{self._place}: {said(self._seen)}, for {passed:.1f} s (option "
            f"overload_for: {self._rule.lasting:g} s). What is read there is not what "
            "flows"
        )
        tell(Event(Level.ALARM, OVERLOADED, text))
        if self._rule.act == "stop":
            cure = (
                "Look at the leads; take a larger range or less current; or set the "
                "option overload: warn"
            )
            raise LimitError(f"{text}. {cure}")
