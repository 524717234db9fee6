"""Means of diffusivities over compositions: exp of the mean of ln D.

What all pulses share (radius, sizes, model) does not become smaller in the mean.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from labctl.analysis.uncertainty import Measured, combine
from labctl.sources import Kind, Source

FEWEST_FOR_SCATTER = 4
"""Pulses that second differences need."""


def geometric_mean(values: Sequence[Measured]) -> Measured:
    """Return exp of the mean of ln D: what is common to all stays as it is.

    Pulse to pulse D may well change; what neighbours differ by beyond that is scatter,
    and where there is more of it than the pulses claim, the rest is added (type A).
    """
    n = len(values)
    logs = np.array([math.log(v.value) for v in values])
    value = math.exp(float(logs.mean()))
    mean = combine(value, *((v, value / v.value / n) for v in values))
    if n < FEWEST_FOR_SCATTER:
        return replace(mean, unit="m²/s")
    # second differences: a straight course in ln D is no scatter (variance 6 of each)
    scatter = math.sqrt(float((np.diff(logs, 2) ** 2).mean()) / 6)
    claimed = math.sqrt(
        float(np.mean([(v.part("voltage") / v.value) ** 2 for v in values]))
    )
    more = math.sqrt(max(scatter**2 - claimed**2, 0.0) / n)
    source = Source.fresh("scatter between pulses", logs.tolist(), kind=Kind.A)
    return replace(mean.with_part(source, value * more, n - 2.0), unit="m²/s")
