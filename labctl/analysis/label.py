"""What a label says of a sample, as numbers with the label's uncertainty.

A label that states no uncertainty, or 0, does not state an exact number: a declared
default stands in, as a line of the budget of its own (``active mass (assumed)``). What
the label says is shared by everything measured on that sample, so it cancels in ratios.
"""

from dataclasses import dataclass

from labctl.analysis.uncertainty import Measured
from labctl.sample import UNNAMED, Sample
from labctl.sources import Source
from labctl.verdicts.label import STATES_QUANTITY


@dataclass(frozen=True, slots=True)
class Default:
    """What is taken where a label states no uncertainty."""

    unit: str
    relative: float
    """Standard uncertainty, relative."""
    why: str


DEFAULTS = {
    "active_mass": Default(
        "kg",
        0.02,
        "0.01 mg of a balance on 1 to 5 mg, and the scatter between foils, which is "
        "subtracted; an electrode that nobody weighed by itself can be 5 % off",
    ),
    "area": Default(
        "m^2", 0.02, "0.1 mm on the diameter of a disc or die of 10 to 12 mm"
    ),
    "thickness": Default(
        "m", 0.02, "0.01 to 0.02 mm of a micrometer and of plan-parallelism on 1 mm"
    ),
    "particle_radius": Default(
        "m", 0.20, "the mean of a distribution, of a few dozen particles in a picture"
    ),
    "length": Default(
        "m", 0.10, "0.1 µm on each side where two tips of 1 µm apart touch a particle"
    ),
    "contact_radius": Default(
        "m", 0.20, "a radius from a picture or from mechanics, not from a gauge"
    ),
}
"""Quantity of `Sample` -> unit and default."""


def labelled(sample: Sample, quantity: str) -> Measured:
    """Return a quantity of the label with its standard uncertainty, in SI units.

    ``quantity``: a name of `DEFAULTS`. Absent where the label has no value.
    """
    default = DEFAULTS[quantity]
    words = quantity.replace("_", " ")
    value: float | None = getattr(sample, quantity)
    if value is None:
        (doubt,) = STATES_QUANTITY.met(False, f"sample {sample.name} has no {words}")
        return Measured.absent(doubt, default.unit)
    stated: float | None = getattr(sample, f"{quantity}_uncertainty")
    shared = f"sample {sample.name}" if sample.name != UNNAMED else ""
    return _of_label(value, stated, words, default, shared)


def not_given(words: str) -> Measured:
    """Return a quantity that an analysis was not given, for want of a label's."""
    (doubt,) = STATES_QUANTITY.met(False, f"{words} is not given")
    return Measured.absent(doubt)


def noted(quantity: str, value: float, uncertainty: float | None = None) -> Measured:
    """Return a quantity that a run was told and no label has, in the same way.

    ``uncertainty``: standard, in SI units; None: the default of `DEFAULTS`.
    """
    words = quantity.replace("_", " ")
    return _of_label(value, uncertainty, words, DEFAULTS[quantity], "")


def _of_label(
    value: float, stated: float | None, words: str, default: Default, shared: str
) -> Measured:
    # Two labels of one name that state different values were not weighed once.
    own = f"{value:.9g}" if shared else ""
    if not stated:  # nobody's balance is exact: 0 is a field that was left empty
        source = Source(f"{words} (assumed)", own, shared=shared, assumed=True)
        return Measured(value, default.unit, {source: default.relative * value})
    return Measured(value, default.unit, {Source(words, own, shared=shared): stated})
