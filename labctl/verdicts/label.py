"""What a label must say before a number that is referred to it exists."""

from labctl.verdicts.condition import Condition

TITLE = "The label"

STATES_QUANTITY = Condition(
    code="label-states-quantity",
    holds="The label states the quantity that the number is referred to.",
    why="A capacity per gram needs a mass, a conductivity a thickness and an area, a "
    "diffusivity a radius. None of them is guessed. (An uncertainty that the label "
    "leaves out is assumed, and the budget says so.)",
    advice="Write it on the sample's label, with its uncertainty.",
)
