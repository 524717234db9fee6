"""Figures of voltammograms: the family, peak currents with b, the surface's share."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from labctl.analysis.uncertainty import Measured
from labctl.data import Array
from labctl.figures.figure import Figure, Series
from labctl.protocol import RecordedRun
from protocols.cells.voltammetry_results import b_of, share_of
from protocols.cells.voltammograms import (
    BRANCHES,
    Scanned,
    VoltammetrySettings,
    measured_peaks,
    voltammograms,
)


def voltammetry_figures(
    run: RecordedRun, scans: Sequence[Scanned], settings: VoltammetrySettings
) -> tuple[Figure, ...]:
    """Return the family of voltammograms and log i_p against log v."""
    taken = voltammograms(run, scans, settings)
    if not taken:
        return ()
    logs = np.log([one.rate for one in taken])
    span = float(np.ptp(logs)) or 1.0
    family = tuple(
        Series(
            f"{1e3 * one.rate:g} mV/s",
            one.voltage,
            1e3 * one.current,
            shade=float((log - logs[0]) / span),
        )
        for one, log in zip(taken, logs, strict=True)
    )
    peaks = []
    for name in BRANCHES:
        rates, currents = measured_peaks(run, taken, name)
        if rates:
            x = 1e3 * np.array(rates)
            y = 1e3 * np.abs([one.value for one in currents])
            u = 1e3 * np.array([one.uncertainty for one in currents])
            peaks.append(Series(name, x, y, u, points=True, group=name))
            peaks += _b_line(b_of(run, taken, name), name, x, y)
    _, share = share_of(taken)
    return (
        Figure(
            "voltammograms",
            "Voltammograms, last cycle at each rate",
            "Voltage / V",
            "Current / mA",
            family,
        ),
        Figure(
            "peak_currents",
            "Peak current against scan rate",
            "Scan rate / mV/s",
            "|Peak current| / mA",
            tuple(peaks),
            x_log=True,
            y_log=True,
            note="The slope is b: 0.5 for diffusion, 1 for the surface.",
        ),
        *((_share_figure(share),) if share and any(share["valid"]) else ()),
    )


def _b_line(b: Measured, name: str, x: Array, y: Array) -> tuple[Series, ...]:
    """Return the line of slope b through the middle of the points."""
    if not math.isfinite(b.value):
        return ()
    middle = float(np.exp(np.log(y).mean() - b.value * np.log(x).mean()))
    line = Series(f"{name}: b = {b.value:.2f}", x, middle * x**b.value, group=name)
    return (line.doubted(b.reason),)


def _share_figure(table: Mapping[str, tuple[float, ...]]) -> Figure:
    rates = 1e3 * np.array(table["scan_rate_volt_per_second"])
    percent, valid = np.array(table["surface_share_percent"]), np.array(table["valid"])
    kept = np.where(valid > 0, percent, np.nan)
    u = np.array(table["uncertainty_percent"])
    return Figure(
        "surface_share",
        "Charge at the surface, after Dunn",
        "Scan rate / mV/s",
        "Share of the charge / %",
        (Series("surface", rates, kept, u, points=True),),
        x_log=True,
        note="i(V) = k₁v + k₂√v at every voltage of the branch that rises.",
    )
