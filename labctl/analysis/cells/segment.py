"""One stretch of rows during which one thing was kept: what it is, and its numbers."""

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class SegmentKind(StrEnum):
    """What was kept while the rows of a segment were recorded."""

    REST = "rest"
    """No current: open circuit."""
    CURRENT = "constant current"
    VOLTAGE = "constant voltage"
    RAMP = "potential ramp"
    VARYING = "varying"
    """A current flowed that was none of these."""
    UNKNOWN = "unknown"
    """The file has no current here, and does not say that it was a rest."""

    @property
    def is_driven(self) -> bool:
        """Whether a current flowed."""
        return self not in {SegmentKind.REST, SegmentKind.UNKNOWN}


class Driving(IntEnum):
    """What an instrument controlled: the codes of ``driving_code``."""

    CURRENT = 1
    VOLTAGE = 2
    REST = 3


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of rows during which one thing was kept."""

    kind: SegmentKind
    first_row: int
    rows: int
    step: int
    """As the file counts it; -1 if it does not."""
    current: float
    """Mean in A, signed, without the first row if there are more; NaN: unknown."""
    start_voltage: float
    """V, at the first row."""
    end_voltage: float
    """V, at the last row."""
    start_time: float
    """s; of the last row before, unless a hole lies between."""
    end_time: float
    """s, of the last row."""
    charge: float
    """C, signed; what flowed in holes is not in it. NaN: unknown."""

    @property
    def duration(self) -> float:
        """Time in s."""
        return self.end_time - self.start_time

    @property
    def end_row(self) -> int:
        """Row after the last."""
        return self.first_row + self.rows

    @property
    def direction(self) -> int:
        """+1 charges (oxidises), -1 discharges, 0 neither or unknown."""
        if not self.kind.is_driven or not self.current:
            return 0
        return 0 if math.isnan(self.current) else int(math.copysign(1, self.current))

    @property
    def slope(self) -> float:
        """Mean change of the voltage in V/s; NaN: no time passed."""
        passed = self.duration
        return (self.end_voltage - self.start_voltage) / passed if passed else math.nan
