"""What the rows of any run show, whatever protocol recorded them."""

from collections.abc import Mapping

from labctl.data import Array
from labctl.figures import conduction, cycling, spectra
from labctl.figures.figure import Figure
from labctl.sample import Sample

Tables = Mapping[str, Mapping[str, Array]]
"""Columns by stream, of every stream that is declared; some have no rows."""


def of_a_cell(tables: Tables, sample: Sample) -> tuple[Figure, ...]:
    """Return capacity, voltage curves and dQ/dV of a run that counts cycles."""
    table = tables.get("timeseries", {})
    if "cycles" in tables and table.keys() >= cycling.NEEDED:
        return cycling.cycling_figures(table, sample)
    return ()


def of_readings(tables: Tables) -> tuple[Figure, ...]:
    """Return spectra, sweeps and films as they were recorded."""
    eis, iv, hall = (tables.get(name, {}) for name in ("eis", "iv", "hall"))
    return (
        *(
            spectra.spectra_figures(spectra.spectra_of_rows(eis))
            if eis.keys() >= spectra.NEEDED
            else ()
        ),
        *(conduction.hall(hall) if hall.keys() >= conduction.HALL_NEEDED else ()),
        *(conduction.current_voltage(iv) if iv.keys() >= conduction.IV_NEEDED else ()),
    )


def coming_in(tables: Tables) -> tuple[Figure, ...]:
    """Return the last spectrum alone, which may still be growing."""
    eis = tables.get("eis", {})
    if not eis.keys() >= spectra.NEEDED:
        return ()
    last = spectra.spectra_of_rows(eis)[-1:]
    title = "Last spectrum, as it comes in"
    return (spectra.nyquist_figure(last, "coming_in", title),) if last else ()
