"""Reverses a current at every reading, so that constant and drifting EMFs vanish."""

import typing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labctl.roles.accuracy import Accuracy
from labctl.roles.current_source import CurrentBounds
from labctl.roles.identity import Identity


@dataclass(frozen=True, slots=True)
class DeltaSettings:
    """One delta measurement."""

    current: float
    """High level in A, positive; the low level is its opposite."""
    compliance: float
    """Largest |V| the source may use, V."""
    count: int = 20
    """Delta readings, 1-65536."""
    delay: float = 0.002
    """Between a reversal and its voltage reading, s."""
    nplc: float = 1.0
    """Integration time of the voltmeter in power-line cycles."""
    voltage_range: float | None = None
    """Range of the voltmeter, V; None lets it choose."""


@dataclass(frozen=True, slots=True)
class DeltaReadings:
    """What a delta measurement brought since it was last asked; n may be 0."""

    voltage: NDArray[np.float64]
    """V that belong to ``+current``, shape (n,); NaN where it overflowed."""
    time: NDArray[np.float64]
    """Instrument time, s, shape (n,)."""
    current: float
    """High level read back, A; NaN if nothing was started."""
    in_compliance: NDArray[np.bool_]
    """The source was in compliance at that reading, shape (n,)."""
    done: bool
    """Nothing more will come: all were taken, or it was stopped and is drained."""


class DeltaMeter(typing.Protocol):
    """A current source and a nanovoltmeter that act as one.

    The order is `arm`, `start`, then `collect` until it is done, then `make_safe`.
    """

    @property
    def bounds(self) -> CurrentBounds:
        """Return what the source can do; no talk."""
        ...

    @property
    def current_accuracy(self) -> Accuracy:
        """Return ``Accuracy(5e-4, 1e-6)``; no talk."""
        ...

    @property
    def voltage_accuracy(self) -> Accuracy:
        """Return ``Accuracy(5e-5, 0.0)``; a reversal cancels offsets."""
        ...

    def arm(self, settings: DeltaSettings) -> float:
        """Configure and switch the output on; return the high level read back, A.

        LimitError: beyond the source's bounds, before anything is sent.
        InstrumentError: no nanovoltmeter answers behind the source.
        """
        ...

    def start(self) -> None:
        """Begin what is armed. Returns at once; it ends by itself."""
        ...

    def collect(self) -> DeltaReadings:
        """Return the readings that came since the last call. Blocks for one exchange.

        After `make_safe` it returns what the instrument still holds, until it is done;
        done at once if nothing was started. InstrumentError: readings stay away.
        """
        ...

    def make_safe(self) -> None:
        """Stop, current to zero, output off; what was read stays to be collected."""
        ...

    def identity(self) -> Identity:
        """Return the source's identity."""
        ...
