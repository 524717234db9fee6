"""Figures of a pellet: its curve with the line, or its delta readings."""

import numpy as np

from labctl import columns
from labctl.analysis.conduction.conduction import OhmicFit
from labctl.columns import DELTA
from labctl.figures.figure import Figure, Series
from labctl.protocol import RecordedRun
from protocols.conduction.conduction_readings import Points


def ohmic_figure(points: Points, fit: OhmicFit) -> Figure:
    """Return measured points and the line that was fitted."""
    series = [Series("measured", points.voltage, points.current, points=True)]
    if not fit.conductance.is_absent:
        ends = np.array([np.nanmin(points.voltage), np.nanmax(points.voltage)])
        line = fit.offset_current.value + fit.conductance.value * ends
        series.append(Series(f"G = {fit.conductance.value:.4g} S", ends, line))
    series[-1] = series[-1].doubted("; ".join(map(str, fit.doubts)))
    return Figure(
        "plot",
        "Current against voltage",
        columns.VOLTAGE.long_name,
        columns.CURRENT.long_name,
        tuple(series),
    )


def delta_figure(run: RecordedRun) -> tuple[Figure, ...]:
    """Return the resistance of every delta reading, a series a current."""
    table = run.table(DELTA.name)
    series = []
    for current in np.unique(table["source_ampere"]):
        own = table["source_ampere"] == current
        ohm = table["voltage_volt"][own] / current
        number = np.arange(1.0, len(ohm) + 1)
        series.append(Series(f"{1e6 * current:g} µA", number, ohm, points=True))
    if not series:
        return ()
    title, x_label = "Resistance of every delta reading", "Reading"
    return (Figure("delta", title, x_label, "Resistance / Ω", tuple(series)),)
