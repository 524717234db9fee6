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


def time_trace(ports: dict[str, int]) -> Any:
    """Upload a time trace as a script of many lines, run it, read the block."""
    smu = _open(ports)
    smu.mode("voltage")
    smu.volt(0.3)
    smu.output(True)
    smu.timetrace_npts(10)
    smu.timetrace_dt(0.05)
    smu.timetrace_mode("current")
    trace = list(smu.timetrace())
    return {"count": len(trace), "mean": sum(map(float, trace)) / len(trace)}


def two_sweeps(ports: dict[str, int]) -> Any:
    """Step one channel while the other one sweeps, in one script."""
    smu = _open(ports)
    frame = smu.parent
    smu.setup_fastsweep(
        LinSweep(smu.volt, 0, 0.2, 3), LinSweep(frame.smub.volt, 0, 1, 2)
    )
    return {"currents": smu.fastsweep()}


def ranges(ports: dict[str, int]) -> Any:
    """Set ranges and limits, and read them back."""
    smu = _open(ports)
    smu.sourcerange_v(2)
    smu.measurerange_i(1e-4)
    smu.limiti(5e-4)
    smu.limitv(10)
    return {
        "source": smu.sourcerange_v(),
        "measure": smu.measurerange_i(),
        "limits": [smu.limiti(), smu.limitv()],
    }


def snapshot(ports: dict[str, int]) -> Any:
    """Read every parameter for a snapshot, and the error queue after it."""
    smu = _open(ports)
    taken = smu.parent.snapshot(update=True)
    channel = taken["submodules"]["smua"]["parameters"]
    return {
        "nplc": channel["nplc"]["value"],
        "errors": float(smu.parent.ask("errorqueue.count")),
    }
