"""Says what a pulse cannot tell, and why: the limits of a titration.

NaN never meets a limit.
"""

import math

from labctl.analysis.cells.gitt_fit import SphereFit
from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.sphere import sphere_ratio

FAST = 0.85
"""ρ above this: the end points are nearly in balance, they bound D from below."""
FAST_FIT = 0.95
"""The same for the fit, which sees the whole transient."""
DRIFT = 1e-3 / 3600
"""|dV/dt| at the end of a rest in V/s (1 mV/h) above which it was no rest."""
SIGNAL = 5.0
"""|ΔE_s| below this many standard uncertainties is lost in the noise."""
VAGUE = 0.3
"""A fitted D with a larger relative standard uncertainty is no value."""
UNRELAXED = 0.3
"""Part of the step that the surface may be off at the end of a rest."""
SETTLED = 0.05
"""Part of the step within which the fit itself shows that the rest was one."""
CROSSING = 0.1
"""Part of the step that may be hysteresis before the end-point formulas fail."""
MOSTLY_CROSSING = 0.3
"""The same for the fit, which has a term for it."""
MISFIT = 4.0
"""χ² per degree of freedom of the fit above which its model does not hold."""


def doubts_of_pulse(pulse: Pulse, fit: SphereFit | None) -> list[str]:
    """Return why no formula holds for this pulse; empty if nothing speaks against."""
    doubts = []
    change = pulse.rest_change
    if not abs(change.value) >= SIGNAL * change.uncertainty:
        doubts.append(
            f"|ΔE_s| = {abs(change.value) * 1e6:.3g} µV is within {SIGNAL:g} standard "
            f"uncertainties ({change.uncertainty * 1e6:.2g} µV)"
        )
    if not change.value * pulse.current > 0:
        doubts.append("ΔE_s runs against the current: plateau, hysteresis or drift")
    jump = pulse.jump
    if not jump.value * pulse.current + 2 * jump.uncertainty * abs(pulse.current) > 0:
        doubts.append(
            f"jump resistance = {jump.value / pulse.current:.3g} Ω is not above 0"
        )
    return doubts + _doubts_of_rest(pulse, fit)


def _doubts_of_rest(pulse: Pulse, fit: SphereFit | None) -> list[str]:
    """Return why the rest after was none."""
    doubts = []
    if fit is not None and not fit.unrelaxed <= UNRELAXED:
        doubts.append(
            f"rest too short: the surface was still {100 * fit.unrelaxed:.0f} % of the "
            "step away from its mean"
        )
    drift = pulse.drift
    spread = 2 * drift.uncertainty
    if abs(drift.value) + spread <= DRIFT:
        return doubts
    explained = math.nan if fit is None else fit.drift
    if abs(drift.value - explained) + spread <= DRIFT:
        return doubts
    if fit is not None and fit.unrelaxed <= SETTLED and fit.misfit <= MISFIT:
        unlikely = abs(drift.value) - spread > DRIFT
        if not unlikely:
            return doubts
    if spread > DRIFT:
        doubts.append(
            "rest unresolved: the converter tells dV/dt only to "
            f"{spread * 3.6e6:.2g} mV/h"
        )
    else:
        doubts.append(f"rest ended at {drift.value * 3.6e6:.3g} mV/h (limit 1 mV/h)")
    return doubts


def doubts_of_ratio(pulse: Pulse, fit: SphereFit | None, *, fast: bool) -> list[str]:
    """Return why end points, slopes and relaxation say less than the fit."""
    doubts = _crossing(fit, CROSSING)
    ratio = pulse.ratio
    if fast and not ratio.value <= FAST:
        doubts.append(f"ρ = {ratio.value:.3f}: too fast for this pulse, a lower bound")
    return doubts


def doubts_of_fit(pulse: Pulse, fit: SphereFit, relative: float) -> list[str]:
    """Return why the fit does not hold; ``relative`` is its standard uncertainty."""
    doubts = _crossing(fit, MOSTLY_CROSSING)
    if fit.at_edge:
        doubts.append(f"Dτ/r² = {fit.tau:.2g}: the pulse does not tell D")
    ratio = float(sphere_ratio(fit.tau))
    if not ratio <= FAST_FIT or not pulse.ratio.value <= 1:
        doubts.append(
            f"ρ = {max(ratio, pulse.ratio.value):.3f}: too fast for this pulse, a "
            "lower bound"
        )
    if not relative <= VAGUE:
        doubts.append(f"the fit leaves {100 * relative:.0f} % uncertainty")
    if not fit.misfit <= MISFIT:
        doubts.append(
            f"no spheres of one D describe the pulse (χ²/ν = {fit.misfit:.3g}): "
            "plateau, or change of branch"
        )
    return doubts


def _crossing(fit: SphereFit | None, limit: float) -> list[str]:
    if fit is None:
        return []
    share = abs(fit.branch / fit.change) if fit.change else math.inf
    if share <= limit:
        return []
    return [
        f"{100 * share:.0f} % of the step is hysteresis: the pulse still crosses "
        "between branches"
    ]
