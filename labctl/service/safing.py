"""Make the outputs of one instrument safe from a process that never drove it."""

from collections.abc import Mapping, Sequence
from typing import Any

from labctl import plugins
from labctl.clock import SystemClock
from labctl.errors import InstrumentError
from labctl.roles.driver import Setup
from labctl.station import LentBench

CALL = f"{__name__}:make_safe"
"""How the guard is told to call `make_safe`."""


def make_safe(
    name: str,
    driver: str,
    address: str,
    options: Mapping[str, Any],
    seats: Sequence[str],
) -> str:
    """Connect, make ``seats`` safe, sources before magnets; return what was done.

    InstrumentError: one of them could not be made safe.
    """
    setup = Setup(name, driver, address, options)
    found = plugins.driver(driver)
    device = found.open(found.wire(setup), setup, SystemClock())
    try:
        players = {seat: device.roles[seat] for seat in seats if seat in device.roles}
        failures = []
        for seat, output in LentBench(SystemClock(), players).outputs().items():
            try:
                output.make_safe()
            except Exception as error:  # noqa: BLE001  (the next one comes all the same)
                failures.append(f"{name}/{seat}: {error}")
        if failures:
            raise InstrumentError("; ".join(failures))
        return f"{device.identity()}: made safe"
    finally:
        device.close()
