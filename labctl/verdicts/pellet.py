"""What a pressed pellet needs before its conductivity is that of the powder."""

from labctl.verdicts.condition import Condition

TITLE = "Pellets"

CONTACTS_KNOWN = Condition(
    code="pellet-contacts-known",
    holds="The contacts are told apart from the bulk.",
    why="Two pistons measure both in series, and four wires at the pistons do too. "
    "One pellet alone gives a lower bound of the conductivity.",
    advice="Measure pellets of other thickness (`--earlier`), or state the contacts "
    "(`contact_resistance` with its uncertainty).",
)
CONTACT_SHARE = Condition(
    code="pellet-contact-share",
    holds="The contacts are the smaller part of the resistance.",
    quantity="contacts' share of the thinnest pellet's resistance",
    limit=50.0,
    unit="%",
    why="A choice; beyond it their scatter is the result.",
    advice="Better contacts (paint, more pressure) or thicker pellets.",
)
SLEEVE = Condition(
    code="pellet-sleeve",
    holds="Next to nothing flows through the sleeve.",
    quantity="sleeve's share of the conductance",
    limit=10.0,
    unit="%",
    why="It lies beside the pellet and looks like conductivity; no series of "
    "thicknesses tells it apart. What is known of it is subtracted.",
    advice="Measure the sleeve empty once (`sleeve: empty`) and build on that run, or "
    "state `sleeve_conductance`; line a steel sleeve.",
)
THICKNESSES = Condition(
    code="pellet-thicknesses",
    holds="The series has pellets of at least three thicknesses.",
    quantity="number of thicknesses",
    limit=3.0,
    why="Two always lie on a line; from three on the scatter is seen.",
    advice="Press one more pellet, of another thickness.",
)
THICKNESS_RANGE = Condition(
    code="pellet-thickness-range",
    holds="The thickest pellet is well thicker than the thinnest.",
    quantity="thickest over thinnest pellet",
    limit=1.5,
    why="A choice; over a short range the contacts hide in the scatter.",
    advice="Press a pellet at least twice as thick as the thinnest.",
)
SERIES_COMPLETE = Condition(
    code="pellet-series-complete",
    holds="Every pellet of the series has a thickness and a resistance.",
    advice="Write the thickness on its label, or measure that pellet again.",
)
SAME_AREA = Condition(
    code="pellet-same-area",
    holds="All pellets of the series have one area.",
    quantity="difference of the areas",
    limit=2.0,
    unit="%",
    why="The line is one over the thickness; a die is known to about that.",
    advice="Press all pellets in one die.",
)
SAME_PRESSURE = Condition(
    code="pellet-same-pressure",
    holds="All pellets of the series are under one pressure, where labels tell it.",
    quantity="difference of the pressures",
    limit=10.0,
    unit="%",
    why="A choice; density and contacts follow the pressure.",
    advice="Measure all pellets under one load, and note it on the labels.",
)
ON_A_LINE = Condition(
    code="pellet-on-a-line",
    holds="The pellets lie on one line within what pellets of one powder scatter.",
    quantity="scatter about the line over what is expected",
    limit=2.5,
    why="A choice. More means pellets of different density, or no line at all.",
    advice="Press all pellets alike, or state a larger `pellet_scatter`.",
)
INTERCEPT = Condition(
    code="pellet-intercept",
    holds="The line meets zero thickness at a resistance that is not negative.",
    quantity="contact resistance over its uncertainty",
    limit=-2.0,
    why="Contacts below zero mean a wrong gauge or pellets that differ.",
    advice="Check gauge and labels: whose thickness or area is wrong?",
)
GROWS = Condition(
    code="pellet-grows",
    holds="The resistance grows with the thickness.",
    quantity="slope over its uncertainty",
    limit=2.0,
    why="Otherwise the sleeve or the contacts are what is measured.",
    advice="Measure the sleeve empty; press harder, paint the faces.",
)
BULK_POSITIVE = Condition(
    code="pellet-bulk-positive",
    holds="The resistance is larger than what is subtracted from it.",
    advice="Check what was given for contacts and leads.",
)
