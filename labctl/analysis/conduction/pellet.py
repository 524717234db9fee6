"""Conductivity of one pressed pellet: σ = t / (R A), without contacts and sleeve.

Two pistons measure (R_c + ρ t / A) beside the sleeve. What is known of either is
subtracted; contacts nobody knows leave a lower bound of σ. Pellets of other thickness
tell the contacts: `thickness_series`.
"""

import math

from labctl.analysis.label import not_given
from labctl.analysis.uncertainty import Measured, known
from labctl.sources import Source
from labctl.verdicts import pellet as verdicts

UNKNOWN_CONTACTS = Source("contacts (unknown)")


def pellet_conductivity(
    resistance: Measured,
    thickness: Measured | None,
    area: Measured | None,
    contact_resistance: Measured | None = None,
) -> Measured:
    """Return σ = t / ((R - R_c) A) in S/m; absent without thickness or area.

    Without ``contact_resistance`` it is a lower bound, and suspect; its uncertainty is
    then unknown.
    """
    doubts = verdicts.CONTACTS_KNOWN.met(
        contact_resistance is not None,
        "the contacts are in it, not told apart from the bulk: the"
        " conductivity is at least this",
    )
    contacts = contact_resistance or known(0.0, math.nan, UNKNOWN_CONTACTS, "ohm")
    bulk = resistance - contacts
    doubts += verdicts.BULK_POSITIVE.met(
        resistance.is_absent or bulk.value > 0,
        "resistance is below that of the contacts, or negative",
    )
    return apparent_conductivity(bulk, thickness, area).suspect(*doubts)


def apparent_conductivity(
    resistance: Measured, thickness: Measured | None, area: Measured | None
) -> Measured:
    """Return t / (R A) in S/m, whatever else is in R; absent without t or A."""
    depth = thickness or not_given("thickness")
    face = area or not_given("area")
    return (depth / (resistance * face)).with_unit("S/m")


def without_sleeve(resistance: Measured, sleeve: Measured | None) -> Measured:
    """Return the resistance in ohm without what flows through the sleeve.

    ``sleeve``: its conductance in S, measured empty; None: nobody knows, which is to
    be doubted.
    """
    if sleeve is None:
        text = (
            "what flows through the sleeve is in it, never measured empty: the"
            " conductivity is at most this"
        )
        return resistance.suspect(*verdicts.SLEEVE.met(fulfilled=False, text=text))
    through = 1.0 / resistance
    share = 100 * sleeve.value * resistance.value
    doubts = verdicts.SLEEVE.at_most(abs(share)) if not resistance.is_absent else ()
    return (1.0 / (through - sleeve)).with_unit("ohm").suspect(*doubts)
