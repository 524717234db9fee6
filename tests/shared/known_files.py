"""Files that were read wrong once, or by others: what each holds, and its right value.

Every case is imported as a run; what is compared is what the run says. The values are
known because the files are made here, from the formulas that stand beside them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import ec_lab_files
import numpy as np
from ec_lab_files import PEIS, WORDS, mpt, written
from foreign_samples import samples

from labctl.clock import iso
from labctl.store.run_file.reader import RunFile

OCV = "Open Circuit Voltage"
CV = "Cyclic Voltammetry"
ZONE = "Asia/Seoul"
"""In which all files are imported: 09:00 there is 00:00 in UTC."""
OUT_AND_IN = "-1.000000 mAh, then back to 0.000000 mAh"
Measured = Callable[[RunFile], str]


@dataclass(frozen=True, slots=True)
class FileCase:
    """One file, with what a run made of it must say."""

    what: str
    """What is special about it, in words."""
    write: Callable[[Path], Path]
    right: str
    ours: Measured


def charge(run: RunFile) -> str:
    """Return the lowest net charge, and the last."""
    net = 1e3 * run.table("timeseries")["net_capacity_ah"]
    last = abs(round(float(net[-1]), 6))
    return f"{np.nanmin(net):.6f} mAh, then back to {last:.6f} mAh"


def currents(run: RunFile) -> str:
    """Return the different currents, those of the first row left out."""
    own = 1e3 * run.table("timeseries")["current_ampere"][1:]
    return ", ".join(f"{x:g}" for x in np.unique(own.round(6))) + " mA"


def no_current(run: RunFile) -> str:
    """Return how many rows there are, and whether any has a current."""
    own = run.table("timeseries")["current_ampere"]
    return f"{len(own)} rows, {'no' if np.isnan(own).all() else 'a'} current"


def spectra(run: RunFile) -> str:
    """Return the sizes of the spectra, and the impedance at both ends of the first."""
    eis = run.table("eis")
    of = eis["spectrum_id"]
    sizes = [str((of == one).sum()) for one in dict.fromkeys(of.tolist())]
    real, imaginary = eis["real_impedance_ohm"], eis["imaginary_impedance_ohm"]
    first = of == of[0]
    ends = np.argsort(eis["frequency_hertz"][first])[[-1, 0]]
    z = ", ".join(f"{real[k]:.4f}{imaginary[k]:+.4f}j" for k in ends)
    return f"{' + '.join(sizes)} points; {z} ohm"


def start(run: RunFile) -> str:
    """Return when it began."""
    return iso(run.header.started_unix)


TIME = np.r_[np.arange(13) * 300.0, 3900.0, 4200.0, 4200.0 + 300.0 * np.arange(1, 13)]
CURRENT = np.r_[0.0, np.full(12, -1.0), 0.0, 0.0, np.full(12, 1.0)]
"""mA; means of the intervals that end at the rows."""
CHARGE = CURRENT * np.diff(TIME, prepend=0.0) / 3600
VOLTAGE = 3.0 + 0.3 * np.cumsum(CHARGE)
STEP = np.r_[np.zeros(13), np.ones(2), np.full(12, 2.0)]
HALF = np.r_[np.zeros(15), np.ones(12)]
FREQUENCY = np.logspace(5, 1, 5)
Z = 5 + 20 / (1 + 1j * FREQUENCY / 300)


def _mpt(columns: Mapping[str, object], **more: str) -> Callable[[Path], Path]:
    rows = list(zip(*(np.asarray(v).tolist() for v in columns.values()), strict=True))
    text = mpt(list(columns), rows, technique=more.pop("technique", ec_lab_files.GCPL))
    for old, new in more.items():
        text = text.replace(old, new)
    return lambda folder: written(folder, text)


def _no_current_mpr(folder: Path) -> Path:
    path = folder / "gcpl.mpr"
    columns = {4: TIME, 7: CHARGE, 13: np.cumsum(CHARGE), 6: VOLTAGE, 212: HALF}
    data = ec_lab_files.data(columns, WORDS)
    path.write_bytes(ec_lab_files.mpr(data, LOG=ec_lab_files.log()))
    return path


def _hole(folder: Path) -> Path:
    later = np.where(STEP >= 1, 1800.0, 0.0)  # another technique ran for 1800 s
    columns = {"Ns": STEP, "time/s": TIME + later, "dq/mA.h": CHARGE}
    columns |= {"(Q-Qo)/mA.h": np.cumsum(CHARGE), "Ewe/V": VOLTAGE}
    return _mpt({**columns, "<I>/mA": CURRENT, "half cycle": HALF})(folder)


def _modulo_bat(folder: Path) -> Path:
    path = folder / "mb.mpr"
    time = np.r_[0.0, 1.0, 2.0, 3.0 + np.arange(5)]
    nothing = np.zeros(3)
    columns = {
        4: time,
        6: np.full(8, 3.2),
        32: np.r_[nothing, FREQUENCY],
        36: np.r_[nothing, np.abs(Z)],
        35: np.r_[nothing, np.angle(Z, deg=True)],
    }
    data = ec_lab_files.data(columns, WORDS)
    path.write_bytes(ec_lab_files.mpr(data))
    return path


def _peis(titles: int, frequency: np.ndarray, cycle: np.ndarray) -> str:
    z = 5 + 20 / (1 + 1j * frequency / 300)
    columns = {
        "freq/Hz": frequency,
        "Re(Z)/Ohm": z.real,
        "-Im(Z)/Ohm": -z.imag,
        "time/s": np.arange(len(z)) + 1.0,
        "<Ewe>/V": np.full(len(z), 3.2),
        "<I>/mA": np.zeros(len(z)),
        "cycle number": cycle,
    }
    more = ["Rwe/Ohm", "Rce/Ohm"][:titles]
    rows = list(zip(*(v.tolist() for v in columns.values()), strict=True))
    return mpt([*columns, *more], rows, technique=PEIS)


def _dated(text: str, form: str = "") -> Callable[[Path], Path]:
    rows = {"mode": [3, 3, 3], "time/s": [0, 60, 120], "Ewe/V": [3.2, 3.2, 3.2]}
    return _mpt(rows, technique=OCV, **{"01/15/2024 09:00:00.000": text or form})


def _with_bom(folder: Path) -> Path:
    path = _dated("01/15/2024 09:00:00.000")(folder)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    return path


def _sample(name: str) -> Callable[[Path], Path]:
    return lambda folder: samples()[name].write(folder, frozenset())


RISING = np.tile(FREQUENCY[::-1], 2)
MIDNIGHT = "2024-01-15T00:00:00.000+00:00"
Z_ENDS = "; 5.0002-0.0600j, 24.9778-0.6659j ohm"
CASES = (
    FileCase("GCPL .mpr: dq, no current", _no_current_mpr, OUT_AND_IN, charge),
    FileCase("the same, its current", _no_current_mpr, "-1, 0, 1 mA", currents),
    FileCase("the same, start in the LOG module", _no_current_mpr, MIDNIGHT, start),
    FileCase(
        "OCV: neither current nor half cycle",
        _mpt(
            {"mode": [3] * 10, "time/s": range(10), "Ewe/V": [3.2] * 10}, technique=OCV
        ),
        "10 rows, no current",
        no_current,
    ),
    FileCase(
        "CV: no half cycle, I sampled in µA",
        _mpt(
            {"time/s": range(4), "Ewe/V": [0, 0.1, 0.2, 0.3], "I/µA": [0, 1, 2, 3]},
            technique=CV,
        ),
        "0.001, 0.002, 0.003 mA",
        currents,
    ),
    FileCase("a hole where a linked technique ran", _hole, OUT_AND_IN, charge),
    FileCase(
        "Modulo Bat .mpr: |Z| and phase", _modulo_bat, f"5 points{Z_ENDS}", spectra
    ),
    FileCase(
        "PEIS: two titles more than cells",
        lambda folder: written(folder, _peis(2, FREQUENCY, np.ones(5))),
        f"5 points{Z_ENDS}",
        spectra,
    ),
    FileCase(
        "PEIS swept from low to high frequency, twice",
        lambda folder: written(folder, _peis(0, RISING, np.repeat([1.0, 2.0], 5))),
        f"5 + 5 points{Z_ENDS}",
        spectra,
    ),
    FileCase("start with dots", _dated("01.15.2024 09:00:00"), MIDNIGHT, start),
    FileCase("start with dashes", _dated("01-15-2024 09:00:00"), MIDNIGHT, start),
    FileCase(
        "start with the day first", _dated("15/01/2024 09:00:00"), MIDNIGHT, start
    ),
    FileCase("no start", _dated("not known"), "date unknown", start),
    FileCase(
        "UTF-8 with a byte-order mark", _with_bom, "3 rows, no current", no_current
    ),
    FileCase(
        "current titled I/A",
        _mpt({"time/s": TIME, "Ewe/V": VOLTAGE, "I/A": CURRENT / 1e3}),
        "-1, 0, 1 mA",
        currents,
    ),
    *(
        FileCase(f"sample of {name}", _sample(name), OUT_AND_IN, charge)
        for name in (
            *("EC-Lab text", "EC-Lab binary", "Arbin CSV", "Neware text"),
            *("Neware binary", "Maccor text", "Basytec text"),
            "workbook of Arbin or Neware",
        )
    ),
)
