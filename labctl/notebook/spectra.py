"""The impedance spectra of a run, one object a spectrum."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labctl.data import Array

NEEDED = ("spectrum_id", "frequency_hertz", "real_impedance_ohm")
"""Columns without which rows are no spectra."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredSpectrum:
    """One spectrum, in the order of its measurement; every array has shape (n,)."""

    number: int
    """As the file counts spectra."""
    frequency: Array
    """Hz."""
    impedance: Array
    """Ω, complex; Im < 0 where capacitive."""
    time: Array
    """Test time of each point, s."""
    voltage: Array
    """Mean (DC) voltage of each point, V; NaN where nobody recorded it."""
    current: Array
    """Mean (DC) current of each point, A; NaN where nobody recorded it."""
    cycle: int
    """Cycle of its first point; 0 before the first, -1 where none is counted."""

    @property
    def dc_current(self) -> float:
        """Mean of the current over the spectrum, A; NaN if nothing is known."""
        return _mean(self.current)

    @property
    def dc_voltage(self) -> float:
        """Mean of the voltage over the spectrum, V; NaN if nothing is known."""
        return _mean(self.voltage)

    def __len__(self) -> int:
        return len(self.frequency)

    def __repr__(self) -> str:
        if not len(self):
            return f"<spectrum {self.number}: no points>"
        return (
            f"<spectrum {self.number}: {len(self)} points, "
            f"{self.frequency.max():.4g} … {self.frequency.min():.4g} Hz, "
            f"{self.dc_voltage:.4g} V, {self.dc_current:.4g} A, cycle {self.cycle}>"
        )


def spectra_of(table: Mapping[str, Array]) -> tuple[MeasuredSpectrum, ...]:
    """Return the spectra of a stream, in the order in which they were measured."""
    if not all(name in table for name in NEEDED):
        return ()
    number = table["spectrum_id"]
    nothing = np.full(len(number), np.nan)
    columns = {
        name: np.asarray(table[name]) if name in table else nothing
        for name in (
            *("frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"),
            *("test_time_second", "voltage_volt", "current_ampere"),
        )
    }
    cycle = table["cycle_count"] if "cycle_count" in table else np.full(len(number), -1)
    found = []
    for one in dict.fromkeys(number.tolist()):
        rows = np.flatnonzero(number == one)
        f, re, im, t, v, i = (values[rows] for values in columns.values())
        first = int(cycle[rows[0]])
        found.append(MeasuredSpectrum(int(one), f, re + 1j * im, t, v, i, first))
    return tuple(found)


def _mean(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
