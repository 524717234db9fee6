"""What eight readings without a field need before they are a resistivity.

ASTM F76 and NIST's worksheet name the limits of reversal, reciprocity and homogeneity.
"""

from labctl.verdicts.condition import Condition

TITLE = "Sheet resistance after van der Pauw"

USABLE = Condition(
    code="vdp-readings-usable",
    holds="No reading was overloaded or in compliance.",
    why="Such readings are left out.",
    advice="Take a larger range, a smaller current, or better contacts.",
)
READINGS = Condition(
    code="vdp-readings-complete",
    holds="All eight configurations were read.",
    advice="A relay or a contact is open; look at the contact check.",
)
SIGNS = Condition(
    code="vdp-positive",
    holds="All eight resistances are positive.",
    why="With contacts in order they can only be so.",
    advice="Contacts in another order, or a pair of leads swapped.",
)
REVERSAL = Condition(
    code="vdp-reversal",
    holds="Both directions of the current give the same resistance.",
    quantity="difference of the two current directions",
    limit=5.0,
    unit="%",
    why="NIST: 3 % is good, 5 % the most.",
    advice="Contacts that rectify, or a drifting EMF.",
)
RECIPROCITY = Condition(
    code="vdp-reciprocity",
    holds="Current and voltage contacts exchanged give the same resistance.",
    quantity="difference of exchanged pairs",
    limit=5.0,
    unit="%",
    why="NIST: 3 % is good, 5 % the most.",
    advice="A leak in the holder, or a current that is not small.",
)
HOMOGENEOUS = Condition(
    code="vdp-homogeneous",
    holds="The two resistivities of ASTM F76 agree.",
    quantity="difference of the resistivities A and B",
    limit=10.0,
    unit="%",
    why="ASTM F76.",
    advice="The sample is not homogeneous or not isotropic.",
)
RATIO = Condition(
    code="vdp-ratio",
    holds="R_A and R_B are alike.",
    quantity="R_A/R_B",
    limit=1.5,
    why="A choice; beyond 10 the contacts are the result.",
    advice="Place the contacts better, or the sample is not isotropic.",
)
F_FACTOR = Condition(
    code="vdp-f-factor",
    holds="The f-factor is not extreme.",
    quantity="f",
    limit=0.25,
    why="A commercial Hall system's (Lake Shore M91).",
    advice="Make the film's outline more alike in both directions.",
)
SOLVED = Condition(
    code="vdp-solved",
    holds="R_A and R_B are positive, so that van der Pauw's equation has a solution.",
    advice="Check the order of the contacts: 1 to 4 around the edge.",
)
CONTACT_SIZE = Condition(
    code="vdp-contact-size",
    holds="The contacts are small.",
    quantity="contact length over the sample's size",
    limit=1 / 6,
    why="NIST asks for at most a sixth of the side. What contacts of a known size do "
    "is in the uncertainty (van der Pauw 1958).",
    advice="Smaller contacts, or a cloverleaf.",
)
POWER = Condition(
    code="vdp-power",
    holds="The current does not heat the sample.",
    quantity="power in the sample",
    limit=5.0,
    unit="mW",
    why="NIST.",
    advice="Less current.",
)
