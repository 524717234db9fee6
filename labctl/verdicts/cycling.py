"""What cycles must fulfil before their capacities and efficiencies are good."""

from labctl.verdicts.condition import Condition

TITLE = "Cycling"

COMPLETE = Condition(
    code="cycling-complete",
    holds="Every half cycle that counts ended by its own condition or time.",
    why="A half cycle that was stopped, skipped or cut by a limit says nothing of a "
    "capacity. Such cycles, and the one that begins where a cut one ended, are left "
    "out, and the reason names them. A file of another program does not say how its "
    "steps ended: its last half cycle is held against those before it, and if there "
    "are none its end is not known.",
    advice="Resume the run, record one more cycle, or import the whole test.",
)
LIMIT_REACHED = Condition(
    code="cycling-limit-reached",
    holds="Every half cycle that counts ended at its limit, not because its longest "
    "time was over.",
    why="A cell with a short takes charge without end: what was counted when the time "
    "was over is no capacity. A test that was composed may end half cycles by their "
    "time on purpose: there all of them must have ended so, or none.",
    advice="Look at the voltage curve; measure the cell's self-discharge.",
)
PAIRING = Condition(
    code="cycling-pairing",
    holds="The cell begins with the half cycle that its label says it begins with.",
    quantity="efficiency of the first complete cycle",
    lowest=0.0,
    limit=105.0,
    unit="%",
    why="Cycles that are paired the wrong way round put the cell's first charge over "
    "what little was in it when it was built, and every later number over the other "
    "half cycle than its name says.",
    advice="Look at `first_step` on the label: an anode half cell begins with its "
    "lithiation, a full cell with a charge.",
)
NO_PULSE = Condition(
    code="cycling-no-pulse",
    holds="No half cycle that counts looks like a pulse within a larger one.",
    why="A short current back while the cell goes one way ends no half cycle. Where it "
    "passes less than a tenth of its neighbours' charge and lies away from the voltage "
    "limits, between two currents of one direction, it is taken into the half cycle "
    "around it; where it stands at a turn or ends at a limit, it may as well be a "
    "cell that gives next to nothing back.",
    advice="Look at the voltage curve; tell what was measured when the file is "
    "imported.",
)
OWN_CHARGE = Condition(
    code="cycling-own-charge",
    holds="Where the instrument counted the charge itself, the currents that it "
    "recorded can have passed it, within the stated uncertainty of the charge. "
    "Elsewhere no current that one row alone has passes more than that.",
    why="A file of another program holds the instrument's own count, and that is used. "
    "Each interval's charge must lie between those of the currents at its two ends; "
    "where it does not, rows are missing, or the count or the current is in another "
    "unit or of another sign. A current three times as large as in the rows beside it "
    "may be a switch of the ammeter's range: how long it flowed nobody saw.",
    advice="Look whether rows are missing (another file may hold them), and compare "
    "the units of both columns in the program that wrote the file.",
)
FIRST_CYCLE = Condition(
    code="cycling-first-cycle",
    holds="The first cycle is complete.",
    why="The initial efficiency is that of the first cycle; no later one has the same "
    "losses.",
    advice="Import the file from the cell's first row on; else measure a new cell.",
)
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
PLAUSIBLE_MEAN = Condition(
    code="cycling-mean-efficiency",
    holds="The mean coulombic efficiency is not above 100 % by more than its "
    "uncertainty.",
    quantity="mean coulombic efficiency",
    unit="%",
    why="Over many cycles a cell cannot give more than it took, except from a "
    "reservoir (an overhanging anode, lithium of the electrode itself). A wrong "
    "pairing or a zero error beyond the stated limits looks the same.",
    advice="Check the zero of the ammeter and `first_step` on the label.",
)
PLAUSIBLE_ENERGY = Condition(
    code="cycling-energy-efficiency",
    holds="The mean energy efficiency is not above 100 % by more than its uncertainty.",
    quantity="mean energy efficiency",
    unit="%",
    why="No cell gives more energy than it took.",
    advice="Check the pairing (`first_step`) and which electrode is the working one.",
)
PLAUSIBLE_RETENTION = Condition(
    code="cycling-plausible-retention",
    holds="What is left of a capacity lies between 0 and 120 % of the reference.",
    quantity="retention",
    lowest=0.0,
    limit=120.0,
    unit="%",
    why="Cells that are still being wetted or activated gain a few percent; more means "
    "that the reference cycle is no reference.",
    advice="Count more cycles as formation.",
)
PLAUSIBLE_CAPACITY = Condition(
    code="cycling-plausible-capacity",
    holds="A specific capacity is at most 5000 mAh/g.",
    quantity="specific capacity",
    limit=5000.0,
    unit="mAh/g",
    why="No host takes up more: Li₂₂Si₅ is 4200 mAh/g, lithium itself 3861 mAh/g; the "
    "rest covers side reactions of a first half cycle.",
    advice="Check the active mass on the label, and its unit.",
)
REFERENCE = Condition(
    code="cycling-reference",
    holds="The first cycle after formation is complete: it is the reference. Of rates, "
    "one cycle at the first of them.",
    why="Retention is defined against it; against a later cycle it comes out higher.",
    advice="Resume the run; else state another reference beside the number.",
)
CONFIRMED_END = Condition(
    code="cycling-confirmed-end",
    holds="Two cycles in a row lie below the end of life.",
    why="One may be an accident: a warm night, a contact.",
    advice="Record one more cycle.",
)
STRAIGHT_FADE = Condition(
    code="cycling-straight-fade",
    holds="Capacity falls along a straight line: the slopes of the first and of the "
    "second half of the cycles agree.",
    quantity="difference of the slopes, part of the slope,",
    limit=0.5,
    why="Where fading gets faster or slower, one number per cycle describes neither "
    "the beginning nor the end; slopes that differ by no more than three times "
    "their uncertainty are alike. The limit is a choice.",
    advice="Give the retention at a cycle instead.",
)
STEADY_RATE = Condition(
    code="cycling-steady-rate",
    holds="Within the cycles at one rate the capacity changes by at most 5 %.",
    quantity="change of the capacity within the cycles",
    limit=0.05,
    why="Where it still moves, the median depends on how many cycles were made. The "
    "limit is a choice.",
    advice="Give each rate more cycles, or form the cell longer.",
)
RESTED_BEFORE_PULSE = Condition(
    code="hppc-rested",
    holds="The rest before a pulse had ended: what its drift would add during the "
    "pulse is at most 2 % of the pulse's answer.",
    quantity="drift during the pulse, part of the answer,",
    limit=0.02,
    why="The drift adds to the voltage of the pulse and would count as resistance.",
    advice="Lengthen `settle`.",
)
WHOLE_PULSE = Condition(
    code="hppc-whole-pulse",
    holds="The pulse lasted as long as it was told.",
    why="A pulse that meets a voltage limit ends early: its last resistance is one of "
    "another time.",
    advice="Lower the pulse's current, shorten it, or look at states further inside.",
)
SLOW_BRANCHES = Condition(
    code="quasi-ocv-closed",
    holds="Both branches pass the same charge within 10 %.",
    quantity="difference of the charges of both branches, part of the larger one,",
    limit=0.1,
    why="The branches are laid over each other by parts of their own charge; what is "
    "lost in one of them shifts it along the composition.",
    advice="Form the cell before.",
)
