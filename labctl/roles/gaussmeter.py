"""Reads the magnetic field at the sample."""

import typing
from dataclasses import dataclass

from labctl.roles.accuracy import Accuracy
from labctl.roles.identity import Identity


@dataclass(frozen=True, slots=True)
class FieldReading:
    """One reading: ``FieldReading(0.5012, False)``."""

    field: float
    """T along the probe's normal; NaN on overflow or without a probe."""
    overflow: bool
    """The field did not fit the range, or there is no probe."""


class Gaussmeter(typing.Protocol):
    """Hall-probe gaussmeter."""

    @property
    def accuracy(self) -> Accuracy:
        """Return ``Accuracy(2.5e-3, 5e-6)`` on the prepared range; no talk."""
        ...

    def prepare(self, field: float | None) -> float | None:
        """Choose the range for the largest |B| in T; None lets the meter choose.

        Return that range's end in T, None while it chooses itself.
        LimitError: beyond the probe's highest range.
        """
        ...

    def read(self) -> FieldReading:
        """Read the field now."""
        ...

    def identity(self) -> Identity:
        """Return ``Identity("LSCI", "475", …)``."""
        ...
