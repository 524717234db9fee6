"""Impedances of the rows with a frequency, and which spectrum a row belongs to."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labctl.errors import StoreError
from labctl.store.importers.foreign import ForeignColumn, ForeignTable, as_numbers
from labctl.store.importers.sweeps import sweeps

Known = Mapping[str, ForeignColumn]
_COUNTER = {
    "real_impedance_ohm": "counter_electrode_real_impedance_ohm",
    "imaginary_impedance_ohm": "counter_electrode_imaginary_impedance_ohm",
}


def impedances(path: Path, known: Known) -> dict[str, ForeignColumn]:
    """Return the impedance in both forms; what the file lacks follows by rule.

    StoreError: neither real and imaginary part, nor size and phase.
    """
    out = _of(known, "Z")
    if not out:
        raise StoreError(
            f"{path}: has freq/Hz, but neither Re(Z)/Ohm and -Im(Z)/Ohm nor |Z|/Ohm "
            "and Phase(Z)/deg; export the file again with them"
        )
    counter = _of(known, "Zce")
    out |= {name: counter[own] for own, name in _COUNTER.items() if own in counter}
    return out


def _of(known: Known, electrode: str) -> dict[str, ForeignColumn]:
    real, size = known.get(f"Re({electrode})"), known.get(f"|{electrode}|")
    phase = known.get(f"Phase({electrode})")
    imaginary = known.get(f"Im({electrode})")
    minus = known.get(f"-Im({electrode})")
    if imaginary is None and minus is not None:
        imaginary = ForeignColumn(-minus.values, minus.title)
    if size is not None and phase is not None and (real is None or imaginary is None):
        angle = np.radians(phase.values)
        title, rule = f"{size.title}, {phase.title}", "impedance-from-polar"
        real = ForeignColumn(size.values * np.cos(angle), title, rule)
        imaginary = ForeignColumn(size.values * np.sin(angle), title, rule)
    if real is None or imaginary is None:
        return {}
    whole = real.values + 1j * imaginary.values
    title, rule = f"{real.title}, {imaginary.title}", "polar-from-impedance"
    return {
        "real_impedance_ohm": real,
        "imaginary_impedance_ohm": imaginary,
        "absolute_impedance_ohm": size or ForeignColumn(np.abs(whole), title, rule),
        "phase_degree": phase
        or ForeignColumn(np.degrees(np.angle(whole)), title, rule),
    }


def numbered(
    table: ForeignTable, known: Known, sines: npt.NDArray[np.bool]
) -> ForeignTable:
    """Return the table with `spectrum_id`, from 0 on in the order of the rows.

    A spectrum begins where the file counts on (``z cycle``, else ``cycle number``),
    behind rows without a frequency, and where the sweep turns or begins again. Without
    ``z cycle`` a new sequence begins one too, unless the sweep goes on through it.
    """
    frequency = table["frequency_hertz"]
    at = np.flatnonzero(sines)
    f = frequency.values[at]
    begins = np.zeros(len(at), dtype=bool)
    begins[0] = True
    counter = known.get("z cycle")
    rule = "spectrum-from-cycle-number"
    if counter is None:
        counter = known.get("cycle number")
        begins[1:] |= np.diff(at) > 1
    titles = [frequency.title]
    if counter is not None:
        begins[1:] |= np.diff(counter.values[at]) != 0
        titles.insert(0, counter.title)
    sequence = known.get("Ns") if "z cycle" not in known else None
    counted = begins.copy()
    begins = sweeps(f, begins, None if sequence is None else sequence.values[at])
    if counter is None or (begins != counted).any():
        rule = "spectrum-from-frequency-order"
    number = np.cumsum(begins) - 1.0
    values = np.zeros(table.rows)
    values[at] = number
    if "z cycle" in known and np.array_equal(known["z cycle"].values[at], number):
        column = known["z cycle"]
    else:
        column = ForeignColumn(as_numbers(values), ", ".join(titles), rule)
    return ForeignTable({**table, "spectrum_id": column})
