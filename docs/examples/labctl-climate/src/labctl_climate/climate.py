"""The stream of a chamber, and how it is recorded beside a protocol of labctl's."""

import math
from collections.abc import Mapping

from labctl.columns import STAMP
from labctl.data import Column, Stream
from labctl.figures.figure import Plot
from labctl_climate.chamber import Chamber, ClimateReading

AIR = Column("ambient_temperature_celsius", "degC", "Ambient Temperature / degC")
SETPOINT = Column("setpoint_temperature_celsius", "degC", "Setpoint / degC")
REGULATES = Column("regulates", "", "Regulates / 1", "i8")
CLIMATE = Stream(
    "climate", (*STAMP, AIR, SETPOINT, REGULATES), "Temperature of the chamber"
)
PLOT = Plot(
    "climate",
    "Temperature",
    CLIMATE.name,
    "test_time_second",
    (AIR.name, SETPOINT.name),
)


def row_of(reading: ClimateReading) -> dict[str, float]:
    """Return a reading as a row of `CLIMATE`; the engine adds when and where."""
    return {
        AIR.name: reading.air,
        SETPOINT.name: reading.setpoint if reading.regulates else math.nan,
        REGULATES.name: int(reading.regulates),
    }


class ClimateBeside:
    """A `labctl.auxiliary.Auxiliary`: the chamber's rows beside any protocol's."""

    role = Chamber
    stream = CLIMATE
    plots = (PLOT,)

    def read(self, player: Chamber) -> Mapping[str, float]:
        """Take one reading."""
        return row_of(player.read())


beside = ClimateBeside()
