"""Chemical diffusivity from a galvanostatic titration, by several routes side by side.

For particles of radius r the classical formula's length is volume over area, r/3, and
its condition t ≪ r²/D is far from enough on a sphere: at Dτ/r² = 0.1 it is low by
46 %. So each pulse gives: Weppner–Huggins by end points and by the √t slope, the same
from the relaxation (free of kinetics), the exact sphere inverted from the end points,
and the sphere fitted to pulse and rest together, which is the recommended value.
Sources: Weppner & Huggins 1977; Kang & Chueh 2021 (relaxation form); the sphere's
closed form stands in `labctl.analysis.cells.sphere`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.cells.gitt_fit import SphereFit, fit_sphere
from labctl.analysis.cells.gitt_pulses import (
    Pulse,
    PulseRows,
    compositions,
    find_pulses,
    measure_pulse,
    reading_resolution,
)
from labctl.analysis.cells.sphere import invert_sphere_ratio
from labctl.analysis.cells.weppner_huggins import RADIUS, doubted, from_line, from_ratio
from labctl.analysis.uncertainty import Measured, estimated, known

Floats = NDArray[np.float64]

FAST = 0.85
"""ρ above this: the particle was nearly in balance at the end of the pulse."""
DRIFT = 1e-3 / 3600
"""|dV/dt| at the end of a rest in V/s (1 mV/h) above which it was no rest."""
SIGNAL = 5.0
"""|ΔE_s| below this many standard uncertainties is lost in the noise."""
SHORT_WINDOW = 0.02
"""√t holds on a sphere up to this part of r²/D."""
VAGUE = 0.3
"""A fitted D with a larger relative standard uncertainty is no value."""
UNRELAXED = 0.3
"""Part of the step that the surface may be off at the end of a rest."""
CROSSING = 0.1
"""Part of the step that may be hysteresis before the end-point formulas fail."""
MOSTLY_CROSSING = 0.5
"""The same for the fit, which has a term for it."""
MISFIT = 9.0
"""χ² per degree of freedom of the fit above which its model does not hold."""


@dataclass(frozen=True, slots=True)
class Diffusivity:
    """One pulse of a titration: what was measured and what D follows; D in m²/s."""

    pulse: Pulse
    """Rests, jump, slopes and drift as measured."""
    composition_before: float
    """Lithium fraction θ before the pulse; NaN without a capacity."""
    composition_after: float
    """Lithium fraction θ after the pulse; NaN without a capacity."""
    ratio: Measured
    """ρ = ΔE_s/ΔE_t."""
    end_points: Measured
    """Weppner–Huggins from ΔE_s and ΔE_t, length r/3."""
    slope: Measured
    """Weppner–Huggins from the √t slope in the pulse, length r/3."""
    relaxation: Measured
    """The same from √(t+τ) - √t in the rest: no kinetics, no ohmic drop."""
    inversion: Measured
    """Exact sphere from ρ."""
    fit: Measured
    """Exact sphere fitted to pulse, rest and history."""
    recommended: Measured
    """The fit where it is valid, else the inversion; flagged when neither holds."""
    reduced_time: float
    """τ' = Dτ/r² with the recommended D."""

    @property
    def composition(self) -> float:
        """Lithium fraction θ in the middle of the pulse."""
        return (self.composition_before + self.composition_after) / 2


