"""A law against temperature: its points, the line, and how sure that is."""

import math

import numpy as np

from labctl.analysis.temperature.fitted_law import FittedLaw
from labctl.analysis.temperature.law import Kind
from labctl.figures.figure import Figure, Series

ALONG = 41
"""Points of the line."""
WIDER = 0.05
"""Of the points' range, on either side of them."""
COVERED = 2.0
"""Standard uncertainties on either side: 95 %."""


def law_figures(laws: list[FittedLaw], units: dict[str, str]) -> tuple[Figure, ...]:
    """Return one figure a law; ``units`` of its quantity by name."""
    return tuple(
        _figure(law, units.get(law.law.quantity, "")) for law in laws if len(law.across)
    )


def _figure(fitted: FittedLaw, unit: str) -> Figure:
    law = fitted.law
    power = law.kind is Kind.POWER
    scale = 1.0 if power else 1000.0
    points = Series(
        "measured", scale * fitted.across, fitted.up, fitted.error, points=True
    ).doubted(fitted.constant.reason)
    series = [points]
    if np.isfinite(fitted.slope):
        x = _along(fitted.across)
        line = fitted.intercept + fitted.slope * x
        series.append(Series("law", scale * x, line))
        if fitted.band is not None:
            design = np.stack([np.ones_like(x), x])
            spread = np.einsum("ik,ij,jk->k", design, fitted.band, design)
            half = COVERED * np.sqrt(np.maximum(spread, 0.0))
            series += [
                Series(f"95 %, {end}", scale * x, line + sign * half, group="interval")
                for end, sign in (("upper", 1), ("lower", -1))
            ]
    what = law.quantity.replace("_", " ")
    per = f" / {unit}" if unit else ""
    y = {
        Kind.RESISTANCE: f"ln(1 / ({what}{per}))",
        Kind.DONOR: f"ln({what}{per} · (T/K)^−3/2)",
    }.get(law.kind, f"ln({what}{per})")
    return Figure(
        law.result,
        law.result.replace("_", " ").capitalize(),
        "ln(T / K)" if power else "1000 K / T",
        y,
        tuple(series),
        note=_note(fitted),
    )


def _along(across: np.ndarray) -> np.ndarray:
    low, high = float(across.min()), float(across.max())
    wide = WIDER * (high - low)
    return np.linspace(low - wide, high + wide, ALONG)


def _note(fitted: FittedLaw) -> str:
    constant = fitted.constant
    if constant.is_absent:
        return constant.reason
    unit = f" {fitted.law.unit}" if fitted.law.unit else ""
    half = COVERED * constant.uncertainty
    if not (math.isfinite(half) and half > 0):
        return f"{constant.value:.4g}{unit}, uncertainty unknown."
    places = max(1 - math.floor(math.log10(half)), 0)
    return (
        f"{constant.value:.{places}f} ± {half:.{places}f}{unit} (95 %); error bars are "
        "standard uncertainties."
    )
