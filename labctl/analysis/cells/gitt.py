"""Chemical diffusivity from a galvanostatic titration, by several routes side by side.

For particles of radius r the classical formula's length is volume over area, r/3, and
its condition t ≪ r²/D is far from enough on a sphere: at Dτ/r² = 0.1 it is low by
46 %. So each pulse gives: Weppner–Huggins by end points and by the √t slope, the same
from the relaxation (free of kinetics), the exact sphere inverted from the end points,
and spheres of many sizes fitted to pulse and rest together, the recommended value.
Sources: Weppner & Huggins 1977; Kang & Chueh 2021 (relaxation form); the sphere's
closed form stands in `labctl.analysis.cells.sphere`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from labctl.analysis.cells.gitt_bins import shortened
from labctl.analysis.cells.gitt_branch import Found, Titrated, fit_titration
from labctl.analysis.cells.gitt_doubts import (
    LEAVE_A_BOUND,
    doubts_of_fit,
    doubts_of_pulse,
    doubts_of_ratio,
)
from labctl.analysis.cells.gitt_pulses import (
    Pulse,
    PulseRows,
    compositions,
    find_pulses,
    measure_pulse,
    reading_resolution,
    with_window,
)
from labctl.analysis.cells.sphere import invert_sphere_ratio
from labctl.analysis.cells.weppner_huggins import (
    doubted,
    from_line,
    from_ratio,
)
from labctl.analysis.uncertainty import Measured, estimated

Floats = NDArray[np.float64]

SHORT_WINDOW = 0.02
"""√t holds on a sphere up to this part of r²/D."""
MODEL = 0.015
"""Relative standard uncertainty of a fitted D for what no term of the fit stands for:
film relaxations, kinetics that differ with size, shapes that are not spheres."""
MODEL_SIZES = 0.1
"""The same for powders that are not lognormal, times σ²."""
MODEL_BENDS = 0.1
"""The same for bends of the open-circuit voltage beyond the third order, times the
bends up to it."""
SIZES = "particle sizes"
"""Source of uncertainty that all pulses of a titration share."""
MARCHED = 0.15
"""Part of the march's correction of ln D that stays uncertain: D(q) is a smooth line
through pulses."""


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
    recommended: Measured
    """Spheres fitted to pulse and rest: the only route that knows sizes, history and
    the change of D with composition."""
    at_least: float
    """D below which the pulse cannot be explained (95 %), m²/s, with an exact radius;
    NaN where more is in doubt than that the particles are too fast."""
    reduced_time: float
    """τ' = Dτ/r² with the recommended D."""
    sigma: float
    """Spread of ln r that all pulses together show."""
    sigma_uncertainty: float

    @property
    def composition(self) -> float:
        """Lithium fraction θ in the middle of the pulse."""
        return (self.composition_before + self.composition_after) / 2


