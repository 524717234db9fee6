"""Prints how many points a second a source meter's driver sets and measures.

Run by hand: ``python -m pytest -s tests/benchmarks/visa_points.py``. Beside ours stand
PyVISA alone (the same message, written and read) and PyMeasure's own property style.
"""

from collections.abc import Callable
from typing import Any

import pytest
import pyvisa
from pairs import driver_of, twin_of
from pymeasure.instruments.keithley import Keithley2400

from drivers.twins.visa.library import LabsimLibrary
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from labctl.clock import VirtualClock, stopwatch
from labctl.roles.driver import Setup
from labctl.roles.source_meter import Driven, SourceSettings

pytestmark = pytest.mark.benchmark
POINTS = 5000
ADDRESS = "GPIB0::24::INSTR"


def _microseconds(act: Callable[[float], object]) -> float:
    start = stopwatch()
    for k in range(POINTS):
        act(k / POINTS)
    return (stopwatch() - start) / POINTS * 1e6


def _library(driver: str) -> tuple[LabsimLibrary, Setup, VirtualClock]:
    clock = VirtualClock(0.0)
    setup = Setup("smu", "smu", ADDRESS)
    circuit = Circuit(Pellet(1e-3, 1e-4, 1e-3, 0.0))
    return twin_of(driver)(setup, circuit, clock), setup, clock


def test_points_a_second() -> None:
    for name, driver in {
        "2400": "keithley-2400",
        "2450": "keithley-2450",
        "2636B": "keithley-2636b",
        "B2901A": "keysight-b2901a",
    }.items():
        library, setup, clock = _library(driver)
        opened = driver_of(driver).open(library, setup, clock)
        meter: Any = next(iter(opened.roles.values()))
        meter.prepare(SourceSettings(Driven.VOLTAGE, 1.0, 1e-3, four_wire=True))
        cost = _microseconds(meter.point)
        print(f"{name:8s} driver  {cost:6.1f} µs  {1e6 / cost:8.0f} points/s")
        opened.close()

    library, _, _ = _library("keithley-2400")
    manager = pyvisa.ResourceManager(library)
    raw: Any = manager.open_resource(ADDRESS, read_termination="\n")
    raw.write("*RST;:SOUR:VOLT:RANG 1;:SENS:CURR:PROT 1E-3;:OUTP 1")
    cost = _microseconds(lambda v: raw.query(f":SOUR:VOLT {v:.9E};:READ?"))
    print(f"2400     PyVISA  {cost:6.1f} µs  {1e6 / cost:8.0f} points/s")
    idle = _microseconds(lambda _v: raw.query("*OPC?"))
    print(f"         PyVISA and engine, *OPC? {idle:6.1f} µs")
    raw.close()
    manager.close()

    library, _, _ = _library("keithley-2400")
    theirs: Any = Keithley2400(ADDRESS, visa_library=library)
    theirs.source_voltage_range = 1
    theirs.source_enabled = True

    def set_and_measure(volts: float) -> None:
        theirs.source_voltage = volts
        theirs.measure_all()

    cost = _microseconds(set_and_measure)
    print(f"2400     PyMeasure {cost:6.1f} µs  {1e6 / cost:8.0f} points/s")
    theirs.adapter.close()
