"""Write Gamry ``.DTA`` files as Framework does, for tests.

The shape (names, order, number formats) is that of Framework 6 files; the numbers are
made here.
"""

from collections.abc import Mapping, Sequence

SETTINGS = {
    "TAG": "PWR800_CHARGE",
    "TITLE": "LABEL\tCharge Step\tTest &Identifier",
    "DATE": "LABEL\t1/15/2024\tDate",
    "TIME": "LABEL\t9:00:00\tTime",
    "PSTAT": "PSTAT\tREF3000-00001\tPotentiostat",
    "AREA": "QUANT\t1.33000E+000\tSample Area (cm^2)",
    "PSTATSERIALNO": "LABEL\t00001\tPstat Serial Number",
    "CONVENTION": "IQUANT\t1\tCurrent Convention",
}
CURVE = {"Pt": "#", "T": "s", "Vf": "V vs. Ref.", "Im": "A", "Vu": "V", "Over": "bits"}
ZCURVE = {
    "Pt": "#",
    "Time": "s",
    "Freq": "Hz",
    "Zreal": "ohm",
    "Zimag": "ohm",
    "Zsig": "V",
    "Zmod": "ohm",
    "Zphz": "°",
    "Idc": "A",
    "Vdc": "V",
    "IERange": "#",
}


def table(
    name: str,
    units: Mapping[str, str],
    rows: Sequence[Sequence[float | str]],
    *,
    counted: bool = True,
) -> str:
    """Return a table's lines."""
    lines = [f"{name}\tTABLE" + (f"\t{len(rows)}" if counted else "")]
    lines += ["\t" + "\t".join(units), "\t" + "\t".join(units.values())]
    for row in rows:
        cells = (x if isinstance(x, str) else f"{x:.5E}" for x in row)
        lines.append("\t" + "\t".join(cells))
    return "\n".join(lines) + "\n"


def dta(*tables: str, without: Sequence[str] = (), **settings: str) -> str:
    """Return a file of these tables; settings replace those of `SETTINGS`."""
    told = {**SETTINGS, **settings}
    lines = ["EXPLAIN"]
    lines += [f"{k}\t{v}" for k, v in told.items() if k not in without]
    return "\n".join(lines) + "\n" + "".join(tables)


CHARGE = [
    (0.0, 0.0, 3.0, 1e-3, 0.0, "..........a"),
    (1.0, 10.0, 3.1, 1.5e-3, 0.0, "..........a"),
]
SPECTRUM = [
    (0, 1, 1e4, 10.0, -2.0, 1, 10.198, -11.31, 2.4e-6, 1.299, 10),
    (1, 2, 1e3, 12.0, -5.0, 1, 13.0, -22.62, 2.4e-6, 1.299, 10),
]
