"""Hand spectra on as ZView's ``.z``, one file each; Z'' < 0 where capacitive."""

from pathlib import Path

import numpy as np

from labctl.store.exporters.spectra import ExportedSpectrum
from labctl.store.header import SIMULATED_MARK
from labctl.store.run_file.reader import RunFile

HEADS = ("Freq(Hz)", "Ampl", "Bias", "Time(Sec)", "Z'(a)", "Z''(b)", "GD", "Err")
END = "\r\n"


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
        f"labctl run {_one_line(run.header.run_id)}, spectrum {one.number}",
        f"Sample: {_one_line(str(run.header.sample.get('name', '')))}",
        f"Ampl and Bias are {kind}s, SI; amplitudes are peak values",
        *([SIMULATED_MARK] if run.header.simulated else []),
        "\t".join(HEADS),
        "End Comments",
        *(
            "\t".join(f"{x:.16E}" for x in row)
            for row in zip(*(column.tolist() for column in columns), strict=True)
        ),
    ]
    path.write_bytes((END.join(text) + END).encode("ascii", errors="replace"))


def _one_line(text: str) -> str:
    """Return ``text`` without line ends, which would end the comment."""
    return " ".join(text.split())
