"""Hand spectra on as EC-Lab style ``.mpt``, one file each; the column is −Im(Z)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.store.exporters.ec_lab.header import ENCODING, ec_lab_header
from labctl.store.exporters.ec_lab.sequences import clock_time, number, row
from labctl.store.exporters.ec_lab.series import Titled, lines
from labctl.store.exporters.spectra import GEIS, ExportedSpectrum
from labctl.store.run_file.reader import RunFile

PEIS = "Potentio Electrochemical Impedance Spectroscopy"
MILLI = 1e3


def write_spectrum(run: RunFile, one: ExportedSpectrum, path: Path) -> None:
    """Write one spectrum as EC-Lab does. OSError."""
    columns = list(_columns(one))
    header = ec_lab_header(
        run,
        GEIS if one.galvanostatic else PEIS,
        _parameters(one),
        [column.title for column in columns],
        [f"spectrum {one.number} of the run"],
    )
    text = header + "".join(lines(columns, 0, len(one.impedance)))
    path.write_bytes(text.encode(ENCODING, errors="replace"))


def _columns(one: ExportedSpectrum) -> Iterator[Titled]:
    z, c = one.impedance, one.columns
    own: dict[str, Array] = {
        "freq/Hz": c["frequency_hertz"],
        "Re(Z)/Ohm": z.real,
        "-Im(Z)/Ohm": -z.imag,
        "|Z|/Ohm": np.abs(z),
        "Phase(Z)/deg": np.degrees(np.angle(z)),
        "time/s": c["test_time_second"],
    }
    for title, name, factor in (
        ("<Ewe>/V", "voltage_volt", 1.0),
        ("<I>/mA", "current_ampere", MILLI),
        ("|Ewe|/V", "voltage_amplitude_volt", 1.0),
        ("|I|/A", "current_amplitude_ampere", 1.0),
        ("(Q-Qo)/mA.h", "net_capacity_ah", MILLI),
    ):
        if name in c and np.isfinite(c[name]).any():
            own[title] = factor * c[name]
    for title, values in own.items():
        yield Titled(title, _part(values))
    cycles = c.get("cycle_count", np.array([-1]))
    if (cycles >= 0).all():
        yield Titled("cycle number", _part(cycles), whole=True)


def _part(values: Array) -> Any:
    return lambda begin, end: values[begin:end]


def _parameters(one: ExportedSpectrum) -> list[str]:
    """Return what the channel was told, as EC-Lab writes it."""
    told = one.technique
    if not told:
        return []
    versus = "<None>" if one.galvanostatic else "Ref"
    if told["versus_initial"]:
        versus = "Ictrl" if one.galvanostatic else "Eoc"
    settle = clock_time(told["settle"])
    if one.galvanostatic:
        bias = {"Is": number(MILLI * told["bias"]), "unit Is": "mA", "vs.": versus}
        bias["tIs (h:m:s)"] = settle
        sine = {
            "Ia/Va": "Ia",
            "Ia": number(MILLI * told["amplitude"]),
            "unit Ia": "mA",
        }
    else:
        bias = {"E (V)": number(told["bias"]), "vs.": versus, "tE (h:m:s)": settle}
        sine = {"Va (mV)": number(MILLI * told["amplitude"])}
    rows = {
        "Mode": "Single sine",
        **bias,
        "fi": number(told["first_frequency"]),
        "unit fi": "Hz",
        "ff": number(told["last_frequency"]),
        "unit ff": "Hz",
        "Nd": number(told["points_per_decade"]),
        "Points": "per decade",
        "spacing": "Logarithmic",
        **sine,
        "pw": number(told["wait_periods"]),
        "Na": number(told["averages"]),
        "corr": str(int(told["drift_correction"])),
    }
    return [row(label, [value]) for label, value in rows.items()]
