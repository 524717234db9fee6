"""Impedance: PEIS 104 and GEIS 107.

Process 0 is the direct part (the hold before the sweep), process 1 one row a
frequency. ``sweep`` TRUE means linear spacing. GEIS calls the recording of its hold
``Record_every_dE`` in three public programs and ``Record_every_dV`` in one: the option
``geis_hold`` chooses, and the read-back after loading says whether it is right.
"""

from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.tables import COMMON, Kind, Layout, TechniqueTable, labels

_HOLD = Layout.parse("t_high# t_low# Ewe I")
_SINE = "freq abs_Ewe abs_I phase Ewe I unused_6 abs_Ece abs_Ice phase_ce Ece"
_SINE += " unused_11 unused_12 t"
_LAYOUTS = {
    (Board.ESSENTIAL, 0): _HOLD,
    (Board.PREMIUM, 0): _HOLD,
    (Board.ESSENTIAL, 1): Layout.parse(_SINE + " i_range#"),
    (Board.PREMIUM, 1): Layout.parse(_SINE),
}
_SWEEP = {
    **labels("vs_initial vs_final sweep Correction", Kind.BOOL),
    **labels("Duration_step Record_every_dT Wait_for_steady", Kind.SINGLE),
    **labels("Final_frequency Initial_frequency", Kind.SINGLE),
    **labels("Step_number Frequency_number Average_N_times", Kind.INT),
    **COMMON,
}

PEIS = TechniqueTable(
    "PEIS",
    "peis",
    104,
    {
        **_SWEEP,
        **labels("Initial_Voltage_step Final_Voltage_step", Kind.SINGLE),
        **labels("Amplitude_Voltage Record_every_dI", Kind.SINGLE),
    },
    _LAYOUTS,
    xctr=False,
)
GEIS = TechniqueTable(
    "GEIS",
    "geis",
    107,
    {
        **_SWEEP,
        **labels("Initial_Current_step Final_Current_step", Kind.SINGLE),
        **labels("Amplitude_Current", Kind.SINGLE),
        **labels("Record_every_dE Record_every_dV", Kind.SINGLE),
    },
    _LAYOUTS,
    auto_range=False,
    xctr=False,
)
