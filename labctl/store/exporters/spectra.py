"""Hand spectra on as text: EC-Lab style ``.mpt`` and ZView ``.z``, one file each.

EC-Lab's column is −Im(Z), ZView's Z'' is signed (negative when capacitive).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.exporters.ec_lab.header import (
    ENCODING,
    END,
    ec_lab_header,
    one_line,
)
from labctl.store.exporters.ec_lab.sequences import (
    Drive,
    clock_time,
    drive_of,
    number,
    row,
)
from labctl.store.exporters.ec_lab.series import Titled, lines
from labctl.store.run_file.reader import RunFile

STREAM = "eis"
PEIS = "Potentio Electrochemical Impedance Spectroscopy"
GEIS = "Galvano Electrochemical Impedance Spectroscopy"
ZVIEW_HEADS = ("Freq(Hz)", "Ampl", "Bias", "Time(Sec)", "Z'(a)", "Z''(b)", "GD", "Err")
MILLI = 1e3


@dataclass(frozen=True, slots=True)
class ExportedSpectrum:
    """The rows of one spectrum, SI."""

    number: int
    galvanostatic: bool
    columns: Mapping[str, Array]
    technique: Mapping[str, Any]
    """What the channel was told; empty if the run does not know."""

    @property
    def impedance(self) -> Array:
        """Z in Ω, Im < 0 for a capacitance."""
        z: Array = (
            self.columns["real_impedance_ohm"]
            + 1j * self.columns["imaginary_impedance_ohm"]
        )
        return z


def spectra(run: RunFile) -> Iterator[ExportedSpectrum]:
    """Yield the spectra of a run, in order. StoreError: it recorded none."""
    if not run.rows.get(STREAM):
        raise StoreError(
            f"run {run.header.run_id} recorded no spectra; export it as csv or bdf"
        )
    table = run.table(STREAM)
    columns = {name: table[name] for name in table}
    numbers = columns["spectrum_id"]
    told = _told(run)
    imported = run.header.imported
    galvanostatic = imported is not None and imported.technique == GEIS
    for one in np.unique(numbers):
        own = {name: values[numbers == one] for name, values in columns.items()}
        technique = told.get(int(own["step_count"][0]), {})
        yield ExportedSpectrum(
            int(one),
            bool(technique.get("galvanostatic", galvanostatic)),
            own,
            technique,
        )


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


def write_zview(run: RunFile, one: ExportedSpectrum, path: Path) -> None:
    """Write one spectrum as ZView does; ASCII, for readers disagree. OSError."""
    z, c = one.impedance, one.columns
    kind = "current" if one.galvanostatic else "voltage"
    unit = "ampere" if one.galvanostatic else "volt"
    nothing = np.zeros(len(z))
    columns = (
        c["frequency_hertz"],
        c.get(f"{kind}_amplitude_{unit}", nothing + np.nan),
        c.get(f"{kind}_{unit}", nothing + np.nan),
        c["test_time_second"],
        z.real,
        z.imag,
        nothing,
        nothing,
    )
    text = [
        "ZPLOT2 ASCII",
        f"labctl run {one_line(run.header.run_id)}, spectrum {one.number}",
        f"Sample: {one_line(str(run.header.sample.get('name', '')))}",
        f"Ampl and Bias are {kind}s, SI; amplitudes are peak values",
        *(["SIMULATED, no real cell was measured"] if run.header.simulated else []),
        "\t".join(ZVIEW_HEADS),
        "End Comments",
        *(
            "\t".join(f"{x:.16E}" for x in row)
            for row in zip(*(column.tolist() for column in columns), strict=True)
        ),
    ]
    path.write_bytes((END.join(text) + END).encode("ascii", errors="replace"))


def _told(run: RunFile) -> dict[int, Mapping[str, Any]]:
    """Return the technique of each step that took a spectrum."""
    return {
        step.step_count: technique
        for step in run.steps
        for technique in step.payload.get("techniques", ())
        if isinstance(technique, Mapping)
        and drive_of(technique) in {Drive.PEIS, Drive.GEIS}
    }


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
