"""What QCoDeS' Keithley2450 is asked to do."""

from typing import Any

from qcodes.instrument_drivers.Keithley import Keithley2450


def _open(ports: dict[str, int]) -> Any:
    Keithley2450.close_all()
    smu = Keithley2450("smu", f"TCPIP::127.0.0.1::{ports['k2450']}::SOCKET")
    smu.timeout(1)
    smu.reset()
    return smu


def measure(ports: dict[str, int]) -> Any:
    """Drive a voltage with a limit, read one current."""
    smu = _open(ports)
    smu.source.function("voltage")
    smu.sense.function("current")
    smu.source.limit(1e-3)
    smu.source.voltage(0.5)
    with smu.output_enabled.set_to(True):
        current = smu.sense.current()
    return {"current": current, "limit": smu.source.limit()}


def sweep(ports: dict[str, int]) -> Any:
    """Set up a linear sweep into the buffer and run it."""
    smu = _open(ports)
    smu.source.function("voltage")
    smu.sense.function("current")
    smu.source.limit(1e-3)
    smu.source.sweep_setup(0, 0.2, 5)
    with smu.output_enabled.set_to(True):
        return {"currents": list(smu.sense.sweep())}


def settings(ports: dict[str, int]) -> Any:
    """Set ranges, integration, counts and four wires, and read them back."""
    smu = _open(ports)
    smu.source.function("voltage")
    smu.sense.function("current")
    smu.source.range(2)
    smu.source.read_back_enabled(True)
    smu.sense.range(1e-3)
    smu.sense.nplc(0.1)
    smu.sense.four_wire_measurement(True)
    smu.sense.count(3)
    return {
        "source": smu.source.range(),
        "sense": smu.sense.range(),
        "nplc": float(smu.sense.nplc()),
        "count": smu.sense.count(),
        "four": smu.sense.four_wire_measurement(),
        "back": smu.source.read_back_enabled(),
    }


def buffer(ports: dict[str, int]) -> Any:
    """Make a buffer, trigger into it and read its elements."""
    smu = _open(ports)
    smu.source.function("voltage")
    smu.sense.function("current")
    smu.source.voltage(0.1)
    with smu.buffer("mine", 20) as mine, smu.output_enabled.set_to(True):
        smu.sense.count(4)
        mine.clear_buffer()
        mine.trigger_start()
        rows = mine.get_data(1, 4, readings_only=True)
        mine.elements(["measurement", "measurement_unit", "relative_time"])
        told = mine.get_data(1, 1)
        there = mine.number_of_readings()
    other = smu.buffer("defbuffer1").number_of_readings()
    return {"rows": len(rows), "there": there, "other": other, "unit": told[1]}


def source_current(ports: dict[str, int]) -> Any:
    """Drive a current with a limit, read the voltage, and sweep it."""
    smu = _open(ports)
    smu.source.function("current")
    smu.sense.function("voltage")
    smu.source.limit(5)
    smu.source.current(2e-5)
    with smu.output_enabled.set_to(True):
        voltage = smu.sense.voltage()
    smu.source.sweep_setup(0, 4e-5, 3)
    with smu.output_enabled.set_to(True):
        return {"voltage": voltage, "voltages": list(smu.sense.sweep())}


def resistance(ports: dict[str, int]) -> Any:
    """Read a resistance with two wires and with four."""
    smu = _open(ports)
    smu.source.function("voltage")
    smu.source.limit(1e-3)
    smu.source.voltage(0.5)
    smu.sense.function("resistance")
    with smu.output_enabled.set_to(True):
        two = smu.sense.resistance()
        smu.sense.four_wire_measurement(True)
        return {"two": two, "four": smu.sense.resistance()}


def user_delay(ports: dict[str, int]) -> Any:
    """Set a user delay and read it back."""
    smu = _open(ports)
    smu.source.user_delay(0.1)
    return {"delay": smu.source.user_delay()}


def snapshot(ports: dict[str, int]) -> Any:
    """Read every parameter for a snapshot."""
    smu = _open(ports)
    taken = smu.snapshot(update=True)
    return {"function": taken["parameters"]["source_function"]["value"]}
