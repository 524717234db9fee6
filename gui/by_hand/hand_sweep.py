"""A sweep by hand as it comes in: its curve, its slope through zero, its CSV.

The slope is that of a straight line through the points nearest to zero volts; points
in compliance are not the sample's and are left out.
"""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gui.look.si_text import value_text
from labctl.analysis.linear_fit import fit_line
from labctl.api.answers import HandPoint
from labctl.data import Array

NEAR = 0.1
"""Share of the largest |V| that counts as near zero."""
TOO_SMALL = 1e-5
"""Relative uncertainty below which only the value is written: no scatter at all."""
FEWEST = 5
"""Points of a fit that is worth a number."""


@dataclass(frozen=True, slots=True)
class Slope:
    """dI/dV through zero, or why there is none."""

    conductance: float = math.nan
    """S."""
    uncertainty: float = math.nan
    """S, one standard deviation, from the scatter of the points alone."""
    intercept: float = math.nan
    """A at zero volts."""
    within: float = math.nan
    """The points of the fit are within ± this, V."""
    points: int = 0
    why_not: str = ""

    @property
    def text(self) -> str:
        """Conductance and resistance with their uncertainty."""
        if self.why_not:
            return self.why_not
        relative = abs(self.uncertainty / self.conductance)
        said = f"G = {with_uncertainty(self.conductance, self.uncertainty, 'S')}"
        if relative > 0.5:  # noqa: PLR2004 - within two deviations of none at all
            return f"{said}, not to be told from zero"
        ohm = 1.0 / self.conductance
        return f"{said}   R = {with_uncertainty(ohm, abs(ohm) * relative, 'Ω')}"

    @property
    def how(self) -> str:
        """What it was made of."""
        if self.why_not:
            return ""
        return f"scatter of {self.points} points within ±{value_text(self.within, 'V')}"


@dataclass(slots=True)
class HandSweep:
    """What a sweep is and what has come of it."""

    channel: str
    driven: str
    """``voltage`` or ``current``."""
    compliance: float
    """A while a voltage is driven, V otherwise."""
    of: int = 0
    points: list[HandPoint] = field(default_factory=list)
    ended: str = ""
    """How; empty while it goes on."""

    def take(self, points: Sequence[HandPoint]) -> None:
        """Add points."""
        self.points.extend(points)

    @property
    def voltage(self) -> Array:
        """V, shape (n,); NaN on overflow."""
        return _array([p.voltage for p in self.points])

    @property
    def current(self) -> Array:
        """A, shape (n,); NaN on overflow."""
        return _array([p.current for p in self.points])

    @property
    def limited(self) -> Array:
        """Whether each point was in compliance, shape (n,)."""
        return np.array([p.in_compliance for p in self.points], bool)

    @property
    def turn(self) -> int:
        """Where a loop turns round; the number of points if it is none."""
        levels = [p.level for p in self.points]
        if len(levels) < 3:  # noqa: PLR2004  (a turn has two sides)
            return len(levels)
        up = levels[1] > levels[0]
        turns = (
            k
            for k in range(1, len(levels) - 1)
            if (levels[k + 1] > levels[k]) is not up
        )
        return next(turns, len(levels) - 1) + 1

    @property
    def said(self) -> str:
        """How far it is, in words."""
        held = int(self.limited.sum())
        many = f", {held} in compliance" if held else ""
        how = self.ended or "sweeping"
        return f"{how}: {len(self.points)} of {self.of} points{many}"

    def slope(self) -> Slope:
        """Return the slope through zero."""
        usable = np.isfinite(self.voltage) & np.isfinite(self.current) & ~self.limited
        v, i = self.voltage[usable], self.current[usable]
        if v.size < FEWEST:
            return Slope(why_not=f"a slope needs {FEWEST} points out of compliance")
        if not v.min() <= 0.0 <= v.max():
            return Slope(why_not="no slope through zero: the sweep does not cross 0 V")
        distance = np.abs(v)
        within = max(NEAR * distance.max(), float(np.sort(distance)[FEWEST - 1]))
        near = distance <= within * (1 + 1e-9)
        try:
            fit = fit_line(v[near], i[near])
        except ValueError as error:
            return Slope(why_not=f"no slope: {error}")
        intercept, conductance = map(float, fit.coefficients)
        if not conductance:
            return Slope(why_not="no slope: no current flows")
        count = int(near.sum())
        reach = float(distance[near].max())
        return Slope(conductance, fit.scatter(1), intercept, reach, count)


def csv_text(sweep: HandSweep, *, simulated: bool) -> str:
    """Return the points as CSV; SIMULATED is said."""
    out = io.StringIO()
    writer = csv.writer(out)
    if simulated:
        writer.writerow(["# SIMULATED"])
    unit, other = ("V", "A") if sweep.driven == "voltage" else ("A", "V")
    writer.writerow([f"# I–V by hand, {sweep.channel}, {sweep.driven} driven"])
    writer.writerow([f"# compliance {sweep.compliance!r} {other}"])
    writer.writerow([f"# {sweep.slope().text}"])
    names = (f"set / {unit}", "voltage / V", "current / A", "in compliance")
    writer.writerow(names)
    for point in sweep.points:
        numbers = (point.level, point.voltage, point.current)
        texts = ["" if x is None else repr(x) for x in numbers]
        writer.writerow([*texts, int(point.in_compliance)])
    return out.getvalue()


def with_uncertainty(value: float, uncertainty: float, unit: str) -> str:
    """Write ``(1.234 ± 0.005) nS`` with the uncertainty's last two digits."""
    if not uncertainty > TOO_SMALL * abs(value):
        return value_text(value, unit, 5)
    digits = math.floor(math.log10(abs(value))) - math.floor(math.log10(uncertainty))
    digits = min(max(digits + 2, 2), 7)
    text, _, shown = value_text(value, unit, digits).rpartition(" ")
    decimals = len(text.partition(".")[2])
    size = abs(value) / abs(float(text.replace("\N{MINUS SIGN}", "-")))
    return f"({text} ± {uncertainty / size:.{decimals}f}) {shown}"


def _array(values: Sequence[float | None]) -> Array:
    return np.array([math.nan if v is None else v for v in values], float)
