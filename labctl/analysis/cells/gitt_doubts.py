"""Tests what was measured and fitted against the conditions of a titration."""

import math

from labctl.analysis.cells.gitt_branch import Found
from labctl.analysis.cells.gitt_fit import SphereFit
from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.cells.sphere import ratio_and_slope
from labctl.verdicts import gitt as verdicts
from labctl.verdicts.condition import Doubts

MILLIVOLT_PER_HOUR = 3.6e6
"""From V/s."""
END_POINTS_FAST, END_POINTS_CROSSING = 0.85, 0.1
"""Limits of ρ and of the hysteresis for formulas that only see end points or slopes."""
SETTLED = 0.05
"""Part of the step within which the fit itself shows that the rest was one."""
LEAVE_A_BOUND = {c.code for c in (verdicts.TOLD, verdicts.FAST, verdicts.CERTAIN)}
"""Doubts that leave a lower bound standing."""


def doubts_of_pulse(pulse: Pulse, fit: SphereFit | None) -> Doubts:
    """Return why no formula holds for this pulse; empty if nothing speaks against."""
    change, jump = pulse.rest_change, pulse.jump
    relative = (
        abs(change.value) / change.uncertainty if change.uncertainty else math.inf
    )
    resistance = jump.value / pulse.current
    surely_negative = resistance + 2 * abs(jump.uncertainty / pulse.current)
    return (
        *verdicts.SIGNAL.at_least(relative if change.value else 0.0),
        *verdicts.FOLLOWS.met(
            change.value * pulse.current > 0, "ΔE_s runs against the current"
        ),
        *verdicts.JUMP.met(
            surely_negative > 0, f"jump resistance {resistance:.3g} ohm is not above 0"
        ),
        *_doubts_of_rest(pulse, fit),
    )


def _doubts_of_rest(pulse: Pulse, fit: SphereFit | None) -> Doubts:
    """Return why the rest after was none.

    The fit shows that it was where it has come near its end and describes the rows;
    it cannot explain away a drift that was clearly seen and is not its own.
    """
    short = () if fit is None else verdicts.REST.at_most(fit.unrelaxed)
    limit = verdicts.RELAXED.limit
    drift = pulse.drift.value * MILLIVOLT_PER_HOUR
    spread = 2 * pulse.drift.uncertainty * MILLIVOLT_PER_HOUR
    if abs(drift) + spread <= limit:
        return short
    if fit is not None:
        own = fit.drift * MILLIVOLT_PER_HOUR
        settled = fit.unrelaxed <= SETTLED and fit.misfit <= verdicts.DESCRIBED.limit
        if abs(drift - own) + spread <= limit:
            return short
        if settled and not abs(drift) - spread > limit:
            return short
    if not spread <= limit:
        text = f"the converter tells dV/dt at the end of the rest to {spread:.2g} mV/h"
        text = text if math.isfinite(spread) else f"{verdicts.RELAXED.quantity} unknown"
        return (*short, *verdicts.RELAXED.met(fulfilled=False, text=text))
    return (*short, *verdicts.RELAXED.at_most(abs(drift) + spread))


def doubts_of_ratio(pulse: Pulse, fit: SphereFit | None, *, fast: bool) -> Doubts:
    """Return why end points, slopes and relaxation say less than the fit."""
    crossing = verdicts.CROSSING.at_most(_crossing(fit), END_POINTS_CROSSING)
    if not fast:
        return crossing
    ratio = pulse.ratio.value
    return (
        *crossing,
        *verdicts.FAST.met(
            ratio <= END_POINTS_FAST, f"ρ = {ratio:.3f}: too fast, a lower bound"
        ),
    )


def doubts_of_fit(
    pulse: Pulse, found: Found, relative: float, described: float
) -> Doubts:
    """Return why the fit does not hold.

    ``relative`` is its standard uncertainty, ``described`` the part of all pulses of
    the titration that the model explains.
    """
    fit = found.fit
    ratio = max(ratio_and_slope(fit.tau)[0], pulse.ratio.value)
    return (
        *verdicts.TOLD.met(
            not fit.at_edge, f"Dτ/r² = {fit.tau:.2g}: the pulse does not tell D"
        ),
        *verdicts.FAST.met(
            ratio <= verdicts.FAST.limit,
            f"ρ = {ratio:.3f}: too fast for this pulse, a lower bound",
        ),
        *verdicts.CERTAIN.at_most(relative),
        *verdicts.DESCRIBED.at_most(fit.misfit),
        *verdicts.MOSTLY_DESCRIBED.at_least(described),
        *verdicts.CROSSING.at_most(_crossing(fit)),
        *verdicts.STEADY.at_most(abs(found.by_march)),
        *verdicts.CURVED.at_most(found.bend),
    )


def _crossing(fit: SphereFit | None) -> float:
    """Return the part of the step that is hysteresis; NaN if nobody knows."""
    return abs(fit.branch / fit.change) if fit is not None and fit.change else math.nan
