"""The spectra of a run, one by one, with what the channel was told for each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labctl.data import Array
from labctl.errors import StoreError
from labctl.store.run_file.reader import RunFile

STREAM = "eis"
GEIS = "Galvano Electrochemical Impedance Spectroscopy"
"""What EC-Lab calls it, of files of which nothing else tells."""
GALVANOSTATIC = "galvanostatic"
"""Field that only a technique which takes spectra has."""


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
            bool(technique.get(GALVANOSTATIC, galvanostatic)),
            own,
            technique,
        )


def _told(run: RunFile) -> dict[int, Mapping[str, Any]]:
    """Return the technique of each step that took a spectrum."""
    return {
        step.step_count: technique
        for step in run.steps
        for technique in step.payload.get("techniques", ())
        if isinstance(technique, Mapping) and GALVANOSTATIC in technique
    }
