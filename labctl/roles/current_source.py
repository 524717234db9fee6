"""Drives a direct current through the sample."""

import typing
from dataclasses import dataclass

from labctl.roles.accuracy import Accuracy
from labctl.roles.identity import Identity


@dataclass(frozen=True, slots=True)
class CurrentBounds:
    """What the source can do at most, both signs."""

    current: float
    """Largest |I|, A."""
    compliance: float
    """Largest voltage compliance, V."""
    least_compliance: float
    """Smallest voltage compliance, V."""


@dataclass(frozen=True, slots=True)
class CurrentSettings:
    """How currents are driven; as read back from the instrument."""

    span: float
    """Largest |I| that will be driven, A; it fixes the range."""
    compliance: float
    """Largest |V| the source may use, V."""
    filtered: bool = False
    """Slow, quiet output where the source has that."""


class CurrentSource(typing.Protocol):
    """Direct-current source, output off until `drive`."""

    @property
    def accuracy(self) -> Accuracy:
        """Return ``Accuracy(5e-4, 1e-6)`` on the prepared range; no talk."""
        ...

    @property
    def bounds(self) -> CurrentBounds:
        """Return ``CurrentBounds(0.105, 105.0, 0.1)``."""
        ...

    def prepare(self, settings: CurrentSettings) -> CurrentSettings:
        """Configure with the output off; return the settings read back.

        LimitError: span or compliance beyond `bounds`, before anything is sent.
        """
        ...

    def drive(self, current: float) -> float:
        """Hold ``current`` in A, output on; return the setpoint read back (``1e-3``).

        LimitError: |current| beyond the prepared span, before anything is sent.
        """
        ...

    def in_compliance(self) -> bool:
        """Return whether the voltage limit holds the current back now."""
        ...

    def make_safe(self) -> None:
        """Set the current to zero, then the output off."""
        ...

    def identity(self) -> Identity:
        """Return ``Identity("KEITHLEY INSTRUMENTS INC.", "6221", …)``."""
        ...
