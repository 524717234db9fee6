"""Tells how the open-circuit voltage bends within a pulse, from the pulses around it.

With the slope of the open-circuit voltage s = dE/dq around a pulse of charge Δ,
E = s y Δ + s' (y Δ)²/2 + s'' (y Δ)³/6, y from -1/2 to 1/2 over its own step, and beyond
at the surface. Slopes are steps over charges of up to three pulses on either side in
the same direction; what they differ by from a parabola is the error.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from labctl.analysis.cells.gitt_pulses import Pulse
from labctl.analysis.uncertainty import Measured, known

REACH = 3
"""Pulses on either side."""
LOOSE = 0.05
"""Of the step: error of a bend that no neighbour tells."""
FIRM = 1e-3
"""Of the step: error of a bend at least."""


def bends(
    pulses: Sequence[Pulse], changes: Mapping[int, float], index: int
) -> tuple[Measured, Measured]:
    """Return s'Δ²/2 and s''Δ³/6 of one pulse, V; ``changes``: ΔE of each pulse, V."""
    own = pulses[index]
    step = abs(own.rest_change.value) + 1e-9
    near = _neighbours(pulses, changes, index)
    if len(near) < 2:  # noqa: PLR2004 - a line needs two points
        return (
            known(0.0, LOOSE * step, "curvature"),
            known(0.0, LOOSE * step, "third order"),
        )
    charge = np.array([pulses[k].charge for k in near])
    middle = np.array([_middle(pulses, index, k) for k in near])
    slope = np.array([changes[k] for k in near]) / charge
    noise = np.array([pulses[k].rest_change.uncertainty for k in near]) / np.abs(charge)
    order = 2 if len(near) > 4 else 1  # noqa: PLR2004 - one more than it has numbers
    x = middle / own.charge
    design = np.vander(x, order + 1, increasing=True)
    inverse = np.linalg.pinv(design)
    found = inverse @ slope
    left = slope - design @ found
    lack = float(left @ left) / max(len(near) - order - 1, 1)
    error = np.sqrt((inverse**2) @ (noise**2 + lack)) * abs(own.charge)
    size = found * own.charge
    second = known(size[1] / 2, math.hypot(error[1] / 2, FIRM * step), "curvature")
    if order == 1:
        wide = math.hypot(0.5 * abs(second.value), FIRM * step)
        return second, known(0.0, wide, "third order")
    return second, known(
        size[2] / 3, math.hypot(error[2] / 3, FIRM * step), "third order"
    )


def _neighbours(
    pulses: Sequence[Pulse], changes: Mapping[int, float], index: int
) -> list[int]:
    """Return the pulses around ``index`` without a reversal between, itself too."""
    sign = math.copysign(1.0, pulses[index].charge)
    found = [index]
    for way in (-1, 1):
        for k in range(index + way, index + way * (REACH + 1), way):
            inside = 0 <= k < len(pulses)
            if not inside or pulses[k].charge * sign <= 0 or k not in changes:
                break
            found.append(k)
    return sorted(k for k in found if math.isfinite(changes.get(k, math.nan)))


def _middle(pulses: Sequence[Pulse], index: int, other: int) -> float:
    """Return the charge from the middle of one pulse to the middle of another, C."""
    first, last = sorted((index, other))
    between = sum(pulses[k].charge for k in range(first + 1, last))
    way = between + (pulses[first].charge + pulses[last].charge) / 2
    return way if other > index else -way if other < index else 0.0
