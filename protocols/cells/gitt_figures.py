"""Draws a titration: D and voltage against composition, and one pulse in detail."""

import math
from collections.abc import Callable

import numpy as np

from labctl.analysis.cells.gitt import Diffusivity
from labctl.analysis.uncertainty import Measured
from labctl.data import Array, Quality
from labctl.figures.figure import Figure, Series
from protocols.cells.gitt_results import Titration, directions, flagged_text

STRAIGHT = 0.9
"""R² from which a relaxation is shown as an example of a line."""


def gitt_figures(titration: Titration) -> tuple[Figure, ...]:
    """Return D and the relaxed voltage against composition, and the last pulse."""
    if not titration.pulses:
        return ()
    return (
        _d_figure(titration),
        _voltage_figure(titration),
        *_last_pulse(titration),
        *_last_rest(titration),
    )


def _d_figure(titration: Titration) -> Figure:
    series = []
    for way, sign in directions(titration):
        own = [p for p in titration.pulses if p.pulse.current * sign > 0]
        own.sort(key=lambda p: p.composition)
        x = np.array([p.composition for p in own])
        y = np.array([p.recommended.value for p in own])
        spread = np.array([p.recommended.uncertainty for p in own])
        holds = np.array([p.recommended.valid for p in own], dtype=bool)
        good = np.where(holds, y, np.nan)
        name = f"{way}: sphere (recommended)"
        error = np.where(holds, spread, np.nan)
        series.append(Series(name, x, good, error, points=True, group=way))
        for side, sign_of in (("k = 2 below", -2.0), ("k = 2 above", 2.0)):
            edge = band(good, error, sign_of)
            series.append(Series(f"{way}: {side}", x, edge, group=way))
        if not holds.all():
            series.append(_flagged(way, x, np.where(holds, np.nan, y), own))
        for route, pick in _ROUTES.items():
            other = np.array([pick(p).value for p in own])
            series.append(Series(f"{way}: {route}", x, other, points=True, group=way))
    return Figure(
        "diffusivity",
        "Diffusivity against composition",
        "Lithium fraction θ",
        "D / m²/s",
        tuple(series),
        y_log=True,
        note=_note(titration),
    )


def band(value: Array, uncertainty: Array, k: float) -> Array:
    """Return the edge ``k`` uncertainties away in ln D; NaN where the value is.

    In ln D because a bound never falls below zero.
    """
    relative = np.where(np.isnan(value), np.nan, uncertainty / np.abs(value))
    return value * np.exp(k * relative)


_ROUTES: dict[str, Callable[[Diffusivity], Measured]] = {
    "√t slope": lambda p: p.slope,
    "end points": lambda p: p.end_points,
}


def _flagged(way: str, x: Array, y: Array, own: list[Diffusivity]) -> Series:
    reason = flagged_text(own)
    return Series(
        f"{way}: flagged",
        x,
        y,
        points=True,
        group=way,
        quality=Quality.SUSPECT,
        reason=reason,
    )


def _note(titration: Titration) -> str:
    radius, first = titration.radius, titration.pulses[0]
    return (
        f"Median radius by volume {1e6 * radius.value:.3g} ± "
        f"{1e6 * radius.uncertainty:.2g} µm; D goes with its square. The rests show "
        f"a spread of ln r of {first.sigma:.2f} ± {first.sigma_uncertainty:.2f}. "
        "√t slope and end points use r/3 as length and are low where Dτ/r² is not far "
        "below 0.001. Each direction is analysed by itself."
    )


def _voltage_figure(titration: Titration) -> Figure:
    series = []
    for way, sign in directions(titration):
        own = [p for p in titration.pulses if p.pulse.current * sign > 0]
        x = np.array([p.composition_after for p in own])
        relaxed = np.array([p.pulse.rest_after.value for p in own])
        ends = np.array([p.pulse.end_voltage for p in own])
        series.append(Series(f"{way}: rested", x, relaxed, points=True, group=way))
        series.append(Series(f"{way}: under current", x, ends, group=way))
    return Figure(
        "titration",
        "Voltage at the end of pulses and rests",
        "Lithium fraction θ",
        "Voltage / V",
        tuple(series),
    )


def _last_that_holds(titration: Titration) -> Diffusivity:
    """Return the last pulse that gave a diffusivity; the last one if none did.

    One whose rest still goes on, or that met the voltage limit, shows little; of the
    valid ones those are better whose relaxation is a line at all.
    """
    valid = [p for p in titration.pulses if p.recommended.valid]
    straight = [
        p
        for p in valid
        if p.pulse.relaxation is not None and p.pulse.relaxation.r_squared > STRAIGHT
    ]
    return (straight or valid or titration.pulses)[-1]


def _last_pulse(titration: Titration) -> tuple[Figure, ...]:
    """Return it against √t, with its line."""
    last = _last_that_holds(titration)
    pulse, line = last.pulse, last.pulse.root_time
    if line is None:
        return ()
    rows = slice(pulse.rows.first, pulse.rows.last)
    root = np.sqrt(np.maximum(titration.time[rows] - pulse.start, 0.0))
    ends = np.array([0.0, math.sqrt(pulse.duration)])
    return (
        Figure(
            "root_time",
            "Last valid pulse against √t",
            "√t / √s",
            "Voltage / V",
            (
                Series("measured", root, titration.voltage[rows], points=True),
                Series("√t line", ends, line.intercept + line.slope * ends),
            ),
            note=f"θ = {last.composition:.2f}, R² of the line {line.r_squared:.4f} "
            f"over its window; Dτ/r² = {last.reduced_time:.2g}.",
        ),
    )


def _last_rest(titration: Titration) -> tuple[Figure, ...]:
    """Return the rest after it as Kang & Chueh (2021) draw it.

    Against √(t+τ) − √t, t into the rest after a pulse of τ: a straight line as long as
    diffusion is semi-infinite, on the right; the end of the rest is at the left.
    """
    pulse = _last_that_holds(titration).pulse
    line = pulse.relaxation
    if line is None:
        return ()
    off = pulse.start + pulse.duration
    rows = slice(pulse.rows.last, pulse.rows.end)
    since = np.maximum(titration.time[rows] - off, 0.0)
    x = np.sqrt(since + pulse.duration) - np.sqrt(since)
    ends = np.array([0.0, float(x.max())])
    return (
        Figure(
            "relaxation",
            "Relaxation after the last valid pulse",
            "√(t+τ) − √t / √s",
            "Voltage / V",
            (
                Series("measured", x, titration.voltage[rows], points=True),
                Series("line", ends, line.intercept + line.slope * ends),
            ),
            note=f"From right to left, t into the rest, τ = {pulse.duration:.0f} s; "
            f"R² of the line {line.r_squared:.4f} over its window.",
        ),
    )
