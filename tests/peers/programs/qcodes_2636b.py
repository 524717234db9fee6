"""What QCoDeS' Keithley2636B is asked to do."""

from typing import Any

from qcodes.dataset import LinSweep
from qcodes.instrument_drivers.Keithley import Keithley2636B


def _open(ports: dict[str, int]) -> Any:
    Keithley2636B.close_all()
    smu = Keithley2636B("smu", f"TCPIP::127.0.0.1::{ports['k2636b']}::SOCKET")
    smu.reset()
    return smu.smua


def measure(ports: dict[str, int]) -> Any:
    """Drive a voltage with a limit; read voltage, current and resistance."""
    smu = _open(ports)
    smu.mode("voltage")
    smu.limiti(1e-3)
    smu.volt(0.3)
    smu.output(True)
    given = {"volt": smu.volt(), "curr": smu.curr(), "ohms": smu.res()}
    smu.output(False)
    return given | {"on": smu.output(), "limit": smu.limiti()}


def compliance(ports: dict[str, int]) -> Any:
    """Tell from the status of a reading that the limit was reached."""
    smu = _open(ports)
    smu.mode("voltage")
    smu.limiti(1e-6)
    smu.volt(0.3)
    smu.output(True)
    current = smu.curr()
    return {"curr": current, "status": smu.curr.measurement_status.name}


def fast_sweep(ports: dict[str, int]) -> Any:
    """Upload the fast sweep as a script of many lines, run it, read the block."""
    smu = _open(ports)
    smu.mode("voltage")
    smu.limiti(1e-3)
    smu.nplc(1)
    smu.setup_fastsweep(LinSweep(smu.volt, 0, 0.2, 5))
    return {"currents": smu.fastsweep()}
