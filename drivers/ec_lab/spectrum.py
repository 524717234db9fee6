"""One spectrum as the column of its own linked technique, its channel left out."""

from drivers.ec_lab.numbers import AMPERES, HERTZ, clock_time, written
from labctl.techniques import OpenCircuit, Spectrum, Technique

ONCE = dict.fromkeys(("nc cycles", "goto Ns'", "nr cycles", "inc. cycle"), "0")
"""What ends the column: a spectrum is measured once."""


def spectrum_cells(technique: Spectrum, before: Technique | None) -> dict[str, str]:
    """Return key -> word, in EC-Lab's order, up to the ranges.

    ``before`` is what runs before it. ValueError: a number cannot be written.
    """
    galvanostatic, record = technique.galvanostatic, technique.record
    cells: dict[str, str] = {"Mode": "Single sine"}
    if galvanostatic:
        cells["Is"], cells["unit Is"] = written(technique.bias, AMPERES)
        cells["vs."] = "Imeas" if technique.versus_initial else "<None>"
        cells["tIs (h:m:s)"] = clock_time(technique.settle)
        cells |= {"record": "0", "dE (mV)": f"{1e3 * (record.every_volt or 0.0):.3f}"}
    else:
        cells["E (V)"] = f"{technique.bias:.4f}"
        alone = before is None or isinstance(before, OpenCircuit)
        relative = "Eoc" if alone else "Emeas"
        cells["vs."] = relative if technique.versus_initial else "Ref"
        cells["tE (h:m:s)"] = clock_time(technique.settle)
        cells["record"] = "0"
        cells["dI"], cells["unit dI"] = written(record.every_ampere or 0.0, AMPERES)
    cells["dt (s)"] = f"{record.every_s or 0.0:.3f}"
    for key, frequency in (
        ("fi", technique.first_frequency),
        ("ff", technique.last_frequency),
    ):
        cells[key], cells[f"unit {key}"] = written(frequency, HERTZ)
    cells["Nd"] = str(technique.points_per_decade)
    cells["Points"], cells["spacing"] = "per decade", "Logarithmic"
    if galvanostatic:
        cells["Ia/Va"] = "Ia"
        cells["Ia"], cells["unit  Ia"] = written(technique.amplitude, AMPERES)
        cells["va pourcent"] = "0.10"
    else:
        cells["Va (mV)"] = f"{1e3 * technique.amplitude:.3f}"
    cells["pw"] = f"{technique.wait_periods:.2f}"
    cells["Na"] = str(technique.averages)
    cells["corr"] = str(int(technique.drift_correction))
    return cells
