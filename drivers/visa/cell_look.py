"""What a cell shows before anything is driven: its voltage at 0 A, by all its leads.

Without current force and sense leads see the same. With a sense lead off, an output
would drive the cell to wherever that lead floats.
"""

import math

from drivers.visa.cell_options import CellOptions
from drivers.visa.cell_reach import Reach
from drivers.visa.cell_terminals import (
    LOOK,
    CellTerminals,
    TerminalReading,
    TerminalSettings,
)
from labctl.errors import InstrumentError, LimitError

SAME_VOLTAGE = 0.02
"""V; sense and force leads may differ by so much at 0 A: twice what both ranges may be
wrong by, and a film on a contact."""


def look_at(
    terminals: CellTerminals, reach: Reach, options: CellOptions
) -> TerminalReading:
    """Return what the cell shows; the output is off before and afterwards.

    InstrumentError: its sense leads show something else. LimitError: it has more volts
    than the output drives.
    """
    reading = _seen(terminals, reach, options, four_wire=options.four_wire)
    if options.four_wire:
        near = _seen(terminals, reach, options, four_wire=False).voltage
        if not abs(reading.voltage - near) <= SAME_VOLTAGE:
            raise InstrumentError(
                f"{terminals.name}: its sense leads show {reading.voltage:.4g} V and "
                f"its force leads {near:.4g} V without current; nothing was driven. "
                "Connect the sense leads, or say `wires: 2` under `cell`"
            )
    return reading


def _seen(
    terminals: CellTerminals, reach: Reach, options: CellOptions, *, four_wire: bool
) -> TerminalReading:
    span = reach.usual_voltage
    terminals.set_up(TerminalSettings(span, options.nplc, four_wire, span, LOOK))
    try:
        terminals.rest()
        reading = terminals.read()
    finally:
        terminals.switch_off()
    if not math.isfinite(reading.voltage):
        raise LimitError(
            f"{terminals.name}: what is connected has more than {span:g} V; nothing "
            "was driven"
        )
    return reading
