"""What voltammograms at several rates say: peaks, b-values, Randles–Ševčík."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labctl.analysis.cells.voltammetry import (
    FEWEST_RATES,
    CurrentPeak,
    b_value,
    dunn_split,
    find_peaks,
    randles_sevcik,
)
from labctl.analysis.uncertainty import Measured
from labctl.data import Array, Result
from labctl.figures.figure import Figure, Series
from labctl.protocol import RecordedRun
from protocols.cells.cycling_results import result

GRID_POINTS = 200
SMOOTHED = 5
"""Rows averaged before peaks are looked for, so that noise makes none."""


@dataclass(frozen=True, slots=True)
class VoltammetrySettings:
    """What was asked for, as far as the analysis must know."""

    scan_rates: tuple[float, ...]
    """V/s."""
    first_cycle: int
    """Cycle number of the first rate; the others follow."""
    last_technique: int
    """Index of the sweep that is analysed in each upload."""
    step: float
    """V between two rows."""
    area: float | None
    """m²."""
    concentration: float | None
    """mol/m³."""
    resistance: float
    """Ω."""


@dataclass(frozen=True, slots=True)
class Voltammogram:
    """One cycle at one rate."""

    rate: float
    """V/s."""
    voltage: Array
    current: Array
    anodic: CurrentPeak | None
    """The highest peak of the branch with rising voltage."""
    cathodic: CurrentPeak | None


def voltammograms(
    run: RecordedRun, settings: VoltammetrySettings
) -> tuple[Voltammogram, ...]:
    """Return the last cycle of every rate that was scanned."""
    table = run.table("timeseries")
    out = []
    for k, rate in enumerate(settings.scan_rates):
        rows = np.flatnonzero(
            (table["cycle_count"] == settings.first_cycle + k)
            & (table["technique_index"] == settings.last_technique)
            & np.isin(table["step_count"], _scan_steps(run))
        )
        if len(rows) < 10 * SMOOTHED:
            continue
        v, i = table["voltage_volt"][rows], table["current_ampere"][rows]
        peaks = find_peaks(v, _smooth(i), resistance=settings.resistance)
        out.append(
            Voltammogram(
                rate,
                v,
                i,
                max((p for p in peaks if p.anodic), key=_size, default=None),
                max((p for p in peaks if not p.anodic), key=_size, default=None),
            )
        )
    return tuple(out)


def _scan_steps(run: RecordedRun) -> list[int]:
    return [r.step_count for r in run.steps if r.label.startswith("scan at")]


def _smooth(current: Array) -> Array:
    kernel = np.ones(SMOOTHED) / SMOOTHED
    padded = np.pad(current, SMOOTHED // 2, mode="edge")
    smooth: Array = np.convolve(padded, kernel, mode="valid")
    return smooth


def _size(peak: CurrentPeak) -> float:
    return abs(peak.current)


def voltammetry_results(
    run: RecordedRun, settings: VoltammetrySettings
) -> Mapping[str, Result]:
    """Return b of both branches, the peaks' table, Dunn's share, apparent D."""
    taken = voltammograms(run, settings)
    if not taken:
        return {"b_value_anodic": Result.absent("", "no scan was completed")}
    out: dict[str, Result] = {}
    for name in ("anodic", "cathodic"):
        out[f"b_value_{name}"] = result(_b(taken, name), "")
    for name in ("anodic", "cathodic"):
        out[f"diffusivity_{name}"] = _apparent(taken, name, settings)
    out["surface_share"] = _share(taken)
    out["peak_current"] = _peaks(taken)
    return out


def _pairs(
    taken: tuple[Voltammogram, ...], name: str
) -> tuple[list[float], list[float]]:
    found = [(one.rate, getattr(one, name)) for one in taken]
    kept = [(rate, peak.current) for rate, peak in found if peak is not None]
    return [rate for rate, _ in kept], [current for _, current in kept]


def _b(taken: tuple[Voltammogram, ...], name: str) -> Measured:
    rates, peaks = _pairs(taken, name)
    if len(rates) < FEWEST_RATES:
        return Measured.absent(
            f"{len(rates)} scan rates show a {name} peak; {FEWEST_RATES} are needed"
        )
    return b_value(rates, peaks)


def _apparent(
    taken: tuple[Voltammogram, ...], name: str, settings: VoltammetrySettings
) -> Result:
    rates, peaks = _pairs(taken, name)
    if settings.concentration is None or settings.area is None:
        missing = "concentration" if settings.concentration is None else "area"
        return Result.absent("m²/s", f"Randles–Ševčík needs `{missing}`")
    if len(rates) < FEWEST_RATES:
        return Result.absent(
            "m²/s", f"{len(rates)} scan rates show a {name} peak; 3 are needed"
        )
    found = randles_sevcik(
        rates, peaks, area=settings.area, concentration=settings.concentration
    )
    plain = result(found.diffusivity, "m²/s")
    said = (
        f"apparent: area {1e4 * found.area:.4g} cm² and concentration "
        f"{found.concentration:.4g} mol/m³ are conventions"
    )
    return plain.suspect(said)


def _share(taken: tuple[Voltammogram, ...]) -> Result:
    """Return the surface share of the charge at the fastest rate, anodic branch."""
    if len(taken) < FEWEST_RATES:
        return Result.absent("%", f"{len(taken)} scan rates; 3 are needed")
    low = max(float(one.voltage.min()) for one in taken)
    high = min(float(one.voltage.max()) for one in taken)
    grid = np.linspace(low, high, GRID_POINTS)
    currents = np.stack([_anodic_branch(one, grid) for one in taken])
    split = dunn_split([one.rate for one in taken], grid, currents)
    table = {
        "scan_rate_volt_per_second": tuple(one.rate for one in taken),
        "surface_share_percent": tuple(100 * s.value for s in split.shares),
        "valid": tuple(float(s.valid) for s in split.shares),
    }
    plain = result(split.shares[-1] * 100.0, "%")
    return Result(
        plain.value, "%", plain.uncertainty, plain.quality, plain.reason, table
    )


def _anodic_branch(one: Voltammogram, grid: Array) -> Array:
    start = int(np.argmin(one.voltage))
    v, i = one.voltage[start:], one.current[start:]
    order = np.argsort(v)
    branch: Array = np.interp(grid, v[order], i[order])
    return branch


def _peaks(taken: tuple[Voltammogram, ...]) -> Result:
    rows = [
        (one.rate, 1.0 if peak.anodic else -1.0, peak)
        for one in taken
        for peak in (one.anodic, one.cathodic)
        if peak is not None
    ]
    if not rows:
        return Result.absent("A", "no scan shows a peak")
    table = {
        "scan_rate_volt_per_second": tuple(rate for rate, _, _ in rows),
        "direction": tuple(way for _, way, _ in rows),
        "peak_volt": tuple(peak.voltage for _, _, peak in rows),
        "peak_ampere": tuple(peak.current for _, _, peak in rows),
        "half_width_volt": tuple(peak.half_width for _, _, peak in rows),
    }
    return Result(rows[-1][2].current, "A", table=table)


def voltammetry_figures(
    run: RecordedRun, settings: VoltammetrySettings
) -> tuple[Figure, ...]:
    """Return the family of voltammograms and log i_p against log v."""
    taken = voltammograms(run, settings)
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
    for name in ("anodic", "cathodic"):
        rates, currents = _pairs(taken, name)
        if rates:
            x, y = 1e3 * np.array(rates), 1e3 * np.abs(currents)
            peaks.append(Series(name, x, y, points=True, group=name))
            peaks += _b_line(_b(taken, name), name, x, y)
    share = _share(taken).table
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
    return Figure(
        "surface_share",
        "Charge at the surface, after Dunn",
        "Scan rate / mV/s",
        "Share of the charge / %",
        (Series("surface", rates, kept, points=True),),
        x_log=True,
        note="i(V) = k₁v + k₂√v at every voltage of the branch that rises.",
    )
