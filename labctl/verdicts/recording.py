"""What every run must have recorded before any of its numbers is good."""

from labctl.verdicts.condition import Condition

TITLE = "Every run"

NO_OVERLOAD = Condition(
    code="run-no-overload",
    holds="No part of the run was recorded while the instrument was overloaded.",
    why="What is read then is not what flowed. Auto range may flag a row, or a tenth "
    "of a step's rows, while it switches.",
    advice="Take a larger range, or auto range.",
)
ROWS_KEPT = Condition(
    code="run-rows-kept",
    holds="Every row that the instrument recorded reached the file.",
    why="A charge or an energy summed up over lost rows is wrong by an unknown amount.",
    advice="Record fewer rows a second, and keep the line to the instrument free.",
)
