"""What QCoDeS' Keithley2000 is asked to do."""

from typing import Any

from qcodes.instrument_drivers.Keithley import Keithley2000


def _open(ports: dict[str, int]) -> Any:
    Keithley2000.close_all()
    return Keithley2000(
        "meter", f"TCPIP::127.0.0.1::{ports['multimeter']}::SOCKET", reset=True
    )


def volts(ports: dict[str, int]) -> Any:
    """Read the voltage that was triggered."""
    meter = _open(ports)
    meter.mode("dc voltage")
    return {"small": abs(meter.amplitude()) < 1e-3, "count": meter.trigger_count()}


def settings(ports: dict[str, int]) -> Any:
    """Set integration, range, digits and averaging, and read them back."""
    meter = _open(ports)
    meter.mode("dc voltage")
    meter.nplc(0.1)
    meter.range(1)
    meter.digits(5)
    meter.averaging_enabled(True)
    meter.averaging_count(7)
    meter.averaging_type("repeat")
    return {
        "nplc": meter.nplc(),
        "range": meter.range(),
        "auto": meter.auto_range_enabled(),
        "digits": meter.digits(),
        "on": meter.averaging_enabled(),
        "count": meter.averaging_count(),
        "kind": meter.averaging_type(),
    }


def resistance(ports: dict[str, int]) -> Any:
    """Choose ohms, with settings of their own, and come back to volts."""
    meter = _open(ports)
    meter.mode("2w resistance")
    meter.nplc(10)
    nplc = meter.nplc()
    meter.mode("dc voltage")
    return {"ohms": nplc, "volts": meter.nplc()}
