"""What the file says of the cell against what its label says: the label wins."""

import math
from collections.abc import Iterator

from labctl.data import Event, Level
from labctl.quantities import format_si
from labctl.sample import Sample
from labctl.store.importers.foreign import ForeignFile

COVERAGE = 2.0
"""Standard uncertainties within which two numbers are one."""
ROUNDING = 1e-3
"""Relative difference that typing makes; where the label has no uncertainty."""
LABEL_DIFFERS = "label-differs"
"""Code of the event."""
_COMPARED = (
    ("active_mass_kg", "active_mass", "active mass", "g", 1e3),
    ("area_square_metre", "area", "area", "cm²", 1e4),
)


def differences(file: ForeignFile, sample: Sample) -> Iterator[Event]:
    """Yield a warning for each number that differs, with both."""
    for fact, name, words, unit, factor in _COMPARED:
        said, own = file.facts.get(fact), getattr(sample, name)
        if not isinstance(said, int | float) or not math.isfinite(said) or not own:
            continue
        unsure = getattr(sample, f"{name}_uncertainty") or 0.0
        if abs(said - own) <= max(COVERAGE * unsure, ROUNDING * own):
            continue
        theirs, ours = (_text(x * factor, unit) for x in (said, own))
        yield Event(
            Level.WARNING,
            LABEL_DIFFERS,
            f"{words}: the file says {theirs}, the label {ours}; the label's is used",
        )


def _text(value: float, unit: str) -> str:
    return format_si(value, unit) if unit == "g" else f"{value:.4g} {unit}"
