"""From a probe's conductance to the particle's: baseline, leads, contacts, geometry.

    G_true = 1 / (1/G - R_series) - G_leak

The open probe, lifted off, shows leakage and offset; the shorted probe shows leads and
tip. A conductivity is only as good as the geometry assumed, so its model is named.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from numpy.typing import ArrayLike

from labctl.analysis.conduction.conduction import ohmic_fit
from labctl.analysis.uncertainty import EXACT, Calibration, Measured, combine

_LEAK_SHARE = 0.1
_SERIES_SHARE = 0.5
_PLATEAU = 0.05
_RESOLVED = 2.0


@dataclass(frozen=True, slots=True)
class OpenProbe:
    """What the station shows with the probe lifted off."""

    leakage: Measured
    """S."""
    offset_current: Measured
    """A at zero voltage."""


def open_probe(
    voltage: ArrayLike, current: ArrayLike, accuracy: Calibration = EXACT
) -> OpenProbe:
    """Fit leakage and offset to a sweep with the probe open, V and A, shape (n,).

    That its points make no good line is expected and no suspicion.
    """
    fit = ohmic_fit(voltage, current, accuracy)
    if fit.conductance.is_absent:
        return OpenProbe(fit.conductance, fit.offset_current)
    return OpenProbe(_trusted(fit.conductance), _trusted(fit.offset_current))


def correct_conductance(
    measured: Measured,
    *,
    leakage: Measured | None = None,
    series_resistance: Measured | None = None,
) -> Measured:
    """Return the conductance in S without leads in series and leakage beside it.

    Parameters
    ----------
    measured
        S, as the slope gave it.
    leakage
        S, of the open probe.
    series_resistance
        ohm, of leads and tip, from the shorted probe.
    """
    found = measured
    doubts = []
    if series_resistance is not None:
        share = measured.value * series_resistance.value
        if share >= 1:
            return Measured.absent("leads alone explain the resistance", "S").suspect(
                *measured.doubts
            )
        if share > _SERIES_SHARE:
            doubts.append(f"leads and tip are {share:.0%} of the resistance")
        found = 1.0 / (1.0 / measured - series_resistance)
    if leakage is not None:
        share = abs(leakage.value / found.value) if found.value else math.inf
        if share > _LEAK_SHARE:
            doubts.append(f"open-probe leakage is {share:.0%} of the conductance")
        found = found - leakage
    return found.with_unit("S").suspect(*doubts)


def contact_plateau(
    conductances: Sequence[Measured], plateau: float = _PLATEAU
) -> Measured:
    """Return the conductance in S where pressing harder no longer changes it.

    Parameters
    ----------
    conductances
        S, in order of contact force; the last two that agree are averaged.
    plateau
        Relative rise between the last two that still counts as saturated.
    """
    usable = [g for g in conductances if not g.is_absent]
    if not usable:
        return Measured.absent("no usable conductance in the contact series", "S")
    last = usable[-1]
    if len(usable) == 1:
        return last.suspect("one contact force only: contact resistance not seen")
    before = usable[-2]
    change = last - before
    rise = change.value / last.value if last.value else math.inf
    noise = change.uncertainty if change.parts else 0.0
    if abs(rise) > plateau and abs(change.value) > _RESOLVED * noise:
        return last.suspect(
            f"conductance still changes by {rise:.1%} at the highest force"
            f" (limit {plateau:.0%}): contact resistance is in it"
        )
    return combine(
        (before.value + last.value) / 2, (before, 0.5), (last, 0.5)
    ).with_unit("S")


class Contacts(Enum):
    """Where the current is squeezed through a contact of one radius."""

    ONE = 4.0
    """Probe on a body much larger than the contact: R = ρ/(4a)."""
    TWO = 2.0
    """Alike contacts on both sides of a particle: R = ρ/(2a)."""


@dataclass(frozen=True, slots=True)
class Cylinder:
    """Current flows straight through ``length`` and ``area``."""

    length: Measured
    """m."""
    area: Measured
    """m²."""
    name: str = "cylinder"

    def conductivity(self, conductance: Measured) -> Measured:
        """Return σ = G L / A in S/m."""
        return (conductance * self.length / self.area).with_unit("S/m")


@dataclass(frozen=True, slots=True)
class Constriction:
    """Current spreads from a round contact (Holm)."""

    radius: Measured
    """m, of the contact."""
    contacts: Contacts = Contacts.TWO
    name: str = "spherical constriction"

    def conductivity(self, conductance: Measured) -> Measured:
        """Return σ = G / (2a) for two contacts, G / (4a) for one, in S/m."""
        return (conductance / (self.contacts.value * self.radius)).with_unit("S/m")


def _trusted(value: Measured) -> Measured:
    return Measured(value.value, value.unit, value.parts, value.freedom)
