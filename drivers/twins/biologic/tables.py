"""What the twin's firmware takes and gives: a table of its own, not the driver's.

Rules for whoever edits: write down what public descriptions say (see the decision page
on tables that must not be shared), never what the driver sends. Labels are written
``Current_step:s[100]``: i int, b bool, s single; in brackets how many steps there may
be. Words of a row are written in order, integers marked with #.
"""

from collections.abc import Mapping
from dataclasses import dataclass

ESSENTIAL, PREMIUM, DIGICORE = 1, 2, 3
"""Channel boards: VMP3 kind, SP-300 kind (so every VSP-300), DIGICORE."""
SUFFIXES = {ESSENTIAL: "", PREMIUM: "4", DIGICORE: "5"}
INT, BOOL, SINGLE = 0, 1, 2
"""TEccParam.ParamType."""
TYPES = {"i": INT, "b": BOOL, "s": SINGLE}


@dataclass(frozen=True, slots=True)
class Label:
    """One parameter that the firmware knows."""

    type: int
    most: int = 1
    """Values of an array; 1 is a scalar."""


@dataclass(frozen=True, slots=True)
class Row:
    """Words of a row, in order."""

    columns: tuple[str, ...]
    integers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Technique:
    """One technique as the firmware knows it."""

    name: str
    id: int
    """TDataInfos.TechniqueID."""
    file: str
    """Base name; the board's suffix and ``.ecc`` follow."""
    labels: Mapping[str, Label]
    boards: tuple[int, ...] = (ESSENTIAL, PREMIUM, DIGICORE)
    """Boards that there is a file for."""
    driven: bool = False
    """Drives a current: the range may not be auto."""

    def file_for(self, board: int) -> str:
        """Return such as ``cplimit4.ecc``; empty where the board has none."""
        return f"{self.file}{SUFFIXES[board]}.ecc" if board in self.boards else ""

    @property
    def limited(self) -> bool:
        """Whether there are tests that end a step."""
        return "Exit_Cond" in self.labels

    @property
    def duration(self) -> str:
        """Label of the duration that may be cut while it runs; empty if none."""
        if self.id == OCV_ID:
            return "Rest_time_T"
        return "Duration_step" if self.id in STEPPED_IDS else ""


OCV_ID = 100
STEPPED_IDS = frozenset({101, 102, 110, 155, 157})
"""Techniques that hold one level after another."""
SCAN_IDS = frozenset({103, 124, 158})
SPECTRUM_IDS = frozenset({104, 107})


def _labels(text: str) -> dict[str, Label]:
    found = {}
    for word in text.split():
        name, _, kind = word.partition(":")
        most = int(kind[2:-1]) if "[" in kind else 1
        found[name] = Label(TYPES[kind[0]], most)
    return found


_COMMON = "I_Range:i E_Range:i Bandwidth:i tb:s xctr:i "
_TESTS = (
    " ".join(f"Test{n}_Config:i[20] Test{n}_Value:s[20]" for n in (1, 2, 3))
    + " Exit_Cond:i[20] "
)
_GALVANIC = (
    "Current_step:s[N] vs_initial:b[N] Duration_step:s[N] Step_number:i "
    "Record_every_dT:s Record_every_dE:s N_Cycles:i "
)
_POTENTIAL = (
    "Voltage_step:s[N] vs_initial:b[N] Duration_step:s[N] Step_number:i "
    "Record_every_dT:s Record_every_dI:s N_Cycles:i "
)
_SCAN = (
    "Voltage_step:s[N] vs_initial:b[N] Scan_Rate:s[N] Scan_number:i N_Cycles:i "
    "Record_every_dE:s Begin_measuring_I:s End_measuring_I:s "
)
_SINES = (
    "vs_initial:b vs_final:b Duration_step:s Step_number:i Record_every_dT:s "
    "Initial_frequency:s Final_frequency:s sweep:b Frequency_number:i "
    "Average_N_times:i Correction:b Wait_for_steady:s "
)


def _of(text: str, steps: int) -> dict[str, Label]:
    return _labels(text.replace("[N]", f"[{steps}]") + _COMMON)


TECHNIQUES: tuple[Technique, ...] = (
    Technique(
        "OCV",
        OCV_ID,
        "ocv",
        _labels("Rest_time_T:s Record_every_dE:s Record_every_dT:s " + _COMMON),
    ),
    Technique("CA", 101, "ca", _of(_POTENTIAL, 100)),
    Technique("CP", 102, "cp", _of(_GALVANIC, 100), driven=True),
    Technique("CV", 103, "cv", _of(_SCAN + "Average_over_dE:b ", 5)),
    Technique(
        "PEIS",
        104,
        "peis",
        _labels(
            _SINES + "Initial_Voltage_step:s Final_Voltage_step:s "
            "Amplitude_Voltage:s Record_every_dI:s " + _COMMON
        ),
    ),
    Technique(
        "GEIS",
        107,
        "geis",
        # Three programs record its hold by dE, one table and its copy by dV.
        _labels(
            _SINES + "Initial_Current_step:s Final_Current_step:s "
            "Amplitude_Current:s Record_every_dE:s " + _COMMON
        ),
        driven=True,
    ),
    # File and number are public, for this board alone; the labels follow CP's.
    Technique(
        "CPOWER",
        110,
        "pow",
        _of(_GALVANIC.replace("Current_step", "Power_step"), 100),
        boards=(ESSENTIAL,),
        driven=True,
    ),
    Technique("VSCAN", 124, "vscan", _of(_SCAN, 100)),
    Technique("LOOP", 150, "loop", _labels("loop_N_times:i protocol_number:i")),
    Technique("CPLIMIT", 155, "cplimit", _of(_GALVANIC + _TESTS, 20), driven=True),
    Technique("CALIMIT", 157, "calimit", _of(_POTENTIAL + _TESTS, 20)),
    Technique("VSCANLIMIT", 158, "vscanlimit", _of(_SCAN + _TESTS, 20)),
)

_SINE_WORDS = (
    "freq abs_Ewe abs_I phase Ewe I unused_6 abs_Ece abs_Ice phase_ce Ece "
    "unused_11 unused_12 t"
)
EXTRA_WORDS = (
    "Ece",
    "analog_in_1",
    "analog_in_2",
    "external_control",
    "reserved",
    "control",
    "charge",
    "i_range#",
)
"""What the bits of xctr append to a row, bit 0 first; premium boards only."""


def row_of(technique: Technique, board: int, process: int, xctr: int = 0) -> Row:
    """Return the words of a row; none for what records nothing."""
    text = _words_of(technique.id, board, process)
    if board == PREMIUM and process == 0:
        extra = [word for bit, word in enumerate(EXTRA_WORDS) if xctr >> bit & 1]
        text = " ".join([text, *extra])
    words = text.split()
    return Row(
        tuple(word.rstrip("#") for word in words),
        frozenset(word[:-1] for word in words if word.endswith("#")),
    )


def _words_of(number: int, board: int, process: int) -> str:
    vmp3 = board == ESSENTIAL
    time = "t_low# t_high#" if board == DIGICORE else "t_high# t_low#"
    if process == 1:
        return _SINE_WORDS + (" i_range#" if vmp3 else "")
    if number == OCV_ID:
        return f"{time} Ewe" + (" Ece" if vmp3 else "")
    if number in STEPPED_IDS:
        return f"{time} Ewe I cycle#"
    if number in SCAN_IDS:
        return time + (" Ec" if vmp3 else "") + " I Ewe cycle#"
    return f"{time} Ewe I" if number in SPECTRUM_IDS else ""
