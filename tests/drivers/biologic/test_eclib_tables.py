"""What EClib calls things, transcribed a second time: driver and twin share one table.

From the development package's technique descriptions: file and number, labels by type,
and the words of a row (integers marked with #) on a VMP3's and on a VSP-300's board.
"""

import pytest

from drivers.biologic.eclib.codes import Board
from drivers.biologic.eclib.tables import Kind
from drivers.biologic.techniques import TECHNIQUES

MEASURING = {"I_Range": "int", "E_Range": "int", "Bandwidth": "int", "tb": "single"}
HELD = {
    "vs_initial": "bool",
    "Duration_step": "single",
    "Step_number": "int",
    "Record_every_dT": "single",
    "N_Cycles": "int",
}
VOLTAGE = {"Voltage_step": "single", "Record_every_dI": "single", **HELD}
CURRENT = {"Current_step": "single", "Record_every_dE": "single", **HELD}
POWER = {"Power_step": "single", "Record_every_dE": "single", **HELD}
LIMITS = {f"Test{n}_Config": "int" for n in (1, 2, 3)}
LIMITS |= {f"Test{n}_Value": "single" for n in (1, 2, 3)} | {"Exit_Cond": "int"}
SCAN = {
    "vs_initial": "bool",
    "Voltage_step": "single",
    "Scan_Rate": "single",
    "Scan_number": "int",
    "Record_every_dE": "single",
    "N_Cycles": "int",
    "Begin_measuring_I": "single",
    "End_measuring_I": "single",
}
SPECTRUM = {
    "vs_initial": "bool",
    "vs_final": "bool",
    "Duration_step": "single",
    "Step_number": "int",
    "Record_every_dT": "single",
    "Final_frequency": "single",
    "Initial_frequency": "single",
    "sweep": "bool",
    "Frequency_number": "int",
    "Average_N_times": "int",
    "Correction": "bool",
    "Wait_for_steady": "single",
}
PEIS = {**SPECTRUM, "Amplitude_Voltage": "single", "Record_every_dI": "single"}
PEIS |= {"Initial_Voltage_step": "single", "Final_Voltage_step": "single"}
GEIS = {**SPECTRUM, "Amplitude_Current": "single", "Record_every_dE": "single"}
GEIS |= {"Record_every_dV": "single"}  # what one program calls it: `geis_hold`
GEIS |= {"Initial_Current_step": "single", "Final_Current_step": "single"}
REST = {"Rest_time_T": "single", "Record_every_dE": "single"}
REST |= {"Record_every_dT": "single"}
JUMP = {"loop_N_times": "int", "protocol_number": "int"}
TRANSCRIBED = {
    "OCV": ("ocv", 100, REST),
    "CA": ("ca", 101, VOLTAGE),
    "CP": ("cp", 102, CURRENT),
    "CV": ("cv", 103, {**SCAN, "Average_over_dE": "bool"}),
    "PEIS": ("peis", 104, PEIS),
    "GEIS": ("geis", 107, GEIS),
    "CPOWER": ("pow", 110, POWER),
    "VSCAN": ("vscan", 124, SCAN),
    "LOOP": ("loop", 150, JUMP),
    "CPLIMIT": ("cplimit", 155, {**CURRENT, **LIMITS}),
    "CALIMIT": ("calimit", 157, {**VOLTAGE, **LIMITS}),
    "VSCANLIMIT": ("vscanlimit", 158, {**SCAN, **LIMITS}),
}
BOARDS = (Board.ESSENTIAL, Board.PREMIUM)
HELD_ROW = "t_high# t_low# Ewe I cycle#"
SCAN_ROWS = ("t_high# t_low# Ec I Ewe cycle#", "t_high# t_low# I Ewe cycle#")
SINE_ROW = (
    "freq abs_Ewe abs_I phase Ewe I unused_6 abs_Ece abs_Ice phase_ce Ece "
    "unused_11 unused_12 t"
)
ROWS = {
    ("OCV", 0): ("t_high# t_low# Ewe Ece", "t_high# t_low# Ewe"),
    **{(name, 0): (HELD_ROW,) * 2 for name in ("CA", "CP", "CALIMIT", "CPLIMIT")},
    ("CPOWER", 0): (HELD_ROW,),
    **{(name, 0): SCAN_ROWS for name in ("CV", "VSCAN", "VSCANLIMIT")},
    **{(name, 0): ("t_high# t_low# Ewe I",) * 2 for name in ("PEIS", "GEIS")},
    **{(name, 1): (f"{SINE_ROW} i_range#", SINE_ROW) for name in ("PEIS", "GEIS")},
}


def test_every_technique_is_transcribed() -> None:
    assert TECHNIQUES.keys() == TRANSCRIBED.keys()
    assert ROWS.keys() == {
        (name, process) for name, t in TECHNIQUES.items() for _, process in t.layouts
    }


@pytest.mark.parametrize("name", TRANSCRIBED)
def test_a_technique_is_called_as_eclib_calls_it(name: str) -> None:
    file, number, own = TRANSCRIBED[name]
    measuring = {} if name == "LOOP" else {**MEASURING, "xctr": "int"}
    if name == "OCV":
        del measuring["I_Range"]  # nothing is driven
    table = TECHNIQUES[name]

    kinds = {Kind.INT: "int", Kind.BOOL: "bool", Kind.SINGLE: "single"}
    found = {label: kinds[p.kind] for label, p in table.parameters.items()}

    assert (table.file, table.id) == (file, number)
    assert found == {**own, **measuring}


@pytest.mark.parametrize(("name", "process"), ROWS)
def test_a_row_has_the_words_of_its_board(name: str, process: int) -> None:
    for board, words in zip(BOARDS, ROWS[name, process], strict=False):
        layout = TECHNIQUES[name].layout(board, process)

        marked = [c + "#" * (c in layout.integers) for c in layout.columns]
        assert " ".join(marked) == words
