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
    """What a delta measurement brought."""

    voltage: NDArray[np.float64]
    """V that belong to ``+current``, shape (count,); NaN where it overflowed."""
    time: NDArray[np.float64]
    """Instrument time, s, shape (count,)."""
    current: float
    """High level read back, A."""
    in_compliance: bool
    """The source was in compliance during at least one reading."""


class DeltaMeter(typing.Protocol):
    """A current source and a nanovoltmeter that act as one."""

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

    def delta(self, settings: DeltaSettings) -> DeltaReadings:
        """Run one delta measurement to its end; the output is off afterwards.

        Blocks for about count · (delay + nplc / line frequency).
        LimitError: beyond the source's bounds, before anything is sent.
        """
        ...

    def make_safe(self) -> None:
        """Stop, current to zero, output off."""
        ...

    def identity(self) -> Identity:
        """Return the source's identity."""
        ...
