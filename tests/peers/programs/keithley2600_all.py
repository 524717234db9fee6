"""What `keithley2600` from PyPI is asked to do: it reads the instrument's tables."""

from typing import Any

from keithley2600 import Keithley2600
from keithley2600.keithley_driver import KeithleyError

SHORT = 4e-3
"""Integration time, s; a sweep is polled ten times a second of the client's clock."""


def _open(ports: dict[str, int]) -> Any:
    address = f"TCPIP::127.0.0.1::{ports['k2636b']}::SOCKET"
    smu = Keithley2600(
        address, raise_keithley_errors=True, timeout=5000, write_termination="\n"
    )
    smu.reset()
    assert smu.status.operation.sweeping.condition == 0  # reads these tables now
    return smu


def tables(ports: dict[str, int]) -> Any:
    """Ask for the names in the instrument's tables, and which may be written."""
    smu = _open(ports)
    told = {}
    try:
        smu.smua.source.compliance = True
    except AttributeError as error:
        told["read_only"] = str(error)
    names = {"levelv", "limiti", "rangev", "output", "compliance"}
    return told | {
        "source": sorted(names & set(dir(smu.smua.source))),
        "measure": sorted({"i", "v", "r", "iv", "nplc"} & set(dir(smu.smua.measure))),
        "buffer": sorted({"n", "readings"} & set(dir(smu.smua.nvbuffer1))),
        "kind": smu.smua.nvbuffer1._lua_type,
        "globals": sorted({"smua", "smub", "trigger", "display"} & set(dir(smu))),
    }


def apply_and_measure(ports: dict[str, int]) -> Any:
    """Apply a voltage and a current, measure the other one."""
    smu = _open(ports)
    smu.apply_voltage(smu.smua, 0.3)
    current = smu.measure_current(smu.smua)
    smu.apply_current(smu.smua, 2e-5)
    return {"current": current, "voltage": smu.measure_voltage(smu.smua)}


def ramp(ports: dict[str, int]) -> Any:
    """Ramp to a voltage in steps."""
    smu = _open(ports)
    smu.ramp_to_voltage(smu.smua, 1.0, delay=0.01, step_size=0.25)
    return {"level": smu.smua.source.levelv, "measured": smu.measure_voltage(smu.smua)}


def errors(ports: dict[str, int]) -> Any:
    """Hear as an exception what the instrument refuses."""
    smu = _open(ports)
    try:
        smu.smua.source.levelv = 300
    except KeithleyError as error:
        return {"said": str(error).partition(";")[0], "level": smu.smua.source.levelv}
    return {}


def sweep(ports: dict[str, int]) -> Any:
    """Sweep a list of voltages by the trigger model, read both buffers."""
    smu = _open(ports)
    volts, amperes = smu.voltage_sweep_single_smu(
        smu.smua, [0.1, 0.2, 0.3], SHORT, delay=0.0, pulsed=False
    )
    return {"volts": volts, "amperes": amperes}


def long_sweep(ports: dict[str, int]) -> Any:
    """Sweep more points than fit into a message, pulsed, through a list in Lua."""
    smu = _open(ports)
    levels = [k * 0.01 for k in range(60)]
    volts, _ = smu.voltage_sweep_single_smu(
        smu.smua, levels, SHORT / 100, delay=0.0, pulsed=True
    )
    return {"count": len(volts), "last": volts[-1]}


def transfer(ports: dict[str, int]) -> Any:
    """Record a transfer curve: two source meters stepped by each other's events."""
    smu = _open(ports)
    table = smu.transfer_measurement(
        *(smu.smub, smu.smua, 0, 0.1, 0.1, [0.3]), t_int=SHORT, delay=0.0, pulsed=False
    )
    drain = table.get_column(table.column_names.index("Drain current (Vd = 0.3)"))
    return {"drain": [float(value) for value in drain[:2]]}


def output(ports: dict[str, int]) -> Any:
    """Record an output curve."""
    smu = _open(ports)
    table = smu.output_measurement(
        *(smu.smub, smu.smua, 0, 0.2, 0.1, [1]), t_int=SHORT, delay=0.0, pulsed=False
    )
    drain = table.get_column(table.column_names.index("Drain current (Vg = 1)"))
    return {"drain": [float(value) for value in drain[:3]]}
