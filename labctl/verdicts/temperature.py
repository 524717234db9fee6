"""What a law against temperature needs before its constant is one."""

from labctl.verdicts.condition import Condition

TITLE = "Laws against temperature"

TEMPERATURES = Condition(
    code="temperature-count",
    holds="At least three different temperatures were measured.",
    quantity="number of different temperatures",
    limit=3.0,
    why="Two always lie on a line: nothing shows whether the law holds, and the "
    "uncertainty is that of the points alone.",
    advice="Add a temperature between the two, or beyond them.",
)
STRAIGHT = Condition(
    code="temperature-straight",
    holds="The points lie on the law's line within their uncertainties.",
    quantity="probability of as much scatter about the line by chance",
    limit=0.05,
    why="χ² of the residuals with n − 2 degrees of freedom (GUM, JCGM 100:2008, 5.2 "
    "for what the points share).",
    advice="Look at the figure: a bend means two processes or a phase that changes; "
    "one point off means that it had not settled. Measure one temperature twice.",
)
EXPONENT = Condition(
    code="temperature-exponent",
    holds="The mobility's exponent is one that scattering gives.",
    quantity="exponent of the mobility",
    lowest=-3.0,
    limit=2.0,
    why="Phonons give −1.5 (−2.4 in silicon), ionised impurities +1.5. A few points in "
    "a narrow range lie on a power law also where carriers hop from site to site, "
    "which is activated.",
    advice="Take the activation energy of the mobility, or measure a wider range of "
    "temperatures: over it only one of the two laws is a line.",
)
HOPPING = Condition(
    code="temperature-hopping",
    holds="The mobility rises with temperature, as of carriers that hop.",
    quantity="activation energy of the mobility",
    lowest=0.0,
    limit=2.0,
    unit="eV",
    why="Where phonons scatter free carriers the mobility falls: no barrier is "
    "negative, and none above 2 eV is ever crossed.",
    advice="Take the exponent of the mobility.",
)
HELD = Condition(
    code="temperature-held",
    holds="The temperature stayed within the band while it was measured.",
    quantity="change of the temperature from settled to the end",
    limit=0.5,
    unit="K",
    why="The band that the chamber was asked to settle within.",
    advice="Look at the stream `climate`: door, load, a heater at its limit.",
)
REACHED = Condition(
    code="temperature-reached",
    holds="The chamber had settled before anything was measured.",
    advice="Somebody skipped the wait. Measure that temperature again.",
)
FREEZE_OUT = Condition(
    code="carriers-freeze-out",
    holds="Carriers freeze out: their density rises with temperature.",
    quantity="activation energy of the carriers over its uncertainty",
    limit=2.0,
    why="Where every donor is ionised already (saturation) the density is that of the "
    "donors and says nothing of their level.",
    advice="Measure colder, until the carrier density falls.",
)
