"""The buffer of readings that Keithley's 2400 family shares, and its statistics."""

import math
from collections.abc import Sequence

from drivers.twins.scpi.commands import command, query, setting, whole
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import NOT_A_NUMBER, Choice

BUFFER_FULL = 1 << 9
"""Bit of the measurement register."""
ELEMENTS = ("VOLT", "CURR", "RES", "TIME", "STAT")
"""In the order in which they are always sent."""


class ReadingBuffer(ScpiTwin):
    """TRACe and CALCulate3 of a twin."""

    buffer: list[tuple[float, ...]]
    elements: set[str]
    buffer_points = whole(":TRACe:POINts", default=100, low=1, high=2500)
    buffer_feed = setting(":TRACe:FEED", default="SENS", kind=Choice("SENSe"))
    """Results of mathematics (CALCulate) are not simulated: refused, −224."""
    buffer_control = setting(
        ":TRACe:FEED:CONTrol", default="NEV", kind=Choice("NEXT|NEVer")
    )
    statistic = setting(
        ":CALCulate3:FORMat",
        default="MEAN",
        kind=Choice("MEAN|SDEViation|MAXimum|MINimum|PKPK"),
    )

    def store(self, values: tuple[float, ...]) -> None:
        """Keep one reading while the buffer is fed."""
        if self.buffer_control != "NEXT":
            return
        self.buffer.append(values)
        if len(self.buffer) >= self.buffer_points:
            self.buffer_control = "NEV"
            self.status.registers["MEAS"].raise_bits(BUFFER_FULL)

    @command(":TRACe:CLEar")
    def _clear_buffer(self) -> None:
        self.buffer = []

    @query(":TRACe:DATA?")
    def _buffer_data(self) -> str:
        if not self.buffer:
            raise ScpiError(-230)
        self.time = max(self.time, self.pending_until)
        return ",".join(
            f"{value:+.6E}"
            for row in self.buffer
            for name, value in zip(ELEMENTS, row, strict=True)
            if name in self.elements
        )

    @query(":CALCulate3:DATA?")
    def _statistics(self) -> str:
        if not self.buffer:
            return ",".join([f"{NOT_A_NUMBER:+.6E}"] * 3)
        columns = list(zip(*self.buffer, strict=True))[:3]
        return ",".join(f"{statistic(self.statistic, c):+.6E}" for c in columns)


def statistic(kind: str, values: Sequence[float]) -> float:
    """Return the mean, standard deviation, maximum, minimum or span of readings."""
    mean = sum(values) / len(values)
    if kind == "SDEV":
        spread = sum((value - mean) ** 2 for value in values)
        return math.sqrt(spread / max(len(values) - 1, 1))
    return {
        "MEAN": mean,
        "MAX": max(values),
        "MIN": min(values),
        "PKPK": max(values) - min(values),
    }[kind]
