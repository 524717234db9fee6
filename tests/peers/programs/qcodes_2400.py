"""What QCoDeS' Keithley2400 is asked to do."""

from typing import Any

from qcodes.instrument_drivers.Keithley import Keithley2400


def _open(ports: dict[str, int]) -> Any:
    Keithley2400.close_all()
    address = f"TCPIP::127.0.0.1::{ports['k2400']}::SOCKET"
    return Keithley2400("smu", address)


def measure(ports: dict[str, int]) -> Any:
    """Drive a voltage, read voltage, current and resistance."""
    smu = _open(ports)
    smu.reset()
    smu.mode("VOLT")
    smu.compliancei(1e-3)
    smu.volt(0.3)
    smu.output(True)
    given = {"volt": smu.volt(), "curr": smu.curr(), "ohms": smu.resistance()}
    smu.output(False)
    return given | {"mode": smu.mode(), "on": smu.output()}


def source_current(ports: dict[str, int]) -> Any:
    """Drive a current, read the voltage."""
    smu = _open(ports)
    smu.reset()
    smu.mode("CURR")
    smu.compliancev(2)
    smu.curr(1e-5)
    smu.output(True)
    return {"volt": smu.volt(), "compliance": smu.compliancev()}


def ranges(ports: dict[str, int]) -> Any:
    """Set ranges and read them back."""
    smu = _open(ports)
    smu.reset()
    smu.rangev(2)
    volts = smu.rangev()
    smu.mode("CURR")
    smu.rangei(1e-3)
    return {"volts": volts, "amperes": smu.rangei()}


def integration(ports: dict[str, int]) -> Any:
    """Set integration times, compliance and sense mode, and read them back."""
    smu = _open(ports)
    smu.reset()
    smu.nplci(0.1)
    smu.nplcv(0.1)
    smu.sense("CURR")
    smu.compliancei(1e-4)
    return {"nplc": smu.nplci(), "limit": smu.compliancei(), "sense": smu.sense()}


def snapshot(ports: dict[str, int]) -> Any:
    """Read every parameter for a snapshot."""
    smu = _open(ports)
    smu.reset()
    smu.output(True)
    taken = smu.snapshot(update=True)["parameters"]
    return {"unread": [name for name, one in taken.items() if "value" not in one]}


def labsim(_ports: dict[str, int]) -> Any:
    """Drive and read a 2400 that stands behind PyVISA's ``@labsim``."""
    Keithley2400.close_all()
    address = "GPIB0::24::INSTR"
    smu = Keithley2400("smu", address, visalib="probe-virtual@labsim")
    smu.mode("VOLT")
    smu.volt(0.3)
    smu.output(True)
    return {"curr": smu.curr()}
