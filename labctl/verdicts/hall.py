"""What Hall readings need before carrier type, density and mobility are good."""

from labctl.verdicts.condition import Condition

TITLE = "Hall effect"

USABLE = Condition(
    code="hall-readings-usable",
    holds="No reading was overloaded or in compliance.",
    why="Such readings are left out.",
    advice="Take a larger range, a smaller current, or better contacts.",
)
READINGS = Condition(
    code="hall-readings-complete",
    holds="All four configurations were read.",
    advice="A relay or a contact is open; look at the contact check.",
)
TWO_FIELDS = Condition(
    code="hall-two-fields",
    holds="Every configuration was read in more than one field.",
    advice="The magnet did not move.",
)
REVERSED = Condition(
    code="hall-field-reversed",
    holds="The field was reversed.",
    why="Only that tells the Hall voltage from misaligned contacts.",
    advice="Take +B and -B: the magnet must reverse.",
)
BALANCED = Condition(
    code="hall-field-balanced",
    holds="|+B| and |-B| are alike, so that even powers of the field cancel.",
    quantity="difference of |+B| and |-B|",
    limit=2.0,
    unit="%",
    why="A choice; magnetoresistance is even in the field.",
    advice="Close the field by the gaussmeter, or calibrate the magnet anew.",
)
LINE = Condition(
    code="hall-line",
    holds="V_H(B) is a line.",
    quantity="deviation of V_H(B) from its line",
    limit=1.0,
    unit="%",
    why="A choice, where three fields or more were read; three times the noise is "
    "allowed.",
    advice="Several kinds of carrier, or drift: sweep the field (`sweep_points`).",
)
PAIRS_AGREE = Condition(
    code="hall-pairs-agree",
    holds="The two Hall coefficients of ASTM F76 agree.",
    quantity="difference of R_HC and R_HD",
    limit=10.0,
    unit="%",
    why="ASTM F76.",
    advice="The sample or its contacts are not homogeneous.",
)
SIGNAL = Condition(
    code="hall-signal",
    holds="The Hall signal stands well above its scatter.",
    quantity="Hall signal over its scatter",
    limit=30.0,
    why="The default of a commercial Hall system (Lake Shore M91).",
    advice="Longer averaging, more current, more field.",
)
SIGN_RESOLVED = Condition(
    code="hall-type-resolved",
    holds="The carrier type is resolved from zero.",
    quantity="Hall coefficient over its uncertainty",
    limit=2.0,
    why="Standard uncertainties: at 2 noise turns one sign in 44.",
    advice="Take a larger field, a larger current, more repeats.",
)
SCATTER_KNOWN = Condition(
    code="hall-scatter-known",
    holds="Repeats, or all four configurations, show the scatter.",
    advice="Repeat the readings.",
)
LOW_FIELD = Condition(
    code="hall-low-field",
    holds="The field is low: µB is small.",
    quantity="µB",
    limit=0.3,
    why="n = 1/(q R_H) is the limit of low fields.",
    advice="Less field.",
)
ONE_CARRIER_CURVE = Condition(
    code="hall-one-carrier-curve",
    holds="The Hall resistance over the field does not bend.",
    quantity="bend of V_H(B) at the largest field",
    limit=1.0,
    unit="%",
    why="Two kinds of carrier of different mobility, or magnetism, bend it. Three "
    "times the noise is allowed.",
    advice="Density and mobility of one kind of carrier do not describe the sample.",
)
ONE_CARRIER_RESISTANCE = Condition(
    code="hall-one-carrier-resistance",
    holds="The resistance does not rise with the field.",
    quantity="magnetoresistance at the largest field",
    limit=1.0,
    unit="%",
    why="One kind of carrier has none. Three times the noise is allowed.",
    advice="Two kinds of carrier, or contacts that are not small.",
)
SWEEP_FIELDS = Condition(
    code="hall-sweep-fields",
    holds="The sweep has at least five fields, of both signs.",
    quantity="number of fields",
    limit=5.0,
    why="A cubic needs five.",
    advice="Set `sweep_points` to 5 or more.",
)
SWEEP_TELLS = Condition(
    code="hall-sweep-tells",
    holds="The sweep is quiet enough to see a second carrier.",
    quantity="noise of the bend",
    limit=1.0,
    unit="%",
    why="A bend of the size of its limit must stand out of the noise.",
    advice="More readings a field, more fields, more current.",
)
SWEEP_REACHES = Condition(
    code="hall-sweep-reaches",
    holds="The field is high enough for a second carrier to show.",
    quantity="(µB)² at the largest field",
    limit=1.0,
    unit="%",
    why="A bend and a magnetoresistance are of this size at most; below their limit "
    "neither says anything about the number of carriers.",
    advice="More field. Density and mobility stay those of one kind of carrier, which "
    "is then presumed.",
)
SIGN_CALIBRATED = Condition(
    code="hall-sign-calibrated",
    holds="The reference shows a sign.",
    quantity="Hall coefficient over its uncertainty",
    limit=5.0,
    why="Standard uncertainties: a sign that is written down once serves for years.",
    advice="Take a sample of higher mobility, more current or more field.",
)
