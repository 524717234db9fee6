"""What cycles must fulfil before their capacities and efficiencies are good."""

from labctl.verdicts.condition import Condition

TITLE = "Cycling"

PLAUSIBLE_EFFICIENCY = Condition(
    code="cycling-plausible-efficiency",
    holds="A coulombic efficiency lies between 0 and 105 %.",
    quantity="coulombic efficiency",
    lowest=0.0,
    limit=105.0,
    unit="%",
    why="A cell gives back what it took; 5 % more covers lithium left from the cycle "
    "before. Far more means that the cycles were paired the wrong way round.",
    advice="Look at `first_step` on the label: does the cell begin with a discharge?",
)
