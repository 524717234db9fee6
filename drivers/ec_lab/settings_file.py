"""EC-Lab's settings file (.mps): a head with safety limits, then linked techniques.

Text in cp1252 with CRLF, a key in the first 20 characters of a line, one column of 20
for each sequence. Keys and words are those of files that EC-Lab 11.50 wrote and that
are public. Direct current goes into Modulo Bat, a column for each step; a spectrum is
a technique of its own, because a sequence of Modulo Bat has no bias for one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.margins import Margins

WIDTH = 20
MODULO_BAT = "Modulo Bat"
PEIS = "Potentio Electrochemical Impedance Spectroscopy"
GEIS = "Galvano Electrochemical Impedance Spectroscopy"
MOST_LIMITS = 3
MOST_RECORDS = 3
STOP = "9999"
"""lim_seq of a limit that ends everything."""
SAFETY_TIME = 10
"""ms that a bound must be left for; EC-Lab's usual."""

MODULO_BAT_KEYS: Mapping[str, str] = {
    "Ns": "",
    "ctrl_type": "",
    "Apply I/C": "I",
    "current/potential": "current",
    "ctrl1_val": "",
    "ctrl1_val_unit": "",
    "ctrl1_val_vs": "",
    "ctrl2_val": "",
    "ctrl2_val_unit": "",
    "ctrl2_val_vs": "",
    "ctrl3_val": "",
    "ctrl3_val_unit": "",
    "ctrl3_val_vs": "",
    "N": "0.00",
    "charge/discharge": "Charge",
    "charge/discharge_1": "Charge",
    "Apply I/C_1": "I",
    "N1": "0.00",
    "ctrl4_val": "",
    "ctrl4_val_unit": "",
    "ctrl5_val": "",
    "ctrl5_val_unit": "",
    "ctrl_tM": "0",
    "ctrl_seq": "0",
    "ctrl_repeat": "0",
    "ctrl_trigger": "Falling Edge",
    "ctrl_TO_t": "0.000",
    "ctrl_TO_t_unit": "d",
    "ctrl_Nd": "6",
    "ctrl_Na": "2",
    "ctrl_corr": "0",
    "lim_nb": "0",
    **{
        f"lim{k}_{word}": ""
        for k in range(1, MOST_LIMITS + 1)
        for word in ("type", "comp", "Q", "value", "value_unit", "action", "seq")
    },
    "rec_nb": "0",
    **{
        f"rec{k}_{word}": ""
        for k in range(1, MOST_RECORDS + 1)
        for word in ("type", "value", "value_unit")
    },
    "E range min (V)": "-10.000",
    "E range max (V)": "10.000",
    "I Range": "Auto",
    "I Range min": "Unset",
    "I Range max": "Unset",
    "I Range init": "Unset",
    "auto rest": "0",
    "Bandwidth": "5",
}
"""Key -> what stands there where a step says nothing, in EC-Lab's order."""

Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LinkedTechnique:
    """One technique of the file: its name, and a column for each of its sequences."""

    name: str
    columns: tuple[Cells, ...]


def settings_text(
    techniques: Sequence[LinkedTechnique],
    margins: Margins,
    span: tuple[float, float],
    comment: str,
    decimal: str = ".",
) -> str:
    """Return the whole file; ``span`` is the range of voltage in V."""
    head = [
        "EC-LAB SETTING FILE",
        "",
        f"Number of linked techniques : {len(techniques)}",
        "",
        "Potential control : Ewe",
        f"Ewe ctrl range : min = {span[0]:.2f} V, max = {span[1]:.2f} V",
        "Safety Limits :",
        *_safety(margins),
        f"\tfor t > {SAFETY_TIME} ms",
        "\tDo not start on E overload",
        f"Comments : {comment}",
        "Cycle Definition : Charge/Discharge alternance",
        "Do not turn to OCV between techniques",
        "",
    ]
    body: list[str] = []
    for number, technique in enumerate(techniques, 1):
        body += [f"Technique : {number}", technique.name, *_rows(technique), ""]
    lines = [*head, *body]
    if decimal != ".":
        lines = [_with_decimal(line, decimal) for line in lines]
    return "\r\n".join(lines)


def _rows(technique: LinkedTechnique) -> list[str]:
    """Return its lines; as many limits and records as any sequence has, or one."""
    keys = dict.fromkeys(key for column in technique.columns for key in column)
    for word in ("lim", "rec"):
        used = max(int(column.get(f"{word}_nb", 0)) for column in technique.columns)
        beyond = tuple(f"{word}{k}_" for k in range(max(used, 1) + 1, 10))
        keys = dict.fromkeys(key for key in keys if not key.startswith(beyond))
    return [
        f"{key:<{WIDTH}}"
        + "".join(f"{column.get(key, ''):<{WIDTH}}" for column in technique.columns)
        for key in keys
    ]


def _safety(margins: Margins) -> list[str]:
    lines = []
    for word, value in zip(("min", "max"), margins.voltage, strict=True):
        if math.isfinite(value):
            lines.append(f"\tEwe {word} = {value:.5f} V")
    size = max(map(abs, margins.current))
    if math.isfinite(size):
        lines.append(f"\t|I| = {1e3 * size:.5f} mA")
    return lines


def _with_decimal(line: str, decimal: str) -> str:
    """Return a line whose numbers have another decimal sign; words keep their dots."""
    return "".join(
        decimal if char == "." and line[k - 1 : k].isdigit() else char
        for k, char in enumerate(line)
    )
