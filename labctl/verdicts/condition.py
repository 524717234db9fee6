"""What a method needs to be believed, and what is said when it is not met.

A condition is stated once, with its limit, beside all others of its technique
(`labctl.verdicts.table`). It is met only if it was seen to be met: NaN is not. Each
test returns the doubts to hand to `Measured.suspect`; none when the condition holds.
"""

import math
from dataclasses import dataclass

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One condition that was not met on the way to one number."""

    code: str
    """`Condition.code`; empty where the doubt is about one run only."""
    text: str
    """What a person reads, with the number that was found."""

    def __str__(self) -> str:
        return self.text


Doubts = tuple[Doubt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that must hold before a number is good."""

    code: str
    """A stable word for programs: ``gitt-relaxed``."""
    holds: str
    """What is meant when it is met: ``The rest had ended before the pulse.``"""
    quantity: str = ""
    """What is compared with the limit: ``drift at the end of the rest``."""
    limit: float = math.nan
    """In ``unit``; NaN where the condition has none, or each run its own."""
    lowest: float = -math.inf
    """The other end, where a range is asked for."""
    unit: str = ""
    why: str = ""
    """Where the limit comes from: a formula, a standard, a paper, a choice."""
    advice: str = ""
    """What to do about it."""

    def met(self, fulfilled: object, text: str = "") -> Doubts:
        """Return a doubt unless ``fulfilled``; the text says what was found."""
        said = text or f"not met: {self.holds[:1].lower()}{self.holds[1:].rstrip('.')}"
        return () if bool(fulfilled) else (Doubt(self.code, said),)

    def at_most(
        self, value: float, limit: float | None = None, *, of: str = ""
    ) -> Doubts:
        """Return a doubt unless ``value`` ≤ the limit; NaN is not met.

        ``of``: which one of several was looked at, in words.
        """
        bound = self.limit if limit is None else limit
        return self.met(value <= bound, self._said(value, "above", bound, of))

    def at_least(
        self, value: float, limit: float | None = None, *, of: str = ""
    ) -> Doubts:
        """Return a doubt unless ``value`` ≥ the limit; NaN is not met."""
        bound = self.limit if limit is None else limit
        return self.met(value >= bound, self._said(value, "below", bound, of))

    def between(
        self,
        value: float,
        lowest: float | None = None,
        highest: float | None = None,
        *,
        of: str = "",
    ) -> Doubts:
        """Return a doubt unless ``value`` lies within the range; NaN is not met."""
        low = self.lowest if lowest is None else lowest
        high = self.limit if highest is None else highest
        side, bound = ("below", low) if value < low else ("above", high)
        return self.met(low <= value <= high, self._said(value, side, bound, of))

    def _said(self, value: float, side: str, bound: float, of: str) -> str:
        what = " ".join(filter(None, (of, self.quantity or self.code)))
        if math.isnan(value):
            return f"{what} is not known"
        unit = f" {self.unit}" if self.unit else ""
        text = f"{value:.4g}{unit} is {side} {bound:.4g}{unit}"
        return f"{what} {text.replace('-', MINUS)}"
