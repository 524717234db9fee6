"""Where a number's uncertainty comes from, as a fact that travels with the number.

After the GUM (JCGM 100:2008): a source was evaluated from scatter (type A) or otherwise
(type B), has a distribution, and may be *shared*: a balance, an instrument's range, a
label. What two numbers share is wrong in both together and cancels in their ratio;
what only one run knows is independent of every other run.
"""

import zlib
from dataclasses import dataclass, replace
from enum import StrEnum

from labctl.json_numbers import MaybeNumber, Number


class Kind(StrEnum):
    """How a standard uncertainty was evaluated (GUM 2.3)."""

    A = "A"
    """From the scatter of readings."""
    B = "B"
    """From anything else: a data sheet, a label, judgement."""


class Distribution(StrEnum):
    """What is taken of the error's distribution."""

    NORMAL = "normal"
    RECTANGULAR = "rectangular"
    """Anywhere within ± limits, equally likely (GUM 4.3.7)."""
    STUDENT = "student"
    """From few readings; the part has degrees of freedom."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """One cause of error; equal sources are the same error, different ones independent.

    Whoever makes one: parts of one `term` are shown as one line of the budget.
    """

    term: str
    """What a person reads: ``active mass``, ``current zero``."""
    detail: str = ""
    """Tells one of several of the same term: ``10 mA``; not shown."""
    kind: Kind = Kind.B
    distribution: Distribution = Distribution.NORMAL
    shared: str = ""
    """What numbers of different runs share it by: ``sample qms-0.7``, ``VSP-300 #12``;
    empty: nothing outside its own run does."""
    assumed: bool = False
    """True: nobody stated it, a declared default stands in."""

    @classmethod
    def named(cls, text: str, kind: Kind = Kind.B) -> "Source":
        """Return the source written ``term`` or ``term: detail``."""
        term, _, detail = text.partition(": ")
        return cls(term, detail, kind)

    @classmethod
    def fresh(cls, term: str, *data: object, kind: Kind = Kind.B) -> "Source":
        """Return a source that no other ``data`` share; same data, same source."""
        return cls(term, f"{zlib.crc32(repr(data).encode()):08x}", kind)

    def of_run(self, run: str) -> "Source":
        """Return it as another run must see it: its own unless it is shared."""
        return self if self.shared else replace(self, detail=f"{self.detail}@{run}")


NOT_ITEMISED = Source("not itemised")
"""All of an uncertainty of which nobody kept the sources: results of older files."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one source adds to the uncertainty of one number."""

    source: Source
    uncertainty: Number
    """Signed standard uncertainty in the number's unit: ∂y/∂x · u(x)."""
    freedom: MaybeNumber = None
    """Degrees of freedom; None: as good as endless."""
