"""Gamry's and ZPlot's files, as small as they get."""

from collections.abc import Sequence
from pathlib import Path

import gamry_files
import numpy as np
from foreign_samples import ForeignSample

ZPLOT = ("Freq(Hz)", "Ampl", "Bias", "Time(Sec)", "Z'(a)", "Z''(b)", "GD")


def gamry(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a charge and a spectrum."""
    tables = [
        _table("CURVE", gamry_files.CURVE, gamry_files.CHARGE, without),
        _table("ZCURVE", gamry_files.ZCURVE, gamry_files.SPECTRUM, without),
    ]
    path = folder / "cell.DTA"
    path.write_text(gamry_files.dta(*tables), "latin-1")
    return path


def _table(
    name: str,
    units: dict[str, str],
    rows: Sequence[Sequence[float | str]],
    without: frozenset[str],
) -> str:
    kept = [k for k, title in enumerate(units) if title not in without]
    titles = list(units)
    return gamry_files.table(
        name,
        {titles[k]: units[titles[k]] for k in kept},
        [[row[k] for k in kept] for row in rows],
    )


def zplot(folder: Path, without: frozenset[str] = frozenset()) -> Path:
    """Write a spectrum of six frequencies."""
    frequency = np.logspace(5, 0, 6)
    z = 5 + 20 / (1 + 1j * frequency / 300)
    nothing = 0 * frequency
    values = (frequency, nothing + 0.01, nothing, nothing.cumsum(), z.real, z.imag)
    columns = dict(zip(ZPLOT, (*values, nothing), strict=True))
    columns["Time(Sec)"] = np.arange(1.0, 7.0)
    kept = [title for title in columns if title not in without]
    lines = ["ZPLOT2 ASCII", "Date: 1-15-2024", "\t".join(kept), "End Comments"]
    rows = zip(*(columns[title] for title in kept), strict=True)
    lines += ["\t".join(f"{x:.8E}" for x in row) for row in rows]
    path = folder / "cell.z"
    path.write_text("\n".join([*lines, ""]), "latin-1")
    return path


def spectrum(folder: Path, _without: frozenset[str] = frozenset()) -> Path:
    """Write a table with the three columns that every program exports."""
    frequency = np.logspace(5, 0, 6)
    z = 5 + 20 / (1 + 1j * frequency / 300)
    rows = zip(frequency, z.real, z.imag, strict=True)
    lines = ["freq (Hz),Re(Z) (ohm),Im(Z) (ohm)"]
    lines += [",".join(f"{x:.8E}" for x in row) for row in rows]
    path = folder / "cell.csv"
    path.write_text("\n".join([*lines, ""]))
    return path


SAMPLES = {
    "table of a spectrum": ForeignSample(spectrum),
    "Gamry": ForeignSample(gamry, ("T", "Vf", "Im", "Time", "Idc", "Vdc")),
    "ZPlot and ZView": ForeignSample(zplot, ("Time(Sec)", "Ampl", "GD")),
}
