"""What current and voltage must fulfil before they are a resistance, and its contacts.

After ASTM F76 and the acceptance rules of commercial Hall systems where a standard
names a limit; the others are choices, and say so.
"""

from labctl.verdicts.condition import Condition

TITLE = "Current and voltage, contacts"

COMPLIANCE = Condition(
    code="conduction-compliance",
    holds="The source was in compliance at no point.",
    why="There it no longer holds what it was told; such points are left out.",
    advice="Raise the compliance, or lower what is driven.",
)
COMPLETE = Condition(
    code="conduction-complete",
    holds="Every point that was planned is there.",
    advice="Measure again without stopping.",
)
POINTS = Condition(
    code="conduction-points",
    holds="Enough usable points of both signs determine the fit.",
    advice="Take more levels, about zero too.",
)
BOTH_POLARITIES = Condition(
    code="conduction-both-polarities",
    holds="The sweep has both polarities.",
    why="One alone cannot tell an offset or a rectifying contact.",
    advice="Sweep through zero, as far to both sides.",
)
LINEAR = Condition(
    code="conduction-linear",
    holds="A line explains the points.",
    quantity="R²",
    limit=0.999,
    why="A choice for measurements.",
    advice="Fasten the contact; take more bias or a longer integration.",
)
SYMMETRIC = Condition(
    code="conduction-symmetric",
    holds="Both polarities have the same slope.",
    quantity="difference of the slopes at + and -",
    limit=5.0,
    unit="%",
    why="A rectifying contact lets one through better. Twice the noise is allowed.",
    advice="Make the contacts alike: paint, anneal, press harder.",
)
STRAIGHT = Condition(
    code="conduction-straight",
    holds="A cubic term adds nothing.",
    quantity="cubic term at the end of the sweep",
    limit=5.0,
    unit="%",
    why="Oxide and space charge bend the curve alike at both polarities. Three times "
    "the noise is allowed.",
    advice="Lower the bias.",
)
POSITIVE = Condition(
    code="conduction-positive",
    holds="The slope is positive.",
    advice="Look at the wiring: a pair of leads is swapped, or there is no contact.",
)
RESOLVED = Condition(
    code="conduction-resolved",
    holds="The slope is resolved from zero.",
    quantity="slope over its scatter",
    limit=2.0,
    why="Standard uncertainties: at 2 one value in 44 is noise alone.",
    advice="No contact, or too little current for the meter.",
)
CONTACT_LINEAR = Condition(
    code="contact-linear",
    holds="A line explains the points between two contacts of a film.",
    quantity="R²",
    limit=0.9999,
    why="The default of a commercial Hall system (Lake Shore M91).",
    advice="Anneal or scratch the contacts; more current.",
)
CONTACT_SYMMETRIC = Condition(
    code="contact-symmetric",
    holds="Two contacts of a film conduct alike both ways.",
    quantity="difference of the slopes at + and -",
    limit=1.0,
    unit="%",
    why="ASTM F76 asks for ohmic contacts and names no number; a choice.",
    advice="Anneal the contacts.",
)
CONTACTS_CHECKED = Condition(
    code="contact-checked",
    holds="The contacts were checked before they were used.",
    advice="Do not skip the contact check.",
)
CONTACTS_MEASURED = Condition(
    code="contact-measured",
    holds="Every pair of contacts has a two-point resistance.",
    advice="Look at the pair that is named: probe, relay, cable.",
)
CONTACTS_ALIKE = Condition(
    code="contact-alike",
    holds="No pair of neighbours has a much larger resistance than the best.",
    quantity="two-point resistance over the best pair's",
    limit=5.0,
    why="A choice; a contact that is much worse than its neighbours heats and drifts.",
    advice="Mend the contact that both bad pairs have in common.",
)
CONTACT = Condition(
    code="contact-there",
    holds="There is a contact.",
    advice="Check probes, relays and cables with `contact-check`.",
)
CURRENTS_AGREE = Condition(
    code="conduction-currents-agree",
    holds="The resistance is the same at every current.",
    quantity="difference of the resistances at different currents",
    limit=5.0,
    unit="%",
    why="A choice; what depends on the current heats, or is no resistance.",
    advice="Take smaller currents, and wait longer after each reversal.",
)
SETTLED = Condition(
    code="conduction-settled",
    holds="The current stood still before it was used.",
    why="What still falls is charge that moves, not conduction.",
    advice="Raise `settle_time`, or find what does not settle.",
)
DRIFTS = Condition(
    code="conduction-drift",
    holds="The current of a bias hold no longer changes at its end.",
    quantity="relative change of the current",
    limit=1e-3,
    unit="1/s",
    why="A choice. Three times the noise is allowed.",
    advice="Hold longer.",
)
