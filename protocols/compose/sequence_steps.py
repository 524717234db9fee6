"""The words of a sequence: what a person composes in YAML or in the window.

Each step says what to ``do``. Techniques: rest, current, voltage, power, sweep, peis,
geis. Blocks: repeat, if, linked. Currents are positive when they charge the cell
(oxidise the working electrode); ``D/20`` is a discharge.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from labctl.protocol import Parameters
from labctl.quantities import Hertz, Magnitude, Rate, Second, Volt, VoltPerSecond, Watt
from protocols.cells.end_conditions import EndCondition

Duration = Annotated[Second, Field(gt=0, le=3.2e7)]
Conditions = Annotated[tuple[EndCondition, ...], Field(max_length=8)]


def _said(*parts: str) -> ConfigDict:
    """Say how a line of such a step is read; parts without a value are left out.

    ``{rate:way}`` is charge or discharge, ``{flag:yes}`` keeps its part for a
    set flag, ``{bias:set}`` for a value that is not the default.
    """
    return ConfigDict(json_schema_extra={"says": list(parts)})


class Record(Parameters):
    """When a row is written: whichever comes first."""

    every: Annotated[Second, Field(gt=0)] | None = None
    """At least this often."""
    voltage: Annotated[Volt, Field(gt=0)] | None = None
    """And when the voltage has changed by this."""
    current: Magnitude | None = None
    """And when the current has changed by this."""


class Technique(Parameters):
    """What every technique has."""

    until: Conditions = ()
    """Ends the step before its time: ``full: voltage <= 5 mV``."""
    record: Record | None = None
    """None: as the sequence says."""
    label: Annotated[str, Field(max_length=80)] = ""
    """What the operator reads; empty: made from the step."""


class Rest(Technique):
    """Open circuit."""

    model_config = _said(
        "{label}:",
        "rest for {duration}",
        "until {until}",
    )

    do: Literal["rest"]
    duration: Duration
    """How long."""


class Current(Technique):
    """Constant current."""

    model_config = _said(
        "{label}:",
        "{rate:way}",
        "for at most {duration}",
        "until {until}",
    )

    do: Literal["current"]
    rate: Rate
    """Positive charges, ``D/20`` discharges."""
    duration: Duration
    """It ends then, even if no condition is met."""


class Voltage(Technique):
    """Constant voltage."""

    model_config = _said(
        "{label}:",
        "hold {hold}",
        "above what is found{versus_initial:yes}",
        "for at most {duration}",
        "until {until}",
    )

    do: Literal["voltage"]
    hold: Volt
    """V; against the voltage found if `versus_initial`."""
    duration: Duration
    """It ends then, even if no condition is met."""
    versus_initial: bool = False
    """Add the voltage found at the start."""
    max_current: Magnitude | None = None
    """Largest |current| to expect; chooses the range."""


class Power(Technique):
    """Constant power."""

    model_config = _said(
        "{label}:",
        "power {power}",
        "for at most {duration}",
        "until {until}",
    )

    do: Literal["power"]
    power: Watt
    """Positive charges, negative draws from the cell."""
    duration: Duration
    """It ends then, even if no condition is met."""


class Sweep(Technique):
    """Linear scan through vertices."""

    model_config = _said(
        "{label}:",
        "sweep through {through}",
        "at {scan_rate}",
        "until {until}",
    )

    do: Literal["sweep"]
    through: Annotated[tuple[Volt, ...], Field(min_length=2, max_length=20)]
    """Start, turning points, end."""
    scan_rate: Annotated[VoltPerSecond, Field(gt=0, le=100)]
    """How fast."""
    max_current: Magnitude | None = None
    """Largest |current| to expect; chooses the range."""


class _Frequencies(Technique):
    """What both kinds of spectrum have."""

    first_frequency: Annotated[Hertz, Field(gt=0, le=7e6)] = 1e5
    """Highest frequency."""
    last_frequency: Annotated[Hertz, Field(gt=0)] = 0.1
    """Lowest frequency."""
    points_per_decade: Annotated[int, Field(ge=2, le=50)] = 8
    """Frequencies in a decade."""
    averages: Annotated[int, Field(ge=1, le=1000)] = 1
    """Repeats at each frequency."""
    drift_correction: bool = False
    """Let the instrument correct for a straight drift."""


class Peis(_Frequencies):
    """Spectrum around a voltage."""

    model_config = _said(
        "{label}:",
        "PEIS {first_frequency} … {last_frequency}",
        "of {amplitude}",
        "around {bias:set}",
        "until {until}",
    )

    do: Literal["peis"]
    amplitude: Annotated[Volt, Field(gt=0, le=0.1)] = 0.01
    """Peak of the sine."""
    bias: Volt = 0.0
    """V; added to the voltage found unless `absolute`."""
    absolute: bool = False
    """True: `bias` is against the reference."""


class Geis(_Frequencies):
    """Spectrum around a current that flows on."""

    model_config = _said(
        "{label}:",
        "GEIS {first_frequency} … {last_frequency}",
        "of {amplitude}",
        "on {bias}",
        "until {until}",
    )

    do: Literal["geis"]
    bias: Rate
    """Direct current; positive charges."""
    amplitude: Magnitude
    """Peak of the sine."""


AnyTechnique = Annotated[
    Rest | Current | Voltage | Power | Sweep | Peis | Geis, Field(discriminator="do")
]


class Loop(Parameters):
    """Techniques of a linked block that run several times."""

    model_config = _said(
        "techniques {first} to {last},",
        "{times} times",
    )

    first: Annotated[int, Field(ge=1, le=20)]
    """Number of the first technique, counted from 1."""
    last: Annotated[int, Field(ge=1, le=20)]
    """Number of the last technique."""
    times: Annotated[int, Field(ge=2, le=100_000)]
    """How often in total."""


class Linked(Parameters):
    """Techniques uploaded together: no gap, and they go on if the PC dies."""

    model_config = _said(
        "{label}:",
        "linked, without a gap",
    )

    do: Literal["linked"]
    label: Annotated[str, Field(max_length=80)] = ""
    """What the operator reads."""
    steps: Annotated[tuple[AnyTechnique, ...], Field(min_length=1, max_length=20)]
    """Techniques only; a condition ends its technique, the next one follows."""
    loops: Annotated[tuple[Loop, ...], Field(max_length=10)] = ()
    """Runs of techniques to repeat, one inside the other or apart."""


class Repeat(Parameters):
    """A block that runs several times."""

    model_config = _said(
        "repeat {times} times",
        "or until one ends by {until_ended_by}",
    )

    do: Literal["repeat"]
    times: Annotated[int, Field(ge=1, le=100_000)]
    """How often at most."""
    until_ended_by: str = ""
    """Leave the block when a step of it ended by this condition."""
    steps: Annotated[tuple["AnyStep", ...], Field(min_length=1, max_length=100)]
    """The block."""


class If(Parameters):
    """A block that runs when the step before ended by a condition."""

    model_config = _said(
        "if the step before ended by {ended_by}",
    )

    do: Literal["if"]
    ended_by: Annotated[str, Field(min_length=1)]
    """Name of the condition."""
    then: Annotated[tuple["AnyStep", ...], Field(max_length=100)] = ()
    """If it did."""
    otherwise: Annotated[tuple["AnyStep", ...], Field(max_length=100)] = ()
    """If it did not."""


AnyStep = Annotated[
    Rest | Current | Voltage | Power | Sweep | Peis | Geis | Linked | Repeat | If,
    Field(discriminator="do"),
]
Repeat.model_rebuild()
If.model_rebuild()
