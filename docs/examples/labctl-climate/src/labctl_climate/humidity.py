"""The stream of a humidifier, and how it is recorded beside a protocol of labctl's."""

import math
from collections.abc import Mapping

from labctl.columns import STAMP
from labctl.data import Column, Stream
from labctl.figures.figure import Plot
from labctl_climate.humidifier import Humidifier, HumidityReading

AIR = Column("relative_humidity_percent", "%", "Relative Humidity / %")
SETPOINT = Column("setpoint_humidity_percent", "%", "Setpoint / %")
WETS = Column("regulates", "", "Regulates / 1", "i8")
HUMIDITY = Stream("humidity", (*STAMP, AIR, SETPOINT, WETS), "Humidity of the chamber")
PLOT = Plot(
    "humidity",
    "Humidity",
    HUMIDITY.name,
    "test_time_second",
    (AIR.name, SETPOINT.name),
)


def row_of(reading: HumidityReading) -> dict[str, float]:
    """Return a reading as a row of `HUMIDITY`; the engine adds when and where."""
    return {
        AIR.name: reading.humidity,
        SETPOINT.name: reading.setpoint if reading.regulates else math.nan,
        WETS.name: int(reading.regulates),
    }


class HumidityBeside:
    """A `labctl.auxiliary.Auxiliary`: the humidity's rows beside any protocol's."""

    role = Humidifier
    stream = HUMIDITY
    plots = (PLOT,)

    def read(self, player: Humidifier) -> Mapping[str, float]:
        """Take one reading."""
        return row_of(player.read())


beside = HumidityBeside()
