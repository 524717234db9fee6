"""A run of ours as EC-Lab would have written it: a table of text.

``bare``: time, voltage and current only; else with steps, mode, half cycle and charge.
EC-Lab's clock goes on while nothing is recorded between two of its techniques, and so
do its rows; what passes between two of our uploads is left out.
"""

from collections.abc import Mapping

import numpy as np

from labctl.analysis.cells.running_time import running_time
from labctl.analysis.cells.segment import Driving
from labctl.data import Array

HEAD = "EC-Lab ASCII FILE\nNb header lines : 5\n\n{technique}\n{titles}\n"
CYCLING = "Galvanostatic Cycling with Potential Limitation"


def timeseries_text(table: Mapping[str, Array], *, bare: bool) -> str:
    """Return the rows of a time series as a ``.mpt`` file."""
    columns = {
        "time/s": running_time(table),
        "Ewe/V": table["voltage_volt"],
        "I/mA": 1e3 * np.nan_to_num(table["current_ampere"]),
    }
    if not bare:
        rest = np.isnan(table["current_ampere"]) | (table["current_ampere"] == 0)
        columns = {
            "mode": np.where(rest, Driving.REST, 0),
            "Ns": np.cumsum(_begins(table)) - 1,
            **columns,
            "(Q-Qo)/mA.h": _charge(table) / 3.6,
            "half cycle": table["half_cycle"],
        }
    return _text(CYCLING, columns)


def _charge(table: Mapping[str, Array]) -> Array:
    """Return the charge that passed in C: a current flows from its step's start."""
    time, current = running_time(table), np.nan_to_num(table["current_ampere"])
    mean = 0.5 * (current + np.append(0.0, current[:-1]))
    begins = _begins(table)
    mean[begins] = current[begins]
    charge: Array = np.cumsum(mean * np.diff(time, prepend=0.0))
    return charge


def _begins(table: Mapping[str, Array]) -> Array:
    """Return where a technique begins: to EC-Lab each is a step of its own."""
    index = np.diff(table["technique_index"], prepend=-1) != 0
    begins: Array = index | (np.diff(table["step_count"], prepend=-1) != 0)
    return begins


def spectra_text(table: Mapping[str, Array]) -> str:
    """Return the rows of spectra as a ``.mpt`` file."""
    return _text(
        "Potentio Electrochemical Impedance Spectroscopy",
        {
            "freq/Hz": table["frequency_hertz"],
            "Re(Z)/Ohm": table["real_impedance_ohm"],
            "-Im(Z)/Ohm": -table["imaginary_impedance_ohm"],
            "time/s": table["test_time_second"],
            "<Ewe>/V": table["voltage_volt"],
            "<I>/mA": 1e3 * table["current_ampere"],
            "|Ewe|/V": table["voltage_amplitude_volt"],
            "|I|/A": table["current_amplitude_ampere"],
            "cycle number": 0 * table["frequency_hertz"],
        },
    )


def _text(technique: str, columns: Mapping[str, Array]) -> str:
    head = HEAD.format(technique=technique, titles="\t".join(columns))
    rows = np.column_stack([np.asarray(c, dtype=float) for c in columns.values()])
    lines = ["\t".join(f"{x:.12g}" for x in row) for row in rows.tolist()]
    return head + "\n".join(lines) + "\n"
