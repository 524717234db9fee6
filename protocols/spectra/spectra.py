"""What every protocol that measures spectra shares: parameters, checks, techniques."""

import math
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from labctl.errors import Complaint
from labctl.quantities import Coulomb, Fraction, Hertz, Rate
from labctl.techniques import Spectrum
from protocols.cells.cell_protocol import CellParameters

DEAD_TIME = 0.3
"""s that an instrument takes for one point at least."""
FEWEST_POINTS = 10
"""Points that a fit of two arcs and their judgement need."""

Frequency = Annotated[Hertz, Field(gt=0, le=7e6)]
State = Annotated[Fraction, Field(gt=0, lt=1)]


class SpectraParameters(CellParameters):
    """How spectra are taken, and where in the first half cycle after formation."""

    states: Annotated[tuple[State, ...], Field(max_length=50)] = (0.5,)
    """Parts of the capacity, counted in the opening direction (lithiation of an anode
    half cell, charge of a full cell)."""
    capacity: Annotated[Coulomb, Field(gt=0)] | None = None
    """Charge that the states are parts of; none: what the last formation cycle gave
    back, or what 1C moves in an hour."""
    first_frequency: Frequency = 1e5
    """Highest frequency; spectra go down from here."""
    last_frequency: Frequency = 0.1
    """Lowest frequency."""
    points_per_decade: Annotated[int, Field(ge=2, le=50)] = 8
    """Frequencies in a decade."""
    averages: Annotated[int, Field(ge=1, le=1000)] = 1
    """Repeats at each frequency."""
    wait_periods: Annotated[float, Field(ge=0, le=100)] = 0.5
    """Periods to wait before each frequency."""


def spectrum_complaints(p: SpectraParameters) -> list[Complaint]:
    """Return what cannot work about the frequencies and states."""
    complaints = []
    if p.last_frequency >= p.first_frequency:
        complaints.append(
            Complaint(
                ("parameters", "last_frequency"),
                f"{p.last_frequency:g} Hz is not below the first frequency, "
                f"{p.first_frequency:g} Hz.",
                "Exchange them: spectra go from high to low.",
            )
        )
    else:
        decades = math.log10(p.first_frequency / p.last_frequency)
        if (points := round(decades * p.points_per_decade) + 1) < FEWEST_POINTS:
            complaints.append(
                Complaint(
                    ("parameters", "points_per_decade"),
                    f"{points} points are too few for a circuit; {FEWEST_POINTS} are "
                    "needed.",
                    "Raise it, or widen the frequencies.",
                )
            )
    if list(p.states) != sorted(set(p.states)):
        complaints.append(
            Complaint(
                ("parameters", "states"),
                f"{', '.join(f'{100 * s:g} %' for s in p.states)} do not rise: the "
                "cell goes one way.",
                "Sort them and leave repeats out.",
            )
        )
    return complaints


def seconds_of(spectrum: Spectrum) -> float:
    """Return how long a spectrum takes, s, from its frequencies."""
    share = 2.0 if spectrum.drift_correction else 1.0
    periods = spectrum.averages + spectrum.wait_periods
    return spectrum.settle + share * sum(
        max(DEAD_TIME, periods / f) for f in frequencies_of(spectrum)
    )


def frequencies_of(spectrum: Spectrum) -> Iterable[float]:
    """Yield the frequencies of a spectrum, Hz."""
    count = spectrum.points
    ratio = spectrum.last_frequency / spectrum.first_frequency
    for k in range(count):
        yield spectrum.first_frequency * ratio ** (k / max(count - 1, 1))


def seconds_to_state(
    state: float, reached: float, capacity: float, current: float
) -> float:
    """Return the s of ``current`` (A) between two states; 0 if it is passed already."""
    return max(state - reached, 0.0) * capacity / abs(current)


def rate_word(rate: Rate) -> str:
    """Return a rate as part of a result's name: ``3C``, ``C_2``."""
    return str(rate).replace("/", "_").replace(" ", "_")
