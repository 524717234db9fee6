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
from labctl.analysis.uncertainty import (
    EXACT,
    Calibration,
    Measured,
    known,
    rectangular,
)
from labctl.sources import Source
from labctl.verdicts import particle as verdicts
from labctl.verdicts.condition import Doubts

LEAST_LEAK = 1e-10
"""S; a holder whose leak nobody measured is taken to leak at most this. A choice:
good holders and cables of a probe station are below 1 pS, dirty ones above 10 pS."""
LEADS = 100.0
"""Ω; leads and tips nobody measured are taken to have at most this: 10 to 100 Ω of
tungsten tips and leads. An oxidised tip has more, and is a contact."""
CYLINDER = 0.3
"""Largest relative error of the cylinder: tapered particles, ends that the current
does not fill. A choice; measured against each other, models differ by factors."""
TWICE = 2.0
"""Standard uncertainties within which two conductances agree."""


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

    That its points make no good line is expected and no doubt.
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
        S, of the open probe; None: unmeasured, at most `LEAST_LEAK`.
    series_resistance
        ohm, of leads and tip, from the shorted probe; None: at most `LEADS`.
    """
    leads = series_resistance or _at_most(LEADS, "leads (assumed)")
    beside = leakage or _at_most(LEAST_LEAK, "leakage (assumed)")
    share = measured.value * (abs(leads.value) or LEADS)
    if series_resistance is not None and share >= 1:
        absent = Measured.absent("leads alone explain the resistance", "S")
        return absent.suspect(*measured.doubts)
    doubts = () if measured.is_absent else verdicts.LEADS.at_most(100 * share)
    found = 1.0 / (1.0 / measured - leads)
    leak = abs(beside.value) or LEAST_LEAK
    part = 100 * leak / abs(found.value) if found.value else math.nan
    if not measured.is_absent:
        doubts += verdicts.LEAKAGE.at_most(part)
    return (found - beside).with_unit("S").suspect(*doubts)


def contact_plateau(conductances: Sequence[Measured]) -> Measured:
    """Return the last conductance in S, if pressing harder no longer changed it.

    What the last step still brought bounds what the next would: it is in the budget.

    Parameters
    ----------
    conductances
        S, in order of contact force.
    """
    usable = [g for g in conductances if not g.is_absent]
    if not usable:
        return Measured.absent("no usable conductance in the contact series", "S")
    last = usable[-1]
    if len(usable) == 1:
        return last.suspect(*contacts_unknown())
    change = last.value - usable[-2].value
    share = change / last.value if last.value else math.nan
    noise = TWICE * last.uncertainty / abs(last.value) if last.value else math.nan
    limit = verdicts.PLATEAU.limit
    doubts = verdicts.PLATEAU.at_most(
        100 * abs(share), max(limit, 100 * noise) if noise > 0 else limit
    )
    found = last.with_part(Source("contact plateau"), rectangular(abs(change)))
    return found.suspect(*doubts)


def contacts_unknown() -> Doubts:
    """Return the doubt about a particle that was pressed with one force only."""
    return verdicts.CONTACT_SEEN.met(
        fulfilled=False,
        text="one contact force only: contacts are not told apart from the particle, "
        "the true conductivity is at least this",
    )


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
        found = (conductance * self.length / self.area).with_unit("S/m")
        found = _of_model(found, self.name, CYLINDER)
        return found.suspect(*_assumed_sizes(self.length, self.area))


@dataclass(frozen=True, slots=True)
class Constriction:
    """Current spreads from a round contact (Holm); no contact film."""

    radius: Measured
    """m, of the contact."""
    contacts: Contacts = Contacts.TWO
    name: str = "spherical constriction"
    body: Measured | None = None
    """Radius of the particle in m; None: not on the label."""

    def conductivity(self, conductance: Measured) -> Measured:
        """Return σ = G / (2a) for two contacts, G / (4a) for one, in S/m."""
        found = (conductance / (self.contacts.value * self.radius)).with_unit("S/m")
        share = self.radius.value / self.body.value if self.body else math.nan
        # What lies within one contact radius of a sphere is what Holm adds or leaves.
        return _of_model(found, self.name, share).suspect(
            *_assumed_sizes(self.radius), *verdicts.CONTACT_SMALL.at_most(share)
        )


def _of_model(conductivity: Measured, name: str, limit: float) -> Measured:
    """Return it with what the geometry leaves open, alike for all of its kind."""
    source = Source("geometry model", name, shared=f"geometry {name}", assumed=True)
    part = conductivity.value * rectangular(limit)
    return conductivity.with_part(source, part)


def _assumed_sizes(*sizes: Measured) -> Doubts:
    assumed = [s.term for size in sizes for s in size.parts if s.assumed]
    return verdicts.GEOMETRY.met(
        not assumed, f"no uncertainty was stated: {', '.join(assumed)}"
    )


def _at_most(bound: float, term: str) -> Measured:
    return known(0.0, rectangular(bound), Source(term, assumed=True))


def _trusted(value: Measured) -> Measured:
    return Measured(value.value, value.unit, value.parts, value.freedom)
