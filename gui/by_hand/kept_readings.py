"""Contacts of a square sample, and the readings that a person kept at the Hall bench.

Contacts are numbered 1-2-3-4 counter-clockwise, seen with +B toward the viewer.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labctl.api.figures import Figure, Series

HEAD = (
    *("number", "I+", "I−", "V+", "V−"),
    *("field / T", "current / A", "voltage / V", "V/I / Ω", "in compliance"),
)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Which contacts drive and which are read."""

    name: str
    contacts: tuple[int, int, int, int]
    """I+, I−, V+, V−."""
    leads: tuple[str, str, str, str] = ("I+", "I−", "V+", "V−")

    @property
    def short(self) -> str:
        """As papers write it: ``I13,V24``."""
        into, out, high, low = self.contacts
        return f"I{into}{out},V{high}{low}"

    def lead_at(self, contact: int) -> str:
        """Return what a contact is connected to."""
        return self.leads[self.contacts.index(contact)]


CONFIGURATIONS = tuple(
    Configuration(f"I{a}{b}, V{c}{d}  {kind}", (a, b, c, d))
    for kind, contacts in (
        ("van der Pauw", ((2, 1, 3, 4), (3, 2, 4, 1), (4, 3, 1, 2), (1, 4, 2, 3))),
        ("Hall", ((1, 3, 2, 4), (4, 2, 1, 3))),
    )
    for a, b, c, d in contacts
)
"""The four that give the sheet resistance, then the two that give the Hall voltage."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One reading that a person kept."""

    number: int
    configuration: Configuration
    field: float | None
    """T, as measured; None without a reading."""
    current: float
    """A, the set point read back."""
    voltage: float
    """V."""
    limited: bool = False
    """The source was in compliance: V/I is not the sample's."""

    @property
    def ratio(self) -> float:
        """V/I in Ω; NaN without a current, or in compliance."""
        if not self.current or self.limited:
            return math.nan
        return self.voltage / self.current


def ratio_figure(kept: Sequence[Kept]) -> Figure:
    """Return V/I against field, a configuration a colour."""
    names = dict.fromkeys(row.configuration.short for row in kept)
    series = []
    for name in names:
        rows = [
            k for k in kept if k.configuration.short == name and k.field is not None
        ]
        x = np.array([row.field for row in rows], float)
        y = np.array([row.ratio for row in rows], float)
        series.append(Series(name, x, y, points=True))
    return Figure(
        "kept",
        "V/I of the readings kept",
        "Field / T",
        "V/I / Ω",
        tuple(series),
    )


def csv_text(kept: Sequence[Kept], *, simulated: bool) -> str:
    """Return the readings as CSV; SIMULATED is said."""
    out = io.StringIO()
    writer = csv.writer(out)
    if simulated:
        writer.writerow(["# SIMULATED"])
    writer.writerow(["# Hall bench by hand"])
    writer.writerow(HEAD)
    for row in kept:
        field = "" if row.field is None else repr(row.field)
        ratio = "" if math.isnan(row.ratio) else repr(row.ratio)
        numbers = (field, repr(row.current), repr(row.voltage), ratio)
        contacts = row.configuration.contacts
        writer.writerow([row.number, *contacts, *numbers, int(row.limited)])
    return out.getvalue()
