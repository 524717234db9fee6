"""What one particle between two probes needs before its numbers are its own."""

from labctl.verdicts.condition import Condition

TITLE = "Particles"

LEAKAGE = Condition(
    code="particle-leakage",
    holds="Little flows beside the particle.",
    quantity="open probe's share of the conductance",
    limit=10.0,
    unit="%",
    why="A choice; it is subtracted, and must be the smaller part.",
    advice="Measure the lifted probe (`probe_state: open`) just before or after.",
)
LEADS = Condition(
    code="particle-leads",
    holds="Leads and tips are the smaller part of the resistance.",
    quantity="leads' share of the resistance",
    limit=50.0,
    unit="%",
    why="A choice; they are subtracted.",
    advice="Measure the shorted probes (`probe_state: short`); clean the tips.",
)
CONTACT_SEEN = Condition(
    code="particle-contacts-known",
    holds="The contacts are told apart from the particle.",
    why="Two probes measure both in series. Only a conductance that no longer rises "
    "with the force shows that they do not count; otherwise the conductivity is a "
    "lower bound.",
    advice="Measure at smaller forces before, and build on those runs.",
)
PLATEAU = Condition(
    code="particle-plateau",
    holds="Pressing harder no longer changes the conductance.",
    quantity="change at the highest force",
    limit=5.0,
    unit="%",
    why="A choice. Twice the noise is allowed.",
    advice="Press harder, if the particle stands it.",
)
RECTIFIES = Condition(
    code="particle-symmetric",
    holds="Both polarities carry the same current.",
    quantity="difference of |I(+V)| and |I(-V)|",
    limit=5.0,
    unit="%",
    why="A choice. Three times the noise is allowed; one contact of two rectifies.",
    advice="Press harder, or clean tip and substrate.",
)
HYSTERESIS = Condition(
    code="particle-hysteresis",
    holds="Rising and falling branch agree.",
    quantity="hysteresis",
    limit=0.1,
    why="A choice; a loop is charging, heating or a contact that moves.",
    advice="Sweep slower, or less far.",
)
LIFTED = Condition(
    code="particle-probe-lifted",
    holds="The probe was lifted when the baseline was taken.",
    quantity="leakage over the least conductance of a contact",
    limit=10.0,
    why="A choice: what lets ten times as much through still touches the particle.",
    advice="Lift it, and measure again.",
)
GEOMETRY = Condition(
    code="particle-geometry",
    holds="The sizes that the geometry needs were measured.",
    why="A size that nobody measured is right within a factor; so is the conductivity.",
    advice="Write `length`, `area` and their uncertainties on the label, or "
    "`contact_radius_uncertainty`.",
)
CONTACT_SMALL = Condition(
    code="particle-contact-small",
    holds="The contact is much smaller than the particle.",
    quantity="contact radius over particle radius",
    limit=0.3,
    why="Holm's formula is that of a body without end. A choice: at a third, spheres "
    "of that contact deviate by about as much.",
    advice="Take another geometry.",
)
