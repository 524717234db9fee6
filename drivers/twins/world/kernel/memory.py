"""Where everything of a cell lies in flat memory, for the functions of this package.

One cell is a `Memory`: rows of float64, lists while Python walks through them and
arrays once machine code does. The places below are offsets: of the cell's rows from
their beginning, of an electrode from its block, of a size of particles from its own.
`shape` says how many of each there are and where their blocks begin.

Rules for whoever edits anything marked `compiled`: scalars, `math` and these rows only;
no number is made in another order than it is written, no library sums anything. So
both ways to run it give the same bits, and a run may change over in its middle.
"""

from typing import Final, NamedTuple

Floats = list[float]
"""A list, or an array of float64 of the same length."""
Integers = list[int]
"""A list, or an array of int64 of the same length."""


class Memory(NamedTuple):
    """Everything that the functions of this package know of one cell."""

    shape: Integers
    """Counts and places; see below."""
    parameters: Floats
    """What only a change of temperature changes."""
    state: Floats
    """What time changes."""
    after: Floats
    """The state that an attempted step ends in."""
    work: Floats
    """Of one attempted step."""
    tables: Floats
    """Silicon's four curves; the same for all cells."""


SHELLS: Final = 40

# ---- shape
FILMS: Final = 0
"""How many pairs all films have."""
WORKING: Final = 1
COUNTER: Final = 6
"""Where what is said of each electrode begins."""
SHAPE_SIZE: Final = 11

GRAINS: Final = 0
"""How many sizes of particles; 0: there is no such electrode."""
LAYERS: Final = 1
"""How many branches the double layer has beside its bare capacitor."""
STATE: Final = 2
PARAMETERS: Final = 3
WORK: Final = 4
"""Where its block in these rows begins."""

# ---- state
CHARGE: Final = 0
CURRENT: Final = 1
STEP: Final = 2
ACROSS: Final = 3
ACROSS_EACH: Final = 4

# of an electrode
MEAN: Final = 0
POTENTIAL: Final = 1
FILM_CHARGE: Final = 2
HALF_CYCLES: Final = 3
DIRECTION: Final = 4
LOWEST: Final = 5
HIGHEST: Final = 6
ACTIVE: Final = 7
RESISTANCE_FACTOR: Final = 8
FILM_CAPACITY: Final = 9
LAYER: Final = 10

# of a size of particles, behind the branches of the layer
FARADAIC: Final = 1
BRANCH: Final = 2
SLACK: Final = 3
FURTHEST: Final = 4
DEEP: Final = 5
THETA: Final = 6
GRAIN_STATE: Final = THETA + SHELLS

# ---- parameters
SERIES: Final = 0
TOTAL_FILMS: Final = 1
FILMS_SETTLED: Final = 2
FILM_RESISTANCES: Final = 3
"""Ω of each pair; their times in s come behind."""

# of an electrode
CAPACITY: Final = 0
THERMAL: Final = 1
TRANSFER: Final = 2
"""R_ct of the pristine electrode at θ = 0.5 and 25 °C, Ω."""
WARMTH: Final = 3
MATERIAL: Final = 4
HALF_GAP: Final = 5
RATE: Final = 6
BACKLASH: Final = 7
SHARE: Final = 8
ONSET: Final = 9
LAYER_SETTLED: Final = 10
LAYER_TOTAL: Final = 11
BARE: Final = 12
FADE_COEFFICIENT: Final = 13
FADE_EXPONENT: Final = 14
FADE_LEAST: Final = 15
RESISTANCE_GROWTH: Final = 16
FIRST_LOSS: Final = 17
"""mAh/g."""
GROWTH_FRACTION: Final = 18
CRACKING_FRACTION: Final = 19
SPECIFIC_CAPACITY: Final = 20
"""mAh/g."""
MASS: Final = 21
"""mg."""
CAPACITANCES: Final = 22
"""F of each branch of the layer; their times in s come behind."""

SILICON: Final = 0.0
LITHIUM_COBALT_OXIDE: Final = 1.0
"""Of `MATERIAL`."""

# of a size of particles, behind the branches of the layer
VOLUME: Final = 0
SURFACE: Final = 1
DISTANCE: Final = 2
UNIFORM: Final = 3
MID: Final = 4
EXPONENT: Final = 5
WIDTH: Final = 6
CONDUCTANCES: Final = 7
SHELL_VOLUMES: Final = CONDUCTANCES + SHELLS - 1
GRAIN_PARAMETERS: Final = SHELL_VOLUMES + SHELLS

# ---- work
ATTEMPTS: Final = 0
"""How many steps were attempted since somebody set it to zero."""
BEND: Final = 1
"""V; of the last attempt."""
WORK_SIZE: Final = 2

# of an electrode
THROUGH: Final = 0
"""A; the last current tried."""
REACHED: Final = 1
"""V; the potential at the stage's end."""
MIDDLE: Final = 2
"""V; the potential at the first stage's end."""
TAKEN: Final = 3
OF_FILM: Final = 4
"""The film's part of a lithiating current in this step."""
EFFECTIVE: Final = 5
"""F; what the layer is in one stage."""
GAIN: Final = 6
"""Ω; its answer to a current at the stage's end."""
BASE: Final = 7
"""V; where it would be without one."""
SETTLED: Final = 8
"""1.0 where a stage is long beside all branches, else 0.0."""
FOLLOWS: Final = 9
"""b of each branch; their base potentials in V come behind."""

# of a size of particles, behind the branches of the layer
TRIED: Final = 0
"""A; the faradaic current."""
STIFFNESS: Final = 1
"""−d(V − η − U)/di_F in Ω."""
EQUILIBRIUM: Final = 2
BASE_MEAN: Final = 3
CRYSTAL: Final = 4
PRISTINE: Final = 5
EXCHANGE: Final = 6
COMPOSITION_GAIN: Final = 7
OUTERMOST: Final = 8
SURFACE_GAIN: Final = 9
PIVOTS: Final = 10
LOWERS: Final = PIVOTS + SHELLS
PROFILE: Final = LOWERS + SHELLS
UNIT: Final = PROFILE + SHELLS
GRAIN_WORK: Final = UNIT + SHELLS
