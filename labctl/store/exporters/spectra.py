"""Hand spectra on as text: EC-Lab style ``.mpt`` and ZView ``.z``, one file each.

EC-Lab's column is −Im(Z), ZView's Z'' is signed (negative when capacitive). Text is
Latin-1, as EC-Lab writes it; what Latin-1 has not becomes ``?``.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from labctl.clock import UNKNOWN_DATE
from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.run_file.fields import node_name
from labctl.store.run_file.reader import RunFile

PEIS = "Potentio Electrochemical Impedance Spectroscopy"
GEIS = "Galvano Electrochemical Impedance Spectroscopy"
MPT_HEADS = (
    "freq/Hz",
    "Re(Z)/Ohm",
    "-Im(Z)/Ohm",
    "|Z|/Ohm",
    "Phase(Z)/deg",
    "time/s",
    "<Ewe>/V",
    "<I>/mA",
    "|Ewe|/V",
    "|I|/A",
    "cycle number",
)
ZVIEW_HEADS = ("Freq(Hz)", "Ampl", "Bias", "Time(Sec)", "Z'(a)", "Z''(b)", "GD", "Err")


@dataclass(frozen=True, slots=True)
class ExportedSpectrum:
    """The rows of one spectrum, SI."""

    number: int
    galvanostatic: bool
    columns: Mapping[str, Array]

    @property
    def impedance(self) -> Array:
        """Z in Ω, Im < 0 for a capacitance."""
        z: Array = (
            self.columns["real_impedance_ohm"]
            + 1j * self.columns["imaginary_impedance_ohm"]
        )
        return z


def spectra(run: RunFile, stream: str = "eis") -> Iterator[ExportedSpectrum]:
    """Yield the spectra of a run, in order.

    StoreError: the run recorded none.
    """
    if stream not in run.rows or not run.rows[stream]:
        raise StoreError(
            f"run {run.header.run_id} recorded no spectra; export it as csv or bdf"
        )
    table = run.table(stream)
    numbers = table["spectrum_id"]
    driven = _galvanostatic_steps(run)
    for number in np.unique(numbers):
        rows = numbers == number
        columns = {name: table[name][rows] for name in table}
        yield ExportedSpectrum(
            int(number), int(columns["step_count"][0]) in driven, columns
        )


def export_mpt(run: RunFile, directory: Path) -> list[Path]:
    """Write ``<run id>_spectrum_000.mpt`` …; return the paths. StoreError."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for one in spectra(run):
        z, c = one.impedance, one.columns
        columns = (
            c["frequency_hertz"],
            z.real,
            -z.imag,
            np.abs(z),
            np.degrees(np.angle(z)),
            c["test_time_second"],
            c["voltage_volt"],
            1e3 * c["current_ampere"],
            c["voltage_amplitude_volt"],
            c["current_amplitude_ampere"],
            c["cycle_count"],
        )
        head = _mpt_head(run, one)
        lines = ["EC-Lab ASCII FILE", f"Nb header lines : {len(head) + 3}", *head]
        lines.append("\t".join(MPT_HEADS) + "\t")
        lines += ["\t".join(row) + "\t" for row in _numbers(columns, "{:.9E}")]
        written.append(_write(run, directory, one.number, "mpt", lines))
    return written


def export_zview(run: RunFile, directory: Path) -> list[Path]:
    """Write ``<run id>_spectrum_000.z`` …; return the paths. StoreError."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for one in spectra(run):
        z, c = one.impedance, one.columns
        nothing = np.zeros(len(z))
        kind = "current" if one.galvanostatic else "voltage"
        name = "current_ampere" if one.galvanostatic else "voltage_volt"
        sine = f"{kind}_amplitude_{'ampere' if one.galvanostatic else 'volt'}"
        columns = (
            c["frequency_hertz"],
            c[sine],
            c[name],
            c["test_time_second"],
            z.real,
            z.imag,
            nothing,
            nothing,
        )
        lines = [
            "ZPLOT2 ASCII",
            f"labctl run {run.header.run_id}, spectrum {one.number}",
            f"Sample: {run.header.sample.get('name', '')}",
            f"Ampl and Bias are {kind}s, SI; amplitudes are peak values",
            "\t".join(ZVIEW_HEADS),
            "End Comments",
            *("\t".join(row) for row in _numbers(columns, "{:.8E}")),
        ]
        written.append(_write(run, directory, one.number, "z", lines))
    return written


def _mpt_head(run: RunFile, one: ExportedSpectrum) -> list[str]:
    header = run.header
    began = header.started_unix
    started = UNKNOWN_DATE
    if not math.isnan(began):
        moment = datetime.fromtimestamp(began, UTC)
        started = moment.strftime("%m/%d/%Y %H:%M:%S.%f")[:-3]
    sample: Mapping[str, Any] = header.sample
    facts = [
        "",
        GEIS if one.galvanostatic else PEIS,
        "",
        f"Run : {header.run_id}",
        f"Sample : {sample.get('name', '')}",
        f"Acquisition started on : {started}",
        "Written by : labctl, which is not EC-Lab; times are UTC",
    ]
    if sample.get("area"):
        facts.append(f"Electrode surface area : {1e4 * float(sample['area']):.6g} cm²")
    if sample.get("active_mass"):
        mass = 1e6 * float(sample["active_mass"])
        facts.append(f"Characteristic mass : {mass:.6g} mg")
    if header.simulated:
        facts.append("SIMULATED : no real cell was measured")
    return [*facts, ""]


def _galvanostatic_steps(run: RunFile) -> set[int]:
    """Return the counts of the steps whose spectra were driven by a current."""
    return {
        step.step_count
        for step in run.steps
        if any(
            isinstance(technique, Mapping) and technique.get("galvanostatic")
            for technique in step.payload.get("techniques", ())
        )
    }


def _numbers(columns: Sequence[Array], form: str) -> Iterator[list[str]]:
    for row in zip(*(column.tolist() for column in columns), strict=True):
        yield [
            "NaN" if isinstance(x, float) and math.isnan(x) else form.format(float(x))
            for x in row
        ]


def _write(
    run: RunFile, directory: Path, number: int, suffix: str, lines: Sequence[str]
) -> Path:
    name = f"{node_name(run.header.run_id)}_spectrum_{number:03d}.{suffix}"
    path = directory / name
    try:
        text = "\r\n".join(lines) + "\r\n"
        path.write_bytes(text.encode("latin-1", errors="replace"))
    except OSError as e:
        raise StoreError(f"{path}: cannot be written: {e}") from e
    return path
