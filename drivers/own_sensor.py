"""A chamber's own sensor as a thermometer of its own name: ``oven/air``."""

import typing

from labctl.roles.identity import Identity


class Senses(typing.Protocol):
    """A chamber that reads its sensor alone."""

    def celsius(self) -> float:
        """Return what its own sensor reads, °C."""
        ...

    def identity(self) -> Identity:
        """Return who it is."""
        ...


class OwnSensor:
    """Plays `labctl.roles.thermometer.Thermometer`; the chamber is not driven by it."""

    def __init__(self, chamber: Senses) -> None:
        self._chamber = chamber

    def celsius(self) -> float:
        """See the role."""
        return self._chamber.celsius()

    def identity(self) -> Identity:
        """Return the chamber's identity."""
        return self._chamber.identity()