def analyse_gitt(
    time: ArrayLike,
    voltage: ArrayLike,
    current: ArrayLike,
    *,
    radius: Measured | float,
    capacity: float = math.nan,
    start_composition: float = 0.0,
    charge_uncertainty: float = 0.0,
    pulses: Sequence[PulseRows] | None = None,
    skip: float = 1.0,
) -> tuple[Diffusivity, ...]:
    """Return the diffusivity of every pulse of a titration.

    Parameters
    ----------
    time, voltage, current
        s, V, A (positive delithiates, NaN at rest is welcome), shape (n,).
    radius
        Median by volume of the particles' radius, m: half of D50. From the surface
        (BET) 3 × volume / surface is smaller by exp(-σ²/2), σ the spread of ln r. D
        goes with its square; its uncertainty is common to all pulses.
    capacity
        Charge in C that takes θ from 0 to 1; only the compositions need it.
    start_composition
        θ before the first pulse.
    charge_uncertainty
        Standard uncertainty in C of how full the host is at a stated θ: D where it
        changes with θ is uncertain by it.
    pulses
        Where the pulses are; None: found from the current.
    skip
        s after each switching that belong to double layer and films, at least five
        times R_ct C_dl; of a short pulse at most a thirtieth.
    """
    t, v, i = (np.asarray(c, dtype=np.float64) for c in (time, voltage, current))
    length = radius if isinstance(radius, Measured) else Measured(radius)
    if not length.value > 0:
        raise ValueError(f"particle radius: {length.value:g} m must be above 0")
    squared = length * length
    where = find_pulses(t, i) if pulses is None else tuple(pulses)
    resolution = reading_resolution(v)
    measured = [_measure((t, v, i), rows, skip, resolution) for rows in where]
    if not measured:
        return ()
    titrated = fit_titration(t, v, measured, skip=skip)
    before, after = compositions(measured, capacity, start_composition)
    return tuple(
        _diffusivity(
            pulse, found, titrated, squared, (float(b), float(a)), charge_uncertainty
        )
        for pulse, found, b, a in zip(
            measured, titrated.found, before, after, strict=True
        )
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
    skip = shortened(skip, duration)
    window = (skip, max(duration / 3, skip))
    pulse = measure_pulse(*columns, rows, window=window, resolution=resolution)
    for _ in range(3):
        ratio = pulse.ratio.value
        if not 0 < ratio < 1:
            break
        span = pulse.duration / invert_sphere_ratio(ratio)
        late = min(duration / 3, max(SHORT_WINDOW * span, 3 * skip))
        tried = with_window(pulse, t, columns[1], (skip, late))
        if tried.root_time is None:
            break
        pulse = tried
    return pulse


def _diffusivity(
    pulse: Pulse,
    found: Found | None,
    titrated: Titrated,
    squared: Measured,
    composition: tuple[float, float],
    charge_uncertainty: float,
) -> Diffusivity:
    span = squared * (1 / pulse.duration)
    ratio = pulse.ratio
    fit = None if found is None else found.fit
    doubts = doubts_of_pulse(pulse, fit)
    relaxation = (*doubts, *doubts_of_ratio(pulse, fit, fast=False))
    points = (*doubts, *doubts_of_ratio(pulse, fit, fast=True))
    fitted = Measured.absent("too few rows in pulse and rest for a fit", "m²/s")
    bound = math.nan
    if found is not None:
        reduced = _reduced(found, titrated.sigma)
        where = abs(found.slope) * charge_uncertainty if charge_uncertainty else 0.0
        fitted = (reduced * span).with_unit("m²/s")
        fitted = fitted.with_part("composition", fitted.value * where)
        fitted = fitted.suspect(
            *doubts,
            *doubts_of_fit(pulse, found, reduced.relative, titrated.described),
        )
        if {doubt.code for doubt in fitted.doubts} <= LEAVE_A_BOUND:
            bound = _bound(found, reduced) * span.value
    return Diffusivity(
        pulse=pulse,
        composition_before=composition[0],
        composition_after=composition[1],
        ratio=ratio,
        end_points=from_ratio(ratio, span, points),
        slope=from_line(pulse, pulse.root_time, squared, points),
        relaxation=from_line(pulse, pulse.relaxation, squared, relaxation),
        inversion=doubted(_inverted(ratio, span), points),
        recommended=fitted,
        at_least=bound,
        reduced_time=fitted.value / span.value,
        sigma=titrated.sigma,
        sigma_uncertainty=titrated.sigma_uncertainty,
    )


def _reduced(found: Found, sigma: float) -> Measured:
    """Return Dτ/r̄² with what noise, sizes and the model leave open."""
    value = math.exp(found.log_tau)
    noise = estimated(value, value * found.fit.log_uncertainty, "voltage")
    model = math.hypot(
        MODEL,
        MODEL_SIZES * sigma**2,
        MODEL_BENDS * found.bend,
        MARCHED * found.by_march,
    )
    return (
        noise.with_part(SIZES, value * found.by_sizes)
        .with_part("hysteresis", value * found.by_crossing)
        .with_part("beginning of the pulse", value * found.by_start)
        .with_part("diffusion model", value * model)
    )


def _bound(found: Found, reduced: Measured) -> float:
    """Return the Dτ/r̄² below which the pulse cannot be explained."""
    terms = (SIZES, "hysteresis", "beginning of the pulse", "diffusion model")
    other = reduced.part(*terms) / reduced.value
    return found.fit.lowest * math.exp(-2 * other)


def _inverted(ratio: Measured, span: Measured) -> Measured:
    if not 0 < ratio.value < 1:
        reason = ratio.reason or f"ρ = {ratio.value:.3g} is not between 0 and 1"
        return Measured.absent(reason, "m²/s")
    tau = invert_sphere_ratio(ratio.value)
    step = min(1e-3, (1 - ratio.value) / 2)
    slope = (invert_sphere_ratio(ratio.value + step) - tau) / step
    return (estimated(tau, slope * ratio.uncertainty, "voltage") * span).with_unit(
        "m²/s"
    )