def analyse_gitt(
    time: ArrayLike,
    voltage: ArrayLike,
    current: ArrayLike,
    *,
    radius: float,
    radius_uncertainty: float = 0.0,
    capacity: float = math.nan,
    start_composition: float = 0.0,
    pulses: Sequence[PulseRows] | None = None,
    skip: float = 1.0,
) -> tuple[Diffusivity, ...]:
    """Return the diffusivity of every pulse of a titration.

    Parameters
    ----------
    time, voltage, current
        s, V, A (positive delithiates, NaN at rest is welcome), shape (n,).
    radius
        Of the particle, m: half of D50, or better 3 × volume / surface. D goes with
        its square; its uncertainty is common to all pulses.
    radius_uncertainty
        Standard uncertainty of the radius, m.
    capacity
        Charge in C that takes θ from 0 to 1; only the compositions need it.
    start_composition
        θ before the first pulse.
    pulses
        Where the pulses are; None: found from the current.
    skip
        s after each switching that belong to double layer and films; at least five
        times R_ct C_dl.
    """
    t, v, i = (np.asarray(c, dtype=np.float64) for c in (time, voltage, current))
    if not radius > 0:
        raise ValueError(f"particle radius: {radius:g} m must be above 0")
    where = find_pulses(t, i) if pulses is None else tuple(pulses)
    resolution = reading_resolution(v)
    measured = [_measure((t, v, i), rows, skip, resolution) for rows in where]
    if not measured:
        return ()
    fits = [fit_sphere(t, v, measured, k, skip=skip) for k in range(len(measured))]
    bends = _curvatures(measured, fits)
    fits = [
        fit_sphere(t, v, measured, k, skip=skip, curvature=bends[k])
        for k in range(len(measured))
    ]
    before, after = compositions(measured, capacity, start_composition)
    common = 2 * radius_uncertainty / radius
    return tuple(
        _diffusivity(pulse, fit, radius, common, (float(b), float(a)))
        for pulse, fit, b, a in zip(measured, fits, before, after, strict=True)
    )


def _measure(
    columns: tuple[Floats, Floats, Floats],
    rows: PulseRows,
    skip: float,
    resolution: float,
) -> Pulse:
    """Measure a pulse, shortening the √t window to what its own D allows."""
    t = columns[0]
    duration = float(t[rows.last - 1] - t[rows.first - 1])
    window = (skip, max(duration / 3, skip))
    pulse = measure_pulse(*columns, rows, window=window, resolution=resolution)
    for _ in range(3):
        ratio = pulse.ratio.value
        if not 0 < ratio < 1:
            break
        span = pulse.duration / invert_sphere_ratio(ratio)
        late = min(duration / 3, max(SHORT_WINDOW * span, 3 * skip))
        tried = measure_pulse(
            *columns, rows, window=(skip, late), resolution=resolution
        )
        if tried.root_time is None:
            break
        pulse = tried
    return pulse


def _curvatures(
    pulses: Sequence[Pulse], fits: Sequence[SphereFit | None]
) -> list[Measured]:
    """Return κ of each pulse: half the change of the step ΔE from pulse to pulse.

    From the slopes dE/dq of up to two pulses on either side in the same direction.
    """
    charge = np.array([pulse.charge for pulse in pulses])
    middle = np.cumsum(charge) - charge / 2
    change = np.array([math.nan if fit is None else fit.change for fit in fits])
    noise = np.array([pulse.rest_change.uncertainty for pulse in pulses])
    out = []
    for k in range(len(pulses)):
        near = np.arange(max(k - 2, 0), min(k + 3, len(pulses)))
        near = near[(charge[near] * charge[k] > 0) & np.isfinite(change[near])]
        if len(near) < 2:  # noqa: PLR2004 - a line needs two points
            wide = 0.05 * abs(pulses[k].rest_change.value) + 1e-9
            out.append(known(0.0, wide, "curvature"))
            continue
        x = middle[near] - middle[near].mean()
        slope = change[near] / charge[near]
        spread = float((x**2).sum())
        bend = float((x * slope).sum()) / spread
        left = slope - slope.mean() - bend * x
        lack = float((left**2).sum()) / max(len(near) - 2, 1)
        error = math.sqrt(
            (float((noise[near] ** 2).mean()) / charge[k] ** 2 + lack) / spread
        )
        half = charge[k] ** 2 / 2
        floor = 1e-3 * abs(pulses[k].rest_change.value) + 1e-9
        spread_of = math.hypot(error * half, floor)
        out.append(known(bend * half, spread_of, "curvature"))
    return out


