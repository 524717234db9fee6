"""What a maker promises of one measured quantity: ranges and limits of error.

The shape only. A driver fills it and states it as accuracy; a twin fills it again for
itself and draws its errors within it. Figures are data sheets as their writer recalls
them, not read from the page: unverified until somebody holds the sheet against
``tests/wires/data_sheets.py``, whose tests then say which driver is wrong.
"""

from dataclasses import dataclass

from labctl.roles.accuracy import Accuracy
from labctl.roles.channel_accuracy import MeterAccuracy, Origin, RangeAccuracy

OVER = 1.05
"""Ranges reach 105 % of their name."""


@dataclass(frozen=True, slots=True)
class Specification:
    """What a maker promises for one measured quantity."""

    ranges: tuple[float, ...]
    """Names of the ranges, ascending, V or A."""
    gain: float
    """Largest relative error."""
    offset: float
    """Largest error at zero as a fraction of the range."""
    noise: float = 0.0
    """A twin's, rms at 1 PLC as a fraction of the range; a driver states none."""
    over: float = OVER
    """How far a reading may go beyond a range's name."""

    limits: tuple[tuple[float, float], ...] = ()
    """Of each range: gain, and error at zero in V or A; empty if one holds for all."""

    @classmethod
    def by_range(cls, *lines: tuple[float, float, float]) -> "Specification":
        """Return what a data sheet says line by line: range, gain, error at zero."""
        return cls(
            tuple(name for name, _, _ in lines),
            max(gain for _, gain, _ in lines),
            max(zero / name for name, _, zero in lines),
            limits=tuple((gain, zero) for _, gain, zero in lines),
        )

    def limit_at(self, value: float) -> tuple[float, float]:
        """Return gain and error at zero (V or A) on the range that holds ``value``."""
        name = self.range_for(value)
        if self.limits:
            return self.limits[self.ranges.index(name)]
        return self.gain, self.offset * name

    def stated(self) -> MeterAccuracy:
        """Return it as a run file keeps it; a range's code is its place."""
        ranges = tuple(
            RangeAccuracy(place, name, Accuracy(*self.limit_at(name)))
            for place, name in enumerate(self.ranges)
        )
        return MeterAccuracy(ranges, Origin.MEMORY, "one-year specification")

    def range_for(self, value: float) -> float:
        """Return the smallest range that holds ``value``, else the largest."""
        size = abs(value)
        for name in self.ranges:
            if size <= name * self.over:
                return name
        return self.ranges[-1]

    def fits(self, value: float) -> bool:
        """Whether the largest range holds ``value``."""
        return abs(value) <= self.ranges[-1] * self.over * (1 + 1e-9)
