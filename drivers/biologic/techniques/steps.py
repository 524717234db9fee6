"""Held currents, voltages and powers, with and without firmware limits.

CP 102, CPLIMIT 155, CA 101, CALIMIT 157, CPOWER 110. Releases 5.35, 6.01, 6.04 and 6.08
hold ``pow.ecc``, for board 1 alone. The labels of CPOWER follow CP's by analogy: the
read-back after loading says if an SDK calls them otherwise.
"""

from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.tables import (
    COMMON,
    TESTS,
    Kind,
    Layout,
    Parameter,
    TechniqueTable,
    labels,
)

_ROW = Layout.parse("t_high# t_low# Ewe I cycle#")
_LAYOUTS = {(Board.ESSENTIAL, 0): _ROW, (Board.PREMIUM, 0): _ROW}
_OLD = frozenset({Board.ESSENTIAL})


def _stepped(level: str, recorded_by: str) -> dict[str, Parameter]:
    return {
        **labels(f"{level} Duration_step", Kind.SINGLE, array=True),
        **labels("vs_initial", Kind.BOOL, array=True),
        **labels("Step_number N_Cycles", Kind.INT),
        **labels(f"Record_every_dT {recorded_by}", Kind.SINGLE),
        **COMMON,
    }


_CURRENT = _stepped("Current_step", "Record_every_dE")
_VOLTAGE = _stepped("Voltage_step", "Record_every_dI")
_POWER = _stepped("Power_step", "Record_every_dE")

CP = TechniqueTable("CP", "cp", 102, _CURRENT, _LAYOUTS, "Duration_step", False)
CPLIMIT = TechniqueTable(
    "CPLIMIT",
    "cplimit",
    155,
    {**_CURRENT, **TESTS},
    _LAYOUTS,
    "Duration_step",
    auto_range=False,
)
CA = TechniqueTable("CA", "ca", 101, _VOLTAGE, _LAYOUTS, "Duration_step")
CALIMIT = TechniqueTable(
    "CALIMIT", "calimit", 157, {**_VOLTAGE, **TESTS}, _LAYOUTS, "Duration_step"
)
CPOWER = TechniqueTable(
    "CPOWER",
    "pow",
    110,
    _POWER,
    {(Board.ESSENTIAL, 0): _ROW},
    "Duration_step",
    auto_range=False,
    boards=_OLD,
)
