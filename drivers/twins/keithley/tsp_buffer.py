"""Reading buffers of a TSP source meter, and how ``printbuffer`` writes them.

Series 2600B reference manual, "Reading buffers": ``nvbuffer1`` and ``nvbuffer2`` of
each channel; ``format.data`` chooses text, or a block ``#0`` of 4 or 8 byte floats.
"""

import struct
from dataclasses import dataclass, field

from drivers.twins.scpi.faults import ScpiError

NAMES = ("nvbuffer1", "nvbuffer2")
ASCII, REAL32, REAL64 = 1, 2, 3
CODES = {REAL32: "f", REAL64: "d"}


@dataclass(slots=True)
class ReadingBuffer:
    """One buffer; without append mode each measurement begins it anew."""

    readings: list[float] = field(default_factory=list)
    timestamps: list[float] = field(default_factory=list)
    appendmode: int = 0
    collecttimestamps: int = 0
    collectsourcevalues: int = 0

    def begin(self) -> None:
        """Make room for a measurement."""
        if not self.appendmode:
            self.clear()

    def store(self, reading: float, time: float) -> None:
        """Keep one reading and when it was taken, s."""
        self.readings.append(reading)
        self.timestamps.append(time - (self.timestamps[0] if self.timestamps else time))

    def clear(self) -> None:
        """Forget all readings; settings stay."""
        self.readings.clear()
        self.timestamps.clear()

    def column(self, name: str) -> list[float]:
        """Return ``readings`` (an empty name means them too) or ``timestamps``."""
        if name in {"", "readings"}:
            return self.readings
        if name == "timestamps":
            return self.timestamps
        raise ScpiError(-286, f"a reading buffer has no {name}")


def printed(values: list[float], form: int, precision: int) -> str | bytes:
    """Write numbers as ``printbuffer`` does; binary is little-endian."""
    if form in CODES:
        return b"#0" + struct.pack(f"<{len(values)}{CODES[form]}", *values)
    return ", ".join(f"{value:.{precision - 1}e}" for value in values)
