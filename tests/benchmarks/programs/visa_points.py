"""What a point costs that a source meter sets and measures: ``visa_points.py WAY N``.

Ways, all on a twin of one instrument in one process: ``driver`` is labctl's, through
PyMeasure and PyVISA; ``pyvisa`` the same message written and read by PyVISA alone;
``pymeasure`` the property style of PyMeasure's own Keithley2400. A fourth word names
another driver: ``visa_points.py driver 5000 keithley-2450``.
"""

import sys
from collections.abc import Callable
from typing import Any

import pyvisa
from pymeasure.instruments.keithley import Keithley2400
from spent import spent, tell

from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from labctl import plugins
from labctl.clock import VirtualClock
from labctl.roles.driver import Setup
from labctl.roles.source_meter import Driven, SourceSettings

ADDRESS = "GPIB0::24::INSTR"
WARM = 100
"""Points before the clock starts."""
Point = Callable[[float], object]


class Bench:
    """One twin of a meter, and the library through which it is reached."""

    def __init__(self, driver: str) -> None:
        self.driver: Any = plugins.driver(driver)
        self.clock = VirtualClock(0.0)
        self.setup = Setup("smu", driver, ADDRESS)
        circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
        twin: Any = plugins.twin(driver)
        self.library = twin(self.setup, circuit, self.clock)


def by_driver(bench: Bench) -> Point:
    """Return how labctl sets and measures."""
    opened = bench.driver.open(bench.library, bench.setup, bench.clock)
    meter: Any = next(iter(opened.roles.values()))
    meter.prepare(SourceSettings(Driven.VOLTAGE, 1.0, 1e-3, four_wire=True))
    point: Point = meter.point
    return point


def by_pyvisa(bench: Bench) -> Point:
    """Return one message and its answer."""
    manager = pyvisa.ResourceManager(bench.library)
    raw: Any = manager.open_resource(ADDRESS, read_termination="\n")
    raw.write("*RST;:SOUR:VOLT:RANG 1;:SENS:CURR:PROT 1E-3;:OUTP 1")
    return lambda volts: raw.query(f":SOUR:VOLT {volts:.9E};:READ?")


def by_pymeasure(bench: Bench) -> Point:
    """Return PyMeasure's way: a property is set, the measurement is asked for."""
    theirs: Any = Keithley2400(ADDRESS, visa_library=bench.library)
    theirs.source_voltage_range = 1
    theirs.source_enabled = True

    def point(volts: float) -> None:
        theirs.source_voltage = volts
        theirs.measure_all()

    return point


WAYS = {"driver": by_driver, "pyvisa": by_pyvisa, "pymeasure": by_pymeasure}


def main() -> None:
    """Measure and tell."""
    way, points, *driver = sys.argv[1:]
    count = int(points)
    point = WAYS[way](Bench(*driver or ["keithley-2400"]))
    for k in range(WARM):
        point(k / WARM)
    with spent() as of:
        for k in range(count):
            point(k / count)
    tell(us=1e6 * of.wall / count, cpu_us=1e6 * of.cpu / count)


if __name__ == "__main__":
    main()
