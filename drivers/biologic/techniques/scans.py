"""Voltage scans: CV 103, VSCAN 124, VSCANLIMIT 158.

Scan_Rate is V/s or mV/s: public sources contradict each other. Options say which, and
the first seconds of every sweep are held against what was asked.
"""

from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.tables import (
    COMMON,
    TESTS,
    Kind,
    Layout,
    TechniqueTable,
    labels,
)

_LAYOUTS = {
    (Board.ESSENTIAL, 0): Layout.parse("t_high# t_low# Ec I Ewe cycle#"),
    (Board.PREMIUM, 0): Layout.parse("t_high# t_low# I Ewe cycle#"),
}
_SCAN = {
    **labels("Voltage_step Scan_Rate", Kind.SINGLE, array=True),
    **labels("vs_initial", Kind.BOOL, array=True),
    **labels("Scan_number N_Cycles", Kind.INT),
    **labels("Record_every_dE Begin_measuring_I End_measuring_I", Kind.SINGLE),
    **COMMON,
}

CV = TechniqueTable(
    "CV",
    "cv",
    103,
    {**_SCAN, **labels("Average_over_dE", Kind.BOOL)},
    _LAYOUTS,
)
VSCAN = TechniqueTable("VSCAN", "vscan", 124, _SCAN, _LAYOUTS)
VSCANLIMIT = TechniqueTable(
    "VSCANLIMIT", "vscanlimit", 158, {**_SCAN, **TESTS}, _LAYOUTS
)
