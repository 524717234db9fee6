"""One specimen of many: a truth drawn about what the file of a sample states.

A sample file may have a third section, ``spread``: how far the truth of one specimen
lies from what is printed on its label, and from other specimens. Keys are the names of
the truth's fields, with dots into sections; each value says one distribution, in the
field's own unit::

    spread:
      working.mass_mg: {normal: 0.012}          # added, standard deviation
      working.radius_m: {factor: 0.05}          # times exp(0.05 · normal)
      contact_resistance_ohm: {log_uniform: [1, 600]}
      wall_resistance_ohm: {choice: [1.0e+12, 1.0e+5]}
      conductivity_siemens_per_metre: {log_uniform: [1e-4, 1e-2], of: batch}

Samples that draw a field with the same ``of`` share the number: pellets of one powder.
"""

import copy
import functools
import math
import random
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from labctl.errors import OperatorError

Width = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class Draw:
    """One distribution; exactly one of the first five is given."""

    normal: Width | None = None
    """Standard deviation that is added, in the field's unit."""
    factor: Width | None = None
    """Standard deviation of ln of a factor."""
    uniform: Bounds | None = None
    log_uniform: Bounds | None = None
    choice: tuple[float, ...] | None = None
    of: str = ""
    """What shares this number with other samples of the bench; empty: nothing."""

    def __post_init__(self) -> None:
        """Refuse none and several."""
        given = (self.normal, self.factor, self.uniform, self.log_uniform, self.choice)
        if sum(one is not None for one in given) != 1:
            raise ValueError("one of normal, factor, uniform, log_uniform, choice")

    def value(self, stated: float, rng: random.Random) -> float:
        """Return one value; ``stated`` is the field's in the section ``truth``."""
        if self.normal is not None:
            return stated + rng.gauss(0.0, self.normal)
        if self.factor is not None:
            return stated * math.exp(rng.gauss(0.0, self.factor))
        if self.uniform is not None:
            return rng.uniform(*self.uniform)
        if self.log_uniform is not None:
            low, high = self.log_uniform
            return math.exp(rng.uniform(math.log(low), math.log(high)))
        return rng.choice(self.choice or (stated,))


@functools.cache
def _adapter() -> TypeAdapter[dict[str, Draw]]:
    return TypeAdapter(dict[str, Draw])


def specimen_of(
    name: str, truth: Mapping[str, Any], spread: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """Return the truth of the specimen that the seed of the bench picks.

    OperatorError: the spread names a number that the truth does not have.
    """
    drawn: dict[str, Any] = copy.deepcopy(dict(truth))
    for path, draw in _adapter().validate_python(dict(spread)).items():
        *sections, last = path.split(".")
        place: Any = drawn
        for section in sections:
            place = place.get(section) if isinstance(place, dict) else None
        if not isinstance(place, dict) or last not in place:
            raise OperatorError(f"sample {name!r}: its truth has no {path} to spread")
        rng = random.Random(f"{seed}:{draw.of or name}:{path}")  # noqa: S311
        place[last] = draw.value(float(place[last]), rng)
    return drawn
