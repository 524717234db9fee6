"""How warm it is around the sample: what a chamber's twin says and the models read.

    R(T) = R(25 °C) · exp(Eₐ/R · (1/T − 1/298.15 K))

Without a chamber it is 25 °C for ever, where the factor is exactly one. A sample is as
warm as its chamber at once: how long it takes to follow is not modelled.
"""

import math
import typing

from labctl.errors import OperatorError

ROOM = 298.15
"""K, 25 °C: what every number of a simulated sample's file is valid at."""
GAS_CONSTANT = 8.314462618
"""J/(mol K), CODATA 2018."""


class Climate(typing.Protocol):
    """A chamber, as the sample in it feels it."""

    def kelvin(self, time: float) -> float:
        """Return the temperature in K at ``time`` in s; it may lie a little back."""
        ...


class Surroundings:
    """What stands around the sample of one bench: nothing, or one chamber."""

    def __init__(self) -> None:
        self._climate: Climate | None = None
        self._name = ""

    def enclose(self, name: str, climate: Climate) -> None:
        """Put the bench's sample into the chamber called ``name``.

        OperatorError: it is in another one.
        """
        if self._climate is not None and name != self._name:
            raise OperatorError(
                f"the simulated sample is in the chamber {self._name} already and "
                f"cannot be in {name} too; a simulated bench has one chamber"
            )
        self._climate, self._name = climate, name

    @property
    def is_changing(self) -> bool:
        """Whether there is a chamber; without one it is `ROOM` always."""
        return self._climate is not None

    def kelvin(self, time: float) -> float:
        """Return how warm it is at ``time`` (s), K."""
        return ROOM if self._climate is None else self._climate.kelvin(time)


def arrhenius(activation: float, kelvin: float) -> float:
    """Return how much larger a resistance is at ``kelvin`` than at 25 °C; there 1.0.

    ``activation`` in J/mol.
    """
    return math.exp(activation / GAS_CONSTANT * (1.0 / kelvin - 1.0 / ROOM))
