"""Every VISA driver on a real socket to its twin, with a faulty wire between."""

from collections.abc import Callable
from typing import Any

from faulty_wire import FaultyWire
from pairs import driver_of, twin_alone

from drivers.twins.labsim.benches import SimulatedBench, build_bench
from drivers.twins.labsim.front import Served, serve
from drivers.twins.world.circuit import Circuit
from drivers.twins.world.specimen import Pellet
from drivers.visa.opening import Opened
from drivers.visa.wire import LinkCounts
from labctl.clock import SystemClock
from labctl.limits import Envelope
from labctl.roles.current_source import CurrentSettings
from labctl.roles.driver import Setup
from labctl.roles.electrometer import ElectrometerSettings
from labctl.roles.source_meter import Driven, SourceSettings
from labctl.roles.switch_matrix import Connection
from labctl.roles.voltmeter import VoltmeterSettings
from labctl.techniques import ConstantVoltage

PELLET = Pellet(1e-3, 1e-4, 1e-3, 0.0)
"""10 kΩ."""
VOLTS = SourceSettings(Driven.VOLTAGE, 1.0, 1e-3, nplc=0.01)
CELL_BOUNDS = Envelope({"voltage_volt": (-1.0, 1.0), "current_ampere": (-0.01, 0.01)})
TIMEOUT = 0.15
"""s; the twins answer within a few milliseconds."""


def _meter(role: Any) -> Callable[[], object]:
    role.prepare(VOLTS)
    role.drive(0.5)
    return lambda: role.measure().voltage


def _cell(role: Any) -> Callable[[], object]:
    role.make_safe()
    role.load([ConstantVoltage(0.5, 1e6, max_current=1e-3)], CELL_BOUNDS)
    role.start()
    return lambda: role.poll().live["voltage_volt"]


def _source(role: Any) -> Callable[[], object]:
    role.prepare(CurrentSettings(1e-4, 10.0))
    return lambda: role.drive(1e-5)


def _voltmeter(role: Any) -> Callable[[], object]:
    role.prepare(VoltmeterSettings(0.01, 10.0))
    return lambda: role.read().overflow


def _electrometer(role: Any) -> Callable[[], object]:
    role.prepare(ElectrometerSettings(0.01, 2e-3))
    return lambda: role.read().overflow


def _switch(role: Any) -> Callable[[], object]:
    return lambda: len(role.connect(Connection(2, 1, 3, 4)))


def _gaussmeter(role: Any) -> Callable[[], object]:
    role.prepare(0.3)
    return lambda: role.read().overflow


def _supply(role: Any) -> Callable[[], object]:
    return lambda: role.ramp_to(0.01)


def _chamber(role: Any) -> Callable[[], object]:
    role.regulate(60.0)
    return lambda: role.read().setpoint


DRIVERS: dict[str, tuple[str, str, str, Callable[[Any], Callable[[], Any]]]] = {
    "k2400": ("probe", "keithley-2400", "", _meter),
    "k2450": ("probe", "keithley-2450", "", _meter),
    "k2636b": ("probe", "keithley-2636b", "a", _meter),
    "k6430": ("probe", "keithley-6430", "", _meter),
    "b2901a": ("probe", "keysight-b2901a", "", _meter),
    "k6517b": ("probe", "keithley-6517b", "", _electrometer),
    "source": ("hall", "keithley-6221", "", _source),
    "voltmeter": ("hall", "keithley-2182a", "", _voltmeter),
    "multimeter": ("hall", "keithley-2000", "", _voltmeter),
    "switch": ("hall", "keithley-7001", "", _switch),
    "ammeter": ("hall", "keithley-6487", "", _electrometer),
    "gaussmeter": ("hall", "lakeshore-475", "", _gaussmeter),
    "supply": ("hall", "lakeshore-643", "", _supply),
    "g425": ("more", "lakeshore-425", "", _gaussmeter),
    "bias": ("more", "keithley-6487", "bias", _meter),
    "k2460": ("more", "keithley-2460", "", _meter),
    "k2460-cell": ("more", "keithley-2460", "cell", _cell),
    "k2636b-cell": ("more", "keithley-2636b", "cell-a", _cell),
    "stage": ("more", "lakeshore-336", "1", _chamber),
    "bath": ("more", "julabo", "", _chamber),
}
HEATER = {"lowest": 0.0, "highest": 90.0, "range": "high"}
OPTIONS: dict[str, dict[str, Any]] = {
    "stage": {"outputs": {1: HEATER}},
    "bath": {"lowest": 0.0, "highest": 90.0},
}
"""What some cannot be opened without."""


class Benches:
    def __init__(self) -> None:
        clock = SystemClock()
        hall = build_bench("hall", clock)
        more = {
            name: twin_alone(driver, Setup(name, name, name), Circuit(PELLET), clock)
            for name, (bench, driver, _, _) in DRIVERS.items()
            if bench == "more"
        }
        self.twins: dict[str, SimulatedBench] = {
            "probe": build_bench("probe", clock),
            "hall": hall,
            "more": SimulatedBench(hall.circuit, more),
        }
        self.served: dict[str, Served] = {
            name: serve(bench, "127.0.0.1", 0) for name, bench in self.twins.items()
        }

    def close(self) -> None:
        for served in self.served.values():
            served.close()


class Line:
    """One instrument, opened through its wire."""

    def __init__(self, benches: Benches, name: str, **options: Any) -> None:
        bench, driver, role, self.begin = DRIVERS[name]
        self.driver = driver_of(driver)
        self.twin: Any = benches.twins[bench].instruments[name]
        self.wire = FaultyWire(benches.served[bench].ports[name])
        address = f"TCPIP::127.0.0.1::{self.wire.port}::SOCKET"
        usual = {"visa_library": "@py", "timeout": TIMEOUT, "on_link_loss": "make_safe"}
        own = OPTIONS.get(name, {})
        setup = Setup(name, name, address, {**usual, **own, **options})
        wire = self.driver.wire(setup)
        self.opened: Opened = self.driver.open(wire, setup, SystemClock())
        self.role: Any = self.opened.roles[role]

    @property
    def counts(self) -> LinkCounts:
        return self.opened.link_counts

    def close(self) -> None:
        if hasattr(self.role, "make_safe"):
            self.wire.heal()
            self.role.make_safe()
        self.opened.close()
        self.wire.close()

    def is_on(self) -> bool:
        """Whether the twin puts anything out, in truth."""
        twin = self.twin
        if hasattr(twin, "channels"):
            return any(one.front.source.on for one in twin.channels.values())
        source = twin.front.source.on if hasattr(twin, "front") else False
        circuit = getattr(twin, "circuit", None)
        other = (
            getattr(twin, "output", False),
            getattr(twin, "setpoint", 0.0),
            circuit is not None and hasattr(twin, "told") and circuit.closed,
        )
        return bool(source or any(other))
