"""What several runs must fulfil before their mean, or their ratio, is good."""

from labctl.verdicts.condition import Condition

TITLE = "Several runs together"

ITEMISED = Condition(
    code="groups-itemised",
    holds="Every value says which errors it shares with the others.",
    why="A balance or an instrument that all runs have in common is wrong in all of "
    "them together: the scatter between runs does not show it, and a mean does not "
    "make it smaller. Files of older versions, and results without an uncertainty, do "
    "not say what they share.",
    advice="Work the runs out again from their rows (`labctl runs seal`).",
)
ENOUGH_RUNS = Condition(
    code="groups-enough-runs",
    holds="A mean is of three runs or more.",
    quantity="number of runs",
    limit=3,
    why="Two values have one degree of freedom: when they agree by chance the interval "
    "is far too narrow, one time in fifty the truth is more than 30 s off. One run "
    "alone says what it is of itself: its own uncertainty, nothing of its like.",
    advice="Measure a third cell.",
)
NO_OUTLIER = Condition(
    code="groups-no-outlier",
    holds="No value lies so far off that Grubbs' two-sided test marks it at 5 %.",
    quantity="largest distance from the mean",
    unit="s",
    why="Student's interval takes the values to come from one normal distribution "
    "(Grubbs 1969). The value stays in the mean: one is left out by a rule that was "
    "written before the run.",
    advice="Look at that run, and exclude it with its reason if it has one.",
)
LINEAR_RATIO = Condition(
    code="groups-linear-ratio",
    holds="A ratio's own uncertainty is at most 30 % of it.",
    quantity="relative standard uncertainty of the ratio",
    limit=30.0,
    unit="%",
    why="Up to there ± twice the uncertainty covers 93 % and more, with the second "
    "order of its propagation taken in; beyond, the interval of a quotient is lopsided "
    "and no ± describes it (Fieller 1954).",
    advice="See which term is the largest: often a radius or a mass that the label "
    "gives without an uncertainty.",
)
