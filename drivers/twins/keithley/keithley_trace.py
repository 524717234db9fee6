"""The buffer of Keithley's meters: readings are kept as they would have been sent."""

from drivers.twins.keithley.keithley_buffer import statistic
from drivers.twins.scpi.commands import command, query, setting, switch, whole
from drivers.twins.scpi.engine import ScpiTwin
from drivers.twins.scpi.faults import ScpiError
from drivers.twins.scpi.parameters import Choice

BUFFER_FULL = 1 << 9
"""Bit of the measurement register."""


class Trace(ScpiTwin):
    """TRACe of a meter; a model narrows `buffer_points` and `buffer_feed`."""

    buffer: list[str]
    buffer_points = whole(":TRACe:POINts", default=100, low=2, high=1024)
    buffer_feed = setting(
        ":TRACe:FEED",
        default="SENS",
        kind=Choice("SENSe|SENSe1|NONE"),
    )
    """Results of mathematics (CALCulate) are not simulated: refused, −224."""
    buffer_control = setting(
        ":TRACe:FEED:CONTrol", default="NEV", kind=Choice("NEXT|NEVer")
    )

    def store(self, shown: str) -> None:
        """Keep one reading while the buffer is fed; it stops when it is full."""
        if self.buffer_control != "NEXT" or self.buffer_feed == "NONE":
            return
        self.buffer.append(shown)
        if len(self.buffer) >= self.buffer_points:
            self.buffer_control = "NEV"
            self.status.registers["MEAS"].raise_bits(BUFFER_FULL)

    @command(":TRACe:CLEar")
    def _clear_buffer(self) -> None:
        self.buffer = []

    @query(":TRACe:DATA?")
    def _buffer_data(self) -> str:
        self.time = max(self.time, self.pending_until)
        if not self.buffer:
            raise ScpiError(-230)
        return ",".join(self.buffer)

    @query(":TRACe:POINts:ACTual?")
    def _buffer_actual(self) -> str:
        return str(len(self.buffer))


class TraceStatistics(Trace):
    """CALCulate2 of the 2000 and the 2182A: statistics of the buffered readings."""

    statistic = setting(
        ":CALCulate2:FORMat",
        default="NONE",
        kind=Choice("NONE|MEAN|SDEViation|MAXimum|MINimum"),
    )
    statistics_on = switch(":CALCulate2:STATe")

    @query(":CALCulate2:IMMediate?")
    @query(":CALCulate2:DATA?")
    def _statistics(self) -> str:
        if not self.statistics_on or self.statistic == "NONE":
            raise ScpiError(-221, "no statistic is chosen")
        if len(self.buffer) < 2:  # noqa: PLR2004
            raise ScpiError(-230, "fewer than two readings are buffered")
        self.time = max(self.time, self.pending_until)
        return f"{statistic(self.statistic, [float(x) for x in self.buffer]):+.8E}"

    @command(":CALCulate2:IMMediate")
    def _recalculate(self) -> None:
        """Accept; a question works it out anew."""