def _diffusivity(
    pulse: Pulse,
    fit: SphereFit | None,
    radius: float,
    common: float,
    composition: tuple[float, float],
) -> Diffusivity:
    span = radius**2 / pulse.duration
    ratio, doubts = pulse.ratio, _doubts(pulse, fit)
    hysteresis = 0.0 if fit is None else abs(fit.branch / fit.change)
    crossing = (
        f"{100 * hysteresis:.0f} % of the step is hysteresis: the pulse still crosses "
        "between branches"
    )
    fast = f"ρ = {ratio.value:.3f}: too fast for this pulse, a lower bound"
    fit_doubts, other_doubts = list(doubts), list(doubts)
    if hysteresis > CROSSING:
        other_doubts.append(crossing)
    if hysteresis > MOSTLY_CROSSING:
        fit_doubts.append(crossing)
    point_doubts = [*other_doubts, fast] if ratio.value > FAST else other_doubts
    if ratio.value + 2 * ratio.uncertainty > 1:
        fit_doubts.append(fast)
    fitted = doubted(_from_fit(fit, span, common), fit_doubts)
    inversion = doubted(_from_ratio(ratio, span, common), point_doubts)
    best = fitted if fitted.valid or math.isnan(inversion.value) else inversion
    if not best.valid and math.isfinite(fitted.value):
        best = fitted
    classic = 4 / math.pi * (radius / 3) ** 2
    return Diffusivity(
        pulse=pulse,
        composition_before=composition[0],
        composition_after=composition[1],
        ratio=ratio,
        end_points=from_ratio(ratio, classic / pulse.duration, common, point_doubts),
        slope=from_line(pulse, pulse.root_time, classic, common, point_doubts),
        relaxation=from_line(pulse, pulse.relaxation, classic, common, other_doubts),
        inversion=inversion,
        fit=fitted,
        recommended=best,
        reduced_time=best.value / span,
    )


def _doubts(pulse: Pulse, fit: SphereFit | None) -> list[str]:
    """Return why no formula holds for this pulse; empty if nothing speaks against."""
    doubts = []
    change = pulse.rest_change
    if abs(change.value) < SIGNAL * change.uncertainty:
        doubts.append(
            f"|ΔE_s| = {abs(change.value) * 1e6:.3g} µV is within {SIGNAL:g} standard "
            f"uncertainties ({change.uncertainty * 1e6:.2g} µV)"
        )
    if change.value * pulse.current < 0:
        doubts.append("ΔE_s runs against the current: plateau, hysteresis or drift")
    drift = pulse.drift
    if abs(drift.value) - 2 * drift.uncertainty > DRIFT:
        doubts.append(f"rest ended at {drift.value * 3.6e6:.3g} mV/h (limit 1 mV/h)")
    if fit is not None and fit.misfit > MISFIT:
        doubts.append(
            f"no sphere of one D describes the pulse (χ²/ν = {fit.misfit:.3g}): "
            "plateau, or change of branch"
        )
    if fit is not None and fit.unrelaxed > UNRELAXED:
        doubts.append(
            f"rest too short: the surface was still {100 * fit.unrelaxed:.0f} % of the "
            "step away from its mean"
        )
    return doubts


def _from_fit(fit: SphereFit | None, span: float, common: float) -> Measured:
    if fit is None:
        return Measured.absent("too few rows in pulse and rest for a fit")
    value = fit.tau * span
    found = estimated(value, value * fit.log_uncertainty, "voltage")
    found = found.with_part(RADIUS, value * common)
    if fit.at_edge:
        return found.suspect(f"Dτ/r² = {fit.tau:.2g}: the pulse does not tell D")
    if fit.log_uncertainty > VAGUE:
        return found.suspect(
            f"the fit leaves {100 * fit.log_uncertainty:.0f} % uncertainty"
        )
    return found


def _from_ratio(ratio: Measured, span: float, common: float) -> Measured:
    if not 0 < ratio.value < 1:
        return Measured.absent(
            ratio.reason or f"ρ = {ratio.value:.3g} is not between 0 and 1"
        )
    tau = invert_sphere_ratio(ratio.value)
    step = min(1e-3, (1 - ratio.value) / 2)
    slope = (invert_sphere_ratio(ratio.value + step) - tau) / step
    value = tau * span
    found = estimated(value, value * slope * ratio.uncertainty / tau, "voltage")
    return found.with_part(RADIUS, value * common)
