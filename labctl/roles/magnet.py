"""Makes a magnetic field: a supply that is told a current, a magnet that is told tesla.

Both ramp by themselves and return at once; whoever waits polls `is_settled` with a
deadline of his own.
"""

import typing
from dataclasses import dataclass

from labctl.roles.identity import Identity


@dataclass(frozen=True, slots=True)
class MagnetBounds:
    """What the supply can do at most."""

    current: float
    """Largest |I|, A."""
    rate: float
    """Fastest ramp, A/s."""


class MagnetSupply(typing.Protocol):
    """Bipolar electromagnet supply."""

    @property
    def bounds(self) -> MagnetBounds:
        """Return ``MagnetBounds(70.1, 50.0)``, narrowed by the configuration."""
        ...

    def ramp_to(self, current: float) -> float:
        """Start a ramp to ``current`` in A; return the setpoint read back.

        LimitError: beyond `bounds`, before anything is sent.
        InstrumentError: water flow, interlock or hardware fault.
        """
        ...

    def current(self) -> float:
        """Return the measured output current, A."""
        ...

    def is_settled(self) -> bool:
        """Return whether the ramp is done. InstrumentError: a fault came up."""
        ...

    def make_safe(self) -> None:
        """Start a ramp to zero current; returns at once, the supply goes on alone."""
        ...

    def identity(self) -> Identity:
        """Return ``Identity("LSCI", "643", …)``."""
        ...


class Magnet(typing.Protocol):
    """A field that can be asked for in T, however it is controlled."""

    @property
    def largest_field(self) -> float:
        """Return the largest |B| in T, such as ``1.0``."""
        ...

    def ramp_to_field(self, field: float) -> float:
        """Start towards ``field`` in T; return the setpoint read back or worked out.

        LimitError: |field| beyond `largest_field`, before anything is sent.
        """
        ...

    def field(self) -> float:
        """Return the measured field, T; NaN if it cannot be read."""
        ...

    def is_settled(self) -> bool:
        """Return whether the field stands still at the setpoint.

        Time passes between two calls; the first call after a ramp is never true.
        """
        ...

    def make_safe(self) -> None:
        """Start towards zero current in the magnet; returns at once."""
        ...

    def identity(self) -> Identity:
        """Return the identity of what drives the magnet."""
        ...
